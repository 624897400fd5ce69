// SPDX-License-Identifier: Apache-2.0
/// @file
/// The small scope: every flow of a few environments, and every state that a release of it can
/// reach; in each state every answer, report and act of the operator is tried.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "promises.hpp"

namespace promoflow::prove {

/// One small flow, as numbers.
struct SmallFlow {
  int steps = 1;
  std::uint32_t edges = 0;  ///< Bit i * steps + j: step j depends on step i.
  bool reversed = false;    ///< Dependents are listed before what they depend on.
  std::uint32_t hooks = 0;  ///< Bit 3 * scope + point; scope 0 is the release.
  FailurePolicy policy = FailurePolicy::FailFast;
  bool post_trigger = false;
  bool further_attempts = false;  ///< Everything has one further attempt (R9), and hooks export.
  bool soaks = false;             ///< Environments soak (R18), hooks have the flow's timeout (R8).
};

Flow build(const SmallFlow& small);
std::string describe(const SmallFlow& small);

/// The graphs of so many steps, up to isomorphism, as `edges`.
std::vector<std::uint32_t> graphs(int steps);

/// Bounds of what hosts and operators do on one path through a release's states. Answers, time that
/// passes to the next timer, Terminate and its force are tried in every state.
struct Bounds {
  int retries = 1;       ///< Of the whole release.
  int changes = 0;       ///< Retries of some environments, and Skips.
  bool suspends = true;  ///< Suspended and Resumed.
  bool queues = false;   ///< Queued and Started.
  /// A flow with more states than this is not explored to its end: an error, unless it may be left.
  std::size_t states_max = 2'000'000;
  bool may_be_left = false;
};

/// Visits every reachable state of a flow. Throws Broken, whose text has the events that lead
/// there. Counts states, transitions and what else was checked. False: the flow was left.
bool explore(const Flow& flow, const Bounds& bounds, Counts& counts);

/// How many environments flows have beside the trigger environment; at most five.
struct Steps {
  int least = 1;
  int most = 4;
};

/// Calls `visit` for all flows that a depth explores, in an order that does not change, until it
/// answers false. Depth 0 is for the tests (seconds), 1 for `./dev prove` (minutes), 2 for
/// `./dev prove --deep`.
void each_flow(int depth, Steps range,
               const std::function<bool(const SmallFlow&, const Bounds&)>& visit);

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Small scope, whole: every flow of a few environments, and every state that a release of it can
/// reach, each answer and each act of the operator tried in each of them.
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
};

Flow build(const SmallFlow& small);
std::string describe(const SmallFlow& small);

/// The graphs of so many steps, up to isomorphism, as `edges`.
std::vector<std::uint32_t> graphs(int steps);

/// Bounds of what an operator does on one path through a release's states.
struct Operator {
  int retries = 1;
  bool terminates = true;
  bool time_passes = true;  ///< At each state, time passes to the next timer.
  bool suspends = true;
  /// A flow with more states than this is not whole: an error, unless it may be left there.
  std::size_t states_max = 2'000'000;
  bool may_be_left = false;
};

/// Visits every reachable state of a flow. Throws Broken, whose text tells the events that lead
/// there. Counts states, transitions and what else is seen to hold. False: the flow was left.
bool explore(const Flow& flow, const Operator& bounds, Counts& counts);

/// How many environments flows have beside the trigger environment; at most five.
struct Steps {
  int least = 1;
  int most = 4;
};

/// Which flows are explored: all that a depth has, in an order that does not change.
/// Depth 0 is the tests' (seconds), 1 `./dev prove` (minutes), 2 `./dev prove --deep`.
/// `visit` answers whether to go on.
void each_flow(int depth, Steps range,
               const std::function<bool(const SmallFlow&, const Operator&)>& visit);

}  // namespace promoflow::prove

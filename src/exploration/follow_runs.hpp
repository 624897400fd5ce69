// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is true of all runs of an exploration, which are followed from state to state, all at once.
///
/// A run with at most F failures must not be pieced together from two that have F each. So runs are
/// told apart by their failures: first all runs without a failure are followed, then those that
/// have one at most, and so on; but a state is looked at again only if that told more of it. If no
/// run of the graph has more than F failures, each state is looked at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "exploration/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Things that may happen, as bits. Bit 0 never does: it says that there is a run at all.
using ThingBits = std::uint64_t;

/// What steps do, by their labels.
struct LabelEffects {
  std::size_t words = 0;                  ///< Of ThingBits, for each label.
  std::vector<ThingBits> left_out{};      ///< All things but those that it does.
  std::vector<std::uint32_t> commands{};  ///< How many it issues.
};

/// What is known of all runs to their ends; of those that do not succeed, at [1].
struct RunsFollowed {
  std::array<bool, 2> ends{};                       ///< Whether there is such a run.
  std::array<std::vector<ThingBits>, 2> avoided{};  ///< What some such run does not do.
  /// The most commands that a run issues; none: the graph is not complete, runs may go in circles,
  /// or there are too many ways to spend the failures.
  std::optional<std::uint64_t> commands_max{};
};

/// Follows the runs with at most `failures_max` failures. May throw std::bad_alloc.
RunsFollowed follow_runs(const StateGraph& graph, const LabelEffects& effects,
                         std::optional<std::uint32_t> failures_max);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

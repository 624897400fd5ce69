// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the flow asks of its graph: order, levels, cycles, reachability, redundant dependencies.
/// Boost.Graph behind it, in graph.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flow/flow_data.hpp"

namespace promoflow::detail {

/// The same edges the other way round, each row in ascending order.
Rows reversed(const Rows& rows);

/// The nodes in topological order (a node after all whose row names it); empty if there is a cycle.
std::vector<EnvironmentId> topological_order(const Rows& dependents);

/// For each group of nodes that depend on each other in a ring: a shortest ring through its lowest
/// node, each depending on the next. In the order of these nodes.
std::vector<std::vector<EnvironmentId>> find_cycles(const Rows& dependencies);

/// Length of the longest path to each node.
std::vector<std::uint32_t> longest_paths(const Rows& dependents,
                                         const std::vector<EnvironmentId>& order);

/// Whether `from` reaches `to` by dependencies. `levels` prunes the search.
bool reaches(const Rows& dependencies, const std::vector<std::uint32_t>& levels, EnvironmentId from,
             EnvironmentId to);

/// A dependency that another one of the same environment implies already.
struct RedundantDependency {
  EnvironmentId environment;
  EnvironmentId on;
  EnvironmentId implied_by;  ///< A direct dependency of `environment` that needs `on`.
};

/// Edges followed in the search for redundant dependencies before it gives up.
inline constexpr std::size_t kRedundancyStepsMax = std::size_t{1} << 26;

/// All of them, in step order, as far as `steps_max` followed edges go: a hostile graph must not
/// make a warning cost quadratic time.
std::vector<RedundantDependency> find_redundant(const Rows& dependencies,
                                                const std::vector<std::uint32_t>& levels,
                                                std::size_t steps_max = kRedundancyStepsMax);

}  // namespace promoflow::detail

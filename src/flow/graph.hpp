// SPDX-License-Identifier: Apache-2.0
/// @file
/// Algorithms on the graph of a flow: order, levels, cycles, reachability, redundant dependencies.
/// Only graph.cpp includes Boost.Graph.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flow/flow_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The graph with every edge reversed; each row is in ascending order.
Rows reversed(const Rows& rows);

/// The nodes in topological order (a node after all whose row names it); empty if there is a cycle.
std::vector<EnvironmentId> topological_order(const Rows& dependents);

/// For each strongly connected component of two nodes or more: a shortest cycle through its lowest
/// node, each node depending on the next. In the order of these nodes.
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

/// Finds redundant dependencies in step order, and stops after following `steps_max` edges: a
/// hostile graph must not make a warning cost quadratic time.
std::vector<RedundantDependency> find_redundant(const Rows& dependencies,
                                                const std::vector<std::uint32_t>& levels,
                                                std::size_t steps_max = kRedundancyStepsMax);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

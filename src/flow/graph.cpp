// SPDX-License-Identifier: Apache-2.0
// Graph algorithms: order, cycles and components by Boost.Graph, the others written out here.
#include "flow/graph.hpp"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/iterator/iterator_facade.hpp>
#include <cstddef>
#include <utility>

#include "base/exceptions.hpp"

#if defined(BOOST_NO_EXCEPTIONS)  // Then Boost calls these. None of its algorithms here fails.
namespace boost {
void throw_exception(const std::exception&) {
  promoflow::detail::throw_broken_invariant("Boost.Graph");
}
void throw_exception(const std::exception& error, const boost::source_location&) {
  throw_exception(error);
}
}  // namespace boost
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using CsrGraph =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, std::uint32_t, std::uint32_t>;

using Edge = std::pair<std::uint32_t, std::uint32_t>;

/// Makes the edges of rows one by one: a list of them would be the largest allocation of a build.
class EdgeIterator
    : public boost::iterator_facade<EdgeIterator, Edge, boost::single_pass_traversal_tag, Edge> {
 public:
  EdgeIterator(const Rows& rows, std::size_t edge) : rows_(&rows), edge_(edge) { find_node(); }

 private:
  friend class boost::iterator_core_access;
  Edge dereference() const { return {node_, index(rows_->targets[edge_])}; }
  bool equal(const EdgeIterator& other) const { return edge_ == other.edge_; }
  void increment() {
    ++edge_;
    find_node();
  }
  void find_node() {
    while (edge_ < rows_->targets.size() && rows_->offsets[node_ + 1] <= edge_) { ++node_; }
  }

  const Rows* rows_;
  std::size_t edge_;
  std::uint32_t node_ = 0;
};

CsrGraph to_boost(const Rows& rows) {
  const std::size_t edges = rows.targets.size();
  return {boost::edges_are_sorted, EdgeIterator(rows, 0), EdgeIterator(rows, edges),
          static_cast<std::uint32_t>(rows.offsets.size() - 1), static_cast<std::uint32_t>(edges)};
}

/// A shortest cycle from `start` to itself within its component, by breadth-first search.
std::vector<EnvironmentId> shortest_cycle(const Rows& rows, std::uint32_t start,
                                          const std::vector<std::uint32_t>& component,
                                          std::vector<std::uint32_t>& came_from) {
  std::vector<std::uint32_t> queue{start};
  // GCOV_EXCL_BR_START: the queue does not run out, as `start` is known to be on a cycle.
  for (std::size_t head = 0; head < queue.size(); ++head) {
    // GCOV_EXCL_BR_STOP
    for (const EnvironmentId target : rows[queue[head]]) {
      const std::uint32_t next = index(target);
      if (next == start) {
        std::vector<EnvironmentId> cycle;
        for (std::uint32_t node = queue[head]; node != start; node = came_from[node]) {
          cycle.push_back(EnvironmentId{node});
        }
        cycle.push_back(EnvironmentId{start});
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (component[next] == component[start] && came_from[next] == NameTable::kNone) {
        came_from[next] = queue[head];
        queue.push_back(next);
      }
    }
  }
  return {};  // GCOV_EXCL_LINE: `start` is on a cycle.
}

}  // namespace

Rows reversed(const Rows& rows) {
  const std::size_t nodes = rows.offsets.size() - 1;
  Rows result;
  result.offsets.assign(nodes + 1, 0);
  result.targets.resize(rows.targets.size());
  for (const EnvironmentId target : rows.targets) { ++result.offsets[index(target) + 1]; }
  for (std::size_t node = 0; node < nodes; ++node) {
    result.offsets[node + 1] += result.offsets[node];
  }
  std::vector<std::uint32_t> fill(result.offsets.begin(), result.offsets.end() - 1);
  for (std::size_t node = 0; node < nodes; ++node) {
    for (const EnvironmentId target : rows[node]) {
      result.targets[fill[index(target)]++] = EnvironmentId{static_cast<std::uint32_t>(node)};
    }
  }
  return result;
}

std::vector<EnvironmentId> topological_order(const Rows& dependents) {
  const CsrGraph graph = to_boost(dependents);
  std::vector<EnvironmentId> order;
  order.reserve(dependents.offsets.size() - 1);
  // Not boost::topological_sort(), which throws if there is a cycle.
  struct Collect : boost::dfs_visitor<> {
    Collect(std::vector<EnvironmentId>& to, bool& cycle) : order(&to), has_cycle(&cycle) {}
    void back_edge(const CsrGraph::edge_descriptor&, const CsrGraph&) const { *has_cycle = true; }
    void finish_vertex(std::uint32_t node, const CsrGraph&) const {
      order->push_back(EnvironmentId{node});
    }
    std::vector<EnvironmentId>* order;
    bool* has_cycle;
  };
  bool has_cycle = false;
  boost::depth_first_search(graph, boost::visitor(Collect(order, has_cycle)));
  if (has_cycle) { return {}; }
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<std::vector<EnvironmentId>> find_cycles(const Rows& dependencies) {
  const CsrGraph graph = to_boost(dependencies);
  const std::size_t nodes = dependencies.offsets.size() - 1;
  std::vector<std::uint32_t> component(nodes);
  const auto count = boost::strong_components(
      graph,
      boost::make_iterator_property_map(component.begin(), boost::get(boost::vertex_index, graph)));
  std::vector<std::uint32_t> members(static_cast<std::size_t>(count), 0);
  for (const std::uint32_t id : component) { ++members[id]; }
  std::vector<std::vector<EnvironmentId>> cycles;
  std::vector<std::uint32_t> came_from(nodes, NameTable::kNone);
  for (std::uint32_t node = 0; node < nodes; ++node) {
    if (members[component[node]] > 1) {
      cycles.push_back(shortest_cycle(dependencies, node, component, came_from));
      members[component[node]] = 0;  // One cycle for each component, through its lowest node.
    }
  }
  return cycles;
}

std::vector<std::uint32_t> longest_paths(const Rows& dependents,
                                         const std::vector<EnvironmentId>& order) {
  std::vector<std::uint32_t> levels(dependents.offsets.size() - 1, 0);
  for (const EnvironmentId node : order) {
    for (const EnvironmentId target : dependents[index(node)]) {
      levels[index(target)] = std::max(levels[index(target)], levels[index(node)] + 1);
    }
  }
  return levels;
}

bool reaches(const Rows& dependencies, const std::vector<std::uint32_t>& levels, EnvironmentId from,
             EnvironmentId to) {
  if (from == to || levels[index(from)] <= levels[index(to)]) { return false; }
  std::vector<bool> seen(levels.size(), false);
  std::vector<EnvironmentId> stack{from};
  while (!stack.empty()) {
    const EnvironmentId node = stack.back();
    stack.pop_back();
    for (const EnvironmentId next : dependencies[index(node)]) {
      if (next == to) { return true; }
      if (levels[index(next)] > levels[index(to)] && !seen[index(next)]) {
        seen[index(next)] = true;
        stack.push_back(next);
      }
    }
  }
  return false;
}

std::vector<RedundantDependency> find_redundant(const Rows& dependencies,
                                                const std::vector<std::uint32_t>& levels,
                                                std::size_t steps_max) {
  struct Visit {
    EnvironmentId node;
    EnvironmentId source;  ///< The direct dependency from which the search came here.
  };
  std::vector<RedundantDependency> found;
  std::vector<std::uint32_t> seen(levels.size());    // Environment that saw it last.
  std::vector<std::uint32_t> direct(levels.size());  // Environment that depends on it directly.
  std::vector<Visit> stack;
  for (std::uint32_t environment = 1; environment < levels.size(); ++environment) {
    const auto row = dependencies[environment];
    if (row.size() < 2) { continue; }
    std::uint32_t lowest = NameTable::kNone;
    for (const EnvironmentId on : row) {
      lowest = std::min(lowest, levels[index(on)]);
      direct[index(on)] = environment;
    }
    for (const EnvironmentId on : row) {
      if (levels[index(on)] > lowest) { stack.push_back({on, on}); }
    }
    // Nothing at or below the lowest level can lead to another of the row.
    while (!stack.empty()) {
      const Visit visit = stack.back();
      stack.pop_back();
      for (const EnvironmentId next : dependencies[index(visit.node)]) {
        if (steps_max-- == 0) { return found; }
        if (levels[index(next)] < lowest || seen[index(next)] == environment) { continue; }
        seen[index(next)] = environment;
        if (direct[index(next)] == environment) {
          found.push_back({EnvironmentId{environment}, next, visit.source});
        }
        if (levels[index(next)] > lowest) { stack.push_back({next, visit.source}); }
      }
    }
  }
  return found;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

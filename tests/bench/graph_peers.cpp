// SPDX-License-Identifier: Apache-2.0
// Boost.Graph: the bare topological order of the same graph, by its compressed sparse row graph.
#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/topological_sort.hpp>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "msm_peer.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

using CsrGraph =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, std::uint32_t, std::uint32_t>;

/// Each edge from a dependency to what depends on it, as promotions go.
CsrGraph to_boost(const Graph& graph) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    for (std::uint32_t edge = graph.offsets[i]; edge < graph.offsets[i + 1]; ++edge) {
      edges.emplace_back(graph.targets[edge], i);
    }
  }
  std::sort(edges.begin(), edges.end());
  return {boost::edges_are_sorted, edges.begin(), edges.end(), graph.size()};
}

}  // namespace

void add_graph_peers(Suite& suite) {
  for (const Shape shape : {Shape::Chain, Shape::Layered}) {
    for (const std::uint32_t size : {1'000U, 100'000U, 1'000'000U}) {
      if (!suite.measures(size)) { continue; }
      suite.time(name_of("Boost.Graph topological_sort", shape, size), size, "ns/environment",
                 [edges = std::make_shared<CsrGraph>(to_boost(graph(shape, size)))] {
                   std::vector<std::uint32_t> order;
                   order.reserve(boost::num_vertices(*edges));
                   boost::topological_sort(*edges, std::back_inserter(order));
                   if (order.size() != boost::num_vertices(*edges)) { std::abort(); }
                 });
    }
  }
  constexpr std::size_t kMachines = 1'000;
  suite.time("Boost.MSM, 3 events without a graph/1k", kMachines, "ns/environment", [] {
    if (run_state_machines(kMachines) != kMachines) { std::abort(); }
  });
}

}  // namespace promoflow::bench

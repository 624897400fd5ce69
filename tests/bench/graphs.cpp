// SPDX-License-Identifier: Apache-2.0
// Graphs, and flows made of them.
#include "graphs.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

namespace promoflow::bench {

namespace {

constexpr std::uint32_t kLayers = 10;
constexpr std::uint32_t kDependencies = 4;

}  // namespace

Graph chain(std::uint32_t environments) {
  Graph graph;
  for (std::uint32_t i = 1; i < environments; ++i) {
    graph.add(i - 1);
    graph.end_environment();
  }
  return graph;
}

Graph fan(std::uint32_t environments) {
  Graph graph;
  const std::uint32_t middle = std::max(environments / 2, 2U);
  for (std::uint32_t i = 1; i < environments; ++i) {
    if (i == middle) {
      for (std::uint32_t on = 1; on < middle; ++on) { graph.add(on); }
    } else {
      graph.add(i < middle ? 0 : middle);
    }
    graph.end_environment();
  }
  return graph;
}

Graph layered(std::uint32_t environments) {
  Graph graph;
  std::mt19937 random(42);  // NOLINT(cert-msc51-cpp): the same graph in every run.
  const std::uint32_t width = std::max((environments - 1) / kLayers, 1U);
  for (std::uint32_t i = 1; i < environments; ++i) {
    const std::uint32_t layer = (i - 1) / width;
    if (layer == 0) {
      graph.add(0);
    } else {
      const std::uint32_t first = 1 + (layer - 1) * width;
      const std::size_t begin = graph.targets.size();
      while (graph.targets.size() - begin < std::min(kDependencies, width)) {
        const std::uint32_t on = first + static_cast<std::uint32_t>(random() % width);
        const auto from = graph.targets.begin() + static_cast<std::ptrdiff_t>(begin);
        if (std::find(from, graph.targets.end(), on) == graph.targets.end()) { graph.add(on); }
      }
    }
    graph.end_environment();
  }
  return graph;
}

std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  names.reserve(graph.size());
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    names.push_back("environment-" + std::to_string(i));
  }
  return names;
}

StepOptions two_hooks() {
  StepOptions options;
  options.hooks.on_start.push_back({.name = "announce"});
  options.hooks.on_success.push_back({.name = "smoke-tests"});
  return options;
}

Flow flow_of(const Graph& graph, const std::vector<std::string>& names,
             const StepOptions& options) {
  FlowBuilder builder("bench", names[0]);
  std::vector<std::string_view> on;
  for (std::uint32_t i = 1; i < graph.size(); ++i) {
    on.clear();
    for (std::uint32_t edge = graph.offsets[i]; edge < graph.offsets[i + 1]; ++edge) {
      on.push_back(names[graph.targets[edge]]);
    }
    builder.step(names[i], on, options);
  }
  auto report = builder.build();
  if (!report || !report->flow) {
    std::fputs("bench: a flow could not be built\n", stderr);
    std::exit(2);
  }
  return std::move(*report->flow);
}

Flow flow_of(const Graph& graph, const StepOptions& options) {
  return flow_of(graph, names_of(graph), options);
}

}  // namespace promoflow::bench

// SPDX-License-Identifier: Apache-2.0
// Flows: built from names, checks included; read from YAML; and a graph in which many dependencies
// are redundant.
#include <yaml-cpp/yaml.h>

#include <cstdlib>

#include "promoflow/manifest.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// Each environment depends on the four before it: three of these are implied by the fourth.
Graph redundant(std::uint32_t environments) {
  Graph graph;
  for (std::uint32_t i = 1; i < environments; ++i) {
    for (std::uint32_t back = 1; back <= 4 && back <= i; ++back) { graph.add(i - back); }
    graph.end_environment();
  }
  return graph;
}

std::string manifest_of(const Flow& flow) {
  auto text = write_manifest(flow);
  if (!text) { std::abort(); }
  return std::move(*text);
}

}  // namespace

void add_flows(Suite& suite) {
  for (const Shape shape : {Shape::Chain, Shape::Layered}) {
    for (const std::uint32_t size : {1'000U, 100'000U, 1'000'000U}) {
      if (!suite.measures(size)) { continue; }
      suite.time(name_of("flow from names", shape, size), size, "ns/environment",
                 [shape, size, names = names_of(graph(shape, size))] {
                   flow_of(graph(shape, size), names);
                 });
    }
  }
  constexpr std::uint32_t kMany = 100'000;
  suite.time(
      "validate/100k environments, 400k dependencies", 1e6, "ms",
      [edges = redundant(kMany), names = names_of(redundant(kMany))] { flow_of(edges, names); });
  const std::string text = manifest_of(flow(Shape::Layered, kMany, false));
  suite.time("YAML/100k environments", kMany, "ns/environment", [text] {
    if (!load_flow(text)) { std::abort(); }
  });
  const std::uint32_t fewer = 10'000;
  const std::string shorter = manifest_of(flow(Shape::Layered, fewer, false));
  suite.time("YAML/10k environments", fewer, "ns/environment", [shorter] {
    if (!load_flow(shorter)) { std::abort(); }
  });
  suite.time("yaml-cpp Load/10k environments", fewer, "ns/environment", [shorter] {
    if (!YAML::Load(shorter).IsMap()) { std::abort(); }
  });
}

}  // namespace promoflow::bench

// SPDX-License-Identifier: Apache-2.0
// Whole releases: without hooks; with two hooks and a promotion for each environment, every
// argument read as views. Starting them, and what they take in memory.
#include <cstdlib>
#include <memory>
#include <vector>

#include "drive.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// One key: with the six defaults, seven arguments for each hook.
constexpr std::string_view kContext = R"({"SLACK_CHANNEL":"#releases"})";

constexpr std::uint32_t kFew = 10;
constexpr std::uint32_t kMany = 100'000;

Release start(const Flow& flow) {
  auto release = Release::start(flow, release_info(), kStart);
  if (!release) { std::abort(); }
  return std::move(*release);
}

/// Bytes of heap for each environment: of a flow but for its names' characters, and of a release.
void count_memory(Suite& suite) {
  const Graph& edges = graph(Shape::Layered, kMany);
  const std::vector<std::string> names = names_of(edges);
  std::size_t characters = 0;
  for (const std::string& name : names) { characters += name.size(); }
  const std::size_t before = heap().bytes;
  const Flow flow = flow_of(edges, names);
  const std::size_t with_flow = heap().bytes;
  suite.count("memory/flow without names",
              static_cast<double>(with_flow - before - characters) / kMany, "B/environment");
  suite.count("memory/flow, dependencies", static_cast<double>(edges.targets.size()) / kMany,
              "/environment");
  Release release = start(flow);
  suite.count("memory/release, layered, started",
              static_cast<double>(heap().bytes - with_flow) / kMany, "B/environment");
  drive(release);
  suite.count("memory/release, layered, at its end",
              static_cast<double>(heap().bytes - with_flow) / kMany, "B/environment");
  const Flow& chained = bench::flow(Shape::Chain, kMany, false);
  const std::size_t before_chained = heap().bytes;
  Release in_row = start(chained);
  drive(in_row);
  suite.count("memory/release, chain, at its end",
              static_cast<double>(heap().bytes - before_chained) / kMany, "B/environment");
}

void count_starts(Suite& suite) {
  const Flow& few = flow(Shape::Chain, kFew, true);
  ReleaseInfo info = release_info();
  const std::size_t before = heap().allocations;
  const auto one = Release::start(few, std::move(info), kStart);
  if (!one) { std::abort(); }
  suite.count("start/10 environments, allocations",
              static_cast<double>(heap().allocations - before), "");
  std::vector<Release> in_flight;
  in_flight.reserve(kMany);
  const std::size_t empty = heap().bytes;
  for (std::uint32_t i = 0; i < kMany; ++i) { in_flight.push_back(start(few)); }
  suite.count("start/100k releases of 10 environments, in flight",
              static_cast<double>(heap().bytes - empty) / 1e6, "MB");
}

/// Allocations of a whole release in which nothing is exported, but for those of its growing.
void count_allocations(Suite& suite) {
  const Flow& chained = flow(Shape::Chain, 1'000, true);
  Release release = start(chained);
  for (int i = 0; i < 100; ++i) {  // Grown by then.
    const auto command = release.next_command();
    if (!release.apply({kStart, success_of(*command)})) { std::abort(); }
  }
  const std::size_t before = heap().allocations;
  const Seen seen = drive(release);
  suite.count("allocations, for each event",
              static_cast<double>(heap().allocations - before) / static_cast<double>(seen.commands),
              "");
}

}  // namespace

void add_releases(Suite& suite) {
  for (const Shape shape : {Shape::Chain, Shape::Fan, Shape::Layered}) {
    for (const std::uint32_t size : {10U, 1'000U, 100'000U, 1'000'000U}) {
      if (!suite.measures(size)) { continue; }
      suite.time(name_of("release", shape, size), size, "ns/environment",
                 [shape, size] { run_release(flow(shape, size, false)); });
      suite.time(name_of("release with hooks", shape, size), size, "ns/environment",
                 [shape, size] { run_release(flow(shape, size, true), kContext); });
    }
  }
  suite.time("start/10 environments", 1, "ns", [] { start(flow(Shape::Chain, kFew, true)); });
  count_memory(suite);
  count_starts(suite);
  count_allocations(suite);
}

}  // namespace promoflow::bench

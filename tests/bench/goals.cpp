// SPDX-License-Identifier: Apache-2.0
// The goals, their bars, and whether they are reached.
#include <cmath>
#include <optional>

#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// A goal of one figure, or of the ratio of two. At most the bar; `at_least`: at least.
struct Bar {
  const char* name;
  const char* figure;
  const char* over;  ///< Null: the figure itself.
  const char* unit;
  double bar;
  bool at_least;
};

constexpr const char* kPer = "ns/environment";

// clang-format off
constexpr Bar kBars[] = {
    {"release, chain 1k", "release/chain/1k", nullptr, kPer, 30, false},
    {"release, layered 1k", "release/layered/1k", nullptr, kPer, 40, false},
    {"release, layered 100k", "release/layered/100k", nullptr, kPer, 110, false},
    {"release, layered 1M", "release/layered/1M", nullptr, kPer, 170, false},
    {"release with hooks, layered 1k", "release with hooks/layered/1k", nullptr, kPer, 145, false},
    {"release with hooks, layered 100k", "release with hooks/layered/100k", nullptr, kPer, 220,
     false},
    {"release with hooks, layered 1M", "release with hooks/layered/1M", nullptr, kPer, 320, false},
    {"oneTBB over release with hooks, layered 100k", "oneTBB flow graph, 3 tasks/layered/100k",
     "release with hooks/layered/100k", "times", 4, true},
    {"release over Boost.Graph's topological_sort, layered 100k", "release/layered/100k",
     "Boost.Graph topological_sort/layered/100k", "times", 2, false},
    {"flow from names, layered 1k", "flow from names/layered/1k", nullptr, kPer, 300, false},
    {"flow from names, layered 100k", "flow from names/layered/100k", nullptr, kPer, 700, false},
    {"memory of a release, chain", "memory/release, chain, at its end", nullptr,
     "B/environment", 32, false},
    {"memory of a release, layered, a tenth of it outstanding",
     "memory/release, layered, at its end", nullptr, "B/environment", 32, false},
    {"start, 10 environments", "start/10 environments", nullptr, "ns", 2000, false},
    {"100k releases in flight", "start/100k releases of 10 environments, in flight", nullptr, "MB",
     200, false},
    {"allocations for each event", "allocations, for each event", nullptr, "", 0, false},
    {"arguments as views, 8 + 5 keys", "arguments/views, 8 + 5 keys", nullptr, "ns", 25, false},
    {"arguments as JSON text, 8 + 5 keys", "arguments/JSON text, 8 + 5 keys", nullptr, "ns", 500,
     false},
    {"arguments as JSON text, 8 + 50 keys", "arguments/JSON text, 8 + 50 keys", nullptr, "ns", 550,
     false},
    {"C ABI over C++, status", "C ABI over C++/status", nullptr, "ns/call", 15, false},
    {"C ABI over C++, apply", "C ABI over C++/apply", nullptr, "ns/call", 15, false},
    {"C ABI over C++, next_command, a hook", "C ABI over C++/next_command, a hook", nullptr,
     "ns/call", 15, false},
    {"C ABI over C++, 7 arguments of a hook", "C ABI over C++/7 arguments of a hook", nullptr,
     "ns/call", 15, false},
    {"5 keys merged into 50", "context/a hook's success, 5 keys merged into 50", nullptr, "ns", 600,
     false},
    {"YAML, 100k environments", "YAML/100k environments", nullptr, kPer, 6500, false},
    {"yaml-cpp's Load over load_flow, 10k", "yaml-cpp Load/10k environments",
     "YAML/10k environments", "times", 7, true},
    {"validate 100k environments, 400k dependencies",
     "validate/100k environments, 400k dependencies", nullptr, "ms", 1000, false},
    {"snapshot, save", "snapshot/save, 100k environments", nullptr, kPer, 200, false},
    {"snapshot, restore", "snapshot/restore, 100k environments", nullptr, kPer, 500, false},
    {"explore 12 environments, all orders", "explore/12 environments, all orders, a transition",
     nullptr, "ns/transition", 3333, false},
    {"memory of a state of 12 environments", "explore/memory of a state of 12 environments",
     nullptr, "B", 200, false},
    {"explore a fan-out of 12, any number of failures",
     "explore/fan-out of 12 environments, any number of failures", nullptr, "ms", 10000, false},
    {"explore over SPIN, at most 2 failures", "explore/12 environments, at most 2 failures",
     "SPIN/12 environments, at most 2 failures", "times", 3, false},
    {"explore over SPIN, at most 1 failure, all orders",
     "explore/12 environments, at most 1 failure, all orders",
     "SPIN/12 environments, at most 1 failure, all orders", "times", 3, false},
    {"10k manifests", "configuration/10k manifests", nullptr, "ms", 2000, false},
    {"memory of 10k manifests", "configuration/memory, 10k manifests", nullptr, "MB", 300, false},
    {"100k environments with hooks everywhere",
     "configuration/100k environments with hooks everywhere", nullptr, "ms", 2000, false},
    {"simulate 10k environments", "simulate/10k environments with hooks, 24 hours", nullptr, "ms",
     50, false},
};
// clang-format on

double value_of(const Suite& suite, const char* name) {
  const Figure* const figure = suite.find(name);
  return figure == nullptr ? std::nan("") : figure->value;
}

/// Exponent of the growth between two totals, the second of `factor` times as much; 1 is linear.
double exponent(const Suite& suite, const char* few, const char* many, double factor) {
  return std::log(value_of(suite, many) / value_of(suite, few)) / std::log(factor);
}

/// Exponent of a release's total time from 1k to 1M environments; 1 is linear.
double exponent(const Suite& suite, Shape shape) {
  const double few = value_of(suite, name_of("release", shape, 1'000).c_str());
  const double many = value_of(suite, name_of("release", shape, 1'000'000).c_str());
  return 1 + std::log10(many / few) / 3;
}

void add(std::vector<Goal>& goals, Goal goal, bool at_least) {
  if (std::isnan(goal.value)) { return; }  // Not measured: in a quick run, or a peer is absent.
  goal.holds = at_least ? goal.value >= goal.bar : goal.value <= goal.bar;
  goals.push_back(std::move(goal));
}

}  // namespace

std::vector<Goal> goals(const Suite& suite) {
  std::vector<Goal> all;
  for (const Bar& bar : kBars) {
    const double over = bar.over == nullptr ? 1 : value_of(suite, bar.over);
    add(all, {bar.name, value_of(suite, bar.figure) / over, bar.unit, bar.bar}, bar.at_least);
  }
  add(all, {"exponent from 1k to 1M, chain", exponent(suite, Shape::Chain), "", 1.10}, false);
  add(all, {"exponent from 1k to 1M, layered", exponent(suite, Shape::Layered), "", 1.35}, false);
  add(all,
      {"exponent from 1250 to 10k manifests",
       exponent(suite, "configuration/1250 manifests", "configuration/10k manifests", 8), "", 1.10},
      false);
  add(all,
      {"exponent from 1250 to 10k manifests, memory",
       exponent(suite, "configuration/memory, 1250 manifests",
                "configuration/memory, 10k manifests", 8),
       "", 1.10},
      false);
  const double dependencies = value_of(suite, "memory/flow, dependencies");
  add(all,
      {"memory of a flow without names", value_of(suite, "memory/flow without names"),
       "B/environment", 48 + 4 * dependencies},
      false);
  const double simulated = value_of(suite, "simulate/10k environments with hooks, 24 hours") * 1e2;
  add(all,
      {"xstate's actors over simulate, for each environment",
       value_of(suite, "xstate, an actor for each environment/layered/1k") / simulated, "times",
       100},
      true);
  return all;
}

}  // namespace promoflow::bench

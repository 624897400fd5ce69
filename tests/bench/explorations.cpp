// SPDX-License-Identifier: Apache-2.0
// Explorations of a flow like that of ./dev demo, with twelve environments, and of a fan-out. The
// peer is SPIN, with a model of the same flow by hand: peers/promotion.pml, run by peers/spin.py.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "promoflow/exploration.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

Flow flow_of(FlowBuilder& builder) {
  auto report = builder.build();
  if (!report || !report->flow) { std::abort(); }
  return *report->flow;
}

/// dev -> staging -> nine regions, of which every other one has an onStart hook -> archive.
Flow regions() {
  constexpr int kRegions = 9;
  const Hook start{.name = "slack-start"};
  const Hook ok{.name = "slack-ok"};
  const Hook bug{.name = "jira-open-bug"};
  FlowOptions options;
  options.hooks = {{start}, {{.name = "jira-close-bug"}, ok}, {{.name = "slack-fail"}}};
  StepOptions staging;
  staging.hooks = {{start}, {ok}, {bug}};
  FlowBuilder builder("regions", "dev");
  builder.options(options).step("staging", {"dev"}, staging);
  std::vector<std::string> names;
  for (int i = 0; i < kRegions; ++i) {
    StepOptions step;
    if (i % 2 == 0) { step.hooks.on_start = {start}; }
    step.hooks.on_fail = {bug};
    names.push_back("prod-" + std::to_string(i));
    builder.step(names.back(), {"staging"}, step);
  }
  const std::vector<std::string_view> all(names.begin(), names.end());
  builder.step("archive", all);
  return flow_of(builder);
}

Flow fan_out() {
  FlowBuilder builder("fan-out", "dev");
  for (int i = 0; i < 12; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  return flow_of(builder);
}

Exploration explored(const Flow& flow, const ExplorationOptions& options) {
  auto found = explore(flow, options);
  if (!found || !found->complete) { std::abort(); }
  return std::move(*found);
}

/// The most memory that an exploration needs at one time, for each state: what it may have before a
/// bound ends it.
double bytes_of_a_state(const Flow& flow, const ExplorationOptions& options) {
  const double states = static_cast<double>(explored(flow, options).states);
  ExplorationOptions bounded = options;
  std::size_t least = 1 << 16;  // Too little for so many states.
  std::size_t enough = std::size_t{1} << 30;
  constexpr double kExact = 0.01;
  while (static_cast<double>(enough - least) > kExact * static_cast<double>(enough)) {
    bounded.memory_bytes_max = least + (enough - least) / 2;
    const auto found = explore(flow, bounded);
    if (!found) { std::abort(); }
    (found->complete ? enough : least) = bounded.memory_bytes_max;
  }
  return static_cast<double>(enough) / states;
}

}  // namespace

void add_explorations(Suite& suite) {
  const auto flow = std::make_shared<Flow>(regions());
  constexpr double kMs = 1e6;
  suite.time("explore/12 environments, at most 2 failures", kMs, "ms",
             [flow] { explored(*flow, {}); });
  ExplorationOptions all_orders;
  all_orders.all_orders = true;
  all_orders.failures_max = 1;
  const Exploration found = explored(*flow, all_orders);
  suite.count("explore/states in all orders, at most 1 failure", static_cast<double>(found.states),
              "states");
  suite.time("explore/12 environments, at most 1 failure, all orders", kMs, "ms",
             [flow, all_orders] { explored(*flow, all_orders); });
  suite.time("explore/12 environments, all orders, a transition",
             static_cast<double>(found.transitions), "ns/transition",
             [flow, all_orders] { explored(*flow, all_orders); });
  suite.count("explore/memory of a state of 12 environments", bytes_of_a_state(*flow, all_orders),
              "B");
  ExplorationOptions any;
  any.failures_max.reset();
  const auto fan = std::make_shared<Flow>(fan_out());
  constexpr std::size_t kOutcomes = std::size_t{1} << 12;  // Each environment may fail or not.
  if (explored(*fan, any).outcomes.size() != kOutcomes) { std::abort(); }
  suite.time("explore/fan-out of 12 environments, any number of failures", kMs, "ms",
             [fan, any] { explored(*fan, any); });
}

}  // namespace promoflow::bench

// SPDX-License-Identifier: Apache-2.0
// What run.py counts: `promoflow_costs SCENARIO ROUNDS` does the same thing so many times, and
// prints how much of it is in a round, what all rounds allocated, and how many bytes a round uses
// at its fullest (0: not measured). Without arguments: how it was built, and the names of the
// scenarios.
#include <malloc.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../bench/drive.hpp"
#include "../support/allocations.hpp"
#include "promoflow/exploration.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/render.hpp"

namespace {

using namespace promoflow;
using namespace promoflow::bench;

constexpr std::uint32_t kSize = 1'000;
constexpr std::uint32_t kFew = 10;
constexpr std::uint32_t kTimes = 100;
constexpr std::uint32_t kFailures = 10'000;

/// One round of a scenario, after its preparation: `per` units of it.
struct Rounds {
  std::uint32_t per;
  std::function<void()> round;
  std::shared_ptr<std::size_t> bytes{};  ///< Of the last round, at its fullest; null: not measured.
};

/// Bytes of the heap that are in use; 0 where the C library does not say.
std::size_t bytes_in_use() {
#if defined(__GLIBC__)
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

Rounds release_of(const Graph& graph, const StepOptions& options, std::string_view context) {
  return {kSize, [flow = flow_of(graph, options), context] { run_release(flow, context); }};
}

Rounds release_chain() { return release_of(chain(kSize), {}, {}); }
Rounds release_layered() { return release_of(layered(kSize), {}, {}); }
/// With one key besides the six defaults: seven arguments for each hook, each read.
Rounds release_hooks() {
  return release_of(layered(kSize), two_hooks(), R"({"SLACK_CHANNEL":"#releases"})");
}

/// Reads the arguments of one hook, so many times.
Rounds arguments(void (*read)(const RunHook&)) {
  const std::shared_ptr<Release> release = failed_release(50);
  const auto command = release->next_command();
  if (!command) { std::abort(); }
  return {kTimes, [release, hook = std::get<RunHook>(*command), read] {
            for (std::uint32_t i = 0; i < kTimes; ++i) { read(hook); }
          }};
}

Rounds arguments_views() {
  return arguments([](const RunHook& hook) {
    std::size_t bytes = 0;
    for (const Argument& argument : hook.arguments) {
      bytes += argument.name.size() + argument.value.size();
    }
    if (bytes < hook.arguments.size()) { std::abort(); }
  });
}

Rounds arguments_json() {
  return arguments([](const RunHook& hook) {
    if (!hook.arguments.to_json()) { std::abort(); }
  });
}

/// Each of two hooks exports five keys anew.
Rounds export_merged() {
  return {2 * kTimes, [flow = flow_of(chain(kTimes), two_hooks()),
                       context = context_of(0, 50, "value "), exported = context_of(10, 5, "x ")] {
            auto release = Release::start(flow, release_info(), kStart, context);
            if (!release) { std::abort(); }
            while (const auto command = release->next_command()) {
              if (!release->apply({kStart, success_of(*command, exported)})) { std::abort(); }
            }
          }};
}

Rounds snapshot_save() {
  const std::shared_ptr<Release> release = half_way(flow_of(layered(kSize), two_hooks()));
  return {kSize, [release] {
            if (!release->snapshot()) { std::abort(); }
          }};
}

Rounds snapshot_restore() {
  Flow flow = flow_of(layered(kSize), two_hooks());
  auto text = half_way(flow)->snapshot();
  if (!text) { std::abort(); }
  return {kSize, [flow = std::move(flow), text = std::move(*text)] {
            if (!Release::restore(flow, text)) { std::abort(); }
          }};
}

Rounds flow_from_names() {
  Graph graph = layered(kSize);
  auto names = names_of(graph);
  return {kSize, [graph = std::move(graph), names = std::move(names)] { flow_of(graph, names); }};
}

Rounds start_small() {
  return {kTimes, [flow = flow_of(chain(kFew), two_hooks())] {
            for (std::uint32_t i = 0; i < kTimes; ++i) {
              if (!Release::start(flow, release_info(), kStart)) { std::abort(); }
            }
          }};
}

Rounds load_yaml() {
  auto text = write_manifest(flow_of(layered(kSize)));
  if (!text) { std::abort(); }
  return {kSize, [text = std::move(*text)] {
            if (!load_flow(text)) { std::abort(); }
          }};
}

Rounds simulate_day() {
  return {kSize, [flow = flow_of(layered(kSize), two_hooks()), scenario = day()] {
            const auto trace = simulate(flow, scenario);
            if (!trace || trace->status() != ReleaseStatus::Succeeded) { std::abort(); }
          }};
}

void apply(Release& release, const Event::What& what) {
  if (!release.apply({kStart, what})) { std::abort(); }
  while (release.next_command()) {}
}

/// Parallel hooks export a small key each, one after another. The hooks behind them are outstanding
/// until all have done so: every state of the context is in use then.
Rounds export_parallel() {
  StepOptions options;
  options.hooks.on_start = {{.name = "export"}, {.name = "wait"}};
  FlowBuilder builder("parallel", "dev");
  for (const std::string& name : names_of(chain(kSize))) { builder.step(name, {"dev"}, options); }
  auto bytes = std::make_shared<std::size_t>();
  return {kSize,
          [flow = builder.build().value().flow.value(), bytes] {
            const std::size_t before = bytes_in_use();
            auto release = Release::start(flow, release_info(), kStart);
            if (!release) { std::abort(); }
            for (std::uint64_t i = 1; i <= kSize; ++i) {
              const std::string text = "{\"KEY_" + std::to_string(i) + "\":\"value\"}";
              apply(*release, HookSucceeded{Ticket{i}, text});
            }
            *bytes = bytes_in_use() - before;
          },
          bytes};
}

/// Environments succeed one after another, each the only one that is alive, after many others have
/// failed: what they cost must not depend on how many have.
Rounds success_after_failures() {
  FlowBuilder builder("failures", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  options.hooks.on_fail = {{.name = "slack-fail"}};
  builder.options(options);
  for (std::uint32_t i = 0; i < kFailures; ++i) {
    builder.step("failing-" + std::to_string(i), {"dev"});
  }
  std::string before = "dev";
  for (std::uint32_t i = 0; i < kSize; ++i) {
    const std::string name = "alive-" + std::to_string(i);
    builder.step(name, {before});
    before = name;
  }
  const std::shared_ptr<Release> release = std::make_shared<Release>(std::move(
      Release::start(builder.build().value().flow.value(), release_info(), kStart).value()));
  for (std::uint64_t i = 1; i <= kFailures; ++i) {
    apply(*release, PromotionFailed{Ticket{i}, "out of sync"});
  }
  return {kTimes, [release, ticket = std::uint64_t{kFailures}]() mutable {
            for (std::uint32_t i = 0; i < kTimes; ++i) {
              apply(*release, PromotionSucceeded{Ticket{++ticket}});
            }
          }};
}

/// A promotion that may fail thousands of times: as many states as it does, one behind the other.
/// More of them must not make each cost more.
Rounds explore_failures() {
  StepOptions options;
  options.retry.limit = 2 * kSize;
  auto built = FlowBuilder("failures", "dev").step("a", {"dev"}, options).build();
  ExplorationOptions exploration;
  exploration.failures_max = kFailures;
  return {2 * kSize, [flow = built.value().flow.value(), exploration] {
            const auto found = explore(flow, exploration);
            if (!found || found->outcomes.size() != 2) { std::abort(); }
          }};
}

/// A chain that may end badly at each environment: each outcome has a run as long as the chain.
Rounds explore_outcomes() {
  ExplorationOptions exploration;
  exploration.failures_max = 1;
  return {kTimes, [flow = flow_of(chain(kTimes)), exploration] {
            const auto found = explore(flow, exploration);
            if (!found || found->outcomes.size() != kTimes || !render_exploration(flow, *found)) {
              std::abort();
            }
          }};
}

struct NamedScenario {
  const char* name;
  const char* unit;
  Rounds (*prepare)();
};
constexpr std::array kScenarios = {
    NamedScenario{"release-chain", "environment", release_chain},
    NamedScenario{"release-layered", "environment", release_layered},
    NamedScenario{"release-hooks", "environment", release_hooks},
    NamedScenario{"arguments-views", "hook", arguments_views},
    NamedScenario{"arguments-json", "hook", arguments_json},
    NamedScenario{"export-merged", "export", export_merged},
    NamedScenario{"export-parallel", "export", export_parallel},
    NamedScenario{"after-failures", "success", success_after_failures},
    NamedScenario{"snapshot-save", "environment", snapshot_save},
    NamedScenario{"snapshot-restore", "environment", snapshot_restore},
    NamedScenario{"flow-from-names", "environment", flow_from_names},
    NamedScenario{"start-small", "release", start_small},
    NamedScenario{"load-yaml", "environment", load_yaml},
    NamedScenario{"simulate-day", "environment", simulate_day},
    NamedScenario{"explore-failures", "failure", explore_failures},
    NamedScenario{"explore-outcomes", "outcome", explore_outcomes},
};

#if defined(__GLIBCXX__)
constexpr const char* kLibrary = "libstdc++";
#else
constexpr const char* kLibrary = "another library";
#endif

int list() {
  std::printf("%s, %s\n", PROMOFLOW_COSTS_BUILD, kLibrary);
  for (const NamedScenario& scenario : kScenarios) {
    std::printf("%s %s\n", scenario.name, scenario.unit);
  }
  return 0;
}

void run(const NamedScenario& scenario, long rounds) {
  const Rounds prepared = scenario.prepare();
  const std::size_t before = test::allocations();
  for (long i = 0; i < rounds; ++i) { prepared.round(); }
  std::printf("%u %zu %zu\n", prepared.per, test::allocations() - before,
              prepared.bytes ? *prepared.bytes : 0);
}

}  // namespace

int main(int count, char** words) {
  if (count == 1) { return list(); }
  for (const NamedScenario& scenario : kScenarios) {
    if (count == 3 && std::strcmp(words[1], scenario.name) == 0) {
      run(scenario, std::strtol(words[2], nullptr, 10));
      return 0;
    }
  }
  std::fputs("usage: promoflow_costs [SCENARIO ROUNDS]\n", stderr);
  return 2;
}

// SPDX-License-Identifier: Apache-2.0
// Snapshots as JSON, and simulations in virtual time.
#include <cstdlib>
#include <memory>

#include "drive.hpp"
#include "promoflow/simulation.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// A release of which the first half of the environments has succeeded.
std::shared_ptr<Release> half_way(const Flow& flow) {
  auto release = Release::start(flow, release_info(), kStart);
  if (!release) { std::abort(); }
  for (std::uint32_t i = 0; i < flow.environment_count() * 3 / 2; ++i) {
    const auto command = release->next_command();
    const auto* hook = command ? std::get_if<RunHook>(&*command) : nullptr;
    const Event::What what =
        hook != nullptr ? Event::What(HookSucceeded{hook->ticket})
                        : Event::What(PromotionSucceeded{std::get<Promote>(*command).ticket});
    if (!release->apply({kStart, what})) { std::abort(); }
  }
  return std::make_shared<Release>(std::move(*release));
}

}  // namespace

void add_texts(Suite& suite) {
  constexpr std::uint32_t kMany = 100'000;
  const Flow& many = flow(Shape::Layered, kMany, true);
  const std::shared_ptr<Release> release = half_way(many);
  const auto saved = release->snapshot();
  if (!saved) { std::abort(); }
  suite.time("snapshot/save, 100k environments", kMany, "ns/environment", [release] {
    if (!release->snapshot()) { std::abort(); }
  });
  suite.time("snapshot/restore, 100k environments", kMany, "ns/environment",
             [&many, text = *saved] {
               if (!Release::restore(many, text)) { std::abort(); }
             });
  constexpr std::uint32_t kSimulated = 10'000;
  const Flow& simulated = flow(Shape::Layered, kSimulated, true);
  Scenario scenario;
  scenario.release = release_info();
  for (const char* hook : {"announce", "smoke-tests"}) {  // Eleven layers: 22 hours.
    scenario.outcomes.push_back({.hook = hook, .after = std::chrono::hours{1}});
  }
  scenario.outcomes.push_back({.environment = "environment-1", .after = std::chrono::minutes{90}});
  suite.time("simulate/10k environments with hooks, 24 hours", 1e6, "ms", [&simulated, scenario] {
    const auto trace = simulate(simulated, scenario);
    if (!trace || trace->status() != ReleaseStatus::Succeeded) { std::abort(); }
  });
}

}  // namespace promoflow::bench

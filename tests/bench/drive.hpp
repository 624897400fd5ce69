// SPDX-License-Identifier: Apache-2.0
/// @file
/// The host that is measured: takes a command, answers it at once, takes the next.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "graphs.hpp"
#include "promoflow/release.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::bench {

inline constexpr Instant kStart{std::chrono::milliseconds{1'700'000'000'000}};

inline ReleaseInfo release_info() {
  return {.id = "r-42",
          .url = "https://promotions.example.com/releases/r-42",
          .product = "billing",
          .version = "1.4.0",
          .commit_sha = "3f2a91c"};
}

/// What a host has seen; compared, so that nothing is optimised away or left out.
struct Seen {
  std::size_t commands = 0;
  std::size_t argument_bytes = 0;
};

/// A started release to its end. Every argument of every hook is read as views.
inline Seen drive(Release& release) {
  Seen seen;
  Instant now = kStart;
  while (const auto command = release.next_command()) {
    ++seen.commands;
    now += std::chrono::milliseconds{1};
    if (const auto* promote = std::get_if<Promote>(&*command)) {
      if (!release.apply({now, PromotionSucceeded{promote->ticket}})) { std::abort(); }
    } else if (const auto* hook = std::get_if<RunHook>(&*command)) {
      for (const Argument& argument : hook->arguments) {
        seen.argument_bytes += argument.name.size() + argument.value.size();
      }
      if (!release.apply({now, HookSucceeded{hook->ticket}})) { std::abort(); }
    }
  }
  if (release.status() != ReleaseStatus::Succeeded) { std::abort(); }
  return seen;
}

/// Starts a release, and drives it to its end.
[[gnu::noinline]] inline Seen run_release(const Flow& flow, std::string_view context = {}) {
  auto release = Release::start(flow, release_info(), kStart, context);
  if (!release) { std::abort(); }
  return drive(*release);
}

/// The success of a command; a hook exports that.
inline Event::What success_of(const Command& command,
                              std::optional<std::string_view> exported = std::nullopt) {
  if (const auto* hook = std::get_if<RunHook>(&command)) {
    return HookSucceeded{hook->ticket, exported};
  }
  return PromotionSucceeded{std::get<Promote>(command).ticket};
}

/// A context of so many keys: `{"CONTEXT_KEY_0":"value 0","CONTEXT_KEY_1":"value 1",...}`
inline std::string context_of(int first, int count, const char* value) {
  std::string text = "{";
  for (int i = first; i < first + count; ++i) {
    text += (i == first ? "\"CONTEXT_KEY_" : ",\"CONTEXT_KEY_") + std::to_string(i) + "\":\"" +
            value + std::to_string(i) + '"';
  }
  return text + '}';
}

/// A release that has failed, so that its onFail hook receives eight default arguments.
inline std::unique_ptr<Release> failed_release(int context_keys) {
  StepOptions options;
  options.hooks.on_fail.push_back({.name = "jira-open-bug"});
  auto release = Release::start(flow_of(chain(2), options), release_info(), kStart,
                                context_of(0, context_keys, "value "));
  if (!release || !release->next_command() ||
      !release->apply({kStart, PromotionFailed{Ticket{1}, "out of sync"}})) {
    std::abort();
  }
  return std::make_unique<Release>(std::move(*release));
}

/// A release of a flow with two hooks, of which the first half of the environments has succeeded.
inline std::unique_ptr<Release> half_way(const Flow& flow) {
  auto release = Release::start(flow, release_info(), kStart);
  if (!release) { std::abort(); }
  for (std::uint32_t i = 0; i < flow.environment_count() * 3 / 2; ++i) {
    const auto command = release->next_command();
    if (!command || !release->apply({kStart, success_of(*command)})) { std::abort(); }
  }
  return std::make_unique<Release>(std::move(*release));
}

/// Almost a day: each of two_hooks() takes an hour, in eleven layers, and one promotion a while.
inline Scenario day() {
  Scenario scenario;
  scenario.release = release_info();
  for (const char* hook : {"announce", "smoke-tests"}) {
    scenario.outcomes.push_back({.hook = hook, .after = std::chrono::hours{1}});
  }
  scenario.outcomes.push_back({.environment = "environment-1", .after = std::chrono::minutes{90}});
  return scenario;
}

}  // namespace promoflow::bench

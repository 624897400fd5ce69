// SPDX-License-Identifier: Apache-2.0
/// @file
/// The host that is measured: takes a command, answers it at once, takes the next.
#pragma once

#include <cstddef>
#include <cstdlib>

#include "promoflow/release.hpp"

namespace promoflow::bench {

inline constexpr Instant kStart{std::chrono::milliseconds{1'700'000'000'000}};

inline ReleaseInfo release_info() {
  return {.id = "r-42",
          .url = "https://promotions.example.com/releases/r-42",
          .product = "billing",
          .version = "1.4.0",
          .commit_sha = "3f2a91c"};
}

/// What a host saw: compared, so that nothing is optimised away or left out.
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

}  // namespace promoflow::bench

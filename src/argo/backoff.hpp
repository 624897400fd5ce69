// SPDX-License-Identifier: Apache-2.0
/// @file
/// Backoff: when a request that failed is made again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Given to whoever reckons with time; nothing here reads a clock.
using Moment = std::chrono::steady_clock::time_point;

/// Chance, for jitter alone: hosts that failed together must not come back together.
using Chance = std::minstd_rand;

/// Doubles from 200 ms to 30 s, each time between half of it and all of it.
class Backoff {
 public:
  /// Counts a failure. `asked`: how long the server says to wait at least.
  Moment after_failure(Moment now, Chance& chance,
                       std::optional<std::chrono::seconds> asked = std::nullopt) {
    constexpr std::chrono::milliseconds kFirst{200};
    constexpr std::chrono::milliseconds kMost{30'000};
    constexpr std::chrono::seconds kAskedMax{600};
    constexpr std::uint32_t kDoublings = 8;
    const std::chrono::milliseconds all =
        std::min(kFirst * (1U << std::min(failures_, kDoublings)), kMost);
    ++failures_;
    const auto jitter = static_cast<std::int64_t>(chance() % 1024);
    std::chrono::milliseconds pause = all / 2 + all * jitter / 2048;
    if (asked) { pause += std::clamp(*asked, std::chrono::seconds{0}, kAskedMax); }
    return now + pause;
  }
  void succeeded() noexcept { failures_ = 0; }
  std::uint32_t failures() const noexcept { return failures_; }

 private:
  std::uint32_t failures_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

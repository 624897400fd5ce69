// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a signal that asks for the end of a release does. Signals come in pairs that nobody meant:
/// a lost terminal sends SIGHUP twice, and a program that passes Ctrl-C on sends it a second time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace promoflow::cli {

/// Confined to one thread. The time is an argument, so that tests need not wait.
class StopDecision {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Action : std::uint8_t {
    Terminate,  ///< The first signal.
    Force,      ///< One that may force, at least kForceAfter behind the first.
    TooSoon,    ///< One that may force, but came before that.
    Nothing,    ///< One that never forces, behind the first; or the end is forced already.
  };

  /// A second signal forces only if it comes at least this long after the first.
  static constexpr std::chrono::seconds kForceAfter{1};

  /// `may_force`: SIGINT and SIGTERM do, SIGHUP does not.
  Action decide(bool may_force, Time now) noexcept {
    if (!first_) {
      first_ = now;
      return Action::Terminate;
    }
    if (!may_force || forced_) { return Action::Nothing; }
    if (now - *first_ < kForceAfter) { return Action::TooSoon; }
    forced_ = true;
    return Action::Force;
  }

  /// The release has been terminated, and the user was told: a second is counted from here. So a
  /// signal that came meanwhile is one that bounced, however busy the machine is.
  void terminated(Time now) noexcept { first_ = now; }

 private:
  std::optional<Time> first_{};
  bool forced_ = false;
};

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Timeline: the trace lines of a release (S5) as lines for people, and what goes on at present.
/// `run` feeds it while a release runs, `show` and `export` from what is stored: they say the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::cli {

/// How a line is coloured.
enum class Tone : std::uint8_t { Plain, Good, Bad, Busy, Faint };

/// Tones of statuses; Plain for a word that is none.
Tone tone_of_status(std::string_view status) noexcept;

/// Something that happened. The texts come from outside: they are not safe to print.
struct TimelineLine {
  std::chrono::milliseconds at{};  ///< Since the start of the release.
  std::string where{};             ///< An environment, or `release`.
  std::string what{};
  Tone tone = Tone::Plain;
};

/// Something that goes on: a command, or the soak behind a promotion.
struct Activity {
  std::string where{};
  std::string what{};
  std::chrono::milliseconds since{};
  std::optional<std::chrono::milliseconds> soak{};  ///< Of a promotion: what follows it.
  bool soaking = false;
  bool suspended = false;
  bool queued = false;
};

/// Confined to one thread.
class Timeline {
 public:
  using Show = std::function<void(const TimelineLine&)>;
  /// The log of a command, as it can be pasted into a shell; empty: it has none.
  using LogOf = std::function<std::string(Ticket)>;

  /// `with_begins`: commands have a line when they begin, wait or go on, too.
  Timeline(const Flow& flow, bool with_begins, LogOf log_of, Show show);

  /// Takes the next trace line.
  void add(std::string_view line);
  /// Nothing more comes at present: a cancellation that waits for its cause is shown.
  void flush();

  const std::map<Ticket, Activity>& active() const noexcept { return active_; }
  /// The time of the last line.
  std::chrono::milliseconds now() const noexcept { return now_; }
  /// The logs of what has failed, in that order.
  const std::vector<std::string>& failed_logs() const noexcept { return failed_logs_; }
  /// `3 of 5 environments successful, 1 skipped`.
  std::string progress() const;

 private:
  friend struct TraceLine;

  void begin(Ticket ticket, Activity activity, std::uint64_t attempt);
  void end(Ticket ticket, std::string_view how, Tone tone);
  void fail(Ticket ticket, std::string_view message);
  void set(Ticket ticket, bool Activity::*state, bool value, const std::string& words);
  void begin_soak(Ticket ticket);
  void end_soak_of(std::string_view environment);
  std::string log_words(Ticket ticket);
  void line(std::string where, std::string what, Tone tone);

  Flow flow_;
  bool with_begins_;
  LogOf log_of_;
  Show show_;
  std::chrono::milliseconds now_{};
  std::map<Ticket, Activity> active_{};
  std::optional<Ticket> cancelled_{};  ///< By the last line: the next says whether it timed out.
  std::vector<std::string> failed_logs_{};
  std::uint32_t successful_ = 0;
  std::uint32_t skipped_ = 0;
};

/// A time for people: exact below a second, then in tenths.
std::string short_duration(std::chrono::milliseconds time);

}  // namespace promoflow::cli

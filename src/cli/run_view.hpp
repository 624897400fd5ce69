// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a person sees of a release that runs: a line for each thing that has happened and, on a
/// terminal, below these lines what goes on at present.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/executor.hpp"

namespace promoflow::cli {

/// How a run is shown.
enum class RunFormat : std::uint8_t { Lines, Live, Json };

/// Confined to one thread.
class RunView {
 public:
  RunView(RunFormat format, bool color) : format_(format), color_(color) {}

  void add(const Release& release, const Record& record, Instant now);
  /// Draws a live view anew. To be called while the run waits.
  void idle(Instant now);
  /// Removes what is drawn below the lines.
  void finish();
  bool is_live() const noexcept { return format_ == RunFormat::Live; }

 private:
  /// Something that goes on: a command, or the soak behind a promotion.
  struct Activity {
    std::string where;
    std::string what;
    Instant since{};
    std::optional<std::chrono::milliseconds> soak{};  ///< Of a promotion: what follows it.
    bool soaking = false;
    bool suspended = false;
    bool queued = false;
  };
  friend struct RecordWriter;

  void begin(Ticket ticket, Activity activity, std::uint32_t attempt);
  void end(Ticket ticket, std::string_view how, std::string_view message, const char* tone);
  void begin_soak(Ticket ticket);
  void end_soak_of(std::string_view environment);
  std::string progress() const;
  void line(std::string_view where, std::string_view what, const char* tone);
  void draw();

  RunFormat format_;
  bool color_;
  std::optional<Instant> origin_{};
  Instant now_{};
  std::map<Ticket, Activity> active_{};
  std::uint32_t environments_ = 0;
  std::uint32_t successful_ = 0;
  std::uint32_t skipped_ = 0;
  std::size_t drawn_ = 0;  ///< Lines below, on the terminal.
};

}  // namespace promoflow::cli

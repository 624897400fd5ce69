// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a person sees of a release that runs: lines, and on a terminal what is going on below them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/executor.hpp"

namespace promoflow::cli {

/// How a run is shown.
enum class RunFormat : std::uint8_t { Lines, Live, Json };

/// Of one thread.
class RunView {
 public:
  RunView(RunFormat format, bool color) : format_(format), color_(color) {}

  void note(const Release& release, const Record& record, Instant now);
  /// Nothing happens just now: a live view is drawn anew.
  void idle(Instant now);
  /// Takes what is drawn below the lines away.
  void finish();
  bool is_live() const noexcept { return format_ == RunFormat::Live; }

 private:
  /// A command that is out, in words.
  struct Busy {
    std::string where;
    std::string what;
    Instant since{};
    bool suspended = false;
  };
  friend struct RunWords;

  void begin(Ticket ticket, std::string_view where, std::string what, std::uint32_t attempt);
  void end(Ticket ticket, std::string_view how, std::string_view message, const char* tone);
  void line(std::string_view where, std::string_view what, const char* tone);
  void draw();

  RunFormat format_;
  bool color_;
  std::optional<Instant> origin_{};
  Instant now_{};
  std::map<Ticket, Busy> busy_{};
  std::uint32_t environments_ = 0;
  std::uint32_t successful_ = 0;
  std::size_t drawn_ = 0;  ///< Lines below, on the terminal.
};

}  // namespace promoflow::cli

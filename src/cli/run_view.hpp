// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a person sees of releases: a line for each thing that has happened and, on a terminal,
/// below these lines what goes on at present.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/timeline.hpp"

namespace promoflow::cli {

/// How a run is shown.
enum class RunFormat : std::uint8_t { Lines, Live, Json };

/// A line as it is printed, with its line end, safe for a terminal.
std::string printed(const TimelineLine& line, bool color);

/// One release while it runs. Confined to one thread.
class RunView {
 public:
  /// `name` stands before each line; empty: there is only one release.
  RunView(RunFormat format, bool color, std::string name, const Flow& flow, Timeline::LogOf log_of);

  /// Its start is stored, or was, at `origin`: `first` is the line to begin with. It is printed by
  /// announce(), or before the first line that was not shown.
  void begin(std::string first, Instant origin);
  void announce();
  /// Takes a trace line. `shown`: it was printed before, by a process that is gone.
  void add(std::string_view line, bool shown = false);
  /// Draws a live view anew. To be called while the run waits.
  void idle(Instant now);
  bool is_live() const noexcept { return format_ == RunFormat::Live; }
  /// The logs of what has failed, in that order, each as it can be pasted into a shell.
  const std::vector<std::string>& failed_logs() const noexcept { return timeline_.failed_logs(); }

 private:
  void draw();

  RunFormat format_;
  bool color_;
  bool silent_ = false;
  std::string name_;
  std::string first_{};  ///< Empty: it was printed.
  std::optional<Instant> origin_{};
  std::chrono::milliseconds now_{};  ///< Since the start.
  Timeline timeline_;
};

}  // namespace promoflow::cli

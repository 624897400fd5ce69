// SPDX-License-Identifier: Apache-2.0
/// @file
/// Capture: what a program prints, into a log of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "process/work_directory.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The end of a text that comes in pieces.
class Tail {
 public:
  /// `is_cut`: more came before this text, and is not known.
  void add(std::string_view text, bool is_cut = false);
  /// Trimmed, valid UTF-8, at most 4 KiB; empty if a terminal would show nothing of it.
  std::string text() const;

 private:
  std::string end_;
  bool cut_ = false;  ///< It does not begin where the text did.
};

/// Adds a line of our own to a log.
void write_note(const Fd& log, std::string_view text);

/// What a program prints: into its log up to a bound; the ends of both outputs are kept.
class Capture {
 public:
  /// An existing log is continued, up to `bytes_max` in all.
  void open(OpenedFile log, std::size_t bytes_max) noexcept;
  /// Adds a line of our own to the log.
  void note(std::string_view text) { write_note(log_, text); }
  /// Gives its descriptor back; what comes later is only looked at.
  void close() noexcept { log_.reset(); }
  /// Reads what has been written, at most some 64 KiB. False: the other side is closed.
  bool read_from(const Fd& fd, bool is_error);
  /// The end of standard error or, if that is blank, of standard output. May be empty.
  std::string last_words() const;

 private:
  void keep(std::string_view text, bool is_error);

  Fd log_;
  std::size_t left_ = 0;
  bool full_ = false;
  Tail out_;
  Tail error_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

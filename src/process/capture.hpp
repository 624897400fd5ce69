// SPDX-License-Identifier: Apache-2.0
/// @file
/// Files of a ticket: the bounded log of what its program prints, arguments in, context out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "process/fd.hpp"

namespace promoflow::detail {

/// What a program prints: into its log up to a bound; of standard error the end is kept.
class Capture {
 public:
  /// Empty text: opened; else why not. An existing log is continued.
  std::string open(const std::string& path, std::size_t bytes_max);
  /// Reads what has been written, at most some 64 KiB. False: the other side is closed.
  bool read_from(const Fd& fd, bool is_error);
  /// The end of standard error: trimmed, valid UTF-8, at most 4 KiB. May be empty.
  std::string tail() const;

 private:
  void keep(std::string_view text, bool is_error);

  Fd log_;
  std::size_t left_ = 0;
  bool full_ = false;
  bool cut_ = false;  ///< The tail does not begin where standard error did.
  std::string tail_;
};

/// Makes a directory and those above it, for this user only. Empty text: it exists; else why not.
std::string make_directories(const std::string& path);

/// Writes a file for this user only. Empty text: done; else why not.
std::string write_file(const std::string& path, std::string_view text);

/// What a hook exported.
struct Exported {
  std::optional<std::string> context{};  ///< Not given: no file, or an empty one.
  std::string problem{};                 ///< Not empty: it cannot be read.
};
Exported read_export(const std::string& path);

}  // namespace promoflow::detail

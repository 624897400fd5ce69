// SPDX-License-Identifier: Apache-2.0
/// @file
/// Formats single diagnostics as text and as JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"

namespace promoflow::detail {

/// The quoted part of a line: all of it, or what is around a position far to the right.
struct Excerpt {
  std::uint32_t line = 0;
  std::uint32_t first = 1;     ///< Column at which the excerpt begins.
  std::string_view text = {};  ///< May be longer than what is shown.
};

/// The excerpts for a set of diagnostics, found in one pass over the text.
class Excerpts {
 public:
  Excerpts(std::span<const Diagnostic> diagnostics, std::string_view text);
  /// The excerpt for a diagnostic that was passed to the constructor.
  const Excerpt& operator[](const Diagnostic& diagnostic) const noexcept;

 private:
  std::vector<Excerpt> excerpts_;  ///< Sorted by line and first column.
};

/// Replaces control characters and invalid UTF-8: names in a text must not control a terminal.
std::string sanitized(std::string_view text);

void append_text(std::string& out, const Diagnostic& diagnostic, std::string_view file,
                 const Excerpt& excerpt, bool colored);
void append_json_line(std::string& out, const Diagnostic& diagnostic, std::string_view file);

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The parts that diagnostics are written of.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"

namespace promoflow::detail {

/// What is quoted of a line: all of it, or the part around a place far to the right.
struct Excerpt {
  std::uint32_t line = 0;
  std::uint32_t first = 1;     ///< Column at which the excerpt begins.
  std::string_view text = {};  ///< Somewhat more than is shown.
};

/// The excerpts that diagnostics need, found by one walk over the text.
class Excerpts {
 public:
  Excerpts(std::span<const Diagnostic> diagnostics, std::string_view text);
  /// Of a diagnostic that was given to the constructor.
  const Excerpt& operator[](const Diagnostic& diagnostic) const noexcept;

 private:
  std::vector<Excerpt> excerpts_;  ///< By line and first column.
};

/// Without control characters and broken UTF-8: names from a text must not drive a terminal.
std::string sanitized(std::string_view text);

void append_text(std::string& out, const Diagnostic& diagnostic, std::string_view file,
                 const Excerpt& excerpt, bool colored);
void append_json_line(std::string& out, const Diagnostic& diagnostic, std::string_view file);

}  // namespace promoflow::detail

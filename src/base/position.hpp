// SPDX-License-Identifier: Apache-2.0
/// @file
/// Positions in a text: lines and columns as editors count them, columns in code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// U+FEFF in UTF-8. At the beginning of a text, and of each text of several, it takes no column.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// A position in a text. Both numbers count from 1.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Whether the byte begins a code point (or is no UTF-8 at all).
constexpr bool begins_code_point(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// The number of code points. For bytes that are not UTF-8 it is about what an editor shows.
std::size_t count_code_points(std::string_view text) noexcept;

/// Bytes of the first `count` code points; the whole size if there are fewer.
std::size_t bytes_of_code_points(std::string_view text, std::size_t count) noexcept;

/// The position after `text`, when it begins at `from`. Lines end with LF, CRLF or a lone CR.
Position advance(Position from, std::string_view text) noexcept;

/// Bytes up to the end of the first line, its line break left out.
std::size_t line_length(std::string_view text) noexcept;

/// Finds positions in a text in one pass; they must be asked for in ascending order.
class TextWalker {
 public:
  explicit TextWalker(std::string_view text) noexcept;
  /// The text from the position on. If its line is shorter: from the end of the line; if there is
  /// no such line: empty.
  std::string_view seek(Position position) noexcept;

 private:
  void skip_mark() noexcept;

  std::string_view rest_;
  Position at_;
};

/// Bytes of the line break at the beginning of the text; 0: there is none.
std::size_t line_break_length(std::string_view text) noexcept;

/// The text in single quotes for messages, shortened when it is long. (A function `quoted` would
/// have a rival in the standard library, which argument-dependent lookup takes for a std::string.)
std::string in_quotes(std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

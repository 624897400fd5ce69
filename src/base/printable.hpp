// SPDX-License-Identifier: Apache-2.0
/// @file
/// The one way of text from outside to a terminal: names, messages, excerpts, paths, options.
/// What moves the cursor, is invisible or reorders the text around it is written out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// One character of a text that should be UTF-8.
struct Character {
  char32_t value = 0;  ///< Of a byte that is not UTF-8: the byte.
  std::size_t bytes = 1;
  bool valid = true;  ///< False: a byte that is not part of a valid sequence.
};
/// `at` is less than the text's size.
Character character_at(std::string_view text, std::size_t at) noexcept;

/// Whether a terminal must not be given the character: controls, format characters (those that
/// reorder text among them), line and paragraph separators, everything else that is invisible but
/// takes no room, surrogates and what can never be a character.
bool is_unprintable(char32_t character) noexcept;

/// Appends the character at `at` in a form that is safe to print, and gives its bytes in `text`.
/// What is_unprintable() becomes `<U+200B>`, a byte that is not UTF-8 `<0xC0>`. Variation selectors
/// and joiners within an emoji stay. With `ascii` all beyond ASCII is written out.
std::size_t append_printable(std::string& out, std::string_view text, std::size_t at,
                             bool ascii = false);

/// The text on one line and safe to print: line ends and tabs are written out, too.
std::string printable(std::string_view text);

/// The text safe to print, its line ends kept; CRLF is one, a tab becomes a space.
std::string printable_lines(std::string_view text, bool ascii = false);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// UTF-8: validation and repair.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Length in bytes of the valid sequence at `at`; 0: there is none. Overlong sequences and
/// surrogates are not valid.
std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// A copy of the text in which U+FFFD replaces each byte that is not part of a valid sequence.
std::string to_utf8(std::string_view text);

/// to_utf8() in place; nothing is copied if the text is UTF-8.
void make_utf8(std::string& text);

/// Appends a code point.
void append_utf8(std::string& out, char32_t value);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

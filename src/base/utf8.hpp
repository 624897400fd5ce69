// SPDX-License-Identifier: Apache-2.0
/// @file
/// UTF-8: what is valid, and how what is not is made so.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace promoflow::detail {

/// Bytes of the valid sequence at `at`; 0: there is none (overlong ones and surrogates are none).
std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// The text with each byte that belongs to no valid sequence replaced by U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace promoflow::detail

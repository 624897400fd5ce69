// SPDX-License-Identifier: Apache-2.0
/// @file
/// Messages: how texts of the host are bounded (R5), and what a release makes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The longest message or reason that is kept as it is, in bytes (R5).
inline constexpr std::size_t kMessageBytesMax = 4096;

/// The longest prefix that ends with a whole code point and has, with the `...` behind it, at most
/// `bytes_max` bytes; the text itself if it is not longer; empty for less than three bytes.
/// `text` is UTF-8. May throw std::bad_alloc, as all of these may.
std::string cut_text(std::string_view text, std::size_t bytes_max);

/// A text of the host as a release keeps it: UTF-8, and cut (R5).
std::string bounded_text(std::string_view text);
/// The same for a message or the reason of a termination, which must say something (R5).
Text make_message(std::string_view text);

/// `onSuccess hook 'NAME' failed: MESSAGE`, with the word of the chain's state (R5).
std::string hook_failure(State state, std::string_view hook, std::string_view message);

/// The release's message after a termination: the reason and the first failure, if there was one
/// (R6).
Text termination_message(const Text& reason, const Text& first_failure);

/// A duration as messages have it (M5).
std::string duration_text(Millis duration);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

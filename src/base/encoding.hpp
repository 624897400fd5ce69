// SPDX-License-Identifier: Apache-2.0
/// @file
/// Tells texts in other encodings than UTF-8, and what is no text.
#pragma once

#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// UTF-16 or UTF-32.
struct WideEncoding {
  std::string_view name;
  std::string_view mark;      ///< The byte order mark.
  std::string_view zeros_of;  ///< Of ASCII characters: 'x' in place of the one byte that is not 0.
};

/// The encoding of a text that begins with its byte order mark, or with one or two characters of
/// ASCII in it; null: it may be UTF-8. Looks at the first eight bytes.
const WideEncoding* find_wide_encoding(std::string_view text) noexcept;

/// What a text is that is no text: `gzip data`, `a PNG image`; empty: it may be one.
std::string_view find_binary_format(std::string_view text) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.hpp"

#include <algorithm>
#include <cstddef>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// UTF-32 first: its mark begins with that of UTF-16.
constexpr WideEncoding kWideEncodings[] = {
    {"UTF-32", {"\xFF\xFE\0\0", 4}, {"x\0\0\0", 4}},
    {"UTF-32", {"\0\0\xFE\xFF", 4}, {"\0\0\0x", 4}},
    {"UTF-16", {"\xFF\xFE", 2}, {"x\0", 2}},
    {"UTF-16", {"\xFE\xFF", 2}, {"\0x", 2}},
};

bool has_zeros_of(std::string_view text, std::string_view zeros_of) noexcept {
  if (text.size() < 2 * zeros_of.size() && text.size() != zeros_of.size()) { return false; }
  for (std::size_t i = 0; i < std::min(text.size(), 2 * zeros_of.size()); ++i) {
    if ((text[i] == '\0') != (zeros_of[i % zeros_of.size()] == '\0')) { return false; }
  }
  return true;
}

}  // namespace

const WideEncoding* find_wide_encoding(std::string_view text) noexcept {
  for (const WideEncoding& encoding : kWideEncodings) {
    if (text.starts_with(encoding.mark) || has_zeros_of(text, encoding.zeros_of)) {
      return &encoding;
    }
  }
  return nullptr;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Measures text that needs no escapes in a JSON string, eight bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::uint64_t kOnesOfWord = 0x0101010101010101ULL;

inline bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// Length in bytes of the text's beginning that needs no escapes.
inline std::size_t plain_length(std::string_view text) noexcept {
  constexpr std::uint64_t kHighs = kOnesOfWord * 0x80;
  const auto below = [](std::uint64_t word, std::uint64_t limit) {  // Limit: at most 0x80.
    return (word - kOnesOfWord * limit) & ~word & kHighs;
  };
  std::size_t length = 0;
  for (; length + sizeof(std::uint64_t) <= text.size(); length += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + length, sizeof word);
    const std::uint64_t found = below(word, 0x20) | below(word ^ (kOnesOfWord * '"'), 1) |
                                below(word ^ (kOnesOfWord * '\\'), 1);
    if (found == 0) { continue; }
    if constexpr (std::endian::native == std::endian::little) {  // The lowest bit found is exact.
      return length + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    break;
  }
  while (length < text.size() && !needs_escape(text[length])) { ++length; }
  return length;
}

/// Length in bytes of the text's ASCII beginning, rounded down to whole words.
inline std::size_t ascii_words(std::string_view text) noexcept {
  std::size_t length = 0;
  for (; length + sizeof(std::uint64_t) <= text.size(); length += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & (kOnesOfWord * 0x80)) != 0) { break; }
  }
  return length;
}

/// Whether every byte is ASCII. Short texts cost no loop: their parts are read twice instead.
inline bool is_ascii(std::string_view text) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const char* const data = text.data();
  const std::size_t size = text.size();
  std::uint64_t bits = 0;
  if (size >= kWord) {
    if (ascii_words(text) != size / kWord * kWord) { return false; }
    std::memcpy(&bits, data + size - kWord, kWord);
  } else if (size >= kWord / 2) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, data, sizeof first);
    std::memcpy(&last, data + size - sizeof last, sizeof last);
    bits = first | last;
  } else if (size > 0) {
    const auto byte = [data](std::size_t i) { return static_cast<unsigned char>(data[i]); };
    bits = static_cast<std::uint64_t>(byte(0) | byte(size / 2) | byte(size - 1));
  }
  return (bits & (kOnesOfWord * 0x80)) == 0;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

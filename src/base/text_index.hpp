// SPDX-License-Identifier: Apache-2.0
/// @file
/// TextIndex: maps texts, which the caller stores, to 32-bit numbers. Open addressing with a seeded
/// hash, so that a hostile text cannot choose keys that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace promoflow::detail {

/// The seed affects speed only, never a result.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  std::uint64_t hash = seed ^ (text.size() * kOdd);
  while (!text.empty()) {
    std::uint64_t chunk = 0;
    const std::size_t size = text.size() < sizeof chunk ? text.size() : sizeof chunk;
    std::memcpy(&chunk, text.data(), size);
    hash = (hash ^ chunk) * kOdd;
    hash ^= (hash >> 29) ^ (seed << 1);
    text.remove_prefix(size);
  }
  hash *= kOdd;
  return hash ^ (hash >> 32);
}

class TextIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// Removes all entries. Cost: that of the new, small table, however large the old one was.
  void clear(std::uint64_t seed) {
    slots_.assign(kSlotsMin, kNone);
    seed_ = seed;
    used_ = 0;
  }

  /// The slot of this text: it holds the text's number, or kNone, and then the caller may fill it
  /// by set(). `text_of` returns the text of a number.
  template <class TextOf>
  std::uint32_t& slot(std::string_view text, const TextOf& text_of) {
    if ((used_ + 1) * 2 > slots_.size()) { grow(text_of); }
    return probe(text, text_of);
  }
  /// Fills a slot that holds kNone.
  void set(std::uint32_t& slot, std::uint32_t number) noexcept {
    slot = number;
    ++used_;
  }

 private:
  static constexpr std::size_t kSlotsMin = 64;

  template <class TextOf>
  std::uint32_t& probe(std::string_view text, const TextOf& text_of) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash_text(text, seed_)) & mask;
    while (slots_[at] != kNone && text_of(slots_[at]) != text) { at = (at + 1) & mask; }
    return slots_[at];
  }

  template <class TextOf>
  void grow(const TextOf& text_of) {
    std::vector<std::uint32_t> old(slots_.empty() ? kSlotsMin : slots_.size() * 2, kNone);
    slots_.swap(old);
    for (const std::uint32_t number : old) {
      if (number != kNone) { probe(text_of(number), text_of) = number; }
    }
  }

  std::vector<std::uint32_t> slots_;
  std::uint64_t seed_ = 0;
  std::size_t used_ = 0;
};

}  // namespace promoflow::detail

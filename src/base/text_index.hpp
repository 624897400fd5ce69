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

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The bytes of a text of less than eight, as a number; texts of one size have different ones.
inline std::uint64_t short_text(const char* text, std::size_t size) noexcept {
  if (size >= 4) {  // The two halves overlap where there are fewer than eight bytes.
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, text, sizeof first);
    std::memcpy(&last, text + size - sizeof last, sizeof last);
    return first | std::uint64_t{last} << 32U;
  }
  const auto byte = [text](std::size_t at) {
    return std::uint64_t{static_cast<unsigned char>(text[at])};
  };
  return byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
}

/// The seed affects speed only, never a result.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  std::uint64_t hash = seed ^ (text.size() * kOdd);
  const auto mix = [&](std::uint64_t chunk) {
    hash = (hash ^ chunk) * kOdd;
    hash ^= (hash >> 29) ^ (seed << 1);
  };
  const char* at = text.data();
  std::size_t left = text.size();
  for (std::uint64_t chunk = 0; left >= sizeof chunk; at += sizeof chunk, left -= sizeof chunk) {
    std::memcpy(&chunk, at, sizeof chunk);  // Its size is constant, so this is one load.
    mix(chunk);
  }
  if (left > 0) { mix(short_text(at, left)); }
  hash *= kOdd;
  return hash ^ (hash >> 32);
}

class TextIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// Removes all entries. Cost: that of the new, small table, however large the old one was.
  void clear(std::uint64_t seed) {
    slots_.assign(kSlotsMin, Slot{});
    seed_ = seed;
    used_ = 0;
  }

  /// The slot of this text: it holds the text's number, or kNone, and then the caller may fill it
  /// by set(). `text_of` returns the text of a number.
  template <class TextOf>
  std::uint32_t& slot(std::string_view text, const TextOf& text_of) {
    if ((used_ + 1) * 2 > slots_.size()) { grow(); }
    const auto hash = static_cast<std::uint32_t>(hash_text(text, seed_));
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].number != kNone &&
           (slots_[at].hash != hash || text_of(slots_[at].number) != text)) {
      at = (at + 1) & mask;
    }
    slots_[at].hash = hash;
    return slots_[at].number;
  }
  /// Fills a slot that holds kNone.
  void set(std::uint32_t& slot, std::uint32_t number) noexcept {
    slot = number;
    ++used_;
  }

 private:
  static constexpr std::size_t kSlotsMin = 64;

  /// The hash is kept so that growing, and passing by other texts, need not read them again.
  struct Slot {
    std::uint32_t number = kNone;
    std::uint32_t hash = 0;
  };

  void grow() {
    std::vector<Slot> old(slots_.empty() ? kSlotsMin : slots_.size() * 2);
    slots_.swap(old);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number == kNone) { continue; }
      std::size_t at = slot.hash & mask;
      while (slots_[at].number != kNone) { at = (at + 1) & mask; }
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::uint64_t seed_ = 0;
  std::size_t used_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

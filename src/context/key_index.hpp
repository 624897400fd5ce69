// SPDX-License-Identifier: Apache-2.0
/// @file
/// KeyIndex: from keys to the positions of their rows, shared by all states that have the same rows
/// at the same positions, however many rows each has.
///
/// A state finds a key at a position and asks whether it has that row: a position beyond its rows
/// belongs to a later state (or to one that was planned and given up), and the search goes on. So
/// only the newest state's successor inserts, and older states still read, in other threads, too.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/text_index.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  /// Memory for each key, at most: between four and eight slots.
  static constexpr std::size_t kBytesOfKeyMax = 8 * sizeof(std::uint32_t);

  /// Room for so many keys, and as many again. May throw std::bad_alloc.
  explicit KeyIndex(std::size_t keys)
      : mask_(std::bit_ceil(keys * 4 + 1) - 1),
        slots_(std::make_unique<std::atomic<std::uint32_t>[]>(mask_ + 1)) {
    for (std::size_t i = 0; i <= mask_; ++i) { slots_[i].store(kNone, std::memory_order_relaxed); }
  }

  bool has_room(std::size_t more) const noexcept { return (used_ + more) * 2 <= mask_; }

  /// A position with this key of which `is_it` says that it is the one; or kNone.
  template <class IsIt>
  std::uint32_t find(std::string_view key, const IsIt& is_it) const noexcept {
    for (std::size_t at = first(key);; at = (at + 1) & mask_) {
      const std::uint32_t position = slots_[at].load(std::memory_order_acquire);
      if (position == kNone || is_it(position)) { return position; }
    }
  }
  /// There must be room. A key may be inserted again, with another position or with the same one.
  void insert(std::string_view key, std::uint32_t position) noexcept {
    for (std::size_t at = first(key);; at = (at + 1) & mask_) {
      const std::uint32_t there = slots_[at].load(std::memory_order_relaxed);
      if (there == position) { return; }
      if (there != kNone) { continue; }
      slots_[at].store(position, std::memory_order_release);
      ++used_;
      return;
    }
  }

 private:
  /// The seed keeps a hostile export from choosing keys that collide.
  std::size_t first(std::string_view key) const noexcept {
    return static_cast<std::size_t>(hash_text(key, reinterpret_cast<std::uintptr_t>(this))) & mask_;
  }

  std::size_t mask_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> slots_;
  std::size_t used_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

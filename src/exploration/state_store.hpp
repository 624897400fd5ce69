// SPDX-License-Identifier: Apache-2.0
/// @file
/// StateStore: the states that an exploration has found, each once, as bytes. A state's number is
/// its place in the order in which they were found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "flow/flow_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using StateNumber = std::uint32_t;

class StateStore {
 public:
  using Code = std::span<const std::uint8_t>;

  /// The number of a state, and whether it is new. At most kLengthMax bytes. May throw
  /// std::bad_alloc.
  std::pair<StateNumber, bool> add(Code code);
  static constexpr std::size_t kLengthMax = 0xFFFF;

  Code operator[](StateNumber state) const noexcept {
    const std::uint64_t offset = entries_[state] >> kLengthBits;
    return {chunks_[offset / kChunkBytes].get() + offset % kChunkBytes,
            static_cast<std::size_t>(entries_[state] & kLengthMax)};
  }
  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t memory_bytes() const noexcept {
    return chunks_.size() * kChunkBytes + entries_.capacity() * sizeof(std::uint64_t) +
           slots_.capacity() * sizeof(Slot);
  }

 private:
  static constexpr unsigned kLengthBits = 16;
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  struct Slot {
    std::uint32_t tag = 0;     ///< The upper half of the code's hash.
    std::uint32_t number = 0;  ///< Plus 1; 0: free.
  };
  void grow();

  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::uint64_t used_ = 0;              ///< Bytes, those left free at the ends of chunks included.
  std::vector<std::uint64_t> entries_;  ///< Of each state: where it begins, and its length.
  std::vector<Slot> slots_;             ///< Open addressing; the size is a power of two.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Queue: first in, first out, in a ring. Room is made beforehand; pushing cannot fail. Elements
/// are numbered as they come, and can be found by their numbers while they are queued.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "promoflow/index_iterator.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

template <class T>
class Queue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// The first element will have this number.
  explicit Queue(std::uint64_t number = 0) noexcept : first_(number), next_(number) {}

  /// Makes sure that `extra` further elements can be pushed. May throw std::bad_alloc.
  void make_room(std::size_t extra) {
    if (room() < extra) { grow(extra); }
  }
  std::size_t room() const noexcept { return mask_ + 1 - size(); }
  void push(const T& value) noexcept { add() = value; }
  /// Pushes one that is still to be written, member by member.
  T& add() noexcept { return ring_[next_++ & mask_]; }
  /// Takes the first one; it stays where it is until something is pushed, or room is made.
  const T& pop() noexcept { return ring_[first_++ & mask_]; }

  /// Drops all elements and keeps the room; the next one will have this number.
  void restart(std::uint64_t number) noexcept { first_ = next_ = number; }

  bool empty() const noexcept { return first_ == next_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(next_ - first_); }
  T& front() noexcept { return ring_[first_ & mask_]; }
  const T& front() const noexcept { return ring_[first_ & mask_]; }

  /// The element that was pushed last.
  T& back() noexcept { return ring_[(next_ - 1) & mask_]; }

  /// The number of the element that will be pushed next.
  std::uint64_t next_number() const noexcept { return next_; }
  bool has(std::uint64_t number) const noexcept { return number - first_ < next_ - first_; }
  /// The element of that number, which the queue must have.
  T& numbered(std::uint64_t number) noexcept { return ring_[number & mask_]; }
  const T& numbered(std::uint64_t number) const noexcept { return ring_[number & mask_]; }

  /// Counted from the first one.
  const T& operator[](std::size_t index) const noexcept { return ring_[(first_ + index) & mask_]; }
  IndexIterator<const Queue*> begin() const noexcept { return {this, 0}; }
  IndexIterator<const Queue*> end() const noexcept { return {this, size()}; }

 private:
  void grow(std::size_t extra) {
    const std::size_t capacity = std::bit_ceil(std::max(size() + extra, kCapacityMin));
    // GCOV_EXCL_BR_START: no capacity is beyond the largest array.
    std::unique_ptr<T[]> larger(new T[capacity]);  // Overwritten; libc++ 14 has no better way.
    // GCOV_EXCL_BR_STOP
    for (std::uint64_t i = first_; i != next_; ++i) { larger[i & (capacity - 1)] = numbered(i); }
    ring_ = std::move(larger);
    mask_ = capacity - 1;
  }

  static constexpr std::size_t kCapacityMin = 8;

  std::unique_ptr<T[]> ring_;
  std::uint64_t first_;  ///< Numbers; their last bits are places in the ring.
  std::uint64_t next_;
  std::size_t mask_ = SIZE_MAX;  ///< The capacity less one; the capacity is 0 or a power of two.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

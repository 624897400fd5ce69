// SPDX-License-Identifier: Apache-2.0
/// @file
/// Queue: first in, first out, in a ring. Room is made beforehand; pushing cannot fail.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "promoflow/index_iterator.hpp"

namespace promoflow::detail {

template <class T>
class Queue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Makes sure that `extra` further elements can be pushed. May throw std::bad_alloc.
  void make_room(std::size_t extra) {
    if (capacity_ - size() < extra) { grow(extra); }
  }
  void push(const T& value) noexcept { ring_[end_++ & (capacity_ - 1)] = value; }
  /// Takes the first one; it stays where it is until something is pushed, or room is made.
  const T& pop() noexcept { return ring_[head_++ & (capacity_ - 1)]; }

  bool empty() const noexcept { return head_ == end_; }
  std::size_t size() const noexcept { return end_ - head_; }
  const T& front() const noexcept { return ring_[head_ & (capacity_ - 1)]; }
  /// Counted from the first one.
  T& operator[](std::size_t index) noexcept { return ring_[(head_ + index) & (capacity_ - 1)]; }
  const T& operator[](std::size_t index) const noexcept {
    return ring_[(head_ + index) & (capacity_ - 1)];
  }
  IndexIterator<Queue> begin() const noexcept { return {this, 0}; }
  IndexIterator<Queue> end() const noexcept { return {this, size()}; }

 private:
  void grow(std::size_t extra) {
    const std::size_t capacity = std::bit_ceil(std::max(size() + extra, kCapacityMin));
    auto larger = std::make_unique_for_overwrite<T[]>(capacity);
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) { larger[i] = (*this)[i]; }
    ring_ = std::move(larger);
    head_ = 0;
    end_ = count;
    capacity_ = capacity;
  }

  static constexpr std::size_t kCapacityMin = 16;

  std::unique_ptr<T[]> ring_;
  std::size_t head_ = 0;  ///< These two run on for ever; their last bits are places in the ring.
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;  ///< 0 or a power of two.
};

}  // namespace promoflow::detail

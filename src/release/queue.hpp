// SPDX-License-Identifier: Apache-2.0
/// @file
/// Queue: first in, first out, in one array. Room is made beforehand; pushing cannot fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace promoflow::detail {

template <class T>
class Queue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Makes sure that `extra` further elements can be pushed. May throw std::bad_alloc.
  void make_room(std::size_t extra) {
    if (capacity_ - end_ < extra) { grow(extra); }
  }
  void push(const T& value) noexcept { array_[end_++] = value; }
  /// Takes the first one; it stays where it is until room is made or something is pushed.
  const T& pop() noexcept { return array_[head_++]; }

  bool empty() const noexcept { return head_ == end_; }
  std::size_t size() const noexcept { return end_ - head_; }
  T& operator[](std::size_t index) noexcept { return array_[head_ + index]; }
  const T& operator[](std::size_t index) const noexcept { return array_[head_ + index]; }
  const T& front() const noexcept { return array_[head_]; }
  T* begin() noexcept { return array_.get() + head_; }
  T* end() noexcept { return array_.get() + end_; }
  const T* begin() const noexcept { return array_.get() + head_; }
  const T* end() const noexcept { return array_.get() + end_; }

 private:
  /// Moves what is left to the front of this array, or of one twice as large: each element is moved
  /// once for each that was taken or added.
  void grow(std::size_t extra) {
    const std::size_t needed = size() + extra;
    if (needed * 2 > capacity_) {
      const std::size_t capacity = std::max(needed * 2, kCapacityMin);
      auto larger = std::make_unique_for_overwrite<T[]>(capacity);
      std::copy(begin(), end(), larger.get());
      array_ = std::move(larger);
      capacity_ = capacity;
    } else {
      std::copy(begin(), end(), array_.get());
    }
    end_ -= head_;
    head_ = 0;
  }

  static constexpr std::size_t kCapacityMin = 16;

  std::unique_ptr<T[]> array_;
  std::size_t head_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace promoflow::detail

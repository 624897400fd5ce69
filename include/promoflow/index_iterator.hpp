// SPDX-License-Identifier: Apache-2.0
/// @file
/// IndexIterator: a range-for over anything with operator[], whose elements are made while reading.
#pragma once

#include <cstddef>

namespace promoflow {

/// Walks `Range` by index. Dereferencing makes a value: bind it, do not keep its address.
template <class Range>
class IndexIterator {
 public:
  using difference_type = std::ptrdiff_t;

  IndexIterator(const Range* range, std::size_t index) noexcept : range_(range), index_(index) {}

  auto operator*() const noexcept { return (*range_)[index_]; }
  IndexIterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  IndexIterator operator++(int) noexcept {
    IndexIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const IndexIterator&) const = default;

 private:
  const Range* range_;
  std::size_t index_;
};

}  // namespace promoflow

// SPDX-License-Identifier: Apache-2.0
/// @file
/// IndexIterator: a random access iterator over anything with operator[], whose elements are made
/// while reading.
#pragma once

#include <compare>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

#include "promoflow/export.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

template <class Source>
constexpr decltype(auto) element_of(const Source& source, std::size_t index) noexcept {
  if constexpr (std::is_pointer_v<Source>) {
    return (*source)[index];
  } else {
    return source[index];
  }
}

}  // namespace detail

/// Walks by index what `Source` stands for: a pointer to a range, or a view, of which it keeps a
/// copy. Dereferencing makes a value: bind it, do not keep its address.
template <class Source>
class IndexIterator {
 public:
  using reference = decltype(detail::element_of(std::declval<const Source&>(), 0));
  using value_type = std::remove_cvref_t<reference>;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::random_access_iterator_tag;
  using iterator_category = std::input_iterator_tag;  ///< Before C++20 a reference was required.

  /// Keeps an element that was made, for `->`.
  class pointer {
   public:
    explicit pointer(value_type value) noexcept : value_(std::move(value)) {}
    const value_type* operator->() const noexcept PROMOFLOW_LIFETIMEBOUND { return &value_; }

   private:
    value_type value_;
  };

  IndexIterator() noexcept = default;
  IndexIterator(Source source, std::size_t index) noexcept : source_(source), index_(index) {}

  reference operator*() const noexcept { return detail::element_of(source_, index_); }
  pointer operator->() const noexcept { return pointer(**this); }
  reference operator[](difference_type offset) const noexcept { return *(*this + offset); }

  IndexIterator& operator+=(difference_type offset) noexcept {
    index_ += static_cast<std::size_t>(offset);
    return *this;
  }
  IndexIterator& operator-=(difference_type offset) noexcept { return *this += -offset; }
  IndexIterator& operator++() noexcept { return *this += 1; }
  IndexIterator& operator--() noexcept { return *this -= 1; }
  IndexIterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
  IndexIterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }

  friend IndexIterator operator+(IndexIterator it, difference_type by) noexcept { return it += by; }
  friend IndexIterator operator+(difference_type by, IndexIterator it) noexcept { return it += by; }
  friend IndexIterator operator-(IndexIterator it, difference_type by) noexcept { return it -= by; }
  friend difference_type operator-(const IndexIterator& a, const IndexIterator& b) noexcept {
    return static_cast<difference_type>(a.index_) - static_cast<difference_type>(b.index_);
  }
  /// Both are of the same range.
  friend bool operator==(const IndexIterator& a, const IndexIterator& b) noexcept {
    return a.index_ == b.index_;
  }
  friend std::strong_ordering operator<=>(const IndexIterator& a, const IndexIterator& b) noexcept {
    return a.index_ <=> b.index_;
  }

 private:
  Source source_{};
  std::size_t index_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

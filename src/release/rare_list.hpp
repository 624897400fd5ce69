// SPDX-License-Identifier: Apache-2.0
/// @file
/// RareList: a list that is empty in most releases, and costs no more than a pointer then.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

template <class T>
class RareList {
 public:
  std::size_t size() const noexcept { return list_ ? list_->size() : 0; }
  const T& operator[](std::size_t index) const noexcept { return (*list_)[index]; }
  const T* begin() const noexcept { return list_ ? list_->data() : nullptr; }
  const T* end() const noexcept { return begin() + size(); }

  /// Makes sure that `extra` further elements can be pushed. May throw std::bad_alloc.
  void make_room(std::size_t extra) {
    if (extra == 0) { return; }
    if (!list_) { list_ = std::make_unique<std::vector<T>>(); }
    detail::make_room(*list_, extra);
  }
  /// Needs room.
  void push_back(T value) noexcept { list_->push_back(std::move(value)); }
  void clear() noexcept {
    if (list_) { list_->clear(); }
  }
  /// There must be so many.
  void drop_first(std::size_t count) noexcept {
    list_->erase(list_->begin(), list_->begin() + static_cast<std::ptrdiff_t>(count));
  }

 private:
  std::unique_ptr<std::vector<T>> list_;
};

template <class T>
void make_room(RareList<T>& list, std::size_t extra) {
  list.make_room(extra);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

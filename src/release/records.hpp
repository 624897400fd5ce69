// SPDX-License-Identifier: Apache-2.0
/// @file
/// Records: what a release has for its host, first in, first out, with the texts and requests that
/// records refer to. Most hosts take all records of an event before the next one: then the records
/// lie at the front of one array. Those are kept until all records are taken and the next event
/// comes: views of taken records live until then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "release/state.hpp"

namespace promoflow::detail {

using Request = std::shared_ptr<const OperatorRequest>;

class Records {
 public:
  /// Makes sure that so many records can be put, and so many texts and one request of theirs be
  /// kept. May throw std::bad_alloc.
  void make_room(std::size_t records, std::size_t texts) {
    if (!has_room(records)) { grow(records); }
    detail::make_room(texts_, texts);
    detail::make_room(requests_, texts == 0 ? 0 : 1);
  }
  bool has_room(std::size_t records) const noexcept {
    return static_cast<std::size_t>(limit_ - end_) >= records;
  }

  bool empty() const noexcept { return begin_ == end_; }
  /// The records that wait, the first one first.
  std::span<const RecordItem> waiting() const noexcept { return {begin_, end_}; }

  /// Puts a record behind the others. Needs room. Written member by member, where it is to be: a
  /// copy of a struct that was just written costs as much as all the rest.
  void put(Millis at, std::uint64_t ticket, std::uint32_t ref, RecordKind kind,
           std::uint8_t status) noexcept {
    RecordItem& item = *end_++;
    item.at = at;
    item.ticket = ticket;
    item.ref = ref;
    item.kind = kind;
    item.status = status;
  }
  /// Keeps a text for records to refer to. Needs room. Null: no text.
  std::uint32_t keep(Text text) noexcept { return keep(texts_, std::move(text)); }
  std::uint32_t keep(Request request) noexcept { return keep(requests_, std::move(request)); }

  /// Takes the first record. False: there is none.
  bool take(RecordItem& item) noexcept {
    if (empty()) { return false; }
    item = *begin_++;
    return true;
  }
  /// Takes all records up to the first command or cancellation; null: there is none. It stays where
  /// it is until something is put.
  const RecordItem* take_command() noexcept {
    while (begin_ != end_) {
      const RecordItem* const item = begin_++;
      if (item->kind == RecordKind::Command || item->kind == RecordKind::Cancel) { return item; }
    }
    return nullptr;
  }
  void drop_all() noexcept { begin_ = end_; }

  const Text& text(std::uint32_t ref) const noexcept { return texts_[ref]; }
  const Request& request(std::uint32_t ref) const noexcept { return requests_[ref]; }
  /// Drops what no record refers to any more, before the next event.
  void reclaim() noexcept {
    if (!empty()) { return; }
    begin_ = end_ = items_.get();
    if (!texts_.empty()) { texts_.clear(); }
    if (!requests_.empty()) { requests_.clear(); }
  }

 private:
  template <class T>
  static std::uint32_t keep(std::vector<T>& list, T value) noexcept {
    if (!value) { return kNone32; }
    list.push_back(std::move(value));
    return static_cast<std::uint32_t>(list.size() - 1);
  }
  /// Moves what waits to the front if that is at most half of the array, else to a larger array.
  void grow(std::size_t records) {
    const auto waiting = static_cast<std::size_t>(end_ - begin_);
    const auto capacity = static_cast<std::size_t>(limit_ - items_.get());
    if ((waiting + records) * 2 <= capacity) {
      std::copy(begin_, end_, items_.get());
    } else {
      const std::size_t larger = std::max((waiting + records) * 2, kCapacityMin);
      auto items = std::make_unique<RecordItem[]>(larger);
      std::copy(begin_, end_, items.get());
      items_ = std::move(items);
      limit_ = items_.get() + larger;
    }
    begin_ = items_.get();
    end_ = begin_ + waiting;
  }

  static constexpr std::size_t kCapacityMin = 16;

  std::unique_ptr<RecordItem[]> items_;
  RecordItem* begin_ = nullptr;  ///< The first record that waits,
  RecordItem* end_ = nullptr;    ///< behind the last one,
  RecordItem* limit_ = nullptr;  ///< and behind the array.
  std::vector<Text> texts_;
  std::vector<Request> requests_;
};

}  // namespace promoflow::detail

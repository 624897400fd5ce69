// SPDX-License-Identifier: Apache-2.0
/// @file
/// Records: what a release has for its host, first in, first out, with the texts and requests that
/// records refer to. Those are kept until all records are taken and the next event comes: views of
/// taken records live until then.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "release/queue.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Request = std::shared_ptr<const OperatorRequest>;

class Records {
 public:
  /// Makes sure that so many records can be put, and so many texts and one request of theirs be
  /// kept. May throw std::bad_alloc.
  void make_room(std::size_t records, std::size_t texts) {
    queue_.make_room(records);
    detail::make_room(texts_, texts);
    detail::make_room(requests_, texts == 0 ? 0 : 1);
  }
  bool has_room(std::size_t records) const noexcept { return queue_.room() >= records; }

  /// Drops all records and what they refer to; room is kept.
  void clear() noexcept {
    queue_.restart(0);
    texts_.clear();
    requests_.clear();
  }

  bool empty() const noexcept { return queue_.empty(); }
  /// The records that wait, the first one first.
  const Queue<RecordItem>& waiting() const noexcept { return queue_; }

  /// Puts a record behind the others. Needs room. Written member by member, where it is to be: a
  /// copy of a struct that was just written costs as much as all the rest.
  void put(Millis at, std::uint64_t ticket, std::uint32_t ref, RecordKind kind,
           std::uint8_t status) noexcept {
    RecordItem& item = queue_.add();
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
    if (queue_.empty()) { return false; }
    item = queue_.pop();
    return true;
  }
  /// Takes all records up to the first command or cancellation; null: there is none. It stays where
  /// it is until something is put.
  const RecordItem* take_command() noexcept {
    while (!queue_.empty()) {
      const RecordItem& item = queue_.pop();
      if (item.kind == RecordKind::Command || item.kind == RecordKind::Cancel) { return &item; }
    }
    return nullptr;
  }

  const Text& text(std::uint32_t ref) const noexcept { return texts_[ref]; }
  const Request& request(std::uint32_t ref) const noexcept { return requests_[ref]; }
  /// Drops what no record refers to any more, before the next event.
  void reclaim() noexcept {
    if (!empty()) { return; }
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

  Queue<RecordItem> queue_;
  std::vector<Text> texts_;
  std::vector<Request> requests_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

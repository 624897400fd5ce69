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

namespace promoflow::detail {

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

  bool empty() const noexcept { return queue_.empty(); }
  std::size_t size() const noexcept { return queue_.size(); }

  void put(const RecordItem& item) noexcept { queue_.push(item); }
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
  /// Drops what no record refers to any more.
  void reclaim() noexcept {
    if (texts_.empty() && requests_.empty()) { return; }
    if (!queue_.empty()) { return; }
    texts_.clear();
    requests_.clear();
  }

  const Queue<RecordItem>& queue() const noexcept { return queue_; }
  /// Other records instead of those that wait. They refer to no text and no request.
  void replace(Queue<RecordItem> queue) noexcept { queue_ = std::move(queue); }

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

}  // namespace promoflow::detail

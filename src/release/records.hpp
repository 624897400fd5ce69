// SPDX-License-Identifier: Apache-2.0
/// @file
/// Records: what a release has for its host, first in, first out, with the texts and requests that
/// records refer to. Those are kept until all records are taken and the next event comes: views of
/// taken records live until then.
///
/// Two pairs that come for every environment share an item of the queue, which has a `status` then:
///
///     a change of status, and the first command    kind Command; `ticket`: the environment
///     a success without a text, and a change       kind of the success; `ref`: the environment
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
  /// Calls `visit(const RecordItem&)` for each record that waits, the first one first.
  template <class Visit>
  void each_waiting(const Visit& visit) const {
    for (const RecordItem& item : queue_) {
      if (!is_pair(item)) {
        visit(item);
        continue;
      }
      RecordItem second{};
      visit(split(item, second));
      visit(second);
    }
  }

  /// Whether a command or a cancellation waits.
  bool has_command() const noexcept {
    return std::any_of(queue_.begin(), queue_.end(), is_command);
  }

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
  /// Puts two: an environment is Running, and its first command. Needs room for one.
  void put_begin(Millis at, EntityIndex environment, SlotIndex slot) noexcept {
    put(at, environment, slot, RecordKind::Command,
        static_cast<std::uint8_t>(EnvironmentStatus::Running));
  }
  /// Puts an environment's change of status. Needs room, though it may not take any.
  void put_status(Millis at, EntityIndex environment, EnvironmentStatus status) noexcept {
    const auto number = static_cast<std::uint8_t>(status);
    if (!queue_.empty() && is_success(queue_.back().kind)) {
      RecordItem& last = queue_.back();
      if (last.at == at && last.status == 0 && last.ref == kNone32) {
        last.ref = environment;
        last.status = number;
        return;
      }
    }
    put(at, 0, environment, RecordKind::EnvironmentStatus, number);
  }
  /// Keeps a text for records to refer to. Needs room. Null: no text.
  std::uint32_t keep(Text text) noexcept { return keep(texts_, std::move(text)); }
  std::uint32_t keep(Request request) noexcept { return keep(requests_, std::move(request)); }

  /// Takes the first record. False: there is none.
  bool take(RecordItem& item) noexcept {
    if (queue_.empty()) { return false; }
    if (is_pair(queue_.front())) {
      item = split(queue_.front(), queue_.front());
    } else {
      item = queue_.pop();
    }
    return true;
  }
  /// The record that take() would take. False: there is none.
  bool peek(RecordItem& item) const noexcept {
    if (queue_.empty()) { return false; }
    RecordItem second{};
    item = is_pair(queue_.front()) ? split(queue_.front(), second) : queue_.front();
    return true;
  }
  /// Takes all records up to the first command or cancellation; null: there is none. It stays where
  /// it is until something is put. Of a command, only `ref` is set.
  const RecordItem* take_command() noexcept {
    while (!queue_.empty()) {
      const RecordItem& item = queue_.pop();
      if (is_command(item)) { return &item; }
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
  static constexpr bool is_success(RecordKind kind) noexcept {
    return kind == RecordKind::HookSucceeded || kind == RecordKind::PromotionSucceeded;
  }
  static constexpr bool is_command(const RecordItem& item) noexcept {
    return item.kind == RecordKind::Command || item.kind == RecordKind::Cancel;
  }
  /// Whether an item of the queue stands for two records.
  static constexpr bool is_pair(const RecordItem& item) noexcept {
    return item.status != 0 && (item.kind == RecordKind::Command || is_success(item.kind));
  }
  /// The first of the two records that an item stands for; `second` becomes the other one.
  static RecordItem split(RecordItem item, RecordItem& second) noexcept {
    if (item.kind == RecordKind::Command) {
      second = {item.at, 0, item.ref, item.kind, 0};
      const auto environment = static_cast<EntityIndex>(item.ticket);
      return {item.at, 0, environment, RecordKind::EnvironmentStatus, item.status};
    }
    second = {item.at, 0, item.ref, RecordKind::EnvironmentStatus, item.status};
    return {item.at, item.ticket, kNone32, item.kind, 0};
  }

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

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Outbox: the records that a release has for its host, first in, first out, packed.
///
/// A flow may have a hundred thousand commands outstanding at once, and records of each, so these
/// are small: a record keeps the wait since the one before it, and a command shares its record with
/// the change of status before it, as a success does with the one behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "release/queue.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// The last ticket there can be: packed records have 48 bits for one. A release that gives a
/// million commands each second reaches it in its ninth year.
inline constexpr std::uint64_t kTicketMax = (std::uint64_t{1} << 48U) - 1;

class Outbox {
 public:
  /// Makes sure that `extra` further records of one time can be put. May throw std::bad_alloc.
  void make_room(std::size_t extra) { queue_.make_room(extra + 1); }
  bool has_room(std::size_t extra) const noexcept { return queue_.room() > extra; }
  bool empty() const noexcept { return queue_.empty(); }
  /// At most so many records can be taken.
  std::size_t size() const noexcept { return 2 * queue_.size(); }

  /// The time that waits count from: for an empty outbox, before anything is put.
  void open(Millis at) noexcept { put_at_ = taken_at_ = at; }

  /// Puts a record behind the others; its time is not before theirs.
  void put(const Item& item) noexcept {
    add(item.at, head(item.kind, item.status, item.ticket), item.ref);
  }
  void put_command(Millis at, SlotIndex slot) noexcept {
    add(at, head(ItemKind::Command, 0, 0), slot);
  }
  /// Two: an environment is Running, and its first command.
  void put_begin(Millis at, LaneIndex lane, SlotIndex slot) noexcept {
    add(at, head(ItemKind::Command, kRunning, lane), slot);
  }
  /// Two: a command has succeeded (`kind`), and its environment is Successful.
  void put_end(Millis at, ItemKind kind, std::uint64_t ticket, LaneIndex lane) noexcept {
    add(at, head(kind, kSuccessful, ticket), lane);
  }

  /// Takes the first record. False: there is none. A command's ticket is its slot's.
  bool take(Item& item) noexcept {
    if (empty()) { return false; }
    Packed& first = next();
    item = {taken_at_, first.ticket(), first.ref, first.kind(), first.status()};
    if (item.kind == ItemKind::Command) {
      item.ticket = 0;
      if (item.status != 0) {
        item.kind = ItemKind::EnvironmentStatus;
        item.ref = static_cast<LaneIndex>(first.ticket());
        first.head = head(ItemKind::Command, 0, first.ticket());
        return true;
      }
    } else if (is_success(item.kind) && item.status != 0) {
      item.status = 0;
      item.ref = kNone32;
      first.head = head(ItemKind::EnvironmentStatus, first.status(), 0);
      return true;
    }
    queue_.pop();
    return true;
  }

  /// Takes all records up to the first command, or cancellation. False: there is none.
  bool take_command(Item& item) noexcept {
    while (!empty()) {
      const Packed& first = queue_.pop();
      const ItemKind kind = first.kind();
      if (kind == kWait) {
        taken_at_ = first.until();
        continue;
      }
      taken_at_ += first.wait;
      if (kind == ItemKind::Command || kind == ItemKind::Cancel) {
        item.ticket = first.ticket();
        item.ref = first.ref;
        item.kind = kind;
        return true;
      }
    }
    return false;
  }

  /// Calls `visit` with the time and the ticket of each cancellation, in order.
  template <class Visit>
  void each_cancel(const Visit& visit) const {
    Millis at = taken_at_;
    for (const Packed packed : queue_) {
      at = packed.kind() == kWait ? packed.until() : at + packed.wait;
      if (packed.kind() == ItemKind::Cancel) { visit(at, packed.ticket()); }
    }
  }

  /// Time of the record that was taken last.
  Millis taken_at() const noexcept { return taken_at_; }

 private:
  struct Packed {
    std::uint64_t head = 0;  ///< Kind, status and ticket; of a command: its lane.
    std::uint32_t wait = 0;  ///< Milliseconds since the record before.
    std::uint32_t ref = kNone32;

    ItemKind kind() const noexcept { return static_cast<ItemKind>(head >> 56U); }
    std::uint8_t status() const noexcept { return static_cast<std::uint8_t>(head >> 48U); }
    std::uint64_t ticket() const noexcept { return head & kTicketMax; }
    /// Of a long wait.
    Millis until() const noexcept { return static_cast<Millis>(std::uint64_t{wait} << 32U | ref); }
  };
  static_assert(sizeof(Packed) == 16);
  /// Not a record: the next one's time.
  static constexpr auto kWait = static_cast<ItemKind>(0xFF);

  static constexpr std::uint64_t head(ItemKind kind, std::uint8_t status,
                                      std::uint64_t ticket) noexcept {
    return std::uint64_t{static_cast<std::uint8_t>(kind)} << 56U | std::uint64_t{status} << 48U |
           ticket;
  }

  static constexpr auto kRunning = static_cast<std::uint8_t>(EnvironmentStatus::Running);
  static constexpr auto kSuccessful = static_cast<std::uint8_t>(EnvironmentStatus::Successful);
  static constexpr bool is_success(ItemKind kind) noexcept {
    return kind == ItemKind::HookSucceeded || kind == ItemKind::PromotionSucceeded;
  }

  void add(Millis at, std::uint64_t head_of_it, std::uint32_t ref) noexcept {
    const auto until = static_cast<std::uint64_t>(at);
    std::uint64_t wait = until - static_cast<std::uint64_t>(put_at_);
    put_at_ = at;
    if (wait > std::numeric_limits<std::uint32_t>::max()) {
      queue_.push({head(kWait, 0, 0), static_cast<std::uint32_t>(until >> 32U),
                   static_cast<std::uint32_t>(until)});
      wait = 0;
    }
    Packed& last = queue_.add();
    last.head = head_of_it;
    last.wait = static_cast<std::uint32_t>(wait);
    last.ref = ref;
  }

  /// The first record, its wait being over.
  Packed& next() noexcept {
    if (queue_.front().kind() == kWait) { taken_at_ = queue_.pop().until(); }
    Packed& first = queue_.front();
    taken_at_ += first.wait;
    first.wait = 0;
    return first;
  }

  Queue<Packed> queue_;
  Millis taken_at_ = 0;
  Millis put_at_ = 0;  ///< Of the one that was put last.
};

}  // namespace promoflow::detail

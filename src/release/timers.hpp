// SPDX-License-Identifier: Apache-2.0
/// @file
/// Timers of commands: expiries and waiting attempts, by time and then by ticket (R10).
///
/// Timers of equal length form a queue: time never runs backwards, so the one armed first is due
/// first, and arming and disarming cost a few loads. A flow has a handful of lengths. A heap has
/// the rest: lengths beyond kTimerQueuesMax, waiting attempts, and timers that would break the
/// order of tickets in a queue (those of a soak or of a started command, armed at the same time as
/// one of a later ticket).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/attributes.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::size_t kTimerQueuesMax = 8;

/// One timer that may be due.
struct Timer {
  Millis due = kNever;
  std::uint64_t ticket = 0;
  SlotIndex slot = kNone32;  ///< None: no timer.
};

class Timers {
 public:
  /// Announces a length that expiries will have; the first few distinct ones get queues.
  void expect(Millis length) noexcept;
  /// Makes sure that so many expiries, and `others` attempts and soaks besides, can be armed
  /// without an allocation.
  void make_room(std::size_t expiries, std::size_t others) {
    detail::make_room(heap_, (overflow_ ? expiries : 0) + others);
  }
  /// Whether so many expiries can be armed without it.
  bool has_room(std::size_t expiries) const noexcept {
    return !overflow_ || heap_.capacity() - heap_.size() >= expiries;
  }

  /// Forgets every timer that is armed; lengths and room are kept.
  void clear() noexcept;

  /// Arms a command's expiry; `due` is `length` after the latest time seen.
  void arm_expiry(std::vector<CommandSlot>& slots, SlotIndex slot, Millis length,
                  Millis due) noexcept;
  void arm_attempt(std::vector<CommandSlot>& slots, SlotIndex slot, Millis due) noexcept;
  /// Nothing happens if the slot has no timer.
  void disarm(std::vector<CommandSlot>& slots, SlotIndex slot) noexcept;
  /// The next one by time, then by ticket.
  Timer next(const std::vector<CommandSlot>& slots) const noexcept;

 private:
  struct Queue {
    Millis length = -1;
    SlotIndex first = kNone32;
    SlotIndex last = kNone32;
  };
  static constexpr std::uint8_t kInHeap = kTimerQueuesMax;

  static bool later(const Timer& a, const Timer& b) noexcept;
  /// Whether a timer of the heap is still armed.
  static bool is_live(const std::vector<CommandSlot>& slots, const Timer& timer) noexcept;
  PROMOFLOW_COLD void push(std::vector<CommandSlot>& slots, SlotIndex slot, Millis due) noexcept;
  PROMOFLOW_COLD void drop_stale(const std::vector<CommandSlot>& slots) noexcept;

  std::array<Queue, kTimerQueuesMax> queues_{};
  std::vector<Timer> heap_;  ///< The next one first; disarmed ones are dropped when they surface.
  std::uint32_t stale_ = 0;  ///< Disarmed ones in the heap.
  std::uint8_t queues_used_ = 0;
  bool overflow_ = false;  ///< There are more lengths than queues.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

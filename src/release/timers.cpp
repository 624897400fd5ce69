// SPDX-License-Identifier: Apache-2.0
// Timers: a queue for each length, and a heap for the rest.
#include "release/timers.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Disarmed entries that the heap may hold before it is swept.
constexpr std::size_t kStaleMin = 64;

}  // namespace

/// Disarming takes `due` away. A slot that is armed anew for the same time, but in a queue, has a
/// timer again, which is not the heap's.
bool Timers::is_live(const std::vector<CommandSlot>& slots, const Timer& timer) noexcept {
  const CommandSlot& slot = slots[timer.slot];
  return slot.ticket == timer.ticket && slot.due == timer.due && slot.timer_queue == kInHeap;
}

bool Timers::later(const Timer& a, const Timer& b) noexcept {
  return a.due != b.due ? a.due > b.due : a.ticket > b.ticket;
}

void Timers::expect(Millis length) noexcept {
  for (std::size_t i = 0; i < queues_used_; ++i) {
    if (queues_[i].length == length) { return; }
  }
  if (queues_used_ == kTimerQueuesMax) {
    overflow_ = true;
  } else {
    queues_[queues_used_++].length = length;
  }
}

void Timers::clear() noexcept {
  for (Queue& queue : queues_) { queue.first = queue.last = kNone32; }
  heap_.clear();
  stale_ = 0;
}

void Timers::push(std::vector<CommandSlot>& slots, SlotIndex slot, Millis due) noexcept {
  slots[slot].timer_queue = kInHeap;
  heap_.push_back({due, slots[slot].ticket, slot});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Timers::arm_expiry(std::vector<CommandSlot>& slots, SlotIndex index, Millis length,
                        Millis due) noexcept {
  CommandSlot& slot = slots[index];
  slot.due = due;
  if (due == kNever) { return; }
  for (std::size_t i = 0; i < queues_used_; ++i) {
    Queue& queue = queues_[i];
    if (queue.length == length) {
      const bool in_order = queue.last == kNone32 || slots[queue.last].due < due ||
                            slots[queue.last].ticket < slot.ticket;
      if (!in_order) { break; }
      slot.timer_queue = static_cast<std::uint8_t>(i);
      slot.timer_before = queue.last;
      slot.timer_behind = kNone32;
      (queue.last == kNone32 ? queue.first : slots[queue.last].timer_behind) = index;
      queue.last = index;
      return;
    }
  }
  push(slots, index, due);
}

void Timers::arm_attempt(std::vector<CommandSlot>& slots, SlotIndex index, Millis due) noexcept {
  slots[index].due = due;
  if (due != kNever) { push(slots, index, due); }
}

void Timers::disarm(std::vector<CommandSlot>& slots, SlotIndex index) noexcept {
  CommandSlot& slot = slots[index];
  if (slot.due == kNever) { return; }
  slot.due = kNever;
  if (slot.timer_queue == kInHeap) {
    ++stale_;
    drop_stale(slots);
    return;
  }
  Queue& queue = queues_[slot.timer_queue];
  (slot.timer_before == kNone32 ? queue.first : slots[slot.timer_before].timer_behind) =
      slot.timer_behind;
  (slot.timer_behind == kNone32 ? queue.last : slots[slot.timer_behind].timer_before) =
      slot.timer_before;
}

/// Keeps a live timer on top, and sweeps the heap when most of it is disarmed.
void Timers::drop_stale(const std::vector<CommandSlot>& slots) noexcept {
  if (stale_ > kStaleMin && stale_ > heap_.size() / 2) {
    heap_.erase(std::remove_if(heap_.begin(), heap_.end(),
                               [&](const Timer& timer) { return !is_live(slots, timer); }),
                heap_.end());
    std::make_heap(heap_.begin(), heap_.end(), later);
    stale_ = 0;
  }
  while (!heap_.empty() && !is_live(slots, heap_.front())) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    stale_ -= stale_ == 0 ? 0 : 1;
  }
}

Timer Timers::next(const std::vector<CommandSlot>& slots) const noexcept {
  Timer best = heap_.empty() ? Timer{} : heap_.front();
  for (std::size_t i = 0; i < queues_used_; ++i) {
    if (queues_[i].first != kNone32) {
      const CommandSlot& slot = slots[queues_[i].first];
      const Timer timer{slot.due, slot.ticket, queues_[i].first};
      if (best.slot == kNone32 || later(best, timer)) { best = timer; }
    }
  }
  return best;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

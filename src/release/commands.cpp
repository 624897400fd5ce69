// SPDX-License-Identifier: Apache-2.0
// Commands: slots, tickets and timers.
#include "release/commands.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

// --- Looking up ----------------------------------------------------------------------------------

SlotIndex Commands::find_old(std::uint64_t ticket) const noexcept {
  const auto found =
      std::lower_bound(old_tickets_.begin(), old_tickets_.end(), ticket,
                       [](const OldTicket& old, std::uint64_t at) { return old.ticket < at; });
  const bool is_there =
      found != old_tickets_.end() && found->ticket == ticket && is_current(*found);
  return is_there ? found->slot : kNone32;
}

/// Needs room. What is no longer current is dropped first, so the list stays as long as it needs
/// to.
void Commands::add_old(std::uint64_t ticket, SlotIndex slot) noexcept {
  old_tickets_.erase(std::remove_if(old_tickets_.begin(), old_tickets_.end(),
                                    [this](const OldTicket& old) { return !is_current(old); }),
                     old_tickets_.end());
  const auto place =
      std::lower_bound(old_tickets_.begin(), old_tickets_.end(), ticket,
                       [](const OldTicket& old, std::uint64_t at) { return old.ticket < at; });
  old_tickets_.insert(place, {ticket, slot});
}

std::vector<SlotIndex> Commands::waiting() const {
  std::vector<SlotIndex> slots;
  if (awaiting_ + soaking_ == 0) { return slots; }
  slots.reserve(awaiting_ + soaking_);
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    const SlotStatus status = slots_[i].status;
    if (status == SlotStatus::AwaitingAttempt || status == SlotStatus::Soaking) {
      slots.push_back(i);
    }
  }
  std::sort(slots.begin(), slots.end(), [this](SlotIndex left, SlotIndex right) {
    return slots_[left].ticket < slots_[right].ticket;
  });
  return slots;
}

// --- Room ----------------------------------------------------------------------------------------

void Commands::expect_timers(const FlowData& flow) noexcept {
  for (const std::chrono::milliseconds length : flow.timer_lengths) {
    timers_.expect(length.count());
  }
}

void Commands::make_room(std::size_t commands, std::size_t waits, std::size_t soaks) {
  by_ticket_.make_room(commands);
  reserve_slots(commands + waits);
  timers_.make_room(commands, waits);
  detail::make_room(old_tickets_, soaks);
}

void Commands::reserve_slots(std::size_t commands) {
  if (commands <= free_count_) { return; }
  const std::size_t before = slots_.capacity();
  detail::make_room(slots_, commands - free_count_ + before - slots_.size());
  free_count_ += slots_.capacity() - before;
}

// --- Slots ---------------------------------------------------------------------------------------

SlotIndex Commands::take_free_slot() noexcept {
  --free_count_;
  if (first_free_ == kNone32) {
    slots_.emplace_back();
    return static_cast<SlotIndex>(slots_.size() - 1);
  }
  const SlotIndex slot = first_free_;
  first_free_ = slots_[slot].timer_behind;
  return slot;
}

/// A command that was not taken yet keeps its slot until it is.
void Commands::free(SlotIndex index, HookInputsTable& inputs) noexcept {
  CommandSlot& slot = slots_[index];
  if (slot.untaken) {
    slot.status = SlotStatus::Settled;
    return;
  }
  slot.status = SlotStatus::Free;
  if (slot.inputs != kNone32) { inputs.remove_user(slot.inputs); }
  slot.timer_behind = kNone32;
  (first_free_ == kNone32 ? first_free_ : slots_[last_free_].timer_behind) = index;
  last_free_ = index;
  ++free_count_;
}

void Commands::take(SlotIndex index) noexcept {
  CommandSlot& slot = slots_[index];
  slot.untaken = false;
  if (slot.status == SlotStatus::Settled) {
    slot.timer_behind = retired_;
    retired_ = index;
  }
}

void Commands::reclaim(HookInputsTable& inputs) noexcept {
  while (retired_ != kNone32) {
    const SlotIndex slot = retired_;
    retired_ = slots_[slot].timer_behind;
    free(slot, inputs);
  }
}

// --- Changes -------------------------------------------------------------------------------------

SlotIndex Commands::issue(EntityIndex entity, State state, std::uint32_t hook,
                          std::uint32_t attempt, std::uint32_t retries, InputsIndex inputs,
                          Millis now, Millis length) noexcept {
  const SlotIndex index = take_free_slot();
  CommandSlot& slot = slots_[index];
  slot.ticket = by_ticket_.next_number();
  slot.entity = entity;
  slot.hook = hook;
  slot.attempt = attempt;
  slot.retries = retries;
  slot.inputs = inputs;
  slot.state = state;
  slot.status = SlotStatus::Outstanding;
  slot.suspended = false;
  slot.untaken = true;
  slot.room = Room::Unreported;
  slot.due = kNever;
  by_ticket_.push(index);
  ++outstanding_;
  if (length != kNever) { timers_.arm_expiry(slots_, index, length, after(now, length)); }
  return index;
}

void Commands::end(SlotIndex index, HookInputsTable& inputs) noexcept {
  const CommandSlot& slot = slots_[index];
  timers_.disarm(slots_, index);
  if (slot.status == SlotStatus::AwaitingAttempt) {
    --awaiting_;
  } else {
    if (slot.status == SlotStatus::Soaking) {
      --soaking_;
    } else {
      --outstanding_;
      suspended_ -= counts_as_suspended(slot) ? 1U : 0U;
    }
    if (by_ticket_.has(slot.ticket)) {
      by_ticket_.numbered(slot.ticket) = kNone32;
      while (!by_ticket_.empty() && by_ticket_.front() == kNone32) { by_ticket_.pop(); }
    }
  }
  free(index, inputs);
}

/// The failed command's slot is freed; another one waits in its place, under the same ticket.
SlotIndex Commands::await_attempt(SlotIndex index, Millis due, HookInputsTable& inputs) noexcept {
  const SlotIndex waiting = take_free_slot();
  const CommandSlot& failed = slots_[index];
  CommandSlot& slot = slots_[waiting];
  slot.ticket = failed.ticket;
  slot.entity = failed.entity;
  slot.hook = failed.hook;
  slot.attempt = failed.attempt;
  slot.retries = failed.retries;
  slot.state = failed.state;
  slot.inputs = kNone32;
  slot.status = SlotStatus::AwaitingAttempt;
  slot.suspended = false;
  slot.untaken = false;
  slot.room = Room::Unreported;
  slot.due = kNever;
  end(index, inputs);
  timers_.arm_attempt(slots_, waiting, due);
  ++awaiting_;
  return waiting;
}

void Commands::soak(SlotIndex index, Millis now, Millis length) noexcept {
  CommandSlot& slot = slots_[index];
  timers_.disarm(slots_, index);
  suspended_ -= counts_as_suspended(slot) ? 1U : 0U;
  --outstanding_;
  slot.suspended = false;
  slot.room = Room::Unreported;
  slot.status = SlotStatus::Soaking;
  ++soaking_;
  timers_.arm_expiry(slots_, index, length, after(now, length));
}

SlotIndex Commands::soak_anew(EntityIndex entity, std::uint64_t ticket, std::uint32_t attempt,
                              Millis now, Millis length) noexcept {
  const SlotIndex index = take_free_slot();
  CommandSlot& slot = slots_[index];
  slot = CommandSlot{};
  if (by_ticket_.has(ticket)) {
    by_ticket_.numbered(ticket) = index;
  } else {
    // The slot has no ticket yet, so an element that the last soak left is dropped first.
    add_old(ticket, index);
  }
  slot.ticket = ticket;
  slot.entity = entity;
  slot.attempt = attempt;
  slot.state = State::Working;
  slot.status = SlotStatus::Soaking;
  ++soaking_;
  timers_.arm_expiry(slots_, index, length, after(now, length));
  return index;
}

void Commands::set_suspended(SlotIndex index, bool suspended) noexcept {
  CommandSlot& slot = slots_[index];
  suspended_ -= counts_as_suspended(slot) ? 1U : 0U;
  slot.suspended = suspended;
  suspended_ += counts_as_suspended(slot) ? 1U : 0U;
}

void Commands::queue(SlotIndex index) noexcept {
  CommandSlot& slot = slots_[index];
  suspended_ -= counts_as_suspended(slot) ? 1U : 0U;
  slot.room = Room::Queued;
  timers_.disarm(slots_, index);
}

void Commands::start(SlotIndex index, Millis now, Millis length) noexcept {
  CommandSlot& slot = slots_[index];
  slot.room = Room::Started;
  suspended_ += counts_as_suspended(slot) ? 1U : 0U;
  if (length != kNever) { timers_.arm_expiry(slots_, index, length, after(now, length)); }
}

// --- Restoring -----------------------------------------------------------------------------------

bool Commands::restore(std::vector<CommandSlot> slots, std::uint64_t last_ticket) {
  by_ticket_ = Queue<SlotIndex>(last_ticket + 1);
  slots_ = std::move(slots);
  free_count_ = slots_.capacity() - slots_.size();
  old_tickets_.reserve(slots_.size());
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    const CommandSlot& slot = slots_[i];
    awaiting_ += slot.status == SlotStatus::AwaitingAttempt ? 1U : 0U;
    soaking_ += slot.status == SlotStatus::Soaking ? 1U : 0U;
    if (slot.status == SlotStatus::Outstanding) {
      ++outstanding_;
      suspended_ += counts_as_suspended(slot) ? 1U : 0U;
    }
    old_tickets_.push_back({slot.ticket, i});
  }
  std::sort(old_tickets_.begin(), old_tickets_.end(),
            [](const OldTicket& a, const OldTicket& b) { return a.ticket < b.ticket; });
  return std::adjacent_find(old_tickets_.begin(), old_tickets_.end(),
                            [](const OldTicket& a, const OldTicket& b) {
                              return a.ticket == b.ticket;
                            }) == old_tickets_.end();
}

void Commands::adopt(std::vector<CommandSlot>& slots, std::uint64_t last_ticket) {
  slots_.swap(slots);
  first_free_ = last_free_ = retired_ = kNone32;
  free_count_ = slots_.capacity() - slots_.size();
  outstanding_ = suspended_ = awaiting_ = soaking_ = 0;
  old_tickets_.clear();
  timers_.clear();
  by_ticket_.restart(1);
  by_ticket_.make_room(last_ticket);
  for (std::uint64_t i = 0; i < last_ticket; ++i) { by_ticket_.push(kNone32); }
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    const CommandSlot& slot = slots_[i];
    awaiting_ += slot.status == SlotStatus::AwaitingAttempt ? 1U : 0U;
    soaking_ += slot.status == SlotStatus::Soaking ? 1U : 0U;
    outstanding_ += slot.status == SlotStatus::Outstanding ? 1U : 0U;
    suspended_ += counts_as_suspended(slot) ? 1U : 0U;
    if (slot.status != SlotStatus::AwaitingAttempt) { by_ticket_.numbered(slot.ticket) = i; }
  }
}

std::vector<SlotIndex> Commands::restored_timers() const {
  std::vector<SlotIndex> armed;
  for (SlotIndex i = 0; i < slots_.size(); ++i) {
    if (slots_[i].due != kNever) { armed.push_back(i); }
  }
  std::sort(armed.begin(), armed.end(), [this](SlotIndex a, SlotIndex b) {
    const CommandSlot& left = slots_[a];
    const CommandSlot& right = slots_[b];
    return left.due != right.due ? left.due < right.due : left.ticket < right.ticket;
  });
  return armed;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

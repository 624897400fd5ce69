// SPDX-License-Identifier: Apache-2.0
/// @file
/// Commands: the slots of commands that are outstanding, await their next attempt or soak, the
/// tickets that lead to them, and their timers.
///
/// Invariants: a ticket leads to a slot while its command is outstanding or its environment soaks;
/// a slot has a timer exactly while its `due` is set; the counts are those of the slots. A slot
/// whose command was not taken by the host yet is kept until it is, and one event longer, because
/// views of it may be in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/attributes.hpp"
#include "flow/flow_data.hpp"
#include "release/hook_inputs.hpp"
#include "release/queue.hpp"
#include "release/state.hpp"
#include "release/timers.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Commands {
 public:
  const CommandSlot& operator[](SlotIndex slot) const noexcept { return slots_[slot]; }

  std::size_t outstanding() const noexcept { return outstanding_; }
  std::uint64_t last_ticket() const noexcept { return by_ticket_.next_number() - 1; }
  /// R11: commands are outstanding, all of them are suspended and none is queued, no attempt waits
  /// and no environment soaks.
  bool all_suspended() const noexcept {
    return outstanding_ > 0 && suspended_ == outstanding_ && awaiting_ == 0 && soaking_ == 0;
  }
  bool any_suspended() const noexcept { return suspended_ != 0; }

  /// The slot of an outstanding command; none: there is no such command.
  SlotIndex find(std::uint64_t ticket) const noexcept {
    return find(ticket, SlotStatus::Outstanding);
  }
  /// The slot of an environment that soaks, by its last promotion's ticket (R18); none: no
  /// environment soaks under it.
  SlotIndex find_soak(std::uint64_t ticket) const noexcept {
    return find(ticket, SlotStatus::Soaking);
  }

  /// Calls `visit(const CommandSlot&, SlotIndex)` for each outstanding command, in ticket order.
  template <class Visit>
  void each_outstanding(const Visit& visit) const {
    const auto offer = [&](SlotIndex slot) {
      if (slot != kNone32 && slots_[slot].status == SlotStatus::Outstanding) {
        visit(slots_[slot], slot);
      }
    };
    for (const OldTicket& old : old_tickets_) { offer(is_current(old) ? old.slot : kNone32); }
    for (const SlotIndex slot : by_ticket_) { offer(slot); }
  }
  /// The slots of waiting attempts and soaks, by ticket. May throw std::bad_alloc.
  std::vector<SlotIndex> waiting() const;
  /// Calls `visit(const CommandSlot&)` for each command that is outstanding, each attempt that
  /// waits and each soak.
  template <class Visit>
  void each_alive(const Visit& visit) const {
    for (const CommandSlot& slot : slots_) {
      if (slot.status != SlotStatus::Free && slot.status != SlotStatus::Settled) { visit(slot); }
    }
  }

  /// The next timer by time, then by ticket (R10).
  Timer next_timer() const noexcept { return timers_.next(slots_); }

  // --- Room: may throw std::bad_alloc ------------------------------------------------------------

  /// Announces the lengths of the flow's timeouts and soaks. Called before anything is issued.
  void expect_timers(const FlowData& flow) noexcept;
  /// Makes sure that so many commands can be issued, and so many attempts wait, environments soak
  /// and timeouts count anew; `soaks` of them begin anew.
  void make_room(std::size_t commands, std::size_t waits, std::size_t soaks);
  bool has_room(std::size_t commands) const noexcept {
    return by_ticket_.room() >= commands && free_count_ >= commands && timers_.has_room(commands);
  }

  // --- Changes: they cannot fail once room is made -----------------------------------------------

  /// Issues a command: the next ticket, not yet taken by the host. `length`: of its timeout, or
  /// kNever. Returns its slot.
  SlotIndex issue(EntityIndex entity, State state, std::uint32_t hook, std::uint32_t attempt,
                  std::uint32_t retries, InputsIndex inputs, Millis now, Millis length) noexcept;
  /// A command, an attempt or a soak is over: its ticket is settled, its timer disarmed.
  void end(SlotIndex slot, HookInputsTable& inputs) noexcept;
  /// A failed command is over, and its next attempt waits until `due` (R9). Returns the new slot.
  SlotIndex await_attempt(SlotIndex slot, Millis due, HookInputsTable& inputs) noexcept;
  /// A promotion has succeeded: its slot soaks from now on (R18).
  PROMOFLOW_COLD void soak(SlotIndex slot, Millis now, Millis length) noexcept;
  /// A soak that begins anew after a Retry. Returns its slot.
  SlotIndex soak_anew(EntityIndex entity, std::uint64_t ticket, std::uint32_t attempt, Millis now,
                      Millis length) noexcept;

  void set_suspended(SlotIndex slot, bool suspended) noexcept;
  /// The host has no room for the command: its timeout stops (R19).
  void queue(SlotIndex slot) noexcept;
  /// The command has started: its timeout counts anew (R19). `length` as for issue().
  void start(SlotIndex slot, Millis now, Millis length) noexcept;

  /// The host takes a command's record: the slot can be freed once it has ended, too.
  void take(SlotIndex slot) noexcept;
  void mark_untaken(SlotIndex slot) noexcept { slots_[slot].untaken = true; }
  /// Frees what the host has taken and can no longer be looking at.
  PROMOFLOW_COLD void reclaim(HookInputsTable& inputs) noexcept;
  bool can_reclaim() const noexcept { return retired_ != kNone32; }

  // --- Restoring ---------------------------------------------------------------------------------

  /// The slots as a snapshot had them, their timers not armed yet; the tickets up to `last_ticket`
  /// have been issued. False: two slots have one ticket. May throw std::bad_alloc.
  bool restore(std::vector<CommandSlot> slots, std::uint64_t last_ticket);
  /// Replaces all slots by these, which have the tickets from 1 on as far as they have one, and no
  /// timers, and gives the old ones for them. The tickets up to `last_ticket` have been issued. May
  /// throw std::bad_alloc.
  void adopt(std::vector<CommandSlot>& slots, std::uint64_t last_ticket);
  /// Calls `change(CommandSlot&)` for each slot, to add what does not come from the snapshot.
  template <class Change>
  void each_restored(const Change& change) {
    for (CommandSlot& slot : slots_) { change(slot); }
  }
  /// Arms the timers of all restored slots. `length_of` gives the length of an outstanding
  /// command's timeout, or of a soak. May throw std::bad_alloc.
  template <class LengthOf>
  void restore_timers(const LengthOf& length_of) {
    const std::vector<SlotIndex> armed = restored_timers();
    timers_.make_room(armed.size(), armed.size());
    for (const SlotIndex i : armed) {
      const Millis due = slots_[i].due;
      if (slots_[i].status == SlotStatus::AwaitingAttempt) {
        timers_.arm_attempt(slots_, i, due);
      } else {
        timers_.arm_expiry(slots_, i, length_of(slots_[i]), due);
      }
    }
  }

 private:
  struct OldTicket {
    std::uint64_t ticket;
    SlotIndex slot;
  };
  SlotIndex find(std::uint64_t ticket, SlotStatus status) const noexcept {
    const SlotIndex slot = by_ticket_.has(ticket) ? by_ticket_.numbered(ticket) : find_old(ticket);
    return slot != kNone32 && slots_[slot].status == status ? slot : kNone32;
  }
  PROMOFLOW_COLD SlotIndex find_old(std::uint64_t ticket) const noexcept;
  /// Whether the slot still is what the ticket leads to.
  bool is_current(const OldTicket& old) const noexcept {
    const CommandSlot& slot = slots_[old.slot];
    return slot.ticket == old.ticket &&
           (slot.status == SlotStatus::Outstanding || slot.status == SlotStatus::Soaking);
  }
  void add_old(std::uint64_t ticket, SlotIndex slot) noexcept;
  SlotIndex take_free_slot() noexcept;
  void free(SlotIndex slot, HookInputsTable& inputs) noexcept;
  void reserve_slots(std::size_t commands);
  std::vector<SlotIndex> restored_timers() const;
  bool counts_as_suspended(const CommandSlot& slot) const noexcept {
    return slot.suspended && slot.room != Room::Queued;
  }

  std::vector<CommandSlot> slots_;
  /// First in, first out: so commands that follow one another stay neighbours in memory.
  SlotIndex first_free_ = kNone32;
  SlotIndex last_free_ = kNone32;
  SlotIndex retired_ = kNone32;  ///< Taken and settled; freed by the next change.
  std::size_t free_count_ = 0;   ///< Slots that can be taken; they need not exist yet.
  /// Slots of the tickets from the oldest outstanding one to the last; none: settled.
  Queue<SlotIndex> by_ticket_{1};
  /// Older tickets that lead to a slot nevertheless, in order: those of restored commands, and of
  /// soaks that began anew. Elements that are not, or no longer, current are dropped at times.
  std::vector<OldTicket> old_tickets_;
  Timers timers_;

  std::uint32_t outstanding_ = 0;  ///< Commands.
  std::uint32_t suspended_ = 0;    ///< Of these; queued ones do not count (R19).
  std::uint32_t awaiting_ = 0;     ///< Attempts that wait.
  std::uint32_t soaking_ = 0;      ///< Environments that soak.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

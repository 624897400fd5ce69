// SPDX-License-Identifier: Apache-2.0
// The code of a state: what its future depends on, as bytes, for explorations.
//
//   1 byte     status of the release (3 bits), `ending`, `terminated`, whether a deadline is armed
//   each environment, then the release:
//     1 byte   state (3 bits), Skipped or Terminated where the state does not say (1), what its
//     slot
//              does (2), whether its command is suspended (1)
//     place    of a slot: which hook of its chain, and how many further attempts were used; each
//              only if the flow leaves a choice
//     stop     of an entity that has stopped: the state in which it did (1 byte), and which hook
//
// Numbers are written seven bits a byte. A status that follows from the rest is not written, nor is
// whether a timer is armed: it is, wherever the flow gives it a length.
#include <memory>
#include <string>

#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr unsigned kVariant = 1U << 3;
constexpr unsigned kSlotShift = 4;
constexpr unsigned kSuspended = 1U << 6;
constexpr unsigned kEnding = 1U << 3;
constexpr unsigned kTerminated = 1U << 4;
constexpr unsigned kDeadline = 1U << 5;

void put(std::vector<std::uint8_t>& out, std::uint32_t number) {
  for (; number >= 0x80; number >>= 7U) {
    out.push_back(static_cast<std::uint8_t>(0x80U | (number & 0x7FU)));
  }
  out.push_back(static_cast<std::uint8_t>(number));
}

std::uint32_t get(std::span<const std::uint8_t> code, std::size_t& at) noexcept {
  std::uint32_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = code[at++];
    number |= (byte & 0x7FU) << shift;
    if (byte < 0x80) { return number; }
  }
}

unsigned slot_bits(SlotStatus status) noexcept {
  switch (status) {
    case SlotStatus::Outstanding: return 1;
    case SlotStatus::AwaitingAttempt: return 2;
    case SlotStatus::Soaking: return 3;
    case SlotStatus::Free:
    case SlotStatus::Settled: return 0;
  }
  return 0;  // GCOV_EXCL_LINE: behind a switch over all.
}

constexpr SlotStatus kSlotStatuses[] = {SlotStatus::Free, SlotStatus::Outstanding,
                                        SlotStatus::AwaitingAttempt, SlotStatus::Soaking};

bool is_stopped(State state) noexcept { return state == State::Failing || state == State::Stopped; }

EnvironmentStatus status_of(State state, bool variant, bool suspended) noexcept {
  switch (state) {
    case State::Pending: return EnvironmentStatus::Pending;
    case State::Done: return variant ? EnvironmentStatus::Skipped : EnvironmentStatus::Successful;
    case State::Failing:
    case State::Stopped: return variant ? EnvironmentStatus::Terminated : EnvironmentStatus::Failed;
    case State::Starting:
    case State::Working:
    case State::Soaking:
    case State::Finishing:
      return suspended ? EnvironmentStatus::Suspended : EnvironmentStatus::Running;
  }
  return EnvironmentStatus::Pending;  // GCOV_EXCL_LINE: behind a switch over all.
}

}  // namespace

void Machine::encode(std::vector<std::uint8_t>& out) const {
  out.push_back(static_cast<std::uint8_t>(
      static_cast<unsigned>(state_.status) | (state_.ending ? kEnding : 0) |
      (state_.terminated ? kTerminated : 0) | (state_.deadline != kNever ? kDeadline : 0)));
  const auto put_hook = [&](EntityIndex e, State state, std::uint32_t hook) {
    if (runs_chain(state) && chain(e, state).size() > 1) { put(out, hook); }
  };
  for (EntityIndex e = 0; e < state_.entities.size(); ++e) {
    const EntityState& entity = state_.entities[e];
    unsigned bits = static_cast<unsigned>(entity.state);
    const EnvironmentStatus status = entity.status();
    if (!is_release(e) &&
        (status == EnvironmentStatus::Skipped || status == EnvironmentStatus::Terminated)) {
      bits |= kVariant;
    }
    if (entity.slot == kNone32) {
      out.push_back(static_cast<std::uint8_t>(bits));
    } else {
      const CommandSlot& slot = state_.commands[entity.slot];
      bits |= slot_bits(slot.status) << kSlotShift | (slot.suspended ? kSuspended : 0);
      out.push_back(static_cast<std::uint8_t>(bits));
      put_hook(e, slot.state, slot.hook);
      if (retry_policy(slot).limit > 0) { put(out, slot.retries); }
    }
    if (is_stopped(entity.state)) {
      const StopRecord& stop = *state_.stops.find(e);
      out.push_back(static_cast<std::uint8_t>(stop.state));
      put_hook(e, stop.state, stop.hook);
    }
  }
}

std::size_t Machine::adopt(std::span<const std::uint8_t> code) {
  static const std::string kWords = "it failed";  // Short: nothing is allocated for it.
  const Text message(Text(), &kWords);
  std::size_t at = 0;
  const unsigned head = code[at++];
  state_.status = static_cast<ReleaseStatus>(head & 7U);
  state_.ending = (head & kEnding) != 0;
  state_.terminated = (head & kTerminated) != 0;
  state_.now = 0;
  state_.deadline = (head & kDeadline) != 0 ? kNever - 1 : kNever;
  state_.message = message;  // Read only where something has stopped.
  earliest_timer_ = kNever - 1;
  state_.records.clear();
  state_.conflicts.clear();
  state_.rejections.clear();
  state_.stops.clear();
  state_.stops.make_room(state_.entities.size());
  state_.inputs.restart(state_.context.state());
  state_.entities.restart();

  std::vector<CommandSlot>& slots = adopted_slots_;
  slots.clear();
  std::uint64_t tickets = 0;
  const auto get_hook = [&](EntityIndex e, State state) {
    return runs_chain(state) && chain(e, state).size() > 1 ? get(code, at) : 0;
  };
  for (EntityIndex e = 0; e < state_.entities.size(); ++e) {
    const unsigned bits = code[at++];
    EntityState& entity = state_.entities[e];
    entity.state = static_cast<State>(bits & 7U);
    const bool suspended = (bits & kSuspended) != 0;
    entity.set_status(status_of(entity.state, (bits & kVariant) != 0, suspended));
    const SlotStatus status = kSlotStatuses[bits >> kSlotShift & 3U];
    if (status != SlotStatus::Free) {
      // Written where it stays: to copy what was just written in small pieces would stall.
      CommandSlot& slot = slots.emplace_back();
      slot.ticket = ++tickets;
      slot.entity = e;
      slot.state = entity.state == State::Soaking ? State::Working : entity.state;
      slot.status = status;
      slot.suspended = suspended;
      slot.attempt = 1;
      slot.hook = get_hook(e, slot.state);
      if (retry_policy(slot).limit > 0) { slot.retries = get(code, at); }
      if (slot.is_hook() && status == SlotStatus::Outstanding) {
        slot.inputs = state_.inputs.use_current();
      }
      entity.slot = static_cast<SlotIndex>(slots.size() - 1);
    }
    if (is_stopped(entity.state)) {
      StopRecord& stop = state_.stops.find_or_add(e);
      stop.message = message;
      stop.attempt = 1;
      stop.state = static_cast<State>(code[at++]);
      stop.hook = get_hook(e, stop.state);
      if (stop.state == State::Soaking) { stop.soaked = ++tickets; }
      stop.on_fail_attempts.assign(chain(e, State::Failing).size(), 1);
    }
  }
  state_.entities.count_anew();
  state_.commands.adopt(slots, tickets);
  return at;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

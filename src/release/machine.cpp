// SPDX-License-Identifier: Apache-2.0
// Events and timers: what is due fires first (R10), then the event is judged (R13) and handled.
#include "release/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "context/export.hpp"
#include "release/message.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

Error refuse(ErrorCode code, Ticket ticket, std::string_view why) {
  return Error{code, fmt::format("ticket {}", static_cast<std::uint64_t>(ticket)),
               std::string(why)};
}

Millis length_or(const std::optional<std::chrono::milliseconds>& length, Millis otherwise) {
  return length ? length->count() : otherwise;
}

}  // namespace

// --- Restore -------------------------------------------------------------------------------------

void Machine::finish_restore() {
  for (StopRecord& record : state_.stops.list()) {
    if (state_.entities[record.entity].state == State::Failing) {
      record.failure = failure_of(record.entity);
    }
  }
  state_.inputs.make_room(state_.commands.outstanding());
  state_.commands.each_restored([this](CommandSlot& slot) {
    if (slot.status == SlotStatus::Outstanding) {
      if (slot.room == Room::Queued || length_of(slot) == kNever) { slot.due = kNever; }
      if (slot.state == State::Failing) {
        const InputsIndex given = slot.inputs;
        slot.inputs = state_.inputs.add(state_.inputs[given].context,
                                        state_.stops.find(slot.entity)->failure);
        state_.inputs.remove_user(given);
      }
    }
  });
  state_.commands.expect_timers(*data_);
  state_.commands.restore_timers([this](const CommandSlot& slot) { return length_of(slot); });
  reissue();
}

// --- What the flow says of a command -------------------------------------------------------------

const RetryPolicy& Machine::retry_policy(const CommandSlot& slot) const noexcept {
  return slot.is_hook() ? chain(slot.entity, slot.state)[slot.hook].retry
                        : data_->step(slot.entity).retry;
}

/// A command's own timeout (R8); kNever: it has none.
Millis Machine::timeout(EntityIndex entity, State state, std::uint32_t hook) const noexcept {
  if (!runs_chain(state)) { return length_or(data_->step(entity).timeout, kNever); }
  return length_or(chain(entity, state)[hook].timeout,
                   length_or(data_->options.hook_timeout, kNever));
}

Millis Machine::length_of(const CommandSlot& slot) const noexcept {
  return slot.status == SlotStatus::Soaking ? length_or(data_->step(slot.entity).soak, kNever)
                                            : timeout(slot.entity, slot.state, slot.hook);
}

Millis Machine::flow_limit() const noexcept {
  return std::chrono::milliseconds(data_->options.promotion_timeout_limit).count();
}

Millis Machine::grace_period() const noexcept {
  return length_or(data_->options.termination_grace_period, flow_limit());
}

// --- Events --------------------------------------------------------------------------------------

/// One function for each kind of event; each returns the refusal, if there is one.
struct Machine::EventHandler {
  Machine* machine;
  Millis at;

  using Refusal = std::optional<Error>;

  Refusal operator()(const Tick&) const {
    machine->begin_changes(at);
    return std::nullopt;
  }
  Refusal operator()(const HookSucceeded& what) const {
    const SlotIndex slot = machine->find(what.ticket, Kind::Hook);
    if (slot == kNone32) { return machine->why_refused(what.ticket); }
    machine->end_well(slot, RecordKind::HookSucceeded, what.context, at);
    return std::nullopt;
  }
  Refusal operator()(const PromotionSucceeded& what) const {
    const SlotIndex slot = machine->find(what.ticket, Kind::Promotion);
    if (slot == kNone32) { return machine->why_refused(what.ticket); }
    machine->end_well(slot, RecordKind::PromotionSucceeded, std::nullopt, at);
    return std::nullopt;
  }
  Refusal operator()(const HookFailed& what) const {
    const SlotIndex slot = machine->find(what.ticket, Kind::Hook);
    if (slot == kNone32) { return machine->why_refused(what.ticket); }
    Ending ending;
    ending.text = make_message(what.message);
    if (what.context && !is_no_export(*what.context)) {
      ending.rejection = {what.ticket, std::string(), std::string(*what.context)};
    }
    machine->end_badly(slot, std::move(ending), at);
    return std::nullopt;
  }
  Refusal operator()(const PromotionFailed& what) const {
    SlotIndex slot = machine->find(what.ticket, Kind::Promotion);
    if (slot == kNone32) {  // R18: it may turn out bad while its environment soaks.
      slot = machine->state_.commands.find_soak(static_cast<std::uint64_t>(what.ticket));
    }
    if (slot == kNone32) { return machine->why_refused(what.ticket); }
    Ending ending;
    ending.text = make_message(what.message);
    machine->end_badly(slot, std::move(ending), at);
    return std::nullopt;
  }
  /// The start of this release again, as when its whole journal is applied to it, changes nothing.
  Refusal operator()(const ReleaseStarted& what) const {
    if (what.fingerprint != machine->data_->fingerprint || what.info == nullptr ||
        what.info->id != machine->info_.id) {
      return Error{ErrorCode::NotAllowed, "start",
                   "this is the start of another release; give each release a journal of its own"};
    }
    machine->begin_changes(at);
    return std::nullopt;
  }
  Refusal operator()(const Queued& what) const {
    return machine->report_room(what.ticket, at, false);
  }
  Refusal operator()(const Started& what) const {
    return machine->report_room(what.ticket, at, true);
  }
  Refusal operator()(const Suspended& what) const {
    return machine->suspend(what.ticket, at, true, {});
  }
  Refusal operator()(const Resumed& what) const {
    return machine->suspend(what.ticket, at, false, what.by);
  }
  Refusal operator()(const Terminate& what) const { return machine->terminate(what, at); }
  Refusal operator()(const Retry& what) const { return machine->retry(what, at); }
  Refusal operator()(const Skip& what) const { return machine->skip(what, at); }
};

Result<void> Machine::apply(const Event& event) {
  Result<void> applied;  // Where the caller has it: nothing is copied, and nothing is cleared.
  if (state_.commands.can_reclaim()) { state_.commands.reclaim(state_.inputs); }
  state_.records.reclaim();
  const Millis at = std::max(state_.now, millis(event.at));
  if (at >= earliest_timer_) { fire_timers(at); }
  // The events that come most often first: a command succeeds and exports nothing.
  SlotIndex slot = kNone32;
  RecordKind record = RecordKind::PromotionSucceeded;
  if (const auto* promotion = std::get_if<PromotionSucceeded>(&event.what)) {
    slot = find(promotion->ticket, Kind::Promotion);
  } else if (const auto* hook = std::get_if<HookSucceeded>(&event.what); hook && !hook->context) {
    slot = find(hook->ticket, Kind::Hook);
    record = RecordKind::HookSucceeded;
  }
  if (slot != kNone32) {
    go_on(slot, record, nullptr, at);
  } else {
    handle(event, at, applied);
  }
  return applied;
}

void Machine::handle(const Event& event, Millis at, Result<void>& applied) {
  std::optional<Error> refused = std::visit(EventHandler{this, at}, event.what);
  if (refused) { applied = tl::unexpected(std::move(*refused)); }
}

/// The slot of an outstanding command of that kind; none: there is no such command.
SlotIndex Machine::find(Ticket ticket, Kind kind) const noexcept {
  const SlotIndex slot = state_.commands.find(static_cast<std::uint64_t>(ticket));
  if (slot == kNone32 || kind == Kind::Any) { return slot; }
  return state_.commands[slot].is_hook() == (kind == Kind::Hook) ? slot : kNone32;
}

/// Why find() found no command (R13).
Error Machine::why_refused(Ticket ticket) const {
  const auto number = static_cast<std::uint64_t>(ticket);
  if (number == 0 || number > state_.commands.last_ticket()) {
    return refuse(ErrorCode::UnknownTicket, ticket,
                  "no command was issued under this ticket; answer with the command's own ticket");
  }
  const SlotIndex slot = state_.commands.find(number);
  if (slot == kNone32) {
    return refuse(ErrorCode::SettledTicket, ticket,
                  "already answered or cancelled; a host that delivers at least once ignores this");
  }
  if (state_.commands[slot].is_hook()) {
    return refuse(ErrorCode::WrongKind, ticket,
                  "this is a hook's ticket; answer with HookSucceeded or HookFailed");
  }
  return refuse(ErrorCode::WrongKind, ticket,
                "this is a promotion's ticket; answer with PromotionSucceeded or PromotionFailed");
}

/// The host has no room for a command, so its timeout stops; or the command has started, and its
/// timeout counts anew (R19).
std::optional<Error> Machine::report_room(Ticket ticket, Millis at, bool starts) {
  const SlotIndex slot = find(ticket, Kind::Any);
  if (slot == kNone32) { return why_refused(ticket); }
  if (state_.commands[slot].room != (starts ? Room::Queued : Room::Unreported)) {
    return refuse(ErrorCode::NotAllowed, ticket,
                  starts ? "it is not queued; Started is for a command that was reported as Queued"
                         : "it is queued or has started already; Queued is reported once");
  }
  Effects effects;
  effects.statuses = 1;
  effects.waits = starts ? 1 : 0;
  reserve(effects);

  begin_changes(at);
  const CommandSlot& command = state_.commands[slot];
  emit(starts ? RecordKind::Started : RecordKind::Queued, command.ticket);
  if (starts) {
    state_.commands.start(slot, at, length_of(command));
    note_timer(command.due);
  } else {
    state_.commands.queue(slot);
  }
  decide_suspended();
  return std::nullopt;
}

/// A command waits for a person, or no longer does (R11).
std::optional<Error> Machine::suspend(Ticket ticket, Millis at, bool suspends,
                                      std::string_view by) {
  const SlotIndex slot = find(ticket, Kind::Any);
  if (slot == kNone32) { return why_refused(ticket); }
  if (state_.commands[slot].suspended == suspends) {
    return refuse(ErrorCode::NotAllowed, ticket,
                  suspends ? "it is suspended already" : "it is not suspended");
  }
  Request request;
  if (!by.empty()) {
    auto made = std::make_shared<OperatorRequest>();
    made->by = bounded_text(by);
    request = std::move(made);
  }
  Effects effects;
  effects.statuses = 2;
  effects.texts = request ? 1 : 0;
  reserve(effects);

  begin_changes(at);
  const CommandSlot& command = state_.commands[slot];
  emit(suspends ? RecordKind::Suspended : RecordKind::Resumed, command.ticket,
       state_.records.keep(std::move(request)));
  if (!suspends) { end_suspension(slot); }
  state_.commands.set_suspended(slot, suspends);
  if (suspends && !is_release(command.entity) &&
      state_.entities[command.entity].status() == EnvironmentStatus::Running) {
    set_status(command.entity, EnvironmentStatus::Suspended);
  }
  decide_suspended();
  return std::nullopt;
}

// --- Timers --------------------------------------------------------------------------------------

/// Fires all timers that are due, each as an event of its own (R10): first a deadline, so that
/// nothing is issued that it forbids, then by time and by ticket.
void Machine::fire_timers(Millis at) {
  for (;;) {
    if (state_.deadline <= at && state_.deadline != kNever) {
      fire_deadline(at);
      continue;
    }
    const Timer timer = state_.commands.next_timer();
    if (timer.slot == kNone32 || timer.due > at) {
      earliest_timer_ = std::min(timer.due, state_.deadline);
      return;
    }
    fire_slot(timer.slot, at);
  }
}

void Machine::fire_slot(SlotIndex slot, Millis at) {
  switch (state_.commands[slot].status) {
    case SlotStatus::AwaitingAttempt: issue_attempt(slot, at); return;
    case SlotStatus::Soaking: go_on(slot, RecordKind::Soaked, nullptr, at); return;
    case SlotStatus::Outstanding:
    case SlotStatus::Settled:
    case SlotStatus::Free: expire(slot, at); return;
  }
}

/// The wait for the next attempt is over (R9).
void Machine::issue_attempt(SlotIndex index, Millis at) {
  Effects effects;
  effects.commands = 1;
  effects.statuses = 1;
  effects.inputs = 1;
  reserve(effects);

  begin_changes(at);
  const CommandSlot waited = state_.commands[index];
  end_command(index);
  issue(waited.entity, waited.hook, waited.attempt + 1, waited.retries + 1);
  decide_suspended();
}

std::optional<Instant> Machine::next_timer() const noexcept {
  const Timer timer = state_.commands.next_timer();
  const Millis due = std::min(timer.slot == kNone32 ? kNever : timer.due, state_.deadline);
  return due == kNever ? std::nullopt : std::optional(instant(due));
}

// --- Room ----------------------------------------------------------------------------------------

bool Machine::has_room(const Effects& effects) const noexcept {
  return effects.stops + effects.soaks + effects.waits + effects.inputs + effects.notes +
                 effects.texts ==
             0 &&
         state_.records.has_room(effects.records()) && state_.commands.has_room(effects.commands) &&
         state_.entities.has_room(effects.ready);
}

void Machine::make_room_for(const Effects& effects) {
  state_.records.make_room(effects.records(), effects.texts + effects.notes);
  state_.commands.make_room(effects.commands, effects.waits, effects.soaks);
  state_.entities.make_room(effects.ready);
  state_.stops.make_room(effects.stops);
  state_.inputs.make_room(effects.inputs + effects.stops);
  make_room(state_.conflicts, effects.notes);
  make_room(state_.rejections, effects.texts);
}

/// Makes room for all that the effects need.
void Machine::reserve(const Effects& effects) {
  if (!has_room(effects)) { make_missing_room(effects); }
  expect(effects);
}

// --- The queue to the host -----------------------------------------------------------------------

bool Machine::take(RecordItem& item) noexcept {
  if (!state_.records.take(item)) { return false; }
  if (item.kind == RecordKind::Command) {
    item.ticket = state_.commands[item.ref].ticket;
    state_.commands.take(item.ref);
  }
  return true;
}

bool Machine::peek(RecordItem& item) const noexcept {
  if (!state_.records.peek(item)) { return false; }
  if (item.kind == RecordKind::Command) { item.ticket = state_.commands[item.ref].ticket; }
  return true;
}

void Machine::reissue() {
  std::vector<RecordItem> cancels;
  state_.records.each_waiting([&cancels](const RecordItem& item) {
    if (item.kind == RecordKind::Cancel) { cancels.push_back(item); }
  });
  state_.records.make_room(cancels.size() + state_.commands.outstanding(), 0);
  for (RecordItem taken{}; take(taken);) {}
  state_.commands.reclaim(state_.inputs);
  for (const RecordItem& item : cancels) {
    state_.records.put(item.at, item.ticket, item.ref, item.kind, item.status);
  }
  state_.commands.each_outstanding([this](const CommandSlot& slot, SlotIndex index) {
    state_.records.put(state_.now, slot.ticket, index, RecordKind::Command, 0);
    state_.commands.mark_untaken(index);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

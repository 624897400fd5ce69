// SPDX-License-Identifier: Apache-2.0
// The first part of a change: the one door. Timers that are due fire (R10), then the event is
// judged (R13), planned and carried out.
#include "release/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "flow/flow_data.hpp"
#include "release/failure_arguments.hpp"

#if defined(__GNUC__)
#define PROMOFLOW_FLATTEN [[gnu::flatten]]
#else
#define PROMOFLOW_FLATTEN
#endif

namespace promoflow::detail {

namespace {

std::optional<Error> refuse(ErrorCode code, Ticket ticket, std::string_view why) {
  return Error{code, fmt::format("ticket {}", static_cast<std::uint64_t>(ticket)),
               std::string(why)};
}

Millis length_of(const std::optional<std::chrono::milliseconds>& timeout, Millis otherwise) {
  return timeout ? timeout->count() : otherwise;
}

}  // namespace

// --- Start ---------------------------------------------------------------------------------------

Machine::Machine(Flow flow, ReleaseInfo info, std::shared_ptr<const ContextData> context)
    : flow_(std::move(flow)),
      data_(&flow_.data()),
      info_(std::move(info)),
      defaults_({info_.url, info_.product, info_.version, info_.commit_sha, data_->name, info_.id}),
      limit_(std::chrono::milliseconds(data_->options.promotion_timeout_limit).count()) {
  sources_.push_back({std::move(context), nullptr, 1});
  lanes_.resize(std::size_t{data_->size()} + 1);
  unmet_.reserve(data_->size());
  for (LaneIndex lane = 0; lane < data_->size(); ++lane) {
    unmet_.push_back(static_cast<std::uint32_t>(data_->dependencies[lane].size()));
  }
  const auto expect = [&](const Hooks& hooks) {
    for (const auto* list : {&hooks.on_start, &hooks.on_success, &hooks.on_fail}) {
      for (const Hook& hook : *list) { timers_.expect(length_of(hook.timeout, limit_)); }
    }
  };
  expect(data_->options.hooks);
  for (const StepOptions& step : data_->steps) {
    expect(step.hooks);
    if (step.timeout) { timers_.expect(step.timeout->count()); }
  }
}

void Machine::start(Instant at) {
  const std::size_t begun = data_->dependents_of(index(kTriggerEnvironment)).size();
  reserve(1 + begun, 8 + 2 * begun);
  now_ = millis(at);
  deadline_ = after(now_, limit_);
  outbox_.open(now_);
  set_status(ReleaseStatus::Running);
  enter(release_lane(), Input::Begin);
}

// --- What the flow says of a command -------------------------------------------------------------

const RetryPolicy& Machine::retry_policy(const Slot& slot) const noexcept {
  return runs_chain(slot.stage) ? chain(slot.lane, slot.stage)[slot.hook].retry
                                : data_->step(slot.lane).retry;
}

/// R8; kNever: it has no timeout of its own.
Millis Machine::timeout(LaneIndex lane, Stage stage, std::uint32_t hook) const noexcept {
  if (!runs_chain(stage)) { return length_of(data_->step(lane).timeout, kNever); }
  return length_of(chain(lane, stage)[hook].timeout, limit_);
}

// --- Events --------------------------------------------------------------------------------------

/// The door: one function for each kind of event.
struct Machine::Door {
  Machine* machine;
  Millis at;

  std::optional<Error> operator()(const Tick&) const {
    machine->now_ = at;
    return std::nullopt;
  }
  std::optional<Error> operator()(const HookSucceeded& what) const {
    return success(what.ticket, Kind::Hook, what.context);
  }
  std::optional<Error> operator()(const HookFailed& what) const {
    return failure(what.ticket, Kind::Hook, what.message, what.context);
  }
  std::optional<Error> operator()(const PromotionSucceeded& what) const {
    return success(what.ticket, Kind::Promotion, std::nullopt);
  }
  std::optional<Error> operator()(const PromotionFailed& what) const {
    return failure(what.ticket, Kind::Promotion, what.message, std::nullopt);
  }
  std::optional<Error> operator()(const Suspended& what) const {
    return machine->suspend(what.ticket, at, true);
  }
  std::optional<Error> operator()(const Resumed& what) const {
    return machine->suspend(what.ticket, at, false);
  }
  std::optional<Error> operator()(const Terminate& what) const {
    return machine->terminate(what.reason, at);
  }
  std::optional<Error> operator()(const Retry&) const { return machine->retry(at); }

 private:
  /// A success that exports nothing, when nothing has failed, needs no plan but room.
  std::optional<Error> success(Ticket ticket, Kind kind,
                               std::optional<std::string_view> exported) const {
    const SlotIndex slot = machine->find(ticket, kind);
    if (slot == kNone32) { return machine->why_refused(ticket); }
    if (exported || machine->message_) {
      Plan plan = machine->plan_success(machine->slots_[slot], at, exported);
      machine->now_ = at;
      machine->commit_answer(slot, plan);
    } else {
      machine->reserve_success(machine->slots_[slot]);
      machine->now_ = at;
      machine->commit_success(slot);
    }
    return std::nullopt;
  }
  std::optional<Error> failure(Ticket ticket, Kind kind, std::string_view message,
                               std::optional<std::string_view> exported) const {
    const SlotIndex slot = machine->find(ticket, kind);
    if (slot == kNone32) { return machine->why_refused(ticket); }
    Plan plan = machine->plan_failure(machine->slots_[slot], at, message, exported);
    machine->now_ = at;
    machine->commit_answer(slot, plan);
    return std::nullopt;
  }
};

/// What most events are: a command succeeds and exports nothing, in a release in which nothing has
/// failed and no timer is due, and there is room for what follows. It needs no plan and allocates
/// nothing. False: it is another event, and nothing has happened.
PROMOFLOW_FLATTEN bool Machine::apply_plain(const Event& event) noexcept {
  const auto* const hook = std::get_if<HookSucceeded>(&event.what);
  const auto* const promotion = std::get_if<PromotionSucceeded>(&event.what);
  const bool succeeds = promotion != nullptr || (hook != nullptr && !hook->context);
  const Millis at = std::max(now_, millis(event.at));
  if (!succeeds || message_ || at >= quiet_until_ || retired_slots_ != kNone32) { return false; }
  const SlotIndex slot =
      hook != nullptr ? find(hook->ticket, Kind::Hook) : find(promotion->ticket, Kind::Promotion);
  if (slot == kNone32 || !has_room(begun_by(slots_[slot]))) { return false; }
  now_ = at;
  commit_success(slot);
  return true;
}

std::optional<Error> Machine::apply(const Event& event) {
  reclaim();
  const Millis at = std::max(now_, millis(event.at));
  fire_timers(at);
  return std::visit(Door{this, at}, event.what);
}

/// R10: all that is due, each as an event of its own.
void Machine::fire_timers(Millis at) {
  if (at < quiet_until_) { return; }
  fire_due(at);
  quiet_until_ = std::min(timers_.next(slots_).due, deadline_);
}

void Machine::fire_due(Millis at) {
  for (;;) {
    const Timer timer = timers_.next(slots_);
    const bool command_first = timer.slot != kNone32 && timer.due <= deadline_;
    if (command_first && timer.due <= at) {
      if (slots_[timer.slot].state == SlotState::Waiting) {
        fire_attempt(timer.slot, at);
      } else {
        Plan plan = plan_expiry(slots_[timer.slot], at);
        now_ = at;
        commit_answer(timer.slot, plan);
      }
    } else if (!command_first && deadline_ <= at && deadline_ != kNever) {
      terminate("promotion flow timed out after " + duration_text(limit_), at);
    } else {
      return;
    }
  }
}

/// R13: why find() found none.
std::optional<Error> Machine::why_refused(Ticket ticket) const {
  const auto number = static_cast<std::uint64_t>(ticket);
  if (number == 0 || number > last_ticket()) {
    return refuse(ErrorCode::UnknownTicket, ticket,
                  "no command was issued under this ticket; answer with the command's own");
  }
  if (!is_outstanding(ticket)) {
    return refuse(ErrorCode::SettledTicket, ticket,
                  "already answered or cancelled; hosts that deliver at least once ignore this");
  }
  if (runs_chain(slots_[window_.numbered(number)].stage)) {
    return refuse(ErrorCode::WrongKind, ticket, "a hook; answer with HookSucceeded or HookFailed");
  }
  return refuse(ErrorCode::WrongKind, ticket,
                "a promotion; answer with PromotionSucceeded or PromotionFailed");
}

/// R11.
std::optional<Error> Machine::suspend(Ticket ticket, Millis at, bool suspended) {
  const SlotIndex index = find(ticket, Kind::Any);
  if (index == kNone32) { return why_refused(ticket); }
  if (slots_[index].suspended == suspended) {
    return refuse(ErrorCode::NotAllowed, ticket,
                  suspended ? "it is suspended already" : "it is not suspended");
  }
  reserve(0, 4);
  now_ = at;
  Slot& slot = slots_[index];
  emit(suspended ? ItemKind::Suspended : ItemKind::Resumed, slot.ticket);
  if (suspended) {
    slot.suspended = true;
    ++suspended_;
    if (lanes_[slot.lane].get_status() == EnvironmentStatus::Running) {
      set_status(slot.lane, EnvironmentStatus::Suspended);
    }
  } else {
    end_suspension(index);
    slot.suspended = false;
    --suspended_;
  }
  decide_suspended();
  return std::nullopt;
}

std::optional<Error> Machine::terminate(std::string_view reason, Millis at) {
  if (!acceptance(status_).terminate) {
    return Error{ErrorCode::NotAllowed, "terminate",
                 fmt::format("the release is {} already", to_string(status_))};
  }
  Plan plan = plan_terminate(reason);
  now_ = at;
  commit_terminate(plan);
  return std::nullopt;
}

std::optional<Error> Machine::retry(Millis at) {
  if (!acceptance(status_).retry) {
    return Error{ErrorCode::NotAllowed, "retry",
                 fmt::format("the release is {}; only a Failed or Terminated one can be retried",
                             to_string(status_))};
  }
  const std::vector<LaneIndex> resumed = plan_retry();
  now_ = at;
  commit_retry(resumed);
  return std::nullopt;
}

/// R9: the wait is over.
void Machine::fire_attempt(SlotIndex index, Millis at) {
  reserve(1, 2);
  make_room(sources_, 1);
  now_ = at;
  const Slot waited = slots_[index];
  cancel(waited.lane);
  issue(waited.lane, waited.hook, waited.attempt + 1, waited.retries + 1);
  decide_suspended();
}

// --- The queue to the host -----------------------------------------------------------------------

/// Frees what the host has taken and can no longer be looking at.
void Machine::reclaim() noexcept {
  while (retired_slots_ != kNone32) {
    const SlotIndex slot = retired_slots_;
    retired_slots_ = slots_[slot].timer_behind;
    release_slot(slot);
  }
  if (!texts_.empty() && outbox_.empty()) { texts_.clear(); }
}

/// The host has the command: its slot is free once it has ended, too.
const Slot& Machine::hand_out(SlotIndex index) noexcept {
  Slot& slot = slots_[index];
  slot.queued = false;
  if (slot.state == SlotState::Settled) {
    slot.timer_behind = retired_slots_;
    retired_slots_ = index;
  }
  return slot;
}

bool Machine::take(Item& item) noexcept {
  if (!outbox_.take(item)) { return false; }
  if (item.kind == ItemKind::Command) { item.ticket = hand_out(item.ref).ticket; }
  return true;
}

std::optional<Instant> Machine::next_timer() const noexcept {
  const Timer timer = timers_.next(slots_);
  const Millis due = timer.slot == kNone32 ? deadline_ : std::min(timer.due, deadline_);
  return due == kNever ? std::nullopt : std::optional(instant(due));
}

/// Hands out again what is outstanding, and cancellations that were not taken.
void Machine::reissue() {
  Outbox again;
  again.open(outbox_.taken_at());
  again.make_room(outbox_.size() + outstanding_);
  outbox_.each_cancel([&again](Millis at, std::uint64_t ticket) {
    again.put({at, ticket, kNone32, ItemKind::Cancel, 0});
  });
  for (const SlotIndex slot : window_) {
    if (slot != kNone32) { again.put_command(now_, slot); }
  }
  for (Item taken; take(taken);) {}
  reclaim();
  outbox_ = std::move(again);
  for (const SlotIndex slot : window_) {
    if (slot != kNone32) { slots_[slot].queued = true; }
  }
}

// --- Reading -------------------------------------------------------------------------------------

/// R14: derived, never stored.
std::string_view Machine::phase(LaneIndex index) const noexcept {
  const Lane& lane = lanes_[index];
  const bool terminated =
      is_release(index) ? terminated_ : lane.get_status() == EnvironmentStatus::Terminated;
  switch (lane.stage) {
    case Stage::Starting: return "Initializing";
    case Stage::Finishing: return "Finalizing";
    case Stage::Failing: return terminated ? "FinalizingTermination" : "Finalizing";
    case Stage::Waiting:
    case Stage::Working:
    case Stage::Done:
    case Stage::Stopped: break;
  }
  return is_release(index) ? to_string(status_) : to_string(lane.get_status());
}

std::string_view Machine::message(LaneIndex index) const noexcept {
  if (is_release(index)) { return message_ ? std::string_view(*message_) : std::string_view(); }
  const TroubleIndex noted = trouble_of(index);
  const bool has = noted != kNone32 && troubles_[noted].message;
  return has ? std::string_view(*troubles_[noted].message) : std::string_view();
}

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
// The third part of a change: SPEC section 2's algorithm, carried out. Nothing here can fail:
// plan.cpp has made every text and reserved every element.
#include <algorithm>

#include "flow/flow_data.hpp"
#include "release/machine.hpp"

namespace promoflow::detail {

// --- Records -------------------------------------------------------------------------------------

void Machine::emit(ItemKind kind, std::uint64_t ticket, std::uint32_t text) noexcept {
  outbox_.put({now_, ticket, text, kind, 0});
}

/// Where records refer to a text; none: there is none.
std::uint32_t Machine::keep_text(Text text) noexcept {
  if (!text) { return kNone32; }
  texts_.push_back(std::move(text));
  return static_cast<std::uint32_t>(texts_.size() - 1);
}

void Machine::set_status(ReleaseStatus status) noexcept {
  status_ = status;
  outbox_.put({now_, 0, kNone32, ItemKind::ReleaseStatus, static_cast<std::uint8_t>(status)});
}

void Machine::set_status(LaneIndex lane, EnvironmentStatus status) noexcept {
  lanes_[lane].set_status(status);
  outbox_.put({now_, 0, lane, ItemKind::EnvironmentStatus, static_cast<std::uint8_t>(status)});
}

// --- Commands ------------------------------------------------------------------------------------

SlotIndex Machine::take_slot() noexcept {
  --free_count_;
  if (free_slots_ == kNone32) {
    slots_.emplace_back();
    return static_cast<SlotIndex>(slots_.size() - 1);
  }
  const SlotIndex slot = free_slots_;
  free_slots_ = slots_[slot].timer_behind;
  return slot;
}

/// A command that was not taken yet keeps its slot until it is.
void Machine::release_slot(SlotIndex index) noexcept {
  Slot& slot = slots_[index];
  if (slot.queued) {
    slot.state = SlotState::Settled;
    return;
  }
  slot.state = SlotState::Free;
  if (slot.source != kNone32) { drop_source(slot.source); }
  slot.timer_behind = kNone32;
  (free_slots_ == kNone32 ? free_slots_ : slots_[last_free_].timer_behind) = index;
  last_free_ = index;
  ++free_count_;
}

SourceIndex Machine::add_source(std::shared_ptr<const ContextData> context,
                                Failure failure) noexcept {
  SourceIndex source = free_sources_;
  if (source == kNone32) {
    source = static_cast<SourceIndex>(sources_.size());
    sources_.emplace_back();
  } else {
    free_sources_ = sources_[source].next_free;
  }
  sources_[source] = {std::move(context), std::move(failure), 1};
  return source;
}

void Machine::drop_source(SourceIndex source) noexcept {
  if (--sources_[source].users == 0) {
    sources_[source] = {nullptr, nullptr, 0, free_sources_};
    free_sources_ = source;
  }
}

/// Makes a command; nobody is told of it.
SlotIndex Machine::occupy(LaneIndex lane, std::uint32_t hook, std::uint32_t attempt,
                          std::uint32_t retries) noexcept {
  const SlotIndex index = take_slot();
  Slot& slot = slots_[index];
  Lane& owner = lanes_[lane];
  slot.ticket = window_.next_number();
  slot.lane = lane;
  slot.hook = hook;
  slot.attempt = attempt;
  slot.retries = retries;
  slot.stage = owner.stage;
  slot.state = SlotState::Outstanding;
  slot.suspended = false;
  slot.queued = true;
  slot.due = kNever;
  slot.source = kNone32;
  if (slot.stage == Stage::Failing) {
    Trouble& noted = troubles_[trouble_of(lane)];
    slot.source = add_source(context(), noted.failure);
    noted.on_fail_attempts[hook] = attempt;
  } else if (slot.stage != Stage::Working) {
    slot.source = source_;
    ++sources_[source_].users;
  }
  owner.slot = index;
  window_.push(index);
  ++outstanding_;
  const Millis length = timeout(lane, slot.stage, hook);
  if (length != kNever) {
    timers_.arm_expiry(slots_, index, length, after(now_, length));
    quiet_until_ = std::min(quiet_until_, slot.due);
  }
  return index;
}

void Machine::issue(LaneIndex lane, std::uint32_t hook, std::uint32_t attempt,
                    std::uint32_t retries) noexcept {
  outbox_.put_command(now_, occupy(lane, hook, attempt, retries));
}

/// R4: what a chain reaches is new, but for onFail hooks of a lane that failed before.
void Machine::issue_first(LaneIndex lane, std::uint32_t hook) noexcept {
  const bool again = lanes_[lane].stage == Stage::Failing;
  issue(lane, hook, again ? troubles_[trouble_of(lane)].on_fail_attempts[hook] + 1 : 1, 0);
}

/// The ticket is answered or cancelled: later answers are refused.
void Machine::settle_slot(SlotIndex index) noexcept {
  Slot& slot = slots_[index];
  timers_.disarm(slots_, index);
  window_.numbered(slot.ticket) = kNone32;
  while (!window_.empty() && window_.front() == kNone32) { window_.pop(); }
  --outstanding_;
  suspended_ -= slot.suspended ? 1 : 0;
  lanes_[slot.lane].slot = kNone32;
  release_slot(index);
}

/// R9: the failed command's slot goes; another one waits in its place, under the same ticket.
void Machine::wait_for_attempt(SlotIndex index, Millis due) noexcept {
  const SlotIndex waiting = take_slot();
  const Slot& failed = slots_[index];
  Slot& slot = slots_[waiting];
  slot.ticket = failed.ticket;
  slot.lane = failed.lane;
  slot.hook = failed.hook;
  slot.attempt = failed.attempt;
  slot.retries = failed.retries;
  slot.stage = failed.stage;
  slot.state = SlotState::Waiting;
  slot.suspended = false;
  slot.queued = false;
  slot.due = kNever;
  slot.source = kNone32;
  settle_slot(index);
  lanes_[slot.lane].slot = waiting;
  timers_.arm_attempt(slots_, waiting, due);
  quiet_until_ = std::min(quiet_until_, due);
  ++waiting_;
}

/// R11: the command has ended, so its environment no longer waits for a person.
void Machine::end_suspension(SlotIndex index) noexcept {
  const LaneIndex lane = slots_[index].lane;
  if (slots_[index].suspended && lanes_[lane].get_status() == EnvironmentStatus::Suspended) {
    set_status(lane, EnvironmentStatus::Running);
  }
}

/// Cancels a lane's command, or drops its waiting attempt (R9).
void Machine::cancel(LaneIndex lane) noexcept {
  const SlotIndex slot = lanes_[lane].slot;
  if (slots_[slot].state == SlotState::Waiting) {
    timers_.disarm(slots_, slot);
    lanes_[lane].slot = kNone32;
    --waiting_;
    release_slot(slot);
  } else {
    emit(ItemKind::Cancel, slots_[slot].ticket);
    settle_slot(slot);
  }
}

// --- Lanes ---------------------------------------------------------------------------------------

Trouble& Machine::trouble(LaneIndex lane) noexcept {
  TroubleIndex& noted = trouble_of_[lane];
  if (noted == kNone32) {
    noted = static_cast<TroubleIndex>(troubles_.size());
    troubles_.emplace_back().lane = lane;
  }
  return troubles_[noted];
}

/// Moves a lane by the table, and does what its new stage is for.
void Machine::enter(LaneIndex lane, Input input) noexcept {
  const Stage stage = advance(lanes_[lane].stage, input, data_->chains_of(lane).present);
  lanes_[lane].stage = stage;
  // Not taken: no row of the table leads back to Waiting.
  switch (stage) {
    case Stage::Starting:
    case Stage::Finishing:
    case Stage::Failing: issue_first(lane, 0); return;
    case Stage::Working: is_release(lane) ? open() : issue_first(lane, 0); return;
    case Stage::Done:
      if (is_release(lane)) {
        finish(ReleaseStatus::Succeeded);
      } else {
        set_status(lane, EnvironmentStatus::Successful);
        succeed(lane);
      }
      return;
    case Stage::Stopped:
      if (is_release(lane)) {
        finish(terminated_ ? ReleaseStatus::Terminated : ReleaseStatus::Failed);
      } else {
        --unfinished_;
      }
      return;
    case Stage::Waiting: return;  // GCOV_EXCL_LINE
  }
}

void Machine::open() noexcept {
  const LaneIndex trigger = index(kTriggerEnvironment);
  if (data_->options.post_trigger) {
    begin(trigger);
  } else {
    ++active_;
    lanes_[trigger].stage = Stage::Done;
    set_status(trigger, EnvironmentStatus::Successful);
    succeed(trigger);
  }
}

void Machine::begin(LaneIndex lane) noexcept {
  ++active_;
  Lane& begun = lanes_[lane];
  begun.set_status(EnvironmentStatus::Running);
  begun.stage = advance(Stage::Waiting, Input::Begin, data_->chains_of(lane).present);
  outbox_.put_begin(now_, lane, occupy(lane, 0, 1, 0));
}

/// R2: only now, its onSuccess hooks having succeeded, do dependents begin.
void Machine::succeed(LaneIndex lane) noexcept {
  --active_;
  ++successful_;
  for (const EnvironmentId dependent : data_->dependents_of(lane)) {
    const LaneIndex next = index(dependent);
    if (--unmet_[next] == 0) {
      if (admitting_) {
        begin(next);
      } else {
        held_.push_back(next);
      }
    }
  }
}

/// Notes the command at which a lane stops: a Retry issues it again (R12).
void Machine::note_command(LaneIndex lane) noexcept {
  const Slot& slot = slots_[lanes_[lane].slot];
  Trouble& noted = trouble(lane);
  noted.hook = slot.hook;
  noted.attempt = slot.attempt;
}

/// Notes where and why a lane stops, and runs its onFail chain.
void Machine::stop(Plan::Stopping& stopping, Input input, const Text& why) noexcept {
  const LaneIndex lane = stopping.lane;
  Trouble& noted = trouble(lane);
  noted.stage = lanes_[lane].stage;
  noted.message = why;
  noted.failure = std::move(stopping.failure);
  if (noted.on_fail_attempts.empty()) {
    noted.on_fail_attempts = std::move(stopping.on_fail_attempts);
  }
  if (!is_release(lane)) {
    --active_;
    ++unfinished_;
    set_status(lane,
               input == Input::Fail ? EnvironmentStatus::Failed : EnvironmentStatus::Terminated);
  } else {
    deadline_ = kNever;  // R7: it counts until release.onFail begins.
  }
  enter(lane, input);
}

void Machine::cut(Plan::Stopping& stopping, const Text& why) noexcept {
  note_command(stopping.lane);
  cancel(stopping.lane);
  stop(stopping, Input::Cut, why);
}

void Machine::fail(SlotIndex index, Plan& plan) noexcept {
  const LaneIndex lane = slots_[index].lane;
  note_command(lane);
  settle_slot(index);
  if (is_release(lane)) {
    message_ = plan.why;
    stop(plan.release, Input::Fail, plan.why);
    return;
  }
  if (!message_) { message_ = plan.why; }
  if (data_->options.failure_policy != FailurePolicy::Continue) { admitting_ = false; }
  stop(plan.failing, Input::Fail, plan.why);
  for (Plan::Stopping& other : plan.cuts) { cut(other, plan.cut_why); }
}

/// settle: once nothing runs and nothing can begin, the release goes to its end. No plan: nothing
/// has failed before, so that all have succeeded.
void Machine::conclude(Plan* plan) noexcept {
  if (active_ != 0 || unfinished_ != 0 || release().stage != Stage::Working) { return; }
  if (successful_ == data_->size()) {
    enter(release_lane(), Input::Complete);
  } else {
    stop(plan->release, Input::Fail, message_);
  }
}

void Machine::finish(ReleaseStatus status) noexcept {
  deadline_ = kNever;
  set_status(status);
}

/// R11, decided after each event.
void Machine::decide_suspended() noexcept {
  if (suspended_ == 0 && status_ == ReleaseStatus::Running) { return; }
  if (status_ != ReleaseStatus::Running && status_ != ReleaseStatus::Suspended) { return; }
  const bool waits = outstanding_ > 0 && suspended_ == outstanding_ && waiting_ == 0;
  const ReleaseStatus status = waits ? ReleaseStatus::Suspended : ReleaseStatus::Running;
  if (status != status_) { set_status(status); }
}

// --- Events --------------------------------------------------------------------------------------

/// C1: what was exported is the context from here on, or is recorded.
void Machine::keep_export(Plan& plan) noexcept {
  if (plan.context) {
    drop_source(source_);
    source_ = add_source(std::move(plan.context), nullptr);
  }
  std::move(plan.conflicts.begin(), plan.conflicts.end(), std::back_inserter(conflicts_));
  if (plan.rejection) { rejections_.push_back(std::move(*plan.rejection)); }
}

/// The command's lane goes on: to the next hook of its chain, or out of its stage.
void Machine::go_on(SlotIndex index) noexcept {
  const Slot& slot = slots_[index];
  const LaneIndex lane = slot.lane;
  const std::uint32_t next = slot.hook + 1;
  const bool same_stage = runs_chain(slot.stage) && next < chain(lane, slot.stage).size();
  settle_slot(index);
  if (same_stage) {
    issue_first(lane, next);
  } else {
    enter(lane, Input::Complete);
  }
}

/// Whether the command's end is its environment's.
bool Machine::is_last(const Slot& slot) const noexcept {
  if (is_release(slot.lane)) { return false; }
  const unsigned chains = data_->chains_of(slot.lane).present;
  return advance(slot.stage, Input::Complete, chains) == Stage::Done &&
         (!runs_chain(slot.stage) || slot.hook + 1 == chain(slot.lane, slot.stage).size());
}

void Machine::commit_success(SlotIndex index) noexcept {
  const Slot& slot = slots_[index];
  const ItemKind kind =
      runs_chain(slot.stage) ? ItemKind::HookSucceeded : ItemKind::PromotionSucceeded;
  if (!slot.suspended && is_last(slot)) {
    const LaneIndex lane = slot.lane;
    outbox_.put_end(now_, kind, slot.ticket, lane);
    lanes_[lane].set_status(EnvironmentStatus::Successful);
    lanes_[lane].stage = Stage::Done;
    settle_slot(index);
    succeed(lane);
  } else {
    emit(kind, slot.ticket);
    end_suspension(index);
    go_on(index);
  }
  conclude(nullptr);
  decide_suspended();
}

void Machine::commit_answer(SlotIndex index, Plan& plan) noexcept {
  const std::uint64_t ticket = slots_[index].ticket;
  const bool is_hook = runs_chain(slots_[index].stage);
  if (plan.expired) { emit(ItemKind::Cancel, ticket); }
  emit(is_hook ? (plan.succeeded ? ItemKind::HookSucceeded : ItemKind::HookFailed)
               : (plan.succeeded ? ItemKind::PromotionSucceeded : ItemKind::PromotionFailed),
       ticket, keep_text(std::move(plan.text)));
  end_suspension(index);
  keep_export(plan);
  switch (plan.verdict) {
    case Verdict::TryAgain: wait_for_attempt(index, plan.retry_at); break;
    case Verdict::Fail: fail(index, plan); break;
    case Verdict::GoOn: go_on(index); break;
  }
  conclude(&plan);
  decide_suspended();
}

/// R6: every outstanding command is cancelled in ticket order, and the rest is skipped.
void Machine::force() noexcept {
  while (!window_.empty()) { cancel(slots_[window_.front()].lane); }
  for (LaneIndex lane = 0; waiting_ > 0; ++lane) {  // Each attempt that waits is some lane's.
    if (lanes_[lane].slot != kNone32) { cancel(lane); }
  }
  for (const Trouble& noted : troubles_) {
    if (!is_release(noted.lane) && lanes_[noted.lane].stage == Stage::Failing) {
      enter(noted.lane, Input::Force);
    }
  }
  enter(release_lane(), Input::Force);
}

void Machine::commit_terminate(Plan& plan) noexcept {
  emit(ItemKind::Terminate, 0, keep_text(plan.text));
  const Stage stage = release().stage;
  if (status_ == ReleaseStatus::Terminating || stage == Stage::Failing) {
    if (stage == Stage::Working) {
      trouble(release_lane()).stage =
          stage;  // No hook of the release failed: a Retry goes on here.
    }
    force();
    return;
  }
  set_status(ReleaseStatus::Terminating);
  terminated_ = true;
  deadline_ = kNever;
  message_ = plan.text;
  if (stage != Stage::Working) {
    cut(plan.release, plan.text);
    return;
  }
  for (Plan::Stopping& other : plan.cuts) { cut(other, plan.text); }
  conclude(&plan);
}

/// R12: goes on from the exact point of failure.
void Machine::commit_retry(const std::vector<LaneIndex>& resumed_lanes) noexcept {
  emit(ItemKind::Retry, 0);
  message_.reset();
  terminated_ = false;
  admitting_ = true;
  deadline_ = after(now_, limit_);
  quiet_until_ = std::min(quiet_until_, deadline_);
  set_status(ReleaseStatus::Running);
  const Trouble& noted = troubles_[trouble_of(release_lane())];
  release().stage = noted.stage;
  if (noted.stage != Stage::Working) {
    issue(release_lane(), noted.hook, noted.attempt + 1, 0);
    return;
  }
  for (const LaneIndex lane : resumed_lanes) {
    Trouble& resumed = troubles_[trouble_of(lane)];
    resumed.message.reset();
    lanes_[lane].stage = resumed.stage;
    ++active_;
    set_status(lane, EnvironmentStatus::Running);
    issue(lane, resumed.hook, resumed.attempt + 1, 0);
  }
  std::sort(held_.begin(), held_.end());
  for (const LaneIndex lane : held_) { begin(lane); }
  held_.clear();
  decide_suspended();
}

}  // namespace promoflow::detail

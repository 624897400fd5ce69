// SPDX-License-Identifier: Apache-2.0
// The algorithm of docs/semantics.md, section 2, carried out: open, admit, begin, succeed, fail,
// cut, settle, end, chain. Nothing here can fail: texts and room were made beforehand.
#include <algorithm>
#include <cassert>

#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

// --- Records -------------------------------------------------------------------------------------

/// Each record was counted beforehand (Effects).
void Machine::count_record() noexcept {
#ifndef NDEBUG
  assert(records_left_ > 0);
  --records_left_;
#endif
}

void Machine::emit(RecordKind kind, std::uint64_t ticket, std::uint32_t ref,
                   std::uint8_t status) noexcept {
  count_record();
  state_.records.put(state_.now, ticket, ref, kind, status);
}

void Machine::set_status(ReleaseStatus status) noexcept {
  state_.status = status;
  emit(RecordKind::ReleaseStatus, 0, kNone32, static_cast<std::uint8_t>(status));
}

void Machine::set_status(EntityIndex environment, EnvironmentStatus status) noexcept {
  state_.entities[environment].set_status(status);
  count_record();
  state_.records.put_status(state_.now, environment, status);
}

// --- Commands ------------------------------------------------------------------------------------

/// Creates the command that the entity's state calls for, without a record. Returns its slot.
SlotIndex Machine::create_command(EntityIndex entity, std::uint32_t hook, std::uint32_t attempt,
                                  std::uint32_t retries) noexcept {
#ifndef NDEBUG
  assert(commands_left_ > 0);
  --commands_left_;
#endif
  EntityState& owner = state_.entities[entity];
  InputsIndex inputs = kNone32;
  if (owner.state == State::Failing) {
    StopRecord& record = state_.stops.at(entity);
    inputs = state_.inputs.add(state_.context.state(), record.failure);
    record.on_fail_attempts[hook] = attempt;
  } else if (owner.state != State::Working) {
    inputs = state_.inputs.use_current();
  }
  const SlotIndex slot = state_.commands.issue(entity, owner.state, hook, attempt, retries, inputs,
                                               state_.now, timeout(entity, owner.state, hook));
  owner.slot = slot;
  note_timer(state_.commands[slot].due);
  return slot;
}

void Machine::issue(EntityIndex entity, std::uint32_t hook, std::uint32_t attempt,
                    std::uint32_t retries) noexcept {
  const SlotIndex slot = create_command(entity, hook, attempt, retries);
  emit(RecordKind::Command, 0, slot);
}

/// Issues the command that an entity reaches: its first attempt, but for onFail hooks that ran
/// before a Retry (R4).
void Machine::issue_first(EntityIndex entity, std::uint32_t hook) noexcept {
  const bool again = state_.entities[entity].state == State::Failing;
  issue(entity, hook, again ? state_.stops.at(entity).on_fail_attempts[hook] + 1 : 1, 0);
}

/// The entity's command, attempt or soak is over.
void Machine::end_command(SlotIndex slot) noexcept {
  state_.entities[state_.commands[slot].entity].slot = kNone32;
  state_.commands.end(slot, state_.inputs);
}

/// A promotion that turned out bad while its environment soaked has failed as if it still ran
/// (R18).
void Machine::revoke_soak(EntityIndex entity) noexcept {
  if (state_.entities[entity].state == State::Soaking) {
    state_.entities.enter(entity, next_of(entity, Input::Revoke));
  }
}

/// Cancels an entity's command. An attempt that waits, or a soak, is dropped without a record (R9,
/// R18).
void Machine::cancel(EntityIndex entity) noexcept {
  const SlotIndex slot = state_.entities[entity].slot;
  const CommandSlot& command = state_.commands[slot];
  if (command.status == SlotStatus::Outstanding) { emit(RecordKind::Cancel, command.ticket); }
  end_command(slot);
}

/// The command has ended, or goes on, so its environment no longer waits for a person (R11).
void Machine::end_suspension(SlotIndex slot) noexcept {
  const CommandSlot& command = state_.commands[slot];
  if (command.suspended && !is_release(command.entity) &&
      state_.entities[command.entity].status() == EnvironmentStatus::Suspended) {
    set_status(command.entity, EnvironmentStatus::Running);
  }
}

// --- The algorithm -------------------------------------------------------------------------------

/// The state to which the table leads an entity.
State Machine::next_of(EntityIndex entity, Input input) const noexcept {
  return advance(state_.entities[entity].state, input, data_->chains_of(entity).present);
}

/// Puts an entity into a state, and does what the state is for. A soak is not entered here: it
/// keeps its promotion's slot (advance_chain).
void Machine::enter(EntityIndex entity, State state) noexcept {
  if (state == State::Done && !is_release(entity)) { return succeed(entity); }
  state_.entities.enter(entity, state);
  switch (state) {
    case State::Starting:
    case State::Finishing:
    case State::Failing: issue_first(entity, 0); return;
    case State::Working: is_release(entity) ? open() : issue_first(entity, 0); return;
    case State::Done: finish(ReleaseStatus::Succeeded); return;
    case State::Stopped:
      if (is_release(entity)) {
        finish(state_.terminated ? ReleaseStatus::Terminated : ReleaseStatus::Failed);
      }
      return;
    case State::Pending:
    case State::Soaking: return;
  }
}

void Machine::open() noexcept {
  const EntityIndex trigger = index(kTriggerEnvironment);
  if (state_.entities[trigger].state == State::Done) {
    admit();
  } else if (data_->options.post_trigger) {
    begin(trigger);
  } else {
    state_.entities.begin(trigger, State::Working);  // It has nothing to run.
    succeed(trigger);
  }
  settle(nullptr);  // Nothing fails.
}

/// Whether Pending environments may begin (R3, R6).
bool Machine::admitted() const noexcept {
  return release_state() == State::Working && state_.status != ReleaseStatus::Terminating &&
         (state_.entities.stopped() == 0 ||
          data_->options.failure_policy == FailurePolicy::Continue);
}

/// Begins every ready environment, in step order, while environments are admitted. False: none
/// began.
bool Machine::admit() noexcept {
  if (state_.entities.ready().empty() || !admitted()) { return false; }
  state_.entities.sort_ready();
  for (const EntityIndex environment : state_.entities.ready()) { begin(environment); }
  state_.entities.clear_ready();
  return true;
}

void Machine::begin(EntityIndex environment) noexcept {
  state_.entities.begin(environment, next_of(environment, Input::Begin));
  // There is a command to issue: a promotion always comes before a soak and before Done.
  const SlotIndex slot = create_command(environment, 0, 1, 0);
  state_.entities[environment].set_status(EnvironmentStatus::Running);
  count_record();
  state_.records.put_begin(state_.now, environment, slot);
}

/// The command's entity goes on: to the next hook of its chain, to its soak, or to its next state.
void Machine::advance_chain(SlotIndex index) noexcept {
  const CommandSlot& slot = state_.commands[index];
  const EntityIndex entity = slot.entity;
  const std::uint32_t next = slot.hook + 1;
  const State state = state_.entities[entity].state;
  if (runs_chain(state) && next < chain(entity, state).size()) {
    end_command(index);
    issue_first(entity, next);
    return;
  }
  const State to = next_of(entity, Input::Complete);
  if (to == State::Soaking) {
    state_.entities.enter(entity, to);
    state_.commands.soak(index, state_.now, data_->soak_of(entity).count());
    note_timer(slot.due);
    return;
  }
  end_command(index);
  enter(entity, to);
}

/// An environment is Successful: what depends on it begins, or has become ready (R2).
void Machine::succeed(EntityIndex environment) noexcept {
  set_status(environment, EnvironmentStatus::Successful);
  state_.entities.succeed(environment);
  if (state_.entities.ready().empty() && admitted()) {  // They are in step order already.
    state_.entities.meet_dependents(environment, [this](EntityIndex next) { begin(next); });
  } else {
    state_.entities.meet_dependents(environment);
    admit();
  }
}

/// An environment is Skipped: for what depends on it, that is a success, too (R16).
void Machine::skip_environment(EntityIndex environment) noexcept {
  set_status(environment, EnvironmentStatus::Skipped);
  state_.entities.enter(environment, State::Done);
  state_.entities.meet_dependents(environment);
}

/// Notes the command at which an entity stops: a Retry issues it again (R12).
void Machine::note_command(EntityIndex entity) noexcept {
  const CommandSlot& slot = state_.commands[state_.entities[entity].slot];
  StopRecord& record = state_.stops.find_or_add(entity);
  record.hook = slot.hook;
  record.attempt = slot.attempt;
  const bool soaks = state_.entities[entity].state == State::Soaking;
  record.soaked = soaks ? slot.ticket : 0;
}

/// Notes where and why an entity stops, and runs its onFail chain.
void Machine::stop(PlannedStop& planned, Input input, const Text& why) noexcept {
  const EntityIndex entity = planned.entity;
  StopRecord& record = state_.stops.find_or_add(entity);
  record.state = state_.entities[entity].state;
  record.message = why;
  record.failure = std::move(planned.failure);
  if (record.on_fail_attempts.empty()) {
    record.on_fail_attempts = std::move(planned.on_fail_attempts);
  }
  if (is_release(entity)) {
    begin_ending();
  } else {
    set_status(entity,
               input == Input::Fail ? EnvironmentStatus::Failed : EnvironmentStatus::Terminated);
  }
  enter(entity, next_of(entity, input));
}

void Machine::cut(PlannedStop& planned, const Text& why) noexcept {
  note_command(planned.entity);
  cancel(planned.entity);
  stop(planned, Input::Cut, why);
}

/// settle: once nothing runs and nothing can begin, the release goes to its end. `release_end`: not
/// null where that may be a failure.
void Machine::settle(PlannedStop* release_end) noexcept {
  if (release_state() != State::Working || state_.entities.active() != 0 ||
      state_.entities.unfinished() != 0 || admit()) {
    return;
  }
  if (state_.entities.all_done()) {
    state_.message.reset();
    enter(release_index(), next_of(release_index(), Input::Complete));
  } else {
    assert(release_end != nullptr);
    stop(*release_end, Input::Fail, state_.message);
  }
}

/// Arms the end deadline: it counts from release.onFail or from a termination on, whichever comes
/// first (R7).
void Machine::begin_ending() noexcept {
  if (state_.ending) { return; }
  state_.ending = true;
  arm_deadline(grace_period());
}

void Machine::arm_deadline(Millis length) noexcept {
  state_.deadline = after(state_.now, length);
  note_timer(state_.deadline);
}

void Machine::finish(ReleaseStatus status) noexcept {
  state_.deadline = kNever;
  set_status(status);
}

/// The release is Suspended while it waits for people only (R11). Called after each event.
void Machine::decide_suspended() noexcept {
  if (!state_.commands.any_suspended() && state_.status == ReleaseStatus::Running) { return; }
  if (state_.status != ReleaseStatus::Running && state_.status != ReleaseStatus::Suspended) {
    return;
  }
  const ReleaseStatus status =
      state_.commands.all_suspended() ? ReleaseStatus::Suspended : ReleaseStatus::Running;
  if (status != state_.status) { set_status(status); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// How commands end: well, badly, or by their timeout; and what their entity does then (`chain`, R5,
// R8 and R9 of docs/semantics.md). All successes, noted failures and soaks end in go_on().
#include <fmt/format.h>

#include <algorithm>

#include "context/export.hpp"
#include "release/backoff.hpp"
#include "release/failure_arguments.hpp"
#include "release/machine.hpp"
#include "release/message.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

RecordKind failure_record(const CommandSlot& command) noexcept {
  return command.is_hook() ? RecordKind::HookFailed : RecordKind::PromotionFailed;
}

/// Drops the oldest exports that were not merged beyond a bound: a hook that is retried without end
/// must not fill the memory. The latest one always stays.
void drop_old(RareList<Rejection>& rejections) noexcept {
  constexpr std::size_t kListedMax = 256;
  constexpr std::size_t kBytesMax = std::size_t{16} << 20;
  std::size_t kept = 1;
  std::size_t bytes = rejections[rejections.size() - 1].text.size();
  while (kept < std::min(rejections.size(), kListedMax)) {
    bytes += rejections[rejections.size() - 1 - kept].text.size();
    if (bytes > kBytesMax) { break; }
    ++kept;
  }
  if (kept < rejections.size()) { rejections.drop_first(rejections.size() - kept); }
}

}  // namespace

/// A host reports that a command succeeded. A hook that exported an invalid context has failed
/// (C4).
void Machine::end_well(SlotIndex slot, RecordKind record, std::optional<std::string_view> exported,
                       Millis at) {
  if (!exported || is_no_export(*exported)) { return go_on(slot, record, nullptr, at); }
  Ending ending;
  const CommandSlot& command = state_.commands[slot];
  const Ticket ticket{command.ticket};
  const Writer writer{ticket, is_release(command.entity) ? Writer::kRelease : command.entity};
  std::string invalid = state_.context.plan(*exported, data_->options.context_merge, writer, *data_,
                                            ending.merge.emplace());
  if (!invalid.empty()) {
    ending.merge.reset();
    ending.text = std::make_shared<const std::string>(invalid_export(invalid));
    ending.rejection = {ticket, std::move(invalid), std::string(*exported)};
    end_badly(slot, std::move(ending), at);
    return;
  }
  ending.text = ending.merge->exported;
  for (const ContextNote& note : ending.merge->notes) {
    if (note.shadowed) { ending.shadowed.push_back(std::make_shared<const std::string>(note.key)); }
  }
  go_on(slot, record, &ending, at);
}

/// The timeout is over: the command is cancelled, then it has failed (R8).
void Machine::expire(SlotIndex slot, Millis at) {
  Ending ending;
  ending.expired = true;
  ending.text = std::make_shared<const std::string>(
      "timed out after " + duration_text(length_of(state_.commands[slot])));
  end_badly(slot, std::move(ending), at);
}

/// A command failed, or a promotion turned out bad in its soak: it is attempted again, its failure
/// is only noted, or its entity fails.
void Machine::end_badly(SlotIndex slot, Ending ending, Millis at) {
  const CommandSlot& command = state_.commands[slot];
  const RetryPolicy& retry = retry_policy(command);
  if (command.retries < retry.limit) {
    wait_for_attempt(slot, ending, after(at, backoff(retry, command.retries + 1)), at);
    return;
  }
  const bool is_noted =
      command.is_hook() &&
      (command.state == State::Failing ||
       chain(command.entity, command.state)[command.hook].on_error == OnError::Ignore);
  if (is_noted) {
    go_on(slot, RecordKind::HookFailed, &ending, at);
  } else {
    fail_for_good(slot, ending, at);
  }
}

/// The command failed, and its next attempt waits (R9).
void Machine::wait_for_attempt(SlotIndex slot, Ending& ending, Millis due, Millis at) {
  const EntityIndex entity = state_.commands[slot].entity;
  const RecordKind record = failure_record(state_.commands[slot]);
  Effects effects;
  effects.cancels = 1;
  effects.statuses = 2;
  effects.texts = 1;
  effects.waits = 1;
  reserve(effects);

  begin_changes(at);
  record_ending(slot, record, &ending);
  revoke_soak(entity);
  state_.entities[entity].slot = state_.commands.await_attempt(slot, due, state_.inputs);
  note_timer(due);
  decide_suspended();
}

/// How many environments may begin, at most, when the command's entity goes on from here.
std::size_t Machine::begun_by(const CommandSlot& slot) const noexcept {
  const std::size_t ready = state_.entities.ready().size();
  if (is_release(slot.entity)) {
    return slot.state == State::Starting
               ? ready + data_->dependents_of(index(kTriggerEnvironment)).size()
               : 0;
  }
  const bool may_succeed = slot.state == State::Working || slot.state == State::Finishing;
  return ready + (may_succeed ? data_->dependents_of(slot.entity).size() : 0);
}

/// Whether the command is the last one of the last environment that runs, so that the release fails
/// once the command has ended: not all environments are Successful or Skipped then.
bool Machine::ends_in_failure(const CommandSlot& slot) const noexcept {
  const Entities& entities = state_.entities;
  const State next = next_of(slot.entity, Input::Complete);
  const bool is_last =
      !slot.is_hook() || std::size_t{slot.hook} + 1 == chain(slot.entity, slot.state).size();
  const bool ends = is_last && (next == State::Done || next == State::Stopped);
  const bool others = entities.active() + entities.unfinished() != 1;
  if (is_release(slot.entity) || !ends || others || release_state() != State::Working) {
    return false;
  }
  const bool begins =
      !entities.ready().empty() || (next == State::Done && entities.ready_after(slot.entity) != 0);
  return entities.stopped() != 0 && !(admitted() && begins);
}

/// A command has ended and its entity goes on: it succeeded, its failure is only noted, or a soak
/// is over.
void Machine::go_on(SlotIndex slot, RecordKind record, Ending* ending, Millis at) {
  std::unique_ptr<PlannedStop> release_end;
  Effects effects;
  {
    const CommandSlot& command = state_.commands[slot];
    if (state_.message && ends_in_failure(command)) {
      release_end = plan_release_end(*state_.message, nullptr, {}, {}, {});
      effects.stops = 1;
    }
    const std::size_t begun = begun_by(command);
    effects.commands = 1 + begun;
    effects.ready = begun;
    effects.statuses = 4;
    effects.waits = has_soak(command.entity) ? 1 : 0;
    effects.inputs = command.state == State::Failing ? 1 : 0;
  }
  if (ending != nullptr) {
    effects.texts = 1;
    effects.cancels = 1;
    effects.notes = ending->merge ? ending->merge->notes.size() : 0;
    effects.inputs += 1;
  }
  reserve(effects);

  begin_changes(at);
  record_ending(slot, record, ending);
  advance_chain(slot);
  settle(release_end.get());
  decide_suspended();
}

/// A command failed and there is nothing left to try: its environment fails, or the release does if
/// it was one of its own hooks.
void Machine::fail_for_good(SlotIndex slot, Ending& ending, Millis at) {
  const CommandSlot& command = state_.commands[slot];
  const EntityIndex entity = command.entity;
  const Text why =
      command.is_hook()
          ? std::make_shared<const std::string>(hook_failure(
                command.state, chain(entity, command.state)[command.hook].name, *ending.text))
          : ending.text;
  std::optional<PlannedStop> failing;
  std::unique_ptr<PlannedStop> release_end;
  std::vector<PlannedStop> cuts;
  Text cut_why;
  if (is_release(entity)) {
    release_end = plan_release_end(*why, nullptr, {}, {}, {});
  } else {
    failing = plan_stop(entity);
    failing->failure = environment_failure(*data_, entity, EnvironmentStatus::Failed, *why);
    if (data_->options.failure_policy == FailurePolicy::Abort) {
      cut_why = std::make_shared<const std::string>(
          fmt::format("aborted: environment '{}' failed", data_->names[entity]));
      cuts = plan_cuts(entity, *cut_why);
    }
    std::size_t alive = state_.entities.active() + state_.entities.unfinished();
    alive -= has_on_fail(entity) ? 0U : 1U;
    for (const PlannedStop& other : cuts) { alive -= has_on_fail(other.entity) ? 0U : 1U; }
    if (alive == 0) {
      release_end = plan_release_end(state_.message ? *state_.message : *why, &*failing, *why, cuts,
                                     cut_why ? std::string_view(*cut_why) : std::string_view());
    }
  }
  Effects effects;
  effects.stops = 2 + cuts.size();
  effects.commands = effects.stops + state_.entities.ready().size();
  effects.statuses = 3 + effects.stops;
  effects.cancels = 1 + cuts.size();
  effects.texts = 1;
  const RecordKind record = failure_record(command);
  reserve(effects);

  begin_changes(at);
  record_ending(slot, record, &ending);
  revoke_soak(entity);
  note_command(entity);
  end_command(slot);
  if (is_release(entity)) {
    state_.message = why;
    stop(*release_end, Input::Fail, why);
  } else {
    if (!state_.message) { state_.message = why; }
    stop(*failing, Input::Fail, why);
    for (PlannedStop& other : cuts) { cut(other, cut_why); }
    settle(release_end.get());
  }
  decide_suspended();
}

/// Emits the records of a command's end: first the cancellation of an expired one, last what is
/// noted of an export. Its environment is no longer Suspended (R11).
void Machine::record_ending(SlotIndex slot, RecordKind record, Ending* ending) noexcept {
  const std::uint64_t ticket = state_.commands[slot].ticket;
  if (ending == nullptr) {
    emit(record, ticket);
  } else {
    if (ending->expired) { emit(RecordKind::Cancel, ticket); }
    emit(record, ticket, state_.records.keep(std::move(ending->text)));
    if (ending->merge) { keep_export(*ending, ticket); }
    if (ending->rejection) {
      state_.rejections.push_back(std::move(*ending->rejection));
      drop_old(state_.rejections);
    }
  }
  end_suspension(slot);
}

/// Merges the export (C1), and emits the records of its conflicts and shadowed keys (C5, C6).
void Machine::keep_export(Ending& ending, std::uint64_t ticket) noexcept {
  state_.context.commit(*ending.merge);
  state_.inputs.set_current(state_.context.state());
  std::size_t next_key = 0;
  for (ContextNote& note : ending.merge->notes) {
    if (note.shadowed) {
      emit(RecordKind::Shadowed, ticket,
           state_.records.keep(std::move(ending.shadowed[next_key++])));
    } else {
      state_.conflicts.push_back(std::move(note));
      emit(RecordKind::Conflict, ticket, static_cast<std::uint32_t>(state_.conflicts.size() - 1));
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Machine: the algorithm of docs/semantics.md, section 2, on a ReleaseState.
///
/// Each event is carried out by one function. Its first part may run out of memory: it judges the
/// event, makes all texts and makes room for the Effects; but for capacities nothing has changed by
/// then. Behind `begin_changes()` nothing can fail: every function that changes something is
/// noexcept.
///
/// start.cpp has the start, machine.cpp the events and timers, endings.cpp how commands end,
/// operator.cpp Terminate, Retry and Skip, lifecycle.cpp the algorithm itself (open, admit, begin,
/// succeed, fail, cut, settle, end, chain), explain.cpp what the state means to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/attributes.hpp"
#include "flow/flow_data.hpp"
#include "promoflow/release.hpp"
#include "release/effects.hpp"
#include "release/record.hpp"
#include "release/release_state.hpp"
#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What an entity needs to stop.
struct PlannedStop {
  EntityIndex entity = kNone32;
  Failure failure{};                              ///< For its onFail chain; null: it has no hooks.
  std::vector<std::uint32_t> on_fail_attempts{};  ///< Zeros, if its stop record has none yet.
};

/// What the record of a command's end needs besides its kind. Most commands end without any of it.
struct Ending {
  bool expired = false;  ///< Its timeout is over: it is cancelled, too.
  Text text{};           ///< The export, or the failure's message.
  std::optional<PromotionContext::Merge> merge{};
  std::vector<Text> shadowed{};  ///< The keys of the merge's shadowed notes.
  std::optional<Rejection> rejection{};
};

/// The flow must live as long as the machine is used: who has the machine has a handle of it, too.
class Machine {
 public:
  /// Not started. May throw std::bad_alloc.
  Machine(const FlowData& flow, ReleaseInfo&& info);
  /// With a state that was read from a snapshot. May throw std::bad_alloc.
  Machine(const FlowData& flow, ReleaseInfo&& info, ReleaseState&& state);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Reads the context given at start. Returns an empty text, or why it is refused. May throw
  /// std::bad_alloc.
  std::string take_context(std::string_view text);
  /// Completes a state that was read from a snapshot: timers are armed, onFail chains that run have
  /// their arguments, and outstanding commands are issued again. May throw std::bad_alloc.
  void finish_restore();
  /// Starts the release; `skipped` in step order. May throw std::bad_alloc.
  void start(Instant now, std::span<const EntityIndex> skipped);
  /// Applies an event whole, or refuses it. May throw std::bad_alloc and leaves the state as the
  /// timers that were due left it.
  Result<void> apply(const Event& event);
  /// Issues again what is outstanding, and cancellations that were not taken. May throw
  /// std::bad_alloc.
  void reissue();

  // state_code.cpp: the state without what does not decide the future, for explorations. A code has
  // no times, tickets, attempts' numbers, messages or context.
  /// Appends the state's code: equal for two states of one flow exactly if equal events have equal
  /// effects on both. May throw std::bad_alloc.
  void encode(std::vector<std::uint8_t>& out) const;
  /// Takes on a state of this flow: the time is 0, the commands' tickets are 1, 2, ... by entity,
  /// and none of its timers is armed. Returns the code's length. May throw std::bad_alloc.
  std::size_t adopt(std::span<const std::uint8_t> code);
  /// Ends the wait or the soak of a slot, or lets its command expire, whenever that is due. May
  /// throw std::bad_alloc, nothing changed.
  void fire(SlotIndex slot) { fire_slot(slot, state_.now); }
  /// The same for the deadline that is armed.
  void fire_deadline() { fire_deadline(state_.now); }

  /// Takes the next record. A command's slot is kept until the next event. False: there is none.
  bool take(RecordItem& item) noexcept;
  /// The record that take() would take. False: there is none.
  bool peek(RecordItem& item) const noexcept;
  std::optional<Command> next_command() noexcept;
  /// A record of an item that was taken; it borrows from the machine.
  Record to_record(const RecordItem& item) const noexcept;
  Command to_command(const CommandSlot& slot) const noexcept;
  RawCommand raw_command(const CommandSlot& slot) const noexcept;

  const FlowData& flow() const noexcept { return *data_; }
  const ReleaseInfo& info() const noexcept { return info_; }
  const DefaultArguments& defaults() const noexcept { return defaults_; }
  const ReleaseState& state() const noexcept { return state_; }

  std::optional<Instant> next_timer() const noexcept;
  std::string_view phase(EntityIndex entity) const noexcept;
  std::string_view message(EntityIndex entity) const noexcept;
  AdmissionBlock admission_block() const noexcept;
  /// An id of another flow counts as the trigger environment's, as everywhere.
  EnvironmentState environment(EnvironmentId id) const noexcept;
  /// May throw std::bad_alloc.
  PendingReason why_pending(EnvironmentId id) const;

  /// The length of a command's timeout, or of a soak; kNever: it has none (R8, R18).
  Millis length_of(const CommandSlot& slot) const noexcept;
  std::span<const Hook> chain(EntityIndex entity, State state) const noexcept {
    return data_->chains_of(entity).of[chain_of(state)];
  }

 private:
  struct EventHandler;
  /// The kinds of commands that an event may answer (R13).
  enum class Kind : std::uint8_t { Any, Hook, Promotion };

  // machine.cpp: events and timers.
  SlotIndex find(Ticket ticket, Kind kind) const noexcept;
  Error why_refused(Ticket ticket) const;
  PROMOFLOW_COLD void fire_timers(Millis at);
  PROMOFLOW_COLD void handle(const Event& event, Millis at, Result<void>& applied);
  void fire_slot(SlotIndex slot, Millis at);
  void issue_attempt(SlotIndex slot, Millis at);
  std::optional<Error> report_room(Ticket ticket, Millis at, bool starts);
  std::optional<Error> suspend(Ticket ticket, Millis at, bool suspends, std::string_view by);

  // endings.cpp: how commands end.
  void end_well(SlotIndex slot, RecordKind record, std::optional<std::string_view> exported,
                Millis at);
  void end_badly(SlotIndex slot, Ending ending, Millis at);
  void expire(SlotIndex slot, Millis at);
  void go_on(SlotIndex slot, RecordKind record, Ending* ending, Millis at);
  void wait_for_attempt(SlotIndex slot, Ending& ending, Millis due, Millis at);
  void fail_for_good(SlotIndex slot, Ending& ending, Millis at);
  void record_ending(SlotIndex slot, RecordKind record, Ending* ending) noexcept;
  PROMOFLOW_COLD void keep_export(Ending& ending, std::uint64_t ticket) noexcept;
  PROMOFLOW_COLD bool ends_in_failure(const CommandSlot& slot) const noexcept;
  std::size_t begun_by(const CommandSlot& slot) const noexcept;

  // operator.cpp: Terminate, Retry and Skip; the deadlines.
  std::optional<Error> terminate(const Terminate& what, Millis at);
  std::optional<Error> retry(const Retry& what, Millis at);
  std::optional<Error> skip(const Skip& what, Millis at);
  void fire_deadline(Millis at);
  void terminate(const Text& reason, Request request, Millis at);
  void force(const Text& reason, Request request, Millis at);
  void resume(std::vector<EntityIndex> environments, bool was_final, Request request, Millis at);
  std::optional<Error> find_environments(std::span<const std::string_view> names,
                                         std::vector<EntityIndex>& found) const;
  std::vector<EntityIndex> active_environments() const;

  // Planning: may throw std::bad_alloc.
  Failure failure_of(EntityIndex entity) const;
  PlannedStop plan_stop(EntityIndex entity) const;
  std::vector<PlannedStop> plan_cuts(EntityIndex except, std::string_view why) const;
  PROMOFLOW_COLD std::unique_ptr<PlannedStop> plan_release_end(std::string_view message,
                                                               const PlannedStop* failing,
                                                               std::string_view why,
                                                               std::span<const PlannedStop> cuts,
                                                               std::string_view cut_why) const;
  void reserve(const Effects& effects);
  void make_room_for(const Effects& effects);
  /// By value: so the effects of an event for which there is room are kept in registers.
  PROMOFLOW_COLD void make_missing_room(Effects effects) { make_room_for(effects); }
  bool has_room(const Effects& effects) const noexcept;
  /// In builds with assertions: no more than these effects may come about.
  void expect([[maybe_unused]] const Effects& effects) noexcept {
#ifndef NDEBUG
    records_left_ = effects.records();
    commands_left_ = effects.commands;
#endif
  }

  // lifecycle.cpp: the algorithm; nothing here can fail.
  /// Ends the part of an event that may fail: room is reserved, and `at` is the time from here on.
  void begin_changes(Millis at) noexcept { state_.now = at; }
  void count_record() noexcept;
  void emit(RecordKind kind, std::uint64_t ticket, std::uint32_t ref = kNone32,
            std::uint8_t status = 0) noexcept;
  void set_status(ReleaseStatus status) noexcept;
  void set_status(EntityIndex environment, EnvironmentStatus status) noexcept;
  SlotIndex create_command(EntityIndex entity, std::uint32_t hook, std::uint32_t attempt,
                           std::uint32_t retries) noexcept;
  void issue(EntityIndex entity, std::uint32_t hook, std::uint32_t attempt,
             std::uint32_t retries) noexcept;
  void issue_first(EntityIndex entity, std::uint32_t hook) noexcept;
  void end_command(SlotIndex slot) noexcept;
  void revoke_soak(EntityIndex entity) noexcept;
  void cancel(EntityIndex entity) noexcept;
  void end_suspension(SlotIndex slot) noexcept;
  State next_of(EntityIndex entity, Input input) const noexcept;
  void enter(EntityIndex entity, State state) noexcept;
  PROMOFLOW_COLD void open() noexcept;
  bool admitted() const noexcept;
  PROMOFLOW_COLD bool admit() noexcept;
  void begin(EntityIndex environment) noexcept;
  void advance_chain(SlotIndex slot) noexcept;
  void succeed(EntityIndex environment) noexcept;
  void skip_environment(EntityIndex environment) noexcept;
  void note_command(EntityIndex entity) noexcept;
  PROMOFLOW_COLD void stop(PlannedStop& planned, Input input, const Text& why) noexcept;
  void cut(PlannedStop& planned, const Text& why) noexcept;
  void settle(PlannedStop* release_end) noexcept;
  void begin_ending() noexcept;
  PROMOFLOW_COLD void finish(ReleaseStatus status) noexcept;
  void decide_suspended() noexcept;
  void arm_deadline(Millis length) noexcept;
  void note_timer(Millis due) noexcept { earliest_timer_ = std::min(earliest_timer_, due); }

  bool is_release(EntityIndex entity) const noexcept { return state_.entities.is_release(entity); }
  EntityIndex release_index() const noexcept { return state_.entities.release_index(); }
  State release_state() const noexcept { return state_.entities.release().state; }
  bool has_soak(EntityIndex entity) const noexcept {
    return (data_->chains_of(entity).present & kHasSoak) != 0;
  }
  bool has_on_fail(EntityIndex entity) const noexcept {
    return !chain(entity, State::Failing).empty();
  }
  const RetryPolicy& retry_policy(const CommandSlot& slot) const noexcept;
  Millis timeout(EntityIndex entity, State state, std::uint32_t hook) const noexcept;
  Millis flow_limit() const noexcept;
  Millis grace_period() const noexcept;

  const FlowData* data_;
  ReleaseInfo info_;
  DefaultArguments defaults_;
  ReleaseState state_;
  /// No timer is due before it; the next one may be due later.
  Millis earliest_timer_ = std::numeric_limits<Millis>::min();
  std::vector<CommandSlot> adopted_slots_;  ///< Room for adopt().
  std::vector<ContextNote> start_notes_;    ///< Of the context given at start, until start().
#ifndef NDEBUG
  std::size_t records_left_ = 0;   ///< Records that were counted and not put yet.
  std::size_t commands_left_ = 0;  ///< Likewise of commands.
#endif
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

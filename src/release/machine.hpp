// SPDX-License-Identifier: Apache-2.0
/// @file
/// Machine: a release's state and everything that changes it.
///
/// Each change has three parts, in files of their own: it is judged (machine.cpp: R13), planned
/// (plan.cpp: all texts are made and all memory is reserved, so that it may still fail and leaves
/// no mark), and carried out (commit.cpp: noexcept, nothing can fail any more).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/flow_data.hpp"
#include "promoflow/release.hpp"
#include "release/outbox.hpp"
#include "release/queue.hpp"
#include "release/record.hpp"
#include "release/state.hpp"
#include "release/table.hpp"
#include "release/timers.hpp"

namespace promoflow::detail {

using Text = std::shared_ptr<const std::string>;
using Failure = std::shared_ptr<const FailureArguments>;

/// How a command's end is taken (chain, R9).
enum class Verdict : std::uint8_t {
  GoOn,      ///< It succeeded, or its failure is only noted: the lane goes on.
  TryAgain,  ///< It failed, and a further attempt waits.
  Fail,      ///< It failed for good, and its lane with it.
};

/// Everything that a change needs and that could not be made, or had, while carrying it out.
struct Plan {
  /// A lane that fails or is cut.
  struct Stopping {
    LaneIndex lane = kNone32;
    Failure failure;                              ///< For its onFail chain; null: no hooks.
    std::vector<std::uint32_t> on_fail_attempts;  ///< One for each hook of it, if it has no note.
  };

  Text text;     ///< What the event's record says: a message, a reason, an export.
  Text why;      ///< Why the command's lane fails.
  Text cut_why;  ///< Why the others are cut (abort).
  Verdict verdict = Verdict::GoOn;
  bool succeeded = false;
  bool expired = false;
  Millis retry_at = kNever;                    ///< Of TryAgain.
  std::shared_ptr<const ContextData> context;  ///< After the export; null: nothing exported.
  std::vector<StoredConflict> conflicts;
  std::optional<StoredRejection> rejection;
  Stopping failing;            ///< The environment whose command failed for good.
  std::vector<Stopping> cuts;  ///< Others, in step order.
  Stopping release;            ///< The release, if its onFail chain begins.
};

class Machine {
 public:
  /// May throw std::bad_alloc. The machine is not started.
  Machine(Flow flow, ReleaseInfo info, std::shared_ptr<const ContextData> context);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// These may throw std::bad_alloc and leave the machine as it was.
  void start(Instant now);
  std::optional<Error> apply(const Event& event);
  bool apply_plain(const Event& event) noexcept;
  void reissue();

  /// Takes the next record; a command's slot is kept until the next change. False: there is none.
  bool take(Item& item) noexcept;
  const Slot& hand_out(SlotIndex slot) noexcept;
  /// Takes the next one that is a command.
  std::optional<Command> next_command() noexcept;
  /// An item as a record; it borrows from the machine.
  Record to_record(const Item& item) const noexcept;
  Command to_command(const Slot& slot) const noexcept;
  RawCommand raw_command(const Slot& slot) const noexcept;

  const FlowData& flow() const noexcept { return *data_; }
  bool is_outstanding(Ticket ticket) const noexcept;
  std::optional<Instant> next_timer() const noexcept;
  LaneIndex release_lane() const noexcept { return data_->size(); }
  std::string_view phase(LaneIndex lane) const noexcept;
  std::string_view message(LaneIndex lane) const noexcept;

 private:
  friend class promoflow::Release;
  friend class Snapshots;
  friend class Simulator;

  /// The kinds of commands that an event may speak of (R13).
  enum class Kind : std::uint8_t { Any, Hook, Promotion };

  // machine.cpp: the door.
  struct Door;
  void fire_timers(Millis at);
  void fire_due(Millis at);
  SlotIndex find(Ticket ticket, Kind kind) const noexcept;
  std::optional<Error> why_refused(Ticket ticket) const;
  std::optional<Error> suspend(Ticket ticket, Millis at, bool suspended);
  std::optional<Error> terminate(std::string_view reason, Millis at);
  std::optional<Error> retry(Millis at);
  void fire_attempt(SlotIndex slot, Millis at);
  void reclaim() noexcept;

  // plan.cpp: what a change needs.
  Plan plan_success(const Slot& slot, Millis at, std::optional<std::string_view> exported);
  void plan_export(const Slot& slot, Millis at, std::string_view exported, Plan& plan);
  Plan plan_failure(const Slot& slot, Millis at, std::string_view message,
                    std::optional<std::string_view> exported);
  Plan plan_expiry(const Slot& slot, Millis at);
  Plan plan_terminate(std::string_view reason);
  std::vector<LaneIndex> plan_retry();
  void judge_failure(const Slot& slot, Millis at, std::string_view message, Plan& plan) const;
  bool has_room(std::size_t begun) const noexcept;
  void reserve_success(const Slot& slot);
  void reserve_end(const Slot& slot, Plan& plan);
  void plan_end(const Slot& slot, Plan& plan) const;
  std::size_t begun_by(const Slot& slot) const noexcept;
  void reserve(std::size_t commands, std::size_t items);
  void reserve_slots(std::size_t commands);
  void reserve_troubles(std::size_t stopping);
  std::size_t reserve_plan(const Plan& plan, std::size_t held);
  void make_stopping(LaneIndex lane, Plan::Stopping& stopping) const;
  void plan_cuts(LaneIndex except, std::string_view why, Plan& plan) const;
  void plan_release_end(const Plan& plan, std::string_view message, Plan::Stopping& release) const;
  bool concludes(const Slot& slot, const Plan& plan) const noexcept;

  // commit.cpp: carrying it out.
  void emit(ItemKind kind, std::uint64_t ticket, std::uint32_t text = kNone32) noexcept;
  std::uint32_t keep_text(Text text) noexcept;
  void set_status(ReleaseStatus status) noexcept;
  void set_status(LaneIndex lane, EnvironmentStatus status) noexcept;
  SlotIndex take_slot() noexcept;
  void release_slot(SlotIndex slot) noexcept;
  SourceIndex add_source(std::shared_ptr<const ContextData> context, Failure failure) noexcept;
  void drop_source(SourceIndex source) noexcept;
  SlotIndex occupy(LaneIndex lane, std::uint32_t hook, std::uint32_t attempt,
                   std::uint32_t retries) noexcept;
  void issue(LaneIndex lane, std::uint32_t hook, std::uint32_t attempt,
             std::uint32_t retries) noexcept;
  void issue_first(LaneIndex lane, std::uint32_t hook) noexcept;
  void settle_slot(SlotIndex slot) noexcept;
  void wait_for_attempt(SlotIndex slot, Millis due) noexcept;
  void end_suspension(SlotIndex slot) noexcept;
  void cancel(LaneIndex lane) noexcept;
  void enter(LaneIndex lane, Input input) noexcept;
  void open() noexcept;
  void begin(LaneIndex lane) noexcept;
  void succeed(LaneIndex lane) noexcept;
  void note_command(LaneIndex lane) noexcept;
  void stop(Plan::Stopping& stopping, Input input, const Text& why) noexcept;
  void cut(Plan::Stopping& stopping, const Text& why) noexcept;
  void fail(SlotIndex slot, Plan& plan) noexcept;
  void force() noexcept;
  void finish(ReleaseStatus status) noexcept;
  void conclude(Plan* plan) noexcept;
  void decide_suspended() noexcept;
  void keep_export(Plan& plan) noexcept;
  void commit_answer(SlotIndex slot, Plan& plan) noexcept;
  void commit_success(SlotIndex slot) noexcept;
  void go_on(SlotIndex slot) noexcept;
  bool is_last(const Slot& slot) const noexcept;
  void commit_terminate(Plan& plan) noexcept;
  void commit_retry(const std::vector<LaneIndex>& resumed_lanes) noexcept;
  Trouble& trouble(LaneIndex lane) noexcept;

  bool is_release(LaneIndex lane) const noexcept { return lane == release_lane(); }
  const RetryPolicy& retry_policy(const Slot& slot) const noexcept;
  Millis timeout(LaneIndex lane, Stage stage, std::uint32_t hook) const noexcept;
  std::span<const Hook> chain(LaneIndex lane, Stage stage) const noexcept {
    return data_->chains_of(lane).of[chain_of(stage)];
  }
  TroubleIndex trouble_of(LaneIndex lane) const noexcept {
    return trouble_of_.empty() ? kNone32 : trouble_of_[lane];
  }
  Lane& release() noexcept { return lanes_[release_lane()]; }
  const Lane& release() const noexcept { return lanes_[release_lane()]; }
  const std::shared_ptr<const ContextData>& context() const noexcept {
    return sources_[source_].context;
  }
  std::uint64_t last_ticket() const noexcept { return window_.next_number() - 1; }

  Flow flow_;
  const FlowData* data_;
  ReleaseInfo info_;
  DefaultArguments defaults_;

  std::vector<Lane> lanes_;  ///< One for each environment, then the release's.
  /// Dependencies of each environment that have not succeeded yet. Apart from the lanes: one that
  /// succeeds counts down those of its dependents all over the flow.
  std::vector<std::uint32_t> unmet_;
  std::vector<Slot> slots_;
  /// First in, first out: so commands that follow one another stay neighbours in memory.
  SlotIndex free_slots_ = kNone32;
  SlotIndex last_free_ = kNone32;
  SlotIndex retired_slots_ = kNone32;  ///< Taken and settled; freed by the next change.
  std::size_t free_count_ = 0;         ///< Slots that can be taken; they need not exist yet.
  /// Slots of the tickets up to the last; none: settled. Older ones all are.
  Queue<SlotIndex> window_{1};

  Timers timers_;
  Millis limit_;                                             ///< promotionTimeoutLimit.
  Millis deadline_ = kNever;                                 ///< Of the flow (R7).
  Millis quiet_until_ = std::numeric_limits<Millis>::min();  ///< No timer is due before it.
  Millis now_ = 0;                                           ///< The latest time seen (R10).

  ReleaseStatus status_ = ReleaseStatus::Running;
  bool terminated_ = false;
  bool admitting_ = true;  ///< R3: whether further environments begin.
  Text message_;

  std::size_t active_ = 0;       ///< Environments Running or Suspended.
  std::size_t unfinished_ = 0;   ///< Environments whose onFail chain runs.
  std::size_t successful_ = 0;   ///< Environments.
  std::size_t outstanding_ = 0;  ///< Commands.
  std::size_t suspended_ = 0;    ///< Of these.
  std::size_t waiting_ = 0;      ///< Attempts.

  std::vector<LaneIndex> held_;  ///< Ready, but not admitted.
  std::vector<Trouble> troubles_;
  std::vector<TroubleIndex> trouble_of_;  ///< Of each lane; empty while none has failed.
  std::vector<Source> sources_;
  SourceIndex source_ = 0;  ///< The one that has the context as it stands.
  SourceIndex free_sources_ = kNone32;
  std::vector<StoredConflict> conflicts_;
  std::vector<StoredRejection> rejections_;

  Outbox outbox_;
  std::vector<Text> texts_;  ///< Of records; dropped when all records are taken.
};

// --- What every event asks, for its callers to have inline ---------------------------------------

/// Items that an event queues besides those of the commands that it issues, at most; and with each
/// of these.
inline constexpr std::size_t kItemsOfEvent = 8;
inline constexpr std::size_t kItemsOfCommand = 3;

inline bool Machine::is_outstanding(Ticket ticket) const noexcept {
  const auto number = static_cast<std::uint64_t>(ticket);
  return window_.has(number) && window_.numbered(number) != kNone32;
}

/// The ticket's command; none: there is none of that kind.
inline SlotIndex Machine::find(Ticket ticket, Kind kind) const noexcept {
  if (!is_outstanding(ticket)) { return kNone32; }
  const SlotIndex slot = window_.numbered(static_cast<std::uint64_t>(ticket));
  const bool is_hook = runs_chain(slots_[slot].stage);
  return kind == Kind::Any || (kind == Kind::Hook) == is_hook ? slot : kNone32;
}

/// How many environments may begin, at most, when the command's lane goes on from here.
inline std::size_t Machine::begun_by(const Slot& slot) const noexcept {
  if (!is_release(slot.lane)) {
    const bool may_end = slot.stage == Stage::Working || slot.stage == Stage::Finishing;
    return may_end ? data_->dependents_of(slot.lane).size() : 0;
  }
  return slot.stage == Stage::Starting ? data_->dependents_of(index(kTriggerEnvironment)).size()
                                       : 0;
}

/// Whether a plain success needs no more room than there is.
inline bool Machine::has_room(std::size_t begun) const noexcept {
  return outbox_.has_room(kItemsOfEvent + kItemsOfCommand * begun) && window_.room() > begun &&
         free_count_ > begun && timers_.has_room(1 + begun);
}

}  // namespace promoflow::detail

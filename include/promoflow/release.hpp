// SPDX-License-Identifier: Apache-2.0
/// @file
/// Release: the machine. Events in, commands out; no I/O, no clock, no thread, no global state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/command.hpp"
#include "promoflow/context.hpp"
#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
class Machine;
class SharedCancelledCalls;
}  // namespace detail

/// The state of one environment. Views are borrowed like those of commands.
struct EnvironmentState {
  EnvironmentStatus status{};
  std::string_view phase;    ///< R14: Initializing, Soaking, Finalizing, ..., else the status.
  std::string_view message;  ///< Why it failed, was terminated or was skipped; else empty.
};

/// Why no environment begins at present, whatever its dependencies (R17). Part of the ABI.
enum class AdmissionBlock : std::int32_t {
  None = 0,             ///< Environments begin as their dependencies are met.
  ReleaseStarting = 1,  ///< release.onStart has not succeeded yet.
  Failure = 2,  ///< An environment is Failed or Terminated, and the policy is not continue (R3).
  Termination = 3,  ///< The release is being terminated.
  Final = 4,        ///< The release has ended; a Retry lets it go on.
};

/// The block's name, such as `release-starting`. Static storage.
PROMOFLOW_API std::string_view to_string(AdmissionBlock block) noexcept;

/// Why an environment is Pending (R17). Ids are in step order.
struct PendingReason {
  AdmissionBlock block = AdmissionBlock::None;
  /// Direct dependencies that are neither Successful nor Skipped. Ask environment() for statuses.
  std::vector<EnvironmentId> unmet{};
  /// Environments at which the unmet dependencies end: each is not Pending, or has no unmet
  /// dependency of its own. Equal to `unmet` when those are not Pending themselves.
  std::vector<EnvironmentId> causes{};
};

/// A command that was issued and not yet answered or cancelled.
struct OutstandingCommand {
  Command command;
  bool suspended = false;
  std::optional<Instant> expires{};  ///< When its timeout ends it (R8).
  bool queued = false;               ///< The host has reported Queued and not yet Started (R19).
};

/// One release of a flow: give it events, take commands until there are none, wake it at
/// next_timer(). Move-only. One thread at a time; different releases are independent. One that was
/// moved from is empty but for its flow: its status is none of the enumerators, it has no command,
/// and what returns a Result gives InvalidState.
///
/// Order for a host that must survive a crash: store the event, apply() it, carry out the
/// commands. The first event is the start, ReleaseStarted. After a crash: recover() the release
/// from its events, or restore() the last snapshot, apply the events stored since and reissue();
/// then carry out what comes, with key() as idempotency key.
class PROMOFLOW_API Release {
 public:
  /// Starts a release at `now`; its first commands are ready. `context` is the initial promotion
  /// context as JSON text, empty text for none (C1). `selection` names what is skipped (R16).
  /// Errors: InvalidArgument (no id; a selection that is empty or more than one of the three),
  /// UnknownEnvironment (`where` is the member of `selection`), InvalidContext (C4), OutOfMemory.
  [[nodiscard]] static Result<Release> start(Flow flow, ReleaseInfo info, Instant now,
                                             std::string_view context,
                                             const EnvironmentSelection& selection) noexcept;
  [[nodiscard]] static Result<Release> start(Flow flow, ReleaseInfo info, Instant now,
                                             std::string_view context = {}) noexcept;
  /// The same from the first event of a journal: a ReleaseStarted, at its time. Errors: as above;
  /// InvalidEvent (another event), SnapshotOfOtherFlow.
  [[nodiscard]] static Result<Release> start(Flow flow, const Event& first) noexcept;
  /// The release that a journal is of: lines of to_json(), the first of them its start. It is as it
  /// was after the last event, and its outstanding commands are ready to be taken again. Events
  /// that were refused are refused again. A last line without a line end that cannot be read is a
  /// write that a crash cut short: it is ignored, and must be cut off before more is appended.
  /// Errors: those of start(); InvalidEvent (`where` is the line), OutOfMemory.
  [[nodiscard]] static Result<Release> recover(Flow flow, std::string_view journal) noexcept;

  Release(Release&&) noexcept;
  Release& operator=(Release&&) noexcept;
  ~Release();

  /// Applies one event whole, or refuses it and changes nothing. Timers due by then fire first,
  /// and stand whatever becomes of the event (R10). Borrowed views end with this call.
  /// Cost: that of its effects. Allocates nothing in the steady state unless something is
  /// exported or fails.
  /// Errors (R13): UnknownTicket, SettledTicket, WrongKind, UnknownEnvironment, NotAllowed;
  /// OutOfMemory.
  [[nodiscard]] Result<void> apply(const Event& event) noexcept;

  /// The next command, in the order of issue; none: all are taken. Records in between are skipped.
  [[nodiscard]] std::optional<Command> next_command() noexcept PROMOFLOW_LIFETIMEBOUND;
  /// The next record, commands among them; for audit logs, dashboards and traces.
  [[nodiscard]] std::optional<Record> next_record() noexcept PROMOFLOW_LIFETIMEBOUND;
  /// Drops records that were not taken and issues every outstanding command again, in ticket order,
  /// and cancellations that were not taken. For hosts that start again after a crash. A Cancel that
  /// was taken is never issued again: what belongs to no outstanding command may be stopped.
  /// Errors: OutOfMemory, nothing changed.
  [[nodiscard]] Result<void> reissue() noexcept;

  /// When to send the next event at the latest (a Tick does); none: no timer is armed (R10).
  [[nodiscard]] std::optional<Instant> next_timer() const noexcept;

  /// `RELEASE_ID/ticket`, an idempotency key for what the command does (R1).
  /// Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> key(Ticket ticket) const noexcept;

  const Flow& flow() const noexcept PROMOFLOW_LIFETIMEBOUND;
  const ReleaseInfo& info() const noexcept PROMOFLOW_LIFETIMEBOUND;
  ReleaseStatus status() const noexcept;
  std::string_view phase() const noexcept;  ///< R14, as in EnvironmentState. Static storage.
  /// First failure or reason of the termination.
  std::string_view message() const noexcept PROMOFLOW_LIFETIMEBOUND;
  EnvironmentState environment(EnvironmentId environment) const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// Why the environment is Pending; empty lists and AdmissionBlock::None for one that is not.
  /// Cost: up to the part of the graph that it waits for. Errors: OutOfMemory.
  [[nodiscard]] Result<PendingReason> why_pending(EnvironmentId environment) const noexcept;

  /// In ticket order. Errors: OutOfMemory.
  [[nodiscard]] Result<std::vector<OutstandingCommand>> outstanding() const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  /// One of them; none: it is not outstanding. Its views are borrowed. Errors: OutOfMemory.
  [[nodiscard]] Result<std::optional<OutstandingCommand>> outstanding(Ticket ticket) const noexcept
      PROMOFLOW_LIFETIMEBOUND;

  Context context() const noexcept PROMOFLOW_LIFETIMEBOUND;
  /// C5's conflicts, and exports that were not merged; in the order of events.
  /// Errors: OutOfMemory.
  [[nodiscard]] Result<std::vector<ContextConflict>> context_conflicts() const noexcept
      PROMOFLOW_LIFETIMEBOUND;
  [[nodiscard]] Result<std::vector<RejectedExport>> rejected_exports() const noexcept
      PROMOFLOW_LIFETIMEBOUND;

  /// The whole state as one JSON object for people and dashboards: statuses, phases, messages,
  /// direct unmet dependencies of Pending environments, outstanding commands, context with
  /// provenance. Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> describe() const noexcept;

  /// The whole state as versioned JSON (R15). Errors: OutOfMemory.
  [[nodiscard]] Result<std::string> snapshot() const noexcept;
  /// The release that a snapshot was taken of; outstanding commands are ready to be taken again.
  /// Snapshots of every older format are read.
  /// Errors: InvalidSnapshot, SnapshotOfOtherFlow, SnapshotTooNew, OutOfMemory.
  [[nodiscard]] static Result<Release> restore(Flow flow, std::string_view snapshot) noexcept;

  /// For the library's own modules, of a release that was not moved from.
  const detail::Machine& machine() const noexcept PROMOFLOW_LIFETIMEBOUND { return *machine_; }
  /// The same: what run() cancelled and still runs, kept from one run of the release to the next.
  /// Null: nothing yet. No part of the release's state.
  std::shared_ptr<detail::SharedCancelledCalls>& cancelled_calls() noexcept
      PROMOFLOW_LIFETIMEBOUND {
    return cancelled_calls_;
  }

 private:
  Release(std::unique_ptr<detail::Machine> machine, Flow&& flow) noexcept;
  std::unique_ptr<detail::Machine> machine_;  ///< Null: moved from.
  Flow flow_;
  std::shared_ptr<detail::SharedCancelledCalls> cancelled_calls_{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

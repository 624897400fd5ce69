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

namespace promoflow {

namespace detail {
class Machine;
class Simulator;
}  // namespace detail

/// Who the release is; handed to every hook (A1). Only the id is required.
struct ReleaseInfo {
  std::string id;
  std::string url{};
  std::string product{};
  std::string version{};
  std::string commit_sha{};
};

/// How one environment stands. Views are borrowed like those of commands.
struct EnvironmentState {
  EnvironmentStatus status{};
  std::string_view phase;    ///< R14: Initializing, Finalizing, ..., else the status' name.
  std::string_view message;  ///< Why it failed or was terminated; else empty.
};

/// A command that was issued and not yet answered or cancelled.
struct OutstandingCommand {
  Command command;
  bool suspended = false;
  std::optional<Instant> expires{};  ///< When its timeout ends it (R8).
};

/// One release of a flow: give it events, take commands until there are none, wake it at
/// next_timer(). Move-only. One thread at a time; different releases are independent.
///
/// Order for a host that must survive a crash: store the event, apply() it, carry out the
/// commands. After a crash: restore() the last snapshot, apply the events stored since, then
/// reissue() and carry out what comes, with the ticket as idempotency key.
class PROMOFLOW_API Release {
 public:
  /// Starts a release at `now`; its first commands are ready. `context` is the initial promotion
  /// context as JSON text, empty text for none (C1).
  /// Errors: InvalidArgument (no id), InvalidContext (C4), OutOfMemory.
  static Result<Release> start(Flow flow, ReleaseInfo info, Instant now,
                               std::string_view context = {}) noexcept;

  Release(Release&&) noexcept;
  Release& operator=(Release&&) noexcept;
  ~Release();

  /// Applies one event whole, or refuses it and changes nothing. Timers due by then fire first,
  /// and stand whatever becomes of the event (R10). Borrowed views end with this call.
  /// Cost: that of its effects. Allocates nothing in the steady state unless something is
  /// exported or fails.
  /// Errors (R13): UnknownTicket, SettledTicket, WrongKind, NotAllowed; OutOfMemory.
  [[nodiscard]] Result<void> apply(const Event& event) noexcept;

  /// The next command, in the order of issue; none: all are taken. Records in between are skipped.
  std::optional<Command> next_command() noexcept;
  /// The next record, commands among them; for audit logs, dashboards and traces.
  std::optional<Record> next_record() noexcept;
  /// Drops what was not taken and hands out every outstanding command again, in ticket order, and
  /// cancellations that were not taken. For hosts that start again after a crash. A Cancel that was
  /// taken never comes again: what no outstanding command speaks of may be stopped.
  /// Errors: OutOfMemory, nothing changed.
  [[nodiscard]] Result<void> reissue() noexcept;

  /// When to send the next event at the latest (a Tick does); none: no timer is armed (R10).
  std::optional<Instant> next_timer() const noexcept;

  /// `RELEASE_ID/ticket`, an idempotency key for what the command does (R1).
  /// Errors: OutOfMemory.
  Result<std::string> key(Ticket ticket) const noexcept;

  const Flow& flow() const noexcept;
  const ReleaseInfo& info() const noexcept;
  ReleaseStatus status() const noexcept;
  std::string_view phase() const noexcept;    ///< R14, as in EnvironmentState.
  std::string_view message() const noexcept;  ///< First failure or reason of the termination.
  EnvironmentState environment(EnvironmentId environment) const noexcept;

  /// In ticket order. Errors: OutOfMemory.
  Result<std::vector<OutstandingCommand>> outstanding() const noexcept;

  Context context() const noexcept;
  /// C5's conflicts, and exports that were not merged; in the order of events.
  /// Errors: OutOfMemory.
  Result<std::vector<ContextConflict>> context_conflicts() const noexcept;
  Result<std::vector<RejectedExport>> rejected_exports() const noexcept;

  /// The whole state as one JSON object for people and dashboards: statuses, phases, messages,
  /// outstanding commands, context with provenance. Errors: OutOfMemory.
  Result<std::string> describe() const noexcept;

  /// The whole state as versioned JSON (R15). Errors: OutOfMemory.
  Result<std::string> snapshot() const noexcept;
  /// The release that a snapshot was taken of; outstanding commands are ready to be taken again.
  /// Errors: InvalidSnapshot, SnapshotOfOtherFlow, SnapshotTooNew, OutOfMemory.
  static Result<Release> restore(Flow flow, std::string_view snapshot) noexcept;

 private:
  friend class detail::Simulator;
  explicit Release(std::unique_ptr<detail::Machine> machine) noexcept;
  std::unique_ptr<detail::Machine> machine_;
};

}  // namespace promoflow

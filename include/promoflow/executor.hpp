// SPDX-License-Identifier: Apache-2.0
/// @file
/// Executor: the interface that carries commands out. run(): the loop that drives a release with an
/// executor.
///
/// Hosts with a loop of their own use Release directly; run() is that loop for all others. It is
/// the only part of the library that waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"

namespace promoflow {

namespace detail {
class Inbox;
class ControlState;
}  // namespace detail

/// A hook to run. It owns all its text: keep it, move it, hand it to another thread.
struct HookCall {
  Ticket ticket{};
  std::string release_id;  ///< With the ticket an idempotency key (R1).
  std::string hook;
  Point point{};
  std::optional<std::string> environment{};  ///< At environment points only (A7).
  std::uint32_t attempt = 1;
  std::vector<std::pair<std::string, std::string>> arguments{};  ///< In their order (A1 to A6).
  std::string context;                                           ///< One JSON object (C3).
  std::uint32_t place = 1;                                       ///< In the list of its point.
};

/// An environment to promote into. It owns all its text.
struct PromotionCall {
  Ticket ticket{};
  std::string release_id;
  std::string environment;
  std::uint32_t attempt = 1;
  Policy policy{};
  /// The six default arguments (A1): a promotion needs to know of what.
  std::vector<std::pair<std::string, std::string>> arguments{};
};

/// Where the answer to one call goes: at once, later, or from another thread. A small handle;
/// thread-safe. The first of succeeded() and failed() counts; a further one is dropped, and so is
/// one for a call that was cancelled or whose run() has returned. Only a promotion may fail after
/// it has succeeded, as long as its environment soaks (R18). Answers are taken in the order in
/// which they are given; each counts from the moment at which run() takes it. Nothing throws; an
/// answer that cannot be kept for want of memory ends the run with OutOfMemory.
class PROMOFLOW_API Reply {
 public:
  /// `context`: what the hook exported, as JSON text (C4); not looked at for promotions.
  void succeeded(std::optional<std::string> context = std::nullopt) const noexcept;
  /// `message`: why, for people.
  void failed(std::string message,
              std::optional<std::string> context = std::nullopt) const noexcept;
  void suspended() const noexcept;  ///< It waits for a person (R11).
  /// The person has decided; `by` says who, empty: not given.
  void resumed(std::string by = {}) const noexcept;
  void queued() const noexcept;   ///< There is no room for it yet: its timeout stops (R19).
  void started() const noexcept;  ///< It was queued and has begun: its timeout counts from now.

  /// For the library's own modules.
  Reply(std::shared_ptr<detail::Inbox> inbox, Ticket ticket) noexcept
      : inbox_(std::move(inbox)), ticket_(ticket) {}

 private:
  std::shared_ptr<detail::Inbox> inbox_;
  Ticket ticket_;
};

/// What a host implements. run() calls it from its own thread only, one call at a time. A call
/// should return soon; what takes long is answered later. What run_hook() or promote() throws is
/// the command's failure, with the exception's text as its message.
class PROMOFLOW_API Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  virtual void run_hook(HookCall call, Reply reply) = 0;
  virtual void promote(PromotionCall call, Reply reply) = 0;
  /// Stop what runs under this ticket; no answer is due any more. What it throws is dropped.
  virtual void cancel(std::string_view release_id, Ticket ticket) {
    static_cast<void>(release_id);
    static_cast<void>(ticket);
  }

  /// For executors without a thread of their own: when run() shall call wake() at the latest.
  /// Asked anew before each wait. What either throws ends the run.
  virtual std::optional<Instant> next_wake() { return std::nullopt; }
  virtual void wake(Instant now) { static_cast<void>(now); }
};

/// What a clock waits for: an answer or a request for run(). Used within Clock::wait() only, from
/// any thread. Nothing throws.
class PROMOFLOW_API Waiting {
 public:
  /// Whether there is something to do: an answer, or a request of a Control.
  bool ready() const noexcept;
  /// Sleeps until there is, or for `time` of the machine's steady clock at most (none: no limit).
  /// Returns ready(); may return earlier without it.
  bool wait_for(std::optional<std::chrono::milliseconds> time) noexcept;

  /// For the library's own modules.
  explicit Waiting(detail::Inbox& inbox) noexcept : inbox_(&inbox) {}

 private:
  detail::Inbox* inbox_;
};

/// The clock that run() uses. What a clock throws ends the run.
class PROMOFLOW_API Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Should not run backwards (an earlier time counts as the latest one seen, R10). Called from
  /// run()'s thread, and from wherever an executor calls it.
  virtual Instant now() = 0;
  /// Returns when there is something to do, or when now() has reached `deadline` (not given: only
  /// `waiting` can end the wait); to return earlier costs a turn of the loop. A real clock:
  /// `waiting.wait_for(*deadline - now())`; a test's: `if (!waiting.ready()) time = *deadline`.
  virtual void wait(Waiting& waiting, std::optional<Instant> deadline) = 0;
};

/// The system's clock: the wall clock's time when it is first asked, counted on by the steady
/// clock, so that it is never set back. Thread-safe.
PROMOFLOW_API Clock& system_clock() noexcept;

/// An operator's control of the runs that it was given to. A small handle, copies share one state;
/// thread-safe. While no run has it, requests are kept for the next one (at most 16, later ones are
/// dropped). A request that the release refuses has no effect. Not for signal handlers: it takes a
/// lock; use a thread that waits for the signal. If memory runs out, the run ends with OutOfMemory.
class PROMOFLOW_API Control {
 public:
  /// May throw std::bad_alloc.
  Control();
  /// Terminates the release (R6); a second time is refused, `force` ends it at once.
  void terminate(std::string reason, bool force = false, std::string by = {}) const noexcept;
  /// Retries these environments while the release runs (R12).
  void retry(std::vector<std::string> environments, std::string by = {}) const noexcept;
  /// Goes on without this environment (R16).
  void skip(std::string environment, std::string reason = {}, std::string by = {}) const noexcept;

  /// For the library's own modules.
  const std::shared_ptr<detail::ControlState>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<detail::ControlState> state_;
};

/// How a release is run. The order of one turn: journal the event, apply it, show its records to
/// the observer, carry out its commands.
struct RunOptions {
  std::string context{};             ///< Of run() only: initial promotion context; empty: none.
  EnvironmentSelection selection{};  ///< Of run() only: which environments are skipped (R16).
  Clock* clock = nullptr;            ///< Null: system_clock(). Outlives the run.
  Control control{};                 ///< Keep a copy to stop the run from outside.
  /// Called with each record, in order, on run()'s thread; record and release are borrowed for the
  /// call. What it throws ends the run.
  std::function<void(const Release&, const Record&)> observer{};
  /// Called with each event before it is applied: store it here. False, or what it throws, ends
  /// the run with the event not applied. Events that are refused are journalled too: replayed,
  /// they are refused again (R15).
  std::function<bool(const Event&)> journal{};
};

/// Drives a release from its start to a final status and hands it back. Blocks; waits without
/// spinning. `executor`, and what `options` points to, outlive the call.
/// Errors: those of Release::start(); InvalidArgument when the journal, the observer, the clock or
/// the executor's wake() ended the run (`where` names it); OutOfMemory. After an error what is
/// outstanding has been cancelled at the executor.
/// Thread-safe; one executor may serve several runs at once if it is thread-safe itself.
PROMOFLOW_API Result<Release> run(const Flow& flow, ReleaseInfo info, Executor& executor,
                                  const RunOptions& options = {}) noexcept;

/// Goes on with a release that was restored or replayed after a crash, to a final status: its
/// outstanding commands are carried out again, under the same tickets; records that were not taken
/// are dropped. At once if it is final. Errors: as run(); the release stays usable.
PROMOFLOW_API Result<void> resume(Release& release, Executor& executor,
                                  const RunOptions& options = {}) noexcept;

/// Lets a failed or terminated release go on (R12): journals and applies the Retry, then as
/// resume(). Errors: as resume(); NotAllowed, UnknownEnvironment (R13).
PROMOFLOW_API Result<void> retry(Release& release, Executor& executor,
                                 const RunOptions& options = {}, const Retry& what = {}) noexcept;

}  // namespace promoflow

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Executor: the interface that carries commands out. run(): the loop that drives a release with
/// one. Hosts with a loop of their own use Release directly; run() is that loop for all others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/clock.hpp"
#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
class ReplySink;
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
  std::size_t context_arguments = 0;  ///< How many of `arguments`, the last ones, are context keys.
  /// After which the release cancels it (R8); none: no limit of its own.
  std::optional<std::chrono::milliseconds> timeout{};
};

/// An environment to promote into. It owns all its text.
struct PromotionCall {
  Ticket ticket{};
  std::string release_id;
  std::string environment;
  std::uint32_t attempt = 1;
  Policy policy{};
  std::vector<std::pair<std::string, std::string>> arguments{};  ///< The six default ones (A1).
  std::optional<std::chrono::milliseconds> timeout{};            ///< As that of a hook.
  std::string application{};  ///< If it is one of several (ArgoOptions::applications); or empty.
};

/// Where the answer to one call goes: at once, later, or from another thread. A small handle;
/// thread-safe. The first of succeeded() and failed() counts; a further one is dropped, and so is
/// one for a call that was cancelled or whose run() has returned. Only a promotion may fail after
/// it has succeeded, as long as its environment soaks (R18). Answers are taken in the order in
/// which they are given; each counts from the moment at which run() takes it. Nothing throws; an
/// answer that cannot be kept for want of memory ends the run with OutOfMemory.
class PROMOFLOW_API Reply {
 public:
  /// To move one is to copy it, so that none is ever empty; the same holds for Control.
  Reply(const Reply&) noexcept = default;
  Reply& operator=(const Reply&) noexcept = default;
  ~Reply() = default;

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
  /// The call was cancelled, and runs no more (ExecutorReports::stopped). An answer that comes
  /// after the cancellation means the same. For a call that was not cancelled: nothing of it runs
  /// any more, so that nothing has to stop if it is cancelled later, as one that is suspended may.
  void stopped() const noexcept;

  /// For the library's own modules.
  Reply(std::shared_ptr<detail::ReplySink> sink, Ticket ticket) noexcept
      : sink_(std::move(sink)), ticket_(ticket) {}

 private:
  std::shared_ptr<detail::ReplySink> sink_;
  Ticket ticket_;
};

/// What an executor reports of its calls besides their answers.
struct ExecutorReports {
  /// It reports the end of each call that was cancelled, with Reply::stopped() or an answer. run()
  /// then lets no two calls overlap: see Executor.
  bool stopped = false;
  /// It reports Reply::started() for each call that begins, whether or not it was queued. Needed
  /// with `stopped` by an executor that reports queued(): a call that run() held back is queued
  /// already, and without this run() reports its start when it hands the call over.
  bool started = false;
  /// Its calls go on when this process ends, and recover() finds them again: an engine that stops
  /// leaves them running.
  bool survives = false;
};

/// What an executor knows of a call that a process before this one has handed to it (D11).
enum class Recovery : std::int32_t {
  Attached = 1,  ///< It runs, and the reply is used when it ends.
  Ended = 2,     ///< It has ended, and the reply has been used.
  Unknown = 3,   ///< It never began: it is carried out now.
  Lost = 4,      ///< It began and is gone; nobody knows how it ended.
};

/// What a host implements. run() calls it from its own thread only, one call at a time. A call
/// should return soon; what takes long is answered later. What run_hook() or promote() throws is
/// the command's failure, with the exception's text as its message.
///
/// No overlap: a call of an environment does not begin while a cancelled call of the same
/// environment still runs, and a call of the release (its own hooks) not while any cancelled call
/// of the release does. run() ensures it for every executor whose reports() say `stopped`: it hands
/// such a call over when the cancelled ones have stopped, and until then the call is queued, so
/// that its timeout does not count (R19). It holds for as long as the Release exists, also in a
/// later resume() or retry(). If the executor never reports the end, the call waits until a
/// deadline of the release ends it (R7). With other executors such calls may overlap.
class PROMOFLOW_API Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  virtual void run_hook(HookCall call, Reply reply) = 0;
  virtual void promote(PromotionCall call, Reply reply) = 0;
  /// Stop what runs under this ticket; no answer is due any more, but its end is, if reports() says
  /// so: within this call or later. What it throws is dropped.
  virtual void cancel(std::string_view release_id, Ticket ticket) {
    static_cast<void>(release_id);
    static_cast<void>(ticket);
  }

  /// For executors without a thread of their own: when run() shall call wake() at the latest.
  /// Asked anew before each wait. What either throws ends the run.
  [[nodiscard]] virtual std::optional<Instant> next_wake() { return std::nullopt; }
  virtual void wake(Instant now) { static_cast<void>(now); }

  /// Asked once in each run, before the first call.
  [[nodiscard]] virtual ExecutorReports reports() const noexcept { return {}; }

  // --- For an engine, which goes on with the calls of a process that is gone ---------------------

  /// By what the call is found again, such as a directory or a name: stored before the call is
  /// made, and given to recover(). Empty if it throws.
  [[nodiscard]] virtual std::string reference(std::string_view release_id, Ticket ticket,
                                              std::uint32_t attempt);
  /// What became of a call that was handed out before this process began. An executor that cannot
  /// say, or throws, has lost it.
  [[nodiscard]] virtual Recovery recover(const HookCall& call, std::string_view reference,
                                         const Reply& reply);
  [[nodiscard]] virtual Recovery recover(const PromotionCall& call, std::string_view reference,
                                         const Reply& reply);
  /// Whether a call that was cancelled before this process began still runs. Then cancel() is
  /// called again, and Reply::stopped() is due. If it throws, the call does not run any more.
  [[nodiscard]] virtual bool recover_cancelled(std::string_view release_id, Ticket ticket,
                                               std::string_view reference, const Reply& reply);
  /// The engine's store fails: answers are kept in memory only (true), or it works again (false).
  /// An executor that can wait with its answers should.
  virtual void hold(bool wait) noexcept { static_cast<void>(wait); }
  /// reference() for a hook; unless overridden, it is the same.
  [[nodiscard]] virtual std::string hook_reference(std::string_view release_id, Ticket ticket,
                                                   std::uint32_t attempt);
  /// The outcome of a call, or its end after it was cancelled, is stored (by an engine) or applied
  /// (by run()): it need not be kept. What is left of a call that was answered by someone else,
  /// as while it waited for a person, is to be stopped. Not repeated after a restart.
  virtual void settled(std::string_view release_id, Ticket ticket) noexcept;
  /// The release was ended by force (R6): what was or will be cancelled of it is to end at once.
  virtual void force(std::string_view release_id) noexcept;
};

/// An operator's control of the runs that it was given to. A small handle, copies share one state;
/// thread-safe. While no run has it, requests are kept for the next one (at most 16, later ones are
/// dropped). A request that the release refuses has no effect. Not for signal handlers: it takes a
/// lock; use a thread that waits for the signal. If memory runs out, the run ends with OutOfMemory.
class PROMOFLOW_API Control {
 public:
  Control();  ///< May throw std::bad_alloc.
  Control(const Control&) noexcept = default;
  Control& operator=(const Control&) noexcept = default;
  ~Control() = default;

  /// Terminates the release (R6); a second time is refused, `force` ends it at once.
  void terminate(std::string reason, bool force = false, std::string by = {}) const noexcept;
  /// Retries these environments while the release runs (R12).
  void retry(std::vector<std::string> environments, std::string by = {}) const noexcept;
  /// Goes on without this environment (R16).
  void skip(std::string environment, std::string reason = {}, std::string by = {}) const noexcept;

  /// For the library's own modules.
  const std::shared_ptr<detail::ControlState>& state() const noexcept PROMOFLOW_LIFETIMEBOUND {
    return state_;
  }

 private:
  std::shared_ptr<detail::ControlState> state_;
};

/// How a release is run. The order of one turn: journal the event, apply it, show its records to
/// the observer, carry out its commands. To make or copy options may throw std::bad_alloc.
struct RunOptions {
  std::string context{};             ///< Of run() only: initial promotion context; empty: none.
  EnvironmentSelection selection{};  ///< Of run() only: which environments are skipped (R16).
  Clock* clock = nullptr;            ///< Null: system_clock(). Outlives the run.
  Control control{};                 ///< Keep a copy to stop the run from outside.
  /// Called with each record, in order, on run()'s thread; record and release are borrowed for the
  /// call. What it throws ends the run.
  std::function<void(const Release&, const Record&)> observer{};
  /// Called with each event before it is applied: store it here. The first event of run() is its
  /// start, ReleaseStarted: Release::recover() needs these events alone. False, or what it throws,
  /// ends the run with the event not applied. Refused events are journalled too (R15).
  std::function<bool(const Event&)> journal{};
};

/// Drives a release from its start to a final status and hands it back. Blocks, without spinning.
/// `executor`, and what `options` points to, outlive the call.
/// Errors: those of Release::start(); InvalidArgument when the journal, the observer, the clock or
/// the executor's wake() ended the run (`where` names it); OutOfMemory. After an error what is
/// outstanding has been cancelled at the executor.
/// Thread-safe; one executor may serve several runs at once if it is thread-safe itself.
[[nodiscard]] PROMOFLOW_API Result<Release> run(const Flow& flow, ReleaseInfo info,
                                                Executor& executor,
                                                const RunOptions& options = {}) noexcept;

/// Goes on with a release that was restored or replayed after a crash, to a final status: its
/// outstanding commands are carried out again, under the same tickets; records that were not taken
/// are dropped. At once if it is final. Errors: as run(); the release stays usable.
[[nodiscard]] PROMOFLOW_API Result<void> resume(Release& release, Executor& executor,
                                                const RunOptions& options = {}) noexcept;

/// Lets a failed or terminated release go on (R12): applies the Retry, then as resume(). Errors: as
/// resume(); NotAllowed, UnknownEnvironment (R13).
[[nodiscard]] PROMOFLOW_API Result<void> retry(Release& release, Executor& executor,
                                               const RunOptions& options = {},
                                               const Retry& what = {}) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

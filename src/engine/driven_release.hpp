// SPDX-License-Identifier: Apache-2.0
/// @file
/// DrivenRelease: one release that an engine drives, and what of it is not stored yet.
///
/// Each turn of the engine goes through four steps, for many releases at once: events are applied
/// here (apply), commands are chosen that an executor may be given (plan), all that has changed is
/// stored in one transaction (take_write), and only then it is acted on (carry_out). Invariant: an
/// executor is called for a command only after its row says `handed` on stable storage.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/calls.hpp"
#include "executor/inbox.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The places for commands that are handed out, of all releases together (D10).
struct Places {
  std::uint32_t all = 0;
  std::uint32_t taken = 0;
  bool free() const noexcept { return taken < all; }
};

using Promise = std::shared_ptr<std::promise<Result<void>>>;

/// A copy; without memory for its texts its code alone.
inline Error copy_of(const Error& error) noexcept {
  try {
    return error;
  } catch (const std::exception&) { return {error.code, {}, {}}; }
}

/// What whoever waits for a release is told that was loaded anew.
inline const Error kReloaded{ErrorCode::OutOfMemory, "engine",
                             "out of memory: the release was put back to what is stored of it"};

/// What a driven release is made of.
struct DrivenParts {
  Release release;
  Executor* executor = nullptr;
  Places* places = nullptr;
  Instant origin{};   ///< Of its start: trace lines count from it.
  Instant updated{};  ///< Of its last event.
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 0;           ///< Of the last event that is stored.
  std::uint64_t snapshot_sequence = 0;  ///< Of the last one that a snapshot contains.
  std::string head{};
  std::function<void()> wake{};  ///< Called from any thread when there are messages.
};

/// Not thread-safe, but for what executors call through replies. Every function that is not
/// noexcept may throw std::bad_alloc; the engine then drops the object and loads the release anew.
class DrivenRelease {
 public:
  explicit DrivenRelease(DrivenParts parts);
  DrivenRelease(const DrivenRelease&) = delete;
  DrivenRelease& operator=(const DrivenRelease&) = delete;
  ~DrivenRelease();

  const std::string& id() const noexcept { return release_.info().id; }
  const Release& release() const noexcept { return release_; }
  std::optional<Instant> next_timer() const noexcept { return release_.next_timer(); }
  /// The latest time up to `at` at which no timer is due.
  Instant before_timers(Instant at) const noexcept;

  // --- Before the commit -------------------------------------------------------------------------

  /// The release has just begun: its start is to be stored.
  void begin(StoreStart start);
  /// Applies an event; its refusal, if it is refused. Timers that were due have fired all the same.
  Result<void> apply(Instant at, const Event::What& what);
  /// Applies what executors have answered since the last call.
  void take_messages(Instant at);
  /// Someone waits for what was just applied: he is told once it is stored.
  void acknowledge(Promise promise, Result<void> result);
  /// What became of a request; stored with all else.
  void decide(StoredRequest request);

  /// Whether a command waits for a place.
  bool waits() const noexcept { return !waiting_.empty(); }
  /// Gives the first command that waits a place; there must be one of each.
  void plan_next(Instant at);
  /// Reports the commands that are new and got no place as queued (R19).
  void queue_rest(Instant at);

  bool is_dirty() const noexcept;
  /// What is to be stored. Ownership is given up if `gives_up`, or if nothing is left to do.
  ReleaseWrite take_write(const std::string& owner, bool gives_up);

  // --- After the commit --------------------------------------------------------------------------

  /// Tells who waits.
  void report_stored() noexcept;
  /// Tells who waits that it was not stored.
  void report_lost(const Error& error) noexcept;
  /// Gives the executor what was planned.
  void carry_out();
  /// Tells the executor of which calls the outcome is stored.
  void settle() noexcept;

  // --- Restart -----------------------------------------------------------------------------------

  /// Takes over the rows of a release that was loaded: what was issued waits for a place, what was
  /// handed out is to be recovered.
  void adopt(std::vector<StoredCommand> rows);
  /// Asks the executor what became of the commands that were handed out (D11).
  void recover(LostCommand lost, Instant at);

  /// Cancels what runs, unless the executor's calls survive the process.
  void abandon() noexcept;

 private:
  /// A command that is not over: it waits, runs, soaks, or was cancelled and still runs.
  struct Live {
    StoredCommand row{};
    CallOwner owner{};
    CommandKind kind{};
    bool is_given = false;    ///< The executor has it, or has it once all is stored.
    bool has_place = false;   ///< It counts among the commands that are handed out.
    bool queued = false;      ///< It was reported as queued (R19).
    bool is_changed = false;  ///< Its row is to be stored: it is in changed_.
  };
  struct Action {
    Ticket ticket{};
    bool cancels = false;
  };
  struct Collector;
  struct Waiter {
    Promise promise;
    Result<void> result;
  };

  std::string take_records();
  void note_issue(const Command& command, Instant at);
  void note_issue(Live command);
  void note_end(Ticket ticket, Instant at, bool succeeded, std::string_view message,
                std::optional<std::string_view> context);
  void note_cancel(Ticket ticket, Instant at);
  void stop(Ticket ticket, Live& command, Instant at);
  bool is_planned(Ticket ticket) const noexcept;
  void note_stops(Instant at);
  void change(Live& command);
  void free_place(Live& command) noexcept;
  void wait_or_hold(Ticket ticket, const Live& command);
  void withdraw(Ticket ticket);
  std::string reference_of(const StoredCommand& row);
  template <class Body>
  void guarded_call(const Reply& reply, Body&& body);
  void call(Live& command);
  void adopt_cancelled(StoredCommand row);
  Recovery ask(Live& command);
  bool is_suspended(Ticket ticket) const;

  Release release_;
  Executor* executor_;
  Places* places_;
  const ExecutorReports reports_;
  std::shared_ptr<SharedCancelledCalls> cancelled_;
  std::shared_ptr<Inbox> inbox_;
  const Instant origin_;
  const std::uint64_t epoch_;

  std::uint64_t sequence_;
  std::uint64_t snapshot_sequence_;
  std::string head_;
  /// Of the last event, refused ones included, which are not stored: the release counts an earlier
  /// one as of this time (R10), and the entry must say the time that counted.
  Instant latest_;

  std::map<Ticket, Live> live_;
  std::deque<Ticket> waiting_;  ///< Issued, and may begin as soon as there is a place.
  HeldCalls<Ticket> held_;      ///< Issued, and wait for what was cancelled.
  std::vector<Ticket> fresh_;   ///< Issued since queue_rest().

  std::vector<Ticket> to_recover_;  ///< Handed out by a process that is gone.
  std::vector<Ticket> stopping_;    ///< Cancelled, and not reported as stopped.

  std::optional<StoreStart> start_;  ///< Not stored yet; nor are the next three.
  std::vector<StoredEntry> entries_;
  std::vector<Ticket> changed_;
  std::vector<StoredRequest> decisions_;
  std::vector<Action> actions_;  ///< To be carried out once all is stored.
  std::vector<Waiter> waiters_;
  std::vector<Ticket> settled_;  ///< Their outcome is in the next write, or in the one before.
  bool is_forced_ = false;       ///< The executor is to be told so.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

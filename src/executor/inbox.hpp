// SPDX-License-Identifier: Apache-2.0
/// @file
/// Inbox: the queue of one run(), into which all threads put answers and operators' requests.
/// ControlState: what the copies of one Control share.
///
/// Invariants: at most one answer that ends a command, one Queued and one Started are queued for
/// each ticket that is open, and none for a ticket that is not, so late and repeated answers cannot
/// fill the memory. A ticket is open or among the cancelled calls, never both.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor/overlap.hpp"
#include "executor/reply_sink.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What a ticket stands for, as far as its answers are concerned.
enum class CommandKind : std::uint8_t {
  Hook,
  Promotion,
  SoakingPromotion,  ///< Its environment soaks afterwards: it may fail once it has succeeded (R18).
};

class Inbox;

/// CancelledCalls of a release, which outlive a run: a later run of the same release waits for
/// them, too. All functions are thread-safe.
class PROMOFLOW_API SharedCancelledCalls {
 public:
  /// This inbox is told when one stops. May throw std::bad_alloc.
  void attach(const std::shared_ptr<Inbox>& inbox);
  void add(Ticket ticket, CallOwner owner);
  void stopped(Ticket ticket) noexcept;
  bool blocks(CallOwner owner) const noexcept;
  bool runs(Ticket ticket) const noexcept;
  template <class Call>
  std::vector<Call> take_ready(HeldCalls<Call>& held) {
    const std::lock_guard lock(mutex_);
    return held.take_ready(calls_);
  }

 private:
  mutable std::mutex mutex_;
  CancelledCalls calls_;
  std::weak_ptr<Inbox> inbox_;
};

/// What run() tells the inbox of a call.
struct OpenCall {
  CommandKind kind{};
  CallOwner owner{};
  bool queued = false;   ///< It has been reported as queued (R19).
  bool started = false;  ///< It was queued, and has begun.
};

/// All functions are thread-safe.
class PROMOFLOW_API Inbox final : public ReplySink {
 public:
  /// `cancelled`: null if the executor does not report the end of what it cancelled. `listener`,
  /// unless empty, is called after each message, from the thread that left it; it does not throw.
  explicit Inbox(std::shared_ptr<SharedCancelledCalls> cancelled,
                 std::function<void()> listener = {})
      : cancelled_(std::move(cancelled)), listener_(std::move(listener)) {}

  /// Answers for this ticket are taken from now on. To be called before the call is made.
  void open(Ticket ticket, const OpenCall& call);
  /// The release has been told so, by other means than an answer (R19).
  void note_room(Ticket ticket, bool queued, bool started) noexcept;
  /// No answer is expected any more.
  void close(Ticket ticket) noexcept;
  /// The same for a call that the executor is about to cancel: unless it has been answered, it
  /// counts as running until its end is reported. May throw std::bad_alloc.
  void close_cancelled(Ticket ticket);
  /// The same for a command that has just been answered, perhaps by someone else than the executor.
  /// Whether its call runs: then it is to be cancelled. May throw std::bad_alloc.
  bool close_answered(Ticket ticket);
  /// Takes nothing any more, and returns the tickets that are unanswered, in order. They are to be
  /// cancelled.
  std::vector<Ticket> shutdown() noexcept;

  void post(Message message) noexcept override;
  /// Records that a message could not be kept for want of memory.
  void lose_message() noexcept;
  /// Wakes the run: a cancelled call has stopped.
  void note_stop() noexcept;
  /// Whether one has stopped since this was last asked.
  bool take_stop() noexcept;
  /// The oldest message.
  std::optional<Message> take();
  bool ready() const noexcept;
  bool wait_for(std::optional<std::chrono::milliseconds> time) noexcept;
  bool message_lost() const noexcept;

 private:
  struct OpenTicket {
    OpenCall call{};
    bool succeeded = false;  ///< Only PromotionFailed, of a soaking environment, may still come.
    bool stopped = false;    ///< Nothing of it runs, though it is not answered.
  };

  using Open = std::map<Ticket, OpenTicket>;

  /// Forgets it; whether its call runs.
  bool close(Open::iterator place);
  bool has_message() const noexcept { return !messages_.empty() || message_lost_ || has_stop_; }
  bool enqueue(Message& message);
  bool enqueue_answer(Message& message);
  bool note_stopped(Ticket ticket) noexcept;
  static bool takes(OpenTicket& open, Message::Kind kind) noexcept;

  void wake_reader() noexcept;

  const std::shared_ptr<SharedCancelledCalls> cancelled_;
  const std::function<void()> listener_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  Open open_;
  bool shut_down_ = false;
  bool message_lost_ = false;
  bool has_stop_ = false;
};

/// All functions are thread-safe.
class ControlState {
 public:
  void attach(const std::shared_ptr<Inbox>& inbox);
  void detach(const std::shared_ptr<Inbox>& inbox) noexcept;
  /// Passes the request to every run that has the control, or keeps it for the next one.
  void request(Message message) noexcept;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Inbox>> inboxes_;
  std::vector<Message> kept_;  ///< Requests that came while there was no run.
  bool message_lost_ = false;  ///< One of them could not be kept for want of memory.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

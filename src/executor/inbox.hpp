// SPDX-License-Identifier: Apache-2.0
/// @file
/// Inbox: the queue of one run(), into which all threads put answers and operators' requests.
/// ControlState: what the copies of one Control share.
///
/// Invariant: at most one answer that ends a command is queued for each ticket that is open, and
/// none for a ticket that is not, so late and repeated answers cannot fill the memory.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/executor.hpp"

namespace promoflow::detail {

/// An answer of an executor or a request of an operator. It owns its texts.
struct Message {
  enum class Kind : std::uint8_t {
    // Answers.
    Succeeded,
    Failed,
    Suspended,
    Resumed,
    Queued,
    Started,
    // Requests.
    Terminate,
    Retry,
    Skip,
  };
  Kind kind{};
  Ticket ticket{};                                         ///< Of answers.
  bool is_hook = false;                                    ///< Of answers; the inbox sets it.
  std::string text{};                                      ///< The failure's message; the reason.
  std::optional<std::string> context{};                    ///< What a hook exported.
  std::string by{};                                        ///< Who resumed it, or asked for it.
  bool force = false;                                      ///< Of Terminate.
  std::string environment{};                               ///< Of Skip.
  std::optional<std::vector<std::string>> environments{};  ///< Of Retry.
  std::vector<std::string_view> names{};                   ///< event() points the Retry at these.

  /// The event that it stands for; borrows the message. May throw std::bad_alloc.
  Event event(Instant at);
};

/// What a ticket stands for, as far as its answers are concerned.
enum class CommandKind : std::uint8_t {
  Hook,
  Promotion,
  SoakingPromotion,  ///< Its environment soaks afterwards: it may fail once it has succeeded (R18).
};

/// All functions are thread-safe.
class Inbox {
 public:
  /// Answers for this ticket are taken from now on. To be called before the call is made.
  void open(Ticket ticket, CommandKind kind);
  /// No answer is expected any more.
  void close(Ticket ticket) noexcept;
  /// Takes nothing any more, and returns the tickets that are unanswered, in order.
  std::vector<Ticket> shutdown() noexcept;

  void post(Message message) noexcept;
  /// Records that a message could not be kept for want of memory.
  void lose_message() noexcept;
  /// The oldest message.
  std::optional<Message> take();
  bool ready() const noexcept;
  bool wait_for(std::optional<std::chrono::milliseconds> time) noexcept;
  bool message_lost() const noexcept;

 private:
  struct OpenTicket {
    CommandKind kind{};
    bool succeeded = false;  ///< Only PromotionFailed, of a soaking environment, may still come.
  };

  bool has_message() const noexcept { return !messages_.empty() || message_lost_; }
  bool enqueue(Message& message);
  bool enqueue_answer(Message& message);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  std::map<Ticket, OpenTicket> open_;
  bool shut_down_ = false;
  bool message_lost_ = false;
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

}  // namespace promoflow::detail

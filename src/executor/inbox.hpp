// SPDX-License-Identifier: Apache-2.0
/// @file
/// Inbox: where answers from all threads wait for run(). Remote: what a Control holds.
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
#include <vector>

#include "promoflow/executor.hpp"

namespace promoflow::detail {

/// One thing to tell the release. It owns its text.
struct Message {
  enum class Kind : std::uint8_t { Succeeded, Failed, Suspended, Resumed, Terminate };
  Kind kind{};
  Ticket ticket{};
  bool is_hook = false;
  std::string text{};  ///< The failure's message, or the termination's reason.
  std::optional<std::string> context{};

  /// The event that it stands for; borrows the message.
  Event event(Instant at) const;
};

/// Of one run(). All functions are thread-safe.
class Inbox {
 public:
  /// A call is about to be made: answers for its ticket are taken from now on.
  void open(Ticket ticket, bool is_hook);
  /// No answer is due any more.
  void close(Ticket ticket) noexcept;
  /// The tickets that are open, in order; none is afterwards, and nothing is taken any more.
  std::vector<Ticket> shut() noexcept;

  void post(Message message) noexcept;
  /// A message, the oldest first.
  std::optional<Message> take();
  bool ready() const noexcept;
  bool wait_for(std::optional<std::chrono::milliseconds> time) noexcept;
  /// Whether a message was lost for want of memory.
  bool overrun() const noexcept;

 private:
  bool has_news() const noexcept { return !messages_.empty() || overrun_; }
  bool admit(Message& message);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  std::map<Ticket, bool> open_;  ///< Whether it is a hook.
  bool shut_ = false;
  bool overrun_ = false;
};

/// Of one Control and its copies. All functions are thread-safe.
class Remote {
 public:
  void attach(const std::shared_ptr<Inbox>& inbox);
  void detach(const std::shared_ptr<Inbox>& inbox) noexcept;
  void terminate(std::string reason) noexcept;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Inbox>> inboxes_;
  std::vector<std::string> kept_;  ///< Reasons, while there is no inbox.
};

}  // namespace promoflow::detail

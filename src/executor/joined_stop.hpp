// SPDX-License-Identifier: Apache-2.0
/// @file
/// JoinedStop: one Reply::stopped() for several calls of one ticket, once all of them have ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "executor/reply_sink.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Replies may be used by any thread. add() may throw std::bad_alloc.
class JoinedStop : public std::enable_shared_from_this<JoinedStop> {
 public:
  JoinedStop(const Reply& reply, Ticket ticket) : reply_(reply), ticket_(ticket) {}

  /// Adds a call if recover(reply) says that it still runs. The first answer that ends it counts.
  template <class Recover>
  void add(const Recover& recover) {
    auto sink = std::make_shared<Part>(shared_from_this());
    ++running_;
    const Reply reply(std::move(sink), ticket_);
    if (recover(reply)) {
      has_calls_ = true;
    } else {
      reply.stopped();
    }
  }
  /// No more are added. Whether there is any; if not, nothing is answered.
  bool close() noexcept {
    if (has_calls_) { end_one(); }
    return has_calls_;
  }

 private:
  void end_one() noexcept {
    if (--running_ == 0) { reply_.stopped(); }
  }

  class Part final : public ReplySink {
   public:
    explicit Part(std::shared_ptr<JoinedStop> whole) noexcept : whole_(std::move(whole)) {}
    void post(Message message) noexcept override {
      const bool ends = message.kind == Message::Kind::Succeeded ||
                        message.kind == Message::Kind::Failed ||
                        message.kind == Message::Kind::Stopped;
      if (ends && !has_ended_.exchange(true)) { whole_->end_one(); }
    }

   private:
    const std::shared_ptr<JoinedStop> whole_;
    std::atomic<bool> has_ended_{false};
  };

  const Reply reply_;
  const Ticket ticket_;
  std::atomic<std::size_t> running_{1};  ///< Calls, and one until close().
  bool has_calls_ = false;               ///< Of the thread that adds them.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// ReplySink: where the answers that a Reply is given go. An Inbox is one; whoever hands calls to
/// an executor without a run of this library, as the C ABI does, has one of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/export.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// An answer of an executor or a request of an operator. It owns its texts.
struct PROMOFLOW_API Message {
  enum class Kind : std::uint8_t {
    // Answers.
    Succeeded,
    Failed,
    Suspended,
    Resumed,
    Queued,
    Started,
    Stopped,  ///< Of a cancelled call: the inbox passes it on and keeps no message.
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

/// Thread-safe.
class ReplySink {
 public:
  ReplySink() = default;
  ReplySink(const ReplySink&) = delete;
  ReplySink& operator=(const ReplySink&) = delete;
  virtual ~ReplySink() = default;

  /// An answer: no request of an operator comes through a Reply.
  virtual void post(Message message) noexcept = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

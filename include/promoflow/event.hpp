// SPDX-License-Identifier: Apache-2.0
/// @file
/// What happened: the only way by which anything enters a release. Past tense, with a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "promoflow/result.hpp"

namespace promoflow {

/// A moment, in UTC milliseconds. The library never reads a clock: every time comes from the host.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// Number of a command, 1, 2, 3, ... in the order of issue (R1); below 2^48. `RELEASE_ID/ticket`
/// is an idempotency key: a command that is handed out again after a crash has the same one.
enum class Ticket : std::uint64_t {};

/// A hook ended well. `context` is the promotion context that it exported, as JSON text (C1, C4).
struct HookSucceeded {
  Ticket ticket{};
  std::optional<std::string_view> context{};
};

/// A hook ended badly. What it exported all the same is recorded and not merged (C1).
struct HookFailed {
  Ticket ticket{};
  std::string_view message{};
  std::optional<std::string_view> context{};
};

/// The change arrived in the environment and is healthy.
struct PromotionSucceeded {
  Ticket ticket{};
};

/// The change did not arrive, or is not healthy. The message is handed on word for word (R5).
struct PromotionFailed {
  Ticket ticket{};
  std::string_view message{};
};

/// The command waits for a person: a pull request, an approval (R11).
struct Suspended {
  Ticket ticket{};
};

/// The person has decided; the command goes on (R11).
struct Resumed {
  Ticket ticket{};
};

/// The operator stops the release; a second time forces it (R6).
struct Terminate {
  std::string_view reason{};
};

/// The operator lets a failed or terminated release go on from where it failed (R12).
struct Retry {};

/// Nothing but the time: timers that are due fire (R10). Never refused.
struct Tick {};

/// One event. Texts are borrowed for the length of the call only.
struct Event {
  using What = std::variant<Tick, HookSucceeded, HookFailed, PromotionSucceeded, PromotionFailed,
                            Suspended, Resumed, Terminate, Retry>;
  Instant at{};
  What what{};
};

/// The event as one line of JSON without a line end, for the host's journal: store it before it is
/// applied. Texts that are not UTF-8 keep their bytes. Errors: OutOfMemory. Thread-safe.
PROMOFLOW_API Result<std::string> to_json(const Event& event) noexcept;

/// An event that owns its texts: what a journal's line said. Move-only.
class PROMOFLOW_API StoredEvent {
 public:
  /// Errors: InvalidEvent (not a line that to_json() wrote), OutOfMemory. Thread-safe.
  static Result<StoredEvent> read(std::string_view line) noexcept;

  /// Borrowed: it lives as long as this object, wherever that is moved.
  const Event& event() const noexcept { return event_; }

 private:
  StoredEvent() = default;
  std::unique_ptr<std::string[]> texts_;
  Event event_;
};

}  // namespace promoflow

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events: the only way by which anything enters a release. Past tense, with a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "promoflow/result.hpp"

namespace promoflow {

/// A point in time, in UTC milliseconds. The library never reads a clock: the host gives every
/// time.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// Number of a command, 1, 2, 3, ... in the order of issue (R1); below 2^48. `RELEASE_ID/ticket`
/// is an idempotency key: a command that is issued again after a crash has the same ticket.
enum class Ticket : std::uint64_t {};

/// A hook succeeded. `context` is the promotion context that it exported, as JSON text (C1, C4);
/// empty text, or white space only, is no export.
struct HookSucceeded {
  Ticket ticket{};
  std::optional<std::string_view> context{};
};

/// A hook failed. What it exported is recorded and not merged (C1). An empty message, and one of
/// more than 4096 bytes, are replaced as R5 says.
struct HookFailed {
  Ticket ticket{};
  std::string_view message{};
  std::optional<std::string_view> context{};
};

/// The change arrived in the environment and is healthy.
struct PromotionSucceeded {
  Ticket ticket{};
};

/// The change did not arrive, or is not healthy: hooks get the message word for word (R5). While an
/// environment soaks, its last promotion's ticket takes this event, too (R18).
struct PromotionFailed {
  Ticket ticket{};
  std::string_view message{};
};

/// The host has no room yet for the command: its timeout stops until Started (R19).
struct Queued {
  Ticket ticket{};
};

/// A queued command has begun: its timeout counts from this event's time (R19).
struct Started {
  Ticket ticket{};
};

/// The command waits for a person: a pull request, an approval (R11).
struct Suspended {
  Ticket ticket{};
};

/// The person has decided; the command goes on (R11). `by` says who; empty: not given.
struct Resumed {
  Ticket ticket{};
  std::string_view by{};
};

/// The operator stops the release: what runs is cancelled, onFail hooks run (R6). With `force`
/// every outstanding command is cancelled and the release takes its final status at once.
struct Terminate {
  std::string_view reason{};
  bool force = false;
  std::string_view by{};  ///< Who asked; empty: not given.
};

/// The operator lets what failed or was terminated go on from where it stopped (R12).
struct Retry {
  /// The environments to retry, by name; not given: all, in a Failed or Terminated release only.
  std::optional<std::span<const std::string_view>> environments{};
  std::string_view by{};  ///< Who asked; empty: not given.
};

/// The operator goes on without an environment: what depends on it may begin (R16).
struct Skip {
  std::string_view environment{};
  std::string_view reason{};  ///< Empty: not given.
  std::string_view by{};      ///< Who asked; empty: not given.
};

/// Nothing but the time: timers that are due fire (R10). Never refused.
struct Tick {};

/// One event. Texts are borrowed for the length of the call only.
struct Event {
  using What = std::variant<Tick, HookSucceeded, HookFailed, PromotionSucceeded, PromotionFailed,
                            Suspended, Resumed, Terminate, Retry, Queued, Started, Skip>;
  Instant at{};
  What what{};
};

/// The event as one line of JSON without a line end, for the host's journal: it must be stored
/// BEFORE it is applied. Texts that are not UTF-8 keep their bytes. Errors: OutOfMemory.
/// Thread-safe.
PROMOFLOW_API Result<std::string> to_json(const Event& event) noexcept;

/// An event that owns its texts, read from a line of a journal. Move-only.
class PROMOFLOW_API StoredEvent {
 public:
  /// Errors: InvalidEvent (not a line that to_json() wrote), OutOfMemory. Thread-safe.
  static Result<StoredEvent> read(std::string_view line) noexcept;

  /// Borrowed: it lives as long as this object, wherever that is moved.
  const Event& event() const noexcept { return event_; }

 private:
  StoredEvent() = default;
  std::unique_ptr<std::string[]> texts_;
  std::unique_ptr<std::string_view[]> names_;  ///< Of Retry's environments; they point into texts_.
  Event event_;
};

}  // namespace promoflow

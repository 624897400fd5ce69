// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events: the only way by which anything enters a release. Past tense, with a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// A point in time, in UTC milliseconds. The library never reads a clock: the host gives every
/// time.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// Number of a command, 1, 2, 3, ... in the order of issue (R1); below 2^48. `RELEASE_ID/ticket`
/// is an idempotency key: a command that is issued again after a crash has the same ticket.
enum class Ticket : std::uint64_t {};

/// A text of an event, borrowed for the length of the call that takes the event. It is not made of
/// a std::string that is about to end, `why + "!"`: keep that in a variable.
class BorrowedText : public std::string_view {
 public:
  using std::string_view::string_view;
  constexpr BorrowedText() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): it is a std::string_view but for what it refuses.
  constexpr BorrowedText(std::string_view text) noexcept : std::string_view(text) {}
  BorrowedText(const std::string& text PROMOFLOW_LIFETIMEBOUND) noexcept : std::string_view(text) {}
  BorrowedText(const std::string&& text) = delete;
  template <class Allocator>  // Strings of std::pmr, and the like.
  BorrowedText(const std::basic_string<char, std::char_traits<char>, Allocator>&& text) = delete;
  // NOLINTEND(google-explicit-constructor)
};

namespace detail {

template <class Range>
inline constexpr bool kIsSpan = false;
template <class Name, std::size_t Count>
inline constexpr bool kIsSpan<std::span<Name, Count>> = true;

/// What has the names itself, so that they end with it: a vector, an array, a std::array.
template <class Range>
concept OwnsNames =
    std::is_convertible_v<const Range&, std::span<const std::string_view>> && !kIsSpan<Range> &&
    !std::is_base_of_v<std::span<const std::string_view>, Range>;

}  // namespace detail

/// The names of a Retry, borrowed in the same way: not made of a vector, an array or a list in
/// braces that is about to end.
class BorrowedNames : public std::span<const std::string_view> {
 public:
  constexpr BorrowedNames() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor)
  constexpr BorrowedNames(std::span<const std::string_view> names) noexcept : span(names) {}
  template <detail::OwnsNames Range>
  constexpr BorrowedNames(const Range& names PROMOFLOW_LIFETIMEBOUND) noexcept : span(names) {}
  template <detail::OwnsNames Range>
  BorrowedNames(const Range&& names) = delete;
  BorrowedNames(std::initializer_list<std::string_view>&& names) = delete;
  // NOLINTEND(google-explicit-constructor)
};

/// Who the release is; handed to every hook (A1). Only the id is required.
struct ReleaseInfo {
  std::string id;
  std::string url{};
  std::string product{};
  std::string version{};
  std::string commit_sha{};
};

/// Environments that a release does not promote to, chosen at its start (R16). At most one of the
/// three may be given; a list that is given must not be empty.
struct EnvironmentSelection {
  std::optional<std::vector<std::string>> skip{};   ///< Skip these.
  std::optional<std::vector<std::string>> until{};  ///< Skip all but these and their dependencies.
  std::optional<std::vector<std::string>> only{};   ///< Skip all but these.
  bool operator==(const EnvironmentSelection&) const = default;
};

/// A hook succeeded. `context` is the promotion context that it exported, as JSON text (C1, C4);
/// empty text, or white space only, is no export.
struct HookSucceeded {
  Ticket ticket{};
  std::optional<BorrowedText> context{};
};

/// A hook failed. What it exported is recorded and not merged (C1). An empty message, and one of
/// more than 4096 bytes, are replaced as R5 says.
struct HookFailed {
  Ticket ticket{};
  BorrowedText message{};
  std::optional<BorrowedText> context{};
};

/// The change arrived in the environment and is healthy.
struct PromotionSucceeded {
  Ticket ticket{};
};

/// The change did not arrive, or is not healthy: hooks get the message word for word (R5). While an
/// environment soaks, its last promotion's ticket takes this event, too (R18).
struct PromotionFailed {
  Ticket ticket{};
  BorrowedText message{};
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
  BorrowedText by{};
};

/// The operator stops the release: what runs is cancelled, onFail hooks run (R6). With `force`
/// every outstanding command is cancelled and the release takes its final status at once.
struct Terminate {
  BorrowedText reason{};
  bool force = false;
  BorrowedText by{};  ///< Who asked; empty: not given.
};

/// The operator lets what failed or was terminated go on from where it stopped (R12).
struct Retry {
  /// The environments to retry, by name; not given: all, in a Failed or Terminated release only.
  std::optional<BorrowedNames> environments{};
  BorrowedText by{};  ///< Who asked; empty: not given.
};

/// The operator goes on without an environment: what depends on it may begin (R16).
struct Skip {
  BorrowedText environment{};
  BorrowedText reason{};  ///< Empty: not given.
  BorrowedText by{};      ///< Who asked; empty: not given.
};

/// Nothing but the time: timers that are due fire (R10). Never refused.
struct Tick {};

/// The release was started: the first event of its journal, by which it can be recovered (R15).
/// A release that was started in this way takes it again, and nothing changes. What the pointers
/// point to is borrowed like texts.
struct ReleaseStarted {
  const ReleaseInfo* info = nullptr;                ///< Required.
  BorrowedText context{};                           ///< The initial promotion context; empty: none.
  const EnvironmentSelection* selection = nullptr;  ///< Null: all environments.
  std::uint64_t fingerprint = 0;                    ///< Flow::fingerprint() of its flow.
};

/// One event. Texts are borrowed for the length of the call only.
struct Event {
  using What =
      std::variant<Tick, HookSucceeded, HookFailed, PromotionSucceeded, PromotionFailed, Suspended,
                   Resumed, Terminate, Retry, Queued, Started, Skip, ReleaseStarted>;
  Instant at{};
  What what{};
};

/// The event as one line of JSON without a line end, for the host's journal: it must be stored
/// BEFORE it is applied. Texts that are not UTF-8 keep their bytes. Errors: OutOfMemory.
/// Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> to_json(const Event& event) noexcept;

namespace detail {
struct StoredStart {
  ReleaseInfo info{};
  EnvironmentSelection selection{};
};
}  // namespace detail

/// An event that owns its texts, read from a line of a journal. Move-only; one that was moved from
/// is a Tick.
class PROMOFLOW_API StoredEvent {
 public:
  StoredEvent(StoredEvent&& other) noexcept;
  StoredEvent& operator=(StoredEvent&& other) noexcept;

  /// Errors: InvalidEvent (not a line that to_json() wrote), OutOfMemory. Thread-safe.
  [[nodiscard]] static Result<StoredEvent> read(std::string_view line) noexcept;

  /// Borrowed: it lives as long as this object, wherever that is moved.
  const Event& event() const noexcept PROMOFLOW_LIFETIMEBOUND { return event_; }

 private:
  StoredEvent() = default;
  std::unique_ptr<std::string[]> texts_;
  std::unique_ptr<std::string_view[]> names_;  ///< Of Retry's environments; they point into texts_.
  std::unique_ptr<detail::StoredStart> start_;  ///< Of ReleaseStarted.
  Event event_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

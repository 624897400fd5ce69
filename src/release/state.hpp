// SPDX-License-Identifier: Apache-2.0
/// @file
/// The plain data of a release: times and indices, an entity's state, a command's slot, a record on
/// its way to the host. The classes that own them, and keep what they promise, are in
/// entities.hpp, commands.hpp, hook_inputs.hpp, stop_records.hpp and records.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/record.hpp"
#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Milliseconds since the epoch, as arrays keep them. kNever: not armed.
using Millis = std::int64_t;
inline constexpr Millis kNever = std::numeric_limits<Millis>::max();

/// The sum, kept within range: a time beyond the last representable one never comes.
constexpr Millis after(Millis at, Millis wait) noexcept {
  return wait > 0 && at > kNever - wait ? kNever : at + wait;
}

constexpr Millis millis(Instant at) noexcept { return at.time_since_epoch().count(); }
constexpr Instant instant(Millis at) noexcept { return Instant{std::chrono::milliseconds{at}}; }

/// As an index or a reference: there is none.
inline constexpr std::uint32_t kNone32 = 0xFFFFFFFF;

/// A bound that tickets do not reach: a release that issues a million commands each second would
/// reach it in its ninth year. A snapshot with a ticket beyond half of it is refused.
inline constexpr std::uint64_t kTicketMax = (std::uint64_t{1} << 48U) - 1;

/// Entities, slots, stop records and hook inputs are named by their index. The entity behind the
/// last environment is the release.
using EntityIndex = std::uint32_t;
using SlotIndex = std::uint32_t;
using StopIndex = std::uint32_t;
using InputsIndex = std::uint32_t;

/// A text that several places share: a message, a reason, an export.
using Text = std::shared_ptr<const std::string>;

/// One environment, or the release. With its count of unmet dependencies, which is in an array of
/// its own, 12 bytes for each: there may be a million.
struct EntityState {
  SlotIndex slot = kNone32;  ///< Its command, waiting attempt or soak.
  State state = State::Pending;
  std::uint8_t status_byte = static_cast<std::uint8_t>(EnvironmentStatus::Pending);

  EnvironmentStatus status() const noexcept { return static_cast<EnvironmentStatus>(status_byte); }
  void set_status(EnvironmentStatus to) noexcept { status_byte = static_cast<std::uint8_t>(to); }
};
static_assert(sizeof(EntityState) == 8);

enum class SlotStatus : std::uint8_t {
  Free,
  Outstanding,
  AwaitingAttempt,  ///< The command failed; the next attempt is issued when the timer is due (R9).
  Soaking,  ///< The promotion succeeded; its environment soaks until the timer is due (R18).
  Settled,  ///< Ended, but its command was not taken yet, or may still be looked at.
};

/// Whether the host has room for a command (R19).
enum class Room : std::uint8_t {
  Unreported,  ///< The timeout counts from the issue.
  Queued,      ///< The timeout does not count.
  Started,     ///< The timeout counts from the Started event.
};

/// A command that is outstanding, waits for its next attempt or was settled, or a soak. Its
/// `status` says which.
struct CommandSlot {
  std::uint64_t ticket = 0;
  Millis due = kNever;               ///< Its expiry; the next attempt's issue; the soak's end.
  SlotIndex timer_before = kNone32;  ///< Its neighbours in a queue of timers.
  SlotIndex timer_behind = kNone32;  ///< Links the lists of free and of retired slots, too.
  EntityIndex entity = 0;
  std::uint32_t hook = 0;        ///< Index in its chain.
  std::uint32_t attempt = 0;     ///< R4.
  std::uint32_t retries = 0;     ///< Automatic attempts used (R9).
  InputsIndex inputs = kNone32;  ///< What a hook's arguments are made of; none: a promotion.
  State state = State::Pending;  ///< Of its entity, when it was issued.
  SlotStatus status = SlotStatus::Free;
  std::uint8_t timer_queue = 0;
  bool suspended : 1 = false;  ///< R11.
  bool untaken : 1 = false;    ///< Its record waits to be taken by the host.
  Room room : 2 = Room::Unreported;

  bool is_hook() const noexcept { return runs_chain(state); }
};
static_assert(sizeof(CommandSlot) == 48 && std::is_trivially_copyable_v<CommandSlot>);

/// An operator's event, as its record keeps it.
struct OperatorRequest {
  std::string environment{};  ///< Of Skip.
  std::string reason{};       ///< Of Terminate and Skip.
  std::string by{};
  bool force = false;
  bool has_environments = false;
  std::vector<std::string> environments{};            ///< Of Retry, as given.
  std::vector<std::string_view> environment_views{};  ///< The same, as Retry has them.
};

/// Kinds of records.
enum class RecordKind : std::uint8_t {
  ReleaseStatus,
  EnvironmentStatus,  ///< `ref`: the entity.
  Command,            ///< RunHook or Promote; `ref`: its slot.
  Cancel,
  HookSucceeded,  ///< `ref`: the export's text, or none.
  HookFailed,     ///< `ref`: the message's text; likewise PromotionFailed.
  PromotionSucceeded,
  PromotionFailed,
  Suspended,
  Resumed,    ///< `ref`: the request, or none.
  Terminate,  ///< `ref`: the request; likewise Retry and Skip.
  Retry,
  Skip,
  Queued,
  Started,
  Soaked,
  Conflict,  ///< `ref`: index into ReleaseState::conflicts.
  Shadowed,  ///< `ref`: the key's text.
};

/// A record on its way to the host; while it is queued, it may stand for two (Records). Without
/// initial values, so that room for many costs nothing.
struct RecordItem {
  Millis at;
  std::uint64_t ticket;  ///< 0: the record is not about a command. A Command's is its slot's.
  std::uint32_t ref;     ///< What else it is about; its kind says where that is kept.
  RecordKind kind;
  std::uint8_t status;  ///< The number of the new status, if it is a change of status.
};
static_assert(sizeof(RecordItem) == 24);

/// Whether `ref` of such a record, if it has one, leads to a text.
constexpr bool refers_to_text(RecordKind kind) noexcept {
  return kind == RecordKind::HookSucceeded || kind == RecordKind::HookFailed ||
         kind == RecordKind::PromotionFailed || kind == RecordKind::Shadowed;
}
/// Likewise, to a request.
constexpr bool refers_to_request(RecordKind kind) noexcept {
  return kind == RecordKind::Resumed || kind == RecordKind::Terminate ||
         kind == RecordKind::Retry || kind == RecordKind::Skip;
}

/// Grows a vector's capacity for `extra` further elements, by doubling at least.
template <class T>
void make_room(std::vector<T>& vector, std::size_t extra) {
  const std::size_t needed = vector.size() + extra;
  if (needed > vector.capacity()) {
    vector.reserve(needed > vector.capacity() * 2 ? needed : vector.capacity() * 2);
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

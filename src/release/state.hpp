// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a release keeps: a lane for each environment and one for itself, a slot for each command
/// that is outstanding or whose next attempt waits, and a note of trouble for each lane that
/// failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "arguments/arguments_data.hpp"
#include "context/context_data.hpp"
#include "promoflow/record.hpp"
#include "release/table.hpp"

namespace promoflow::detail {

/// Milliseconds since the epoch, as arrays keep them. kNever: not armed.
using Millis = std::int64_t;
inline constexpr Millis kNever = std::numeric_limits<Millis>::max();

/// The sum, kept within range: what lies beyond time itself never comes.
constexpr Millis after(Millis at, Millis wait) noexcept {
  return wait > 0 && at > kNever - wait ? kNever : at + wait;
}

constexpr Millis millis(Instant at) noexcept { return at.time_since_epoch().count(); }
constexpr Instant instant(Millis at) noexcept { return Instant{std::chrono::milliseconds{at}}; }

inline constexpr std::uint32_t kNone32 = 0xFFFFFFFF;

/// Lanes, slots, troubles and sources are named by their index.
using LaneIndex = std::uint32_t;
using SlotIndex = std::uint32_t;
using TroubleIndex = std::uint32_t;
using SourceIndex = std::uint32_t;

/// One environment, or (the last lane) the release itself. With its count of unmet dependencies,
/// which stands in an array of its own, 12 bytes each: there may be a million.
struct Lane {
  SlotIndex slot = kNone32;  ///< Its command, or its waiting attempt.
  Stage stage = Stage::Waiting;
  std::uint8_t status = static_cast<std::uint8_t>(EnvironmentStatus::Pending);

  EnvironmentStatus get_status() const noexcept { return static_cast<EnvironmentStatus>(status); }
  void set_status(EnvironmentStatus to) noexcept { status = static_cast<std::uint8_t>(to); }
};
static_assert(sizeof(Lane) == 8);

enum class SlotState : std::uint8_t {
  Free,
  Outstanding,
  Waiting,  ///< The command failed; its next attempt is issued when the timer is due (R9).
  Settled,  ///< Ended, but its command was not taken yet, or may still be looked at.
};

/// A command.
struct Slot {
  std::uint64_t ticket = 0;
  Millis due = kNever;               ///< Its expiry, or when the next attempt is issued.
  SlotIndex timer_before = kNone32;  ///< Its neighbours in a queue of timers.
  SlotIndex timer_behind = kNone32;  ///< Links the lists of free and of retired slots, too.
  LaneIndex lane = 0;
  std::uint32_t hook = 0;        ///< Index in its chain.
  std::uint32_t attempt = 0;     ///< R4.
  std::uint32_t retries = 0;     ///< Automatic attempts used (R9).
  SourceIndex source = kNone32;  ///< What a hook's arguments are made of; none: a promotion.
  Stage stage = Stage::Waiting;
  SlotState state = SlotState::Free;
  std::uint8_t timer_queue = 0;
  bool suspended : 1 = false;
  bool queued : 1 = false;  ///< Its command waits to be taken.
};
static_assert(sizeof(Slot) == 48 && std::is_trivially_copyable_v<Slot>);

/// What the arguments of hooks are put together from. Commands share it, and count themselves:
/// a release is used by one thread at a time, so no count need be atomic.
struct Source {
  std::shared_ptr<const ContextData> context;
  std::shared_ptr<const FailureArguments> failure;  ///< At onFail points only.
  std::uint32_t users = 0;
  SourceIndex next_free = kNone32;
};

/// Where and why a lane stopped, and how often its onFail hooks were issued.
struct Trouble {
  LaneIndex lane = 0;
  Stage stage = Stage::Waiting;  ///< Where a Retry resumes (R12).
  std::uint32_t hook = 0;
  std::uint32_t attempt = 0;
  std::shared_ptr<const std::string> message;
  std::shared_ptr<const FailureArguments> failure;  ///< For its onFail chain (A2).
  std::vector<std::uint32_t> on_fail_attempts;      ///< Of each hook of the chain (R4).
};

/// Kinds of records, as they are queued.
enum class ItemKind : std::uint8_t {
  ReleaseStatus,
  EnvironmentStatus,
  Command,  ///< RunHook or Promote, by its slot.
  Cancel,
  HookSucceeded,
  HookFailed,
  PromotionSucceeded,
  PromotionFailed,
  Suspended,
  Resumed,
  Terminate,
  Retry,
};

/// A record on its way to the host.
struct Item {
  Millis at = 0;
  std::uint64_t ticket = 0;
  std::uint32_t ref = kNone32;  ///< A lane, a slot or a text, as the kind demands.
  ItemKind kind{};
  std::uint8_t status = 0;
};

/// Grows a vector's capacity for `extra` further elements, by doubling at least.
template <class T>
void make_room(std::vector<T>& vector, std::size_t extra) {
  const std::size_t needed = vector.size() + extra;
  if (needed > vector.capacity()) {
    vector.reserve(needed > vector.capacity() * 2 ? needed : vector.capacity() * 2);
  }
}

}  // namespace promoflow::detail

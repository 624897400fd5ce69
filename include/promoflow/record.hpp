// SPDX-License-Identifier: Apache-2.0
/// @file
/// Record: one line of a release's history, what happened and what it caused, in order.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "promoflow/command.hpp"
#include "promoflow/event.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// The numbers are part of the ABI.
enum class EnvironmentStatus : std::int32_t {
  Pending = 1,
  Running = 2,
  Suspended = 3,
  Successful = 4,
  Failed = 5,
  Terminated = 6,
  Skipped = 7,  ///< Not promoted to; counts as Successful for what depends on it (R16).
};

/// The numbers are part of the ABI. Succeeded, Failed and Terminated are final.
enum class ReleaseStatus : std::int32_t {
  Running = 1,
  Suspended = 2,
  Terminating = 3,
  Succeeded = 4,
  Failed = 5,
  Terminated = 6,
};

/// The status' name, such as `Running`. Static storage.
PROMOFLOW_API std::string_view to_string(EnvironmentStatus status) noexcept;
PROMOFLOW_API std::string_view to_string(ReleaseStatus status) noexcept;

/// Whether a release in this status has ended: it takes Retry, Skip and Tick at most.
PROMOFLOW_API bool is_final(ReleaseStatus status) noexcept;

/// The release took another status.
struct ReleaseChanged {
  ReleaseStatus status{};
};

/// An environment took another status.
struct EnvironmentChanged {
  EnvironmentId environment{};
  std::string_view environment_name;
  EnvironmentStatus status{};
};

/// An environment's soak ended well (R18). `ticket` is its promotion's.
struct Soaked {
  Ticket ticket{};
};

/// A key of the promotion context was written whose name is a default argument's: it is kept and
/// never handed to a hook (C6). Ticket 0: the context given at start.
struct KeyShadowed {
  std::string_view key;
  Ticket ticket{};
};

/// The machine refused an operator's action (S3). In traces of simulations only.
struct Refused {
  std::string_view action;  ///< `retry`, `skip` or `terminate`.
  ErrorCode error{};
  std::string_view by{};  ///< Who asked; empty: not given.
};

/// One line of a release's history: an event that was applied, a command that was issued, a status
/// that changed. A deadline is a Terminate, an expired command a Cancel and then its failure, an
/// invalid export a HookFailed (S5). Views are borrowed as those of commands are.
struct Record {
  using What =
      std::variant<ReleaseChanged, EnvironmentChanged, RunHook, Promote, Cancel, HookSucceeded,
                   HookFailed, PromotionSucceeded, PromotionFailed, Suspended, Resumed, Terminate,
                   Retry, Refused, Queued, Started, Skip, Soaked, ContextConflict, KeyShadowed>;
  Instant at{};
  What what;
};

/// The record as one line of JSON without a line end, as S5 lays down; `t` counts from `origin`.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> to_json(const Record& record,
                                                        Instant origin) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

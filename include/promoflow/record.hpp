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

namespace promoflow {

/// The numbers are part of the ABI.
enum class EnvironmentStatus : std::int32_t {
  Pending = 1,
  Running = 2,
  Suspended = 3,
  Successful = 4,
  Failed = 5,
  Terminated = 6,
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

/// Whether a release in this status takes no event but Retry and Tick.
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

/// The machine refused an operator's action (S3). In traces of simulations only.
struct Refused {
  std::string_view action;  ///< `retry` or `terminate`.
  ErrorCode error{};
};

/// One thing of a release's history: an event that was applied, a command that was given, a status
/// that changed. A deadline of the flow is a Terminate, an expired command a Cancel and then its
/// failure, an invalid export a HookFailed (S5). Views are borrowed as those of commands are.
struct Record {
  using What = std::variant<ReleaseChanged, EnvironmentChanged, RunHook, Promote, Cancel,
                            HookSucceeded, HookFailed, PromotionSucceeded, PromotionFailed,
                            Suspended, Resumed, Terminate, Retry, Refused>;
  Instant at{};
  What what;
};

/// The record as one line of JSON without a line end, as S5 lays down; `t` counts from `origin`.
/// Errors: OutOfMemory. Thread-safe.
PROMOFLOW_API Result<std::string> to_json(const Record& record, Instant origin) noexcept;

}  // namespace promoflow

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The arguments that only onFail hooks are handed (A2, A3, A4), as text.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "arguments/arguments_data.hpp"
#include "flow/flow_data.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The longest text of FAILED_ENVIRONMENTS whose messages are not cut, in bytes (A3).
inline constexpr std::size_t kFailedEnvironmentsBytesMax = 49'152;

/// One element of FAILED_ENVIRONMENTS.
struct FailedEnvironment {
  EntityIndex environment;
  EnvironmentStatus status;
  std::string_view message;
};

/// The environments in the order given, and ERROR_MESSAGE. May throw std::bad_alloc.
std::shared_ptr<const FailureArguments> failure_arguments(const FlowData& flow,
                                                          std::span<const FailedEnvironment> failed,
                                                          std::string_view message);

/// The same for an environment's own onFail hooks; null if it has none. May throw std::bad_alloc.
std::shared_ptr<const FailureArguments> environment_failure(const FlowData& flow,
                                                            EntityIndex environment,
                                                            EnvironmentStatus status,
                                                            std::string_view message);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

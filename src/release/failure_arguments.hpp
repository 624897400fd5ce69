// SPDX-License-Identifier: Apache-2.0
/// @file
/// What onFail hooks are handed (A2, A3, A4), as text.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "arguments/arguments_data.hpp"
#include "flow/flow_data.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// One line of FAILED_ENVIRONMENTS.
struct FailedEnvironment {
  LaneIndex lane;
  EnvironmentStatus status;
  std::string_view message;
};

/// A3 and A4: the environments as they come, and the message.
std::shared_ptr<const FailureArguments> failure_arguments(const FlowData& flow,
                                                          std::span<const FailedEnvironment> failed,
                                                          std::string_view message);

/// The same for an environment's own onFail hooks; null if it has none.
std::shared_ptr<const FailureArguments> environment_failure(const FlowData& flow, LaneIndex lane,
                                                            EnvironmentStatus status,
                                                            std::string_view message);

/// A duration as messages say it (M5).
std::string duration_text(Millis duration);

}  // namespace promoflow::detail

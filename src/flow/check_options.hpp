// SPDX-License-Identifier: Apache-2.0
/// @file
/// What may be wrong with the options of a flow or of a step, apart from the graph.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::detail {

/// As long as Go's durations go: 2^63 nanoseconds, 292 years.
inline constexpr std::chrono::milliseconds kDurationMax{9223372036854};
inline constexpr std::chrono::minutes kTimeoutLimitMax =
    std::chrono::floor<std::chrono::minutes>(kDurationMax);

/// Of environments, hooks, workflows, arguments: not empty, no control characters, UTF-8.
bool is_plain_name(std::string_view name) noexcept;

/// What is said of a hook's own argument with the name of a default one (M6).
std::string reserved_argument_message(std::string_view name);
inline constexpr std::string_view kReservedArgumentHint =
    "give it another name: only the library itself hands an argument of this one";

struct OptionProblem {
  DiagnosticCode code;
  std::string pointer;  ///< From the flow's or the step's own object: `/hooks/onFail/0`.
  std::string message;
  std::string hint;
};

/// All problems, in the order of the manifest that would say the same.
std::vector<OptionProblem> check_options(const FlowOptions& options);
std::vector<OptionProblem> check_options(const StepOptions& options);

}  // namespace promoflow::detail

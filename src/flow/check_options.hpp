// SPDX-License-Identifier: Apache-2.0
/// @file
/// Checks of the options of a flow or of a step; the graph is checked by the builder.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The longest duration of Go: 2^63 nanoseconds, 292 years.
inline constexpr std::chrono::milliseconds kDurationMax{9223372036854};
inline constexpr std::chrono::minutes kTimeoutLimitMax =
    std::chrono::floor<std::chrono::minutes>(kDurationMax);

/// Message and hint for a hook's own argument with the name of a default one (M6).
std::string reserved_argument_message(std::string_view name);
inline constexpr std::string_view kReservedArgumentHint =
    "give it another name: only the library itself hands an argument of this one";

struct OptionProblem {
  DiagnosticCode code;
  std::string pointer;  ///< Relative to the flow's `spec` or to the step: `/hooks/onFail/0`.
  std::string message;
  std::string hint;
};

/// The first problems, in the order of the manifest that would say the same; others are counted.
struct OptionProblems {
  std::vector<OptionProblem> listed{};
  std::size_t errors_unlisted = 0;
  std::size_t warnings_unlisted = 0;
};
OptionProblems check_options(const FlowOptions& options);
OptionProblems check_options(const StepOptions& options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

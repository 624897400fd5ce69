// SPDX-License-Identifier: Apache-2.0
/// @file
/// Colours by status for pictures: light fills that carry dark text, on white and on dark pages.
#pragma once

#include <optional>
#include <string_view>

#include "promoflow/record.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

struct Colors {
  std::string_view fill;
  std::string_view line;
  std::string_view text;
  bool dashed = false;  ///< The outline: nothing happens here.
};

inline constexpr Colors kPlainColors{"#f6f8fa", "#8c959f", "#1f2328"};
inline constexpr Colors kTriggerColors{"#ddf4ff", "#0969da", "#0a3069"};

constexpr Colors colors_of(EnvironmentStatus status) noexcept {
  switch (status) {
    case EnvironmentStatus::Pending: return {"#f6f8fa", "#8c959f", "#57606a"};
    case EnvironmentStatus::Running: return {"#ddf4ff", "#0969da", "#0a3069"};
    case EnvironmentStatus::Suspended: return {"#fff8c5", "#9a6700", "#4d2d00"};
    case EnvironmentStatus::Successful: return {"#dafbe1", "#1a7f37", "#033a16"};
    case EnvironmentStatus::Failed: return {"#ffebe9", "#cf222e", "#82071e"};
    case EnvironmentStatus::Terminated: return {"#fbefff", "#8250df", "#3e1f79"};
    case EnvironmentStatus::Skipped: return {"#ffffff", "#6e7781", "#57606a", true};
  }
  return kPlainColors;
}

/// `trigger`: colours of the trigger environment where no status is known.
constexpr Colors colors_of(std::optional<EnvironmentStatus> status, bool trigger) noexcept {
  if (status) { return colors_of(*status); }
  return trigger ? kTriggerColors : kPlainColors;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

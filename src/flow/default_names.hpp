// SPDX-License-Identifier: Apache-2.0
/// @file
/// The names of the default arguments. They are reserved at every point: neither an assigned
/// argument nor a context key with such a name is ever handed to a hook (A5, C6).
#pragma once

#include <array>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Arguments that every hook is handed, in their order (A1).
inline constexpr std::array<std::string_view, 6> kDefaultNames = {
    "RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME", "RELEASE_ID"};

/// Arguments that only onFail hooks are handed, in their order (A2).
inline constexpr std::array<std::string_view, 2> kFailureNames = {"FAILED_ENVIRONMENTS",
                                                                  "ERROR_MESSAGE"};

/// Whether the name belongs to one of the eight default arguments.
constexpr bool is_default_name(std::string_view name) noexcept {
  for (const std::string_view taken : kDefaultNames) {
    if (name == taken) { return true; }
  }
  return name == kFailureNames[0] || name == kFailureNames[1];
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The names of the default arguments. They are reserved at every point: an argument of a hook's
/// own or a key of the context that has one of them is never handed to a hook (A5, C6).
#pragma once

#include <array>
#include <string_view>

namespace promoflow::detail {

/// A1's names, in their order.
inline constexpr std::array<std::string_view, 6> kDefaultNames = {
    "RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME", "RELEASE_ID"};

/// A2's names, in their order.
inline constexpr std::array<std::string_view, 2> kFailureNames = {"FAILED_ENVIRONMENTS",
                                                                  "ERROR_MESSAGE"};

/// Whether the name is one of A1's or A2's.
constexpr bool is_default_name(std::string_view name) noexcept {
  for (const std::string_view taken : kDefaultNames) {
    if (name == taken) { return true; }
  }
  return name == kFailureNames[0] || name == kFailureNames[1];
}

}  // namespace promoflow::detail

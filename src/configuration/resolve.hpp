// SPDX-License-Identifier: Apache-2.0
/// @file
/// The answer of Configuration::resolve(), or a part of it: what is said of the policies that give
/// nothing takes memory for environments times policies.
#pragma once

#include <string_view>

#include "promoflow/configuration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Of which environments the policy is wanted.
struct WantedEnvironments {
  bool none = false;
  std::string_view only{};  ///< Empty: all of them.
};

/// Errors: as Configuration::resolve().
Result<Resolution> resolve(const ConfigurationData& data, const Trigger& trigger, PolicyOrder order,
                           const WantedEnvironments& wanted) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

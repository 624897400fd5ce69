// SPDX-License-Identifier: Apache-2.0
/// @file
/// The longest time that a flow itself makes a release wait.
#pragma once

#include "flow/flow_data.hpp"
#include "promoflow/exploration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// As Exploration::longest_wait says. May throw std::bad_alloc.
std::optional<std::vector<Wait>> longest_wait(const FlowData& flow,
                                              std::optional<std::uint32_t> failures_max);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

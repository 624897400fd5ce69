// SPDX-License-Identifier: Apache-2.0
/// @file
/// Properties that a host made in code: whether they can be checked in a flow.
#pragma once

#include <string>

#include "flow/flow_data.hpp"
#include "promoflow/properties.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Why a property cannot be checked: what read_properties() would say of its text. Empty: it can.
std::string problem_of(const FlowData& flow, const Property& property);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

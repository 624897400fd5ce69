// SPDX-License-Identifier: Apache-2.0
/// @file
/// The scenario of a run as a member of a JSON object.
#pragma once

#include <optional>
#include <string_view>

#include "base/json_writer.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Writes `"scenario"`; where there is none, and it is known why, `"forbiddenBy"` behind it.
void write_scenario_member(JsonWriter& json, const std::optional<Scenario>& scenario,
                           std::string_view impossible);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

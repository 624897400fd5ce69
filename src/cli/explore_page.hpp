// SPDX-License-Identifier: Apache-2.0
/// @file
/// An exploration as one HTML page: outcomes, each with the timeline of a run to it.
#pragma once

#include <string>
#include <vector>

#include "promoflow/properties.hpp"

namespace promoflow::cli {

/// Errors: those of simulate() and OutOfMemory.
Result<std::string> exploration_page(const Flow& flow, const Exploration& found,
                                     const std::vector<PropertyFinding>& properties);

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The outcomes of an exploration as a suite of scenarios.
#pragma once

#include <string>

#include "cli/cli.hpp"
#include "promoflow/exploration.hpp"

namespace promoflow::cli {

/// Writes a scenario for each outcome into a directory, and `outcomes.json`: what each of them ends
/// in, and the options with which all of them were found.
Exit write_scenarios(const Flow& flow, const Exploration& found, const ExplorationOptions& options,
                     const std::string& directory);

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Properties files, as `promoflow explore` and `promoflow diff` read them.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "promoflow/properties.hpp"

namespace promoflow::cli {

/// Reads the properties of a flow. Exit::Fine, or the problems were shown.
Exit read_properties_file(const std::string& file, const Flow& flow, const std::string& color,
                          std::vector<Property>& properties);

}  // namespace promoflow::cli

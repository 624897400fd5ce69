// SPDX-License-Identifier: Apache-2.0
/// @file
/// Stores of each version, kept under tests/stores/: what was written once is opened for ever.
#pragma once

#include <filesystem>

#include "promises.hpp"

namespace promoflow::prove {

/// Opens a copy of each store under `folder`, checks all that it has, and drives what is not at its
/// end there. Throws Broken.
void check_stores(const std::filesystem::path& folder, Counts& counts);

/// Writes the store of the present version; to be done once, before a version is released.
void write_stores(const std::filesystem::path& folder);

}  // namespace promoflow::prove

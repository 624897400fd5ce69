// SPDX-License-Identifier: Apache-2.0
/// @file
/// Snapshots of each version of the format, kept under tests/snapshots/: what was saved once is
/// read for ever.
#pragma once

#include <filesystem>

#include "promises.hpp"

namespace promoflow::prove {

/// Checks those under `folder`. Throws Broken.
void check_snapshots(const std::filesystem::path& folder, Counts& counts);

/// Writes those of the present version; to be done once, when the version has been raised.
void write_snapshots(const std::filesystem::path& folder);

}  // namespace promoflow::prove

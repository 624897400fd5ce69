// SPDX-License-Identifier: Apache-2.0
/// @file
/// The conformance stories, run by the model alone: it must give their traces, or comparisons of
/// the library with it would show nothing.
#pragma once

#include <filesystem>

#include "promises.hpp"

namespace promoflow::prove {

/// Runs one story. Throws Broken, whose text names it.
void check_story(const std::filesystem::path& folder, Counts& counts);

/// Runs each story under `folder` that has a trace.
void check_stories(const std::filesystem::path& folder, Counts& counts);

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The conformance stories, run by the model alone: it must give their traces, or comparisons of
/// the library with it would show nothing.
#pragma once

#include <filesystem>

#include "promises.hpp"

namespace promoflow::prove {

/// Runs each story under `folder` that has a trace. Throws Broken, whose text names the story.
void check_stories(const std::filesystem::path& folder, Counts& counts);

}  // namespace promoflow::prove

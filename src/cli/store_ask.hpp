// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a process that drives a release is asked to do with it, through the store (D6).
#pragma once

#include <string>

#include "cli/cli.hpp"
#include "cli/store_access.hpp"
#include "promoflow/event.hpp"

namespace promoflow::cli {

/// Leaves the request and, with `waits`, waits for what becomes of it. Fine: applied, or left;
/// Wrong: refused; Undriven: nobody drives the release.
Exit ask(Store& store, const std::string& release, const Event::What& what, bool waits);

}  // namespace promoflow::cli

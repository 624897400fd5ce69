// SPDX-License-Identifier: Apache-2.0
/// @file
/// Starting a release: its identity, which environments it skips (R16), its first context.
#pragma once

#include <memory>
#include <string_view>

#include "promoflow/release.hpp"
#include "promoflow/result.hpp"
#include "release/machine.hpp"

namespace promoflow::detail {

/// Errors: those of Release::start(), except OutOfMemory: it throws std::bad_alloc instead.
Result<std::unique_ptr<Machine>> start_machine(Flow&& flow, ReleaseInfo&& info, Instant now,
                                               std::string_view context,
                                               const EnvironmentSelection& selection);

}  // namespace promoflow::detail

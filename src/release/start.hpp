// SPDX-License-Identifier: Apache-2.0
/// @file
/// Starting a release: its identity, which environments it skips (R16), its first context.
#pragma once

#include <memory>
#include <string_view>

#include "promoflow/release.hpp"
#include "promoflow/result.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Who a release, or a trace, is that was moved from: no one.
const ReleaseInfo& no_release_info() noexcept;

/// Errors: those of Release::start(), except OutOfMemory: it throws std::bad_alloc instead.
Result<std::unique_ptr<Machine>> start_machine(const FlowData& flow, ReleaseInfo&& info,
                                               Instant now, std::string_view context,
                                               const EnvironmentSelection& selection);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

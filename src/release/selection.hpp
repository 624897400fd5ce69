// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which environments a start skips (R16).
#pragma once

#include <vector>

#include "flow/flow_data.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// In step order. Errors: InvalidArgument, UnknownEnvironment. May throw std::bad_alloc.
Result<std::vector<EntityIndex>> skipped_environments(const FlowData& flow,
                                                      const EnvironmentSelection& selection);

}  // namespace promoflow::detail

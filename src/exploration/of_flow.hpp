// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether an exploration can be of a flow: nothing is read that one of another flow does not have.
#pragma once

#include <algorithm>

#include "promoflow/exploration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline bool is_of(const Flow& flow, const Exploration& exploration) {
  const std::size_t count = flow.environment_count();
  return std::all_of(exploration.outcomes.begin(), exploration.outcomes.end(),
                     [count](const ReleaseOutcome& outcome) {
                       return outcome.environments.size() == count &&
                              (!outcome.next.retry || outcome.next.environments.size() == count);
                     });
}

/// The error for one that is not.
inline Error of_another_flow() {
  return {ErrorCode::InvalidArgument, "exploration", "it is of another flow"};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an exploration says of each hook and environment: in which runs something happens, and with
/// how few failures.
#pragma once

#include "exploration/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Fills `hooks`, `environments` and `commands_max`. May throw std::bad_alloc.
void find_occurrences(const StateGraph& graph, const FlowData& flow,
                      const ExplorationOptions& options, Exploration& exploration);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

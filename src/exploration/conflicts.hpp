// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which hooks write one key of the promotion context in an order that is left to chance (C5).
#pragma once

#include "exploration/exports.hpp"
#include "promoflow/exploration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Fills `conflicts`; where a bound is reached meanwhile, `complete` and `bound`. May throw.
void find_conflicts(const Flow& flow, const ExplorationOptions& options, const Exports& exports,
                    Exploration& exploration);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

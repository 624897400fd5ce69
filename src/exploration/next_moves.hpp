// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a release goes on if nothing fails any more, and what an operator can still do with one that
/// has ended.
#pragma once

#include "exploration/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Lets everything succeed in the loaded state until the release has ended, and adds what was
/// chosen. False: it does not end. May throw std::bad_alloc.
bool run_to_end(Stepper& stepper, std::vector<Choice>& taken);

/// The moves in a state in which the release has ended. May throw std::bad_alloc.
NextMoves next_moves(StateGraph& graph, StateNumber ended);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

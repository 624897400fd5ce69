// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an operator can still do with a release that has ended.
#pragma once

#include "exploration/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The moves in a state in which the release has ended. May throw std::bad_alloc.
NextMoves next_moves(StateGraph& graph, StateNumber ended);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

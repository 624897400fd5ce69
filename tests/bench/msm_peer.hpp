// SPDX-License-Identifier: Apache-2.0
/// @file
/// Boost.MSM as a peer. Apart from all else: it is compiled as C++17, which older ones of it need.
#pragma once

#include <cstddef>

namespace promoflow::bench {

/// A state machine for each environment, three events each, without a graph. Answers with how many
/// have come to their last state.
std::size_t run_state_machines(std::size_t environments);

}  // namespace promoflow::bench

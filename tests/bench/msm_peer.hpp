// SPDX-License-Identifier: Apache-2.0
/// @file
/// Boost.MSM as a peer. It has a header of its own because it is compiled as C++17, which older
/// versions of Boost.MSM need.
#pragma once

#include <cstddef>

namespace promoflow::bench {

/// A state machine for each environment, three events each, without a graph. Returns how many
/// have reached their last state.
std::size_t run_state_machines(std::size_t environments);

}  // namespace promoflow::bench

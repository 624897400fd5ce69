// SPDX-License-Identifier: Apache-2.0
/// @file
/// The release queue (P10): every state of a few releases and environments, against a second model.
#pragma once

#include <cstdint>

namespace promoflow::prove {

struct QueueCounts {
  std::uint64_t queues = 0;  ///< Modes and bounds, each with its releases and environments.
  std::uint64_t states = 0;  ///< Each also reached by a replay, and driven until nobody is left.
  std::uint64_t transitions = 0;  ///< Each from a restored snapshot.
  std::uint64_t refused = 0;      ///< Of these, events that changed nothing.
  std::uint64_t twice = 0;        ///< Events that were delivered a second time.
};

/// Of three releases and one environment, or two of each; `all`: of four releases, too. Throws
/// Broken.
QueueCounts queue(bool all);

}  // namespace promoflow::prove

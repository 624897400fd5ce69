// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which hooks precede which (P6), and the shortest run in which a key is missing: what is computed
/// from a flow's graph, against exploration of the machine.
#pragma once

#include <cstdint>
#include <functional>

namespace promoflow::prove {

struct PrecedenceCounts {
  std::uint64_t flows = 0;
  std::uint64_t random_flows = 0;
  std::uint64_t large_flows = 0;  ///< Random ones of six or seven environments.
  std::uint64_t states = 0;
  std::uint64_t pairs = 0;  ///< Of hooks, may and must.
  std::uint64_t runs = 0;   ///< Shortest ones.
};

/// Every flow of up to `steps` environments with hooks at every point, each failure policy, then
/// `random` flows, and some that are larger. Throws Broken, whose text has the manifest.
/// `out_of_time`: asked between flows.
PrecedenceCounts precedence(int steps, std::uint64_t random,
                            const std::function<bool()>& out_of_time);

}  // namespace promoflow::prove

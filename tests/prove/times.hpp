// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which outcomes a scenario can show, given the durations of the flow (X2, X4): explorations
/// against an enumeration of all runs in real time.
#pragma once

#include <cstdint>
#include <functional>

namespace promoflow::prove {

struct TimesCounts {
  std::uint64_t flows = 0;
  std::uint64_t too_large = 0;   ///< Flows that were left: too many states in real time.
  std::uint64_t shown = 0;       ///< Outcomes with a scenario.
  std::uint64_t impossible = 0;  ///< Outcomes that no run in real time has.
};

/// Random flows of up to four environments with lengths of some minutes. Throws Broken.
/// `out_of_time`: asked between flows.
TimesCounts times(std::uint32_t from, std::uint32_t count,
                  const std::function<bool()>& out_of_time);

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Explorations that look at one order of what cannot matter, against those of all orders (X6).
#pragma once

#include <cstdint>
#include <functional>

namespace promoflow::prove {

struct ReductionCounts {
  std::uint64_t flows = 0;
  std::uint64_t random_flows = 0;
  std::uint64_t comparisons = 0;  ///< Of a flow, with what may happen in it.
  std::uint64_t too_large = 0;    ///< Comparisons that were left: more states than the bound.
  std::uint64_t states = 0;       ///< In all orders, of those that were compared.
  std::uint64_t reduced = 0;      ///< Where one order stands for all.
};

/// Every `every`-th flow of up to four environments, then `random` random flows. Throws Broken,
/// whose text has the manifest. `out_of_time`: asked between flows.
ReductionCounts reduction(std::uint64_t every, std::uint64_t random,
                          const std::function<bool()>& out_of_time);

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
#include "configuration/reach.hpp"

#include <algorithm>
#include <numeric>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

Reach::Reach(const Flow& flow)
    : flow_(flow),
      order_(flow.environment_count()),
      own_(flow.environment_count()),
      before_(flow.environment_count()) {
  std::iota(order_.begin(), order_.end(), 0U);
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return flow.level(EnvironmentId{a}) < flow.level(EnvironmentId{b});
  });
}

void Reach::spread() {
  for (const std::uint32_t environment : order_) {
    std::uint64_t bits = 0;
    for (const EnvironmentId on : flow_.dependencies(EnvironmentId{environment})) {
      const auto at = static_cast<std::uint32_t>(on);
      bits |= own_[at] | before_[at];
    }
    before_[environment] = bits;
  }
}

void Reach::clear() { std::fill(own_.begin(), own_.end(), 0); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "reduction.hpp"

#include <string>

#include "promises.hpp"
#include "small_flows.hpp"

namespace promoflow::prove {

namespace {

/// With more states in all orders a flow is left; such flows are counted.
constexpr std::uint64_t kStatesMax = 100'000;

void check(const Flow& flow, ReductionCounts& counts) {
  for (std::uint32_t variant = 0; variant < test::kOrderVariants; ++variant) {
    const test::OrderComparison compared = test::compare_orders(flow, variant, kStatesMax);
    if (!compared.is_complete) {
      ++counts.too_large;
      continue;
    }
    expect(compared.difference.empty(), "variant " + std::to_string(variant) +
                                            ": with and without all orders differ:\n" +
                                            compared.difference + *write_manifest(flow));
    ++counts.comparisons;
    counts.states += compared.states;
    counts.reduced += compared.reduced;
  }
}

}  // namespace

ReductionCounts reduction(std::uint64_t every, std::uint64_t random,
                          const std::function<bool()>& out_of_time) {
  ReductionCounts counts;
  std::uint64_t number = 0;
  test::each_small_flow([&](const Flow& flow) {
    if (number++ % every != 0 || out_of_time()) { return; }
    check(flow, counts);
    ++counts.flows;
  });
  for (std::uint32_t seed = 20'000; seed < 20'000 + random && !out_of_time(); ++seed) {
    check(test::random_flow(seed, 4), counts);
    ++counts.random_flows;
  }
  return counts;
}

}  // namespace promoflow::prove

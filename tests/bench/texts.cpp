// SPDX-License-Identifier: Apache-2.0
// Snapshots as JSON, and simulations in virtual time.
#include <cstdlib>
#include <memory>

#include "drive.hpp"
#include "suite.hpp"

namespace promoflow::bench {

void add_texts(Suite& suite) {
  constexpr std::uint32_t kMany = 100'000;
  const Flow& many = flow(Shape::Layered, kMany, true);
  const std::shared_ptr<Release> release = half_way(many);
  const auto saved = release->snapshot();
  if (!saved) { std::abort(); }
  suite.time("snapshot/save, 100k environments", kMany, "ns/environment", [release] {
    if (!release->snapshot()) { std::abort(); }
  });
  suite.time("snapshot/restore, 100k environments", kMany, "ns/environment",
             [&many, text = *saved] {
               if (!Release::restore(many, text)) { std::abort(); }
             });
  constexpr std::uint32_t kSimulated = 10'000;
  const Flow& simulated = flow(Shape::Layered, kSimulated, true);
  suite.time("simulate/10k environments with hooks, 24 hours", 1e6, "ms",
             [&simulated, scenario = day()] {
               const auto trace = simulate(simulated, scenario);
               if (!trace || trace->status() != ReleaseStatus::Succeeded) { std::abort(); }
             });
}

}  // namespace promoflow::bench

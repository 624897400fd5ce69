// SPDX-License-Identifier: Apache-2.0
#include "small_flows.hpp"

#include <map>

namespace promoflow::test {

namespace {

using Outcomes = std::map<std::string, std::uint32_t>;

Outcomes outcomes_of(const Exploration& exploration) {
  Outcomes outcomes;
  for (const ReleaseOutcome& outcome : exploration.outcomes) {
    std::string line(to_string(outcome.release));
    for (const EnvironmentStatus status : outcome.environments) {
      line += " " + std::string(to_string(status));
    }
    outcomes[line] = outcome.failures;
  }
  return outcomes;
}

bool same(const Finding& left, const Finding& right) {
  return left.occurrence == right.occurrence && left.failures == right.failures;
}

}  // namespace

std::string difference_of(const Exploration& reduced, const Exploration& all) {
  std::string difference;
  const auto check = [&](bool equal, const std::string& what) {
    if (!equal) { difference += what + "\n"; }
  };
  check(outcomes_of(reduced) == outcomes_of(all), "outcomes");
  check(reduced.outcomes.size() == all.outcomes.size(), "the number of outcomes");
  for (std::size_t i = 0; i < all.hooks.size(); ++i) {
    const HookFinding& one = reduced.hooks[i];
    const HookFinding& other = all.hooks[i];
    check(same(one.runs, other.runs), "how often " + one.hook + " runs");
    check(same(one.runs_unless_succeeded, other.runs_unless_succeeded),
          "how often " + one.hook + " runs where the release does not succeed");
  }
  for (std::size_t i = 0; i < all.environments.size(); ++i) {
    const EnvironmentFinding& one = reduced.environments[i];
    const EnvironmentFinding& other = all.environments[i];
    check(same(one.begun, other.begun) && same(one.succeeded, other.succeeded) &&
              same(one.failed, other.failed) && same(one.terminated, other.terminated),
          "environment " + std::to_string(i));
  }
  check(same(reduced.untold, all.untold), "failures that nobody is told of");
  check(reduced.commands_max == all.commands_max, "the most commands");
  check(reduced.states <= all.states, "more states than in all orders");
  return difference;
}

OrderComparison compare_orders(const Flow& flow, std::uint32_t variant, std::uint64_t states_max) {
  ExplorationOptions options;
  options.retries_max = variant % 4 == 1 ? 1 : 0;
  options.terminate = variant % 4 == 2;
  options.skip = variant % 4 == 3;
  if (variant % 3 == 0) { options.failures_max.reset(); }
  if (variant % 3 == 1) { options.failures_max = 1; }
  options.states_max = states_max;
  OrderComparison comparison;
  options.all_orders = true;
  const auto all = explore(flow, options);
  options.all_orders = false;
  const auto reduced = explore(flow, options);
  if (!all || !reduced) { std::abort(); }
  comparison.is_complete = all->complete;
  comparison.states = all->states;
  comparison.reduced = reduced->states;
  if (!all->complete) { return comparison; }
  comparison.difference =
      reduced->complete ? difference_of(*reduced, *all) : "only all orders are complete\n";
  return comparison;
}

}  // namespace promoflow::test

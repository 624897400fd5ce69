// SPDX-License-Identifier: Apache-2.0
// Outcomes by the hook or the environment that their rules are for (S1).
#include "simulation/outcomes.hpp"

namespace promoflow::detail {

Outcomes::Outcomes(const Scenario& scenario) : outcomes_(&scenario.outcomes) {
  for (std::size_t i = 0; i < outcomes_->size(); ++i) {
    const Outcome& outcome = (*outcomes_)[i];
    if (outcome.hook) {
      by_hook_[*outcome.hook].push_back(static_cast<std::uint32_t>(i));
    } else if (outcome.environment) {
      by_environment_[*outcome.environment].push_back(static_cast<std::uint32_t>(i));
    }
  }
}

const Outcome* Outcomes::find_hook(std::string_view hook, Point point,
                                   std::optional<std::string_view> environment,
                                   std::uint32_t attempt,
                                   std::optional<std::uint32_t> place) const {
  const auto rules = by_hook_.find(hook);
  if (rules == by_hook_.end()) { return nullptr; }
  for (const std::uint32_t rule : rules->second) {
    const Outcome& outcome = (*outcomes_)[rule];
    const bool matches = (!outcome.point || *outcome.point == point) &&
                         (!outcome.environment || outcome.environment == environment) &&
                         (!outcome.attempt || *outcome.attempt == attempt) &&
                         (!outcome.place || outcome.place == place);
    if (matches) { return &outcome; }
  }
  return nullptr;
}

const Outcome* Outcomes::find_promotion(std::string_view environment, std::uint32_t attempt) const {
  const auto rules = by_environment_.find(environment);
  if (rules == by_environment_.end()) { return nullptr; }
  for (const std::uint32_t rule : rules->second) {
    const Outcome& outcome = (*outcomes_)[rule];
    if (!outcome.attempt || *outcome.attempt == attempt) { return &outcome; }
  }
  return nullptr;
}

}  // namespace promoflow::detail

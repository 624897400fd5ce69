// SPDX-License-Identifier: Apache-2.0
// S1: outcomes, by the hook or the environment that they speak of.
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

const Outcome* Outcomes::find(const RunHook& command) const {
  return find_hook(command.hook, command.point,
                   command.environment ? std::optional(command.environment_name) : std::nullopt,
                   command.attempt);
}

const Outcome* Outcomes::find(const Promote& command) const {
  return find_promotion(command.environment_name, command.attempt);
}

const Outcome* Outcomes::find_hook(std::string_view hook, Point point,
                                   std::optional<std::string_view> environment,
                                   std::uint32_t attempt) const {
  const auto rules = by_hook_.find(hook);
  if (rules == by_hook_.end()) { return nullptr; }
  for (const std::uint32_t rule : rules->second) {
    const Outcome& outcome = (*outcomes_)[rule];
    const bool here = !outcome.point || *outcome.point == point;
    const bool in_environment =
        !outcome.environment || (environment && *outcome.environment == *environment);
    if (here && in_environment && (!outcome.attempt || *outcome.attempt == attempt)) {
      return &outcome;
    }
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

// SPDX-License-Identifier: Apache-2.0
#include "exploration/exports.hpp"

#include "base/guard.hpp"
#include "promoflow/context.hpp"
#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

Scenario exports_of(const std::vector<Outcome>& rules) {
  Scenario scenario;
  for (const Outcome& rule : rules) {
    if (!rule.hook || !rule.context) { continue; }
    Outcome only;
    only.hook = rule.hook;
    only.point = rule.point;
    only.environment = rule.environment;
    only.place = rule.place;
    only.context = rule.context;
    scenario.outcomes.push_back(std::move(only));
  }
  return scenario;
}

}  // namespace

Exports::Exports(const std::vector<Outcome>& rules)
    : scenario_(exports_of(rules)), outcomes_(scenario_) {}

std::string Exports::problem() const {
  for (const Outcome& rule : scenario_.outcomes) {
    const std::string reason = value_or_throw(check_export(*rule.context));
    if (!reason.empty()) { return "hook '" + *rule.hook + "' exports " + reason; }
  }
  return {};
}

const std::string* Exports::of(const FlowData& flow, const Place& place) const {
  if (!place.is_hook()) { return nullptr; }
  const bool is_release = place.entity == flow.size();
  const Hook& hook = flow.chains_of(place.entity).of[chain_of(place.state)][place.hook];
  const auto environment =
      is_release ? std::nullopt : std::optional<std::string_view>(flow.names[place.entity]);
  const Outcome* const rule = outcomes_.find_hook(hook.name, point_of(place.state, is_release),
                                                  environment, 1, place.hook + 1);
  return rule == nullptr ? nullptr : &*rule->context;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

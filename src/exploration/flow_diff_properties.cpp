// SPDX-License-Identifier: Apache-2.0
// Properties of the new flow, checked in both. The old flow may lack what they name: then they say
// nothing of it.
#include <algorithm>

#include "exploration/flow_diff.hpp"
#include "flow/flow_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

bool has_hook(const Flow& flow, std::string_view name) {
  for (const Chains& chains : flow.data().chains) {
    for (const auto& list : chains.of) {
      if (std::any_of(list.begin(), list.end(),
                      [&](const Hook& hook) { return hook.name == name; })) {
        return true;
      }
    }
  }
  return false;
}

bool has_names(const Flow& flow, const std::vector<Pattern>& patterns) {
  const auto has_environment = [&](const std::optional<std::string>& name) {
    return !name || flow.find_environment(*name);
  };
  return std::all_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
    return has_environment(pattern.environment) && has_environment(pattern.promotion) &&
           (!pattern.hook || has_hook(flow, *pattern.hook)) && has_names(flow, pattern.meanwhile);
  });
}

}  // namespace

Result<std::vector<PropertyChange>> diff_properties(const Flow& before, const Flow& after,
                                                    const ExplorationOptions& options,
                                                    const std::vector<Property>& properties) {
  std::vector<PropertyChange> changes;
  if (properties.empty()) { return changes; }
  std::vector<Property> known;
  for (const Property& property : properties) {
    if (has_names(before, property.first) && has_names(before, property.second)) {
      known.push_back(property);
    }
  }
  auto was = check_properties(before, known, options);
  if (!was) { return tl::unexpected(std::move(was.error())); }
  auto is = check_properties(after, properties, options);
  if (!is) { return tl::unexpected(std::move(is.error())); }
  auto next = was->begin();
  for (std::size_t i = 0; i < properties.size(); ++i) {
    PropertyChange change;
    change.after = std::move((*is)[i]);
    const Property& property = properties[i];
    if (has_names(before, property.first) && has_names(before, property.second)) {
      change.before = (next++)->verdict;
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

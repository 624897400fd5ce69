// SPDX-License-Identifier: Apache-2.0
// The fields of products, policies, promotion templates and environments.
#include <fmt/format.h>

#include <algorithm>

#include "base/position.hpp"
#include "configuration/read.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kTriggerTexts[] = {"commitMessage", "gitRevision"};
constexpr std::string_view kOperators[] = {"In", "NotIn"};
constexpr std::string_view kTypes[] = {"PROD", "NON_PROD"};

/// What a function of a table fills in, and with what it reads.
template <class T>
struct Target {
  const Reading& reading;
  T& value;
};

template <class T>
constexpr Field<T> anything(std::string_view name) {
  return {{name}, [](Checker&, const NodePath&, T&) {}};
}

/// The hint for a list that must not be empty.
void refuse_empty(Checker& checker, const NodePath& list, std::string_view advice) {
  checker.report.add(
      DiagnosticCode::InvalidValue, list, list.node,
      {fmt::format("{} must not be empty", in_quotes(checker.document.text(list.key))),
       std::string(advice)});
}

bool is_not_empty(Checker& checker, const NodePath& value) {
  if (!checker.text(value).empty()) { return true; }
  checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                     {"an empty string matches and names nothing", "leave it out"});
  return false;
}

// --- products ------------------------------------------------------------------------------------

void read_values(Checker& checker, const NodePath& list, TriggerSelector& selector) {
  if (checker.document[list.node].size == 0) {
    return refuse_empty(checker, list, "write the texts that are wanted, such as [main]");
  }
  NodePath entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (checker.has_type(Expect::Text, entry)) {
      selector.values.emplace_back(checker.text(entry));
    }
  }
}

constexpr Field<TriggerSelector> kSelectorFields[] = {
    {{"key", Expect::Text, Use::Required},
     [](Checker& checker, const NodePath& value, TriggerSelector& selector) {
       if (const auto index = checker.word(value, kTriggerTexts)) {
         selector.text = static_cast<TriggerText>(*index);
       }
     }},
    {{"operator", Expect::Text, Use::Required},
     [](Checker& checker, const NodePath& value, TriggerSelector& selector) {
       selector.negated = checker.word(value, kOperators) == std::size_t{1};
     }},
    {{"values", Expect::Sequence, Use::Required}, read_values},
};

using FlowTarget = Target<ProductFlow>;

void read_selectors(Checker& checker, const NodePath& list, FlowTarget& target) {
  if (checker.document[list.node].size == 0) {
    return refuse_empty(checker, list, "leave it out if every trigger is meant");
  }
  NodePath entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (checker.has_type(Expect::Mapping, entry)) {
      read_object(checker, entry, kSelectorFields, target.value.selectors.emplace_back());
    }
  }
}

constexpr Field<FlowTarget> kFlowFields[] = {
    {{"name", Expect::Text, Use::Required},
     [](Checker& checker, const NodePath& value, FlowTarget& target) {
       target.value.flow.name = checker.name(value).value_or("");
       target.value.flow.place = target.reading.places.of(value);
     }},
    {{"gitTriggerSelectors", Expect::Sequence}, read_selectors},
};

using ProductTarget = Target<Product>;

void read_flows(Checker& checker, const NodePath& list, ProductTarget& target) {
  NodePath entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (!checker.has_type(Expect::Mapping, entry)) { continue; }
    FlowTarget flow{target.reading, target.value.flows.emplace_back()};
    read_object(checker, entry, kFlowFields, flow);
  }
}

constexpr Field<ProductTarget> kProductFields[] = {
    {{"promotionFlows", Expect::Sequence}, read_flows},
    {{"promotionTemplateRef", Expect::Text},
     [](Checker& checker, const NodePath& value, ProductTarget& target) {
       if (const auto name = checker.name(value)) {
         target.value.promotion_template = {std::string(*name), target.reading.places.of(value)};
       }
     }},
    {{"tags", Expect::Sequence, Use::Extension},
     [](Checker&, const NodePath& value, ProductTarget& target) {
       read_texts(target.reading, value, target.value.tags);
     }},
    {{"promotionTemplate", Expect::Mapping}, [](Checker&, const NodePath&, ProductTarget&) {}},
};

// --- policies ------------------------------------------------------------------------------------

using PolicyTarget = Target<PolicyDocument>;

template <Part Which>
void read_part(Checker&, const NodePath& value, PolicyTarget& target) {
  PolicyDocument& policy = target.value;
  std::vector<Reference>* const places = Which == Part::ProductNames       ? &policy.products
                                         : Which == Part::EnvironmentNames ? &policy.environments
                                                                           : nullptr;
  read_texts(target.reading, value, policy.parts[static_cast<std::size_t>(Which)], places);
}

/// A value that is no type matches no environment.
void read_types(Checker& checker, const NodePath& value, PolicyTarget& target) {
  read_part<Part::EnvironmentTypes>(checker, value, target);
  NodePath entry{checker.document.first(value.node), &value};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    const std::string_view type = checker.text(entry);
    if (checker.document.kind(entry.node) == NodeKind::String && !type.empty() &&
        std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
      checker.report.warn(DiagnosticCode::PolicyNeverApplies, entry, entry.node,
                          {fmt::format("no environment is of type {}", in_quotes(type)),
                           "the types are PROD and NON_PROD"});
    }
  }
}

constexpr Field<PolicyTarget> kProductPartFields[] = {
    {{"names", Expect::Sequence}, read_part<Part::ProductNames>},
    {{"tags", Expect::Sequence}, read_part<Part::ProductTags>},
};
constexpr Field<PolicyTarget> kEnvironmentPartFields[] = {
    {{"names", Expect::Sequence}, read_part<Part::EnvironmentNames>},
    {{"tags", Expect::Sequence}, read_part<Part::EnvironmentTags>},
    {{"types", Expect::Sequence}, read_types},
};
constexpr Field<PolicyTarget> kSelectorPartFields[] = {
    {{"product", Expect::Mapping},
     [](Checker& checker, const NodePath& value, PolicyTarget& target) {
       read_object(checker, value, kProductPartFields, target);
     }},
    {{"targetEnvironment", Expect::Mapping},
     [](Checker& checker, const NodePath& value, PolicyTarget& target) {
       read_object(checker, value, kEnvironmentPartFields, target);
     }},
};

template <std::optional<std::string> Policy::*Field>
void read_action(Checker& checker, const NodePath& value, PolicyTarget& target) {
  if (!is_not_empty(checker, value)) { return; }
  const auto name = checker.name(value);
  if (!name) { return; }
  target.value.policy.*Field = std::string(*name);
  target.value.actions.push_back({std::string(*name), target.reading.places.of(value)});
}

constexpr std::string_view kActions[] = {"commit", "pr", "none"};

constexpr Field<PolicyTarget> kPolicyPartFields[] = {
    {{"action", Expect::Text},
     [](Checker& checker, const NodePath& value, PolicyTarget& target) {
       if (!is_not_empty(checker, value)) { return; }
       if (const auto index = checker.word(value, kActions)) {
         target.value.policy.action = static_cast<PolicyAction>(*index + 1);
       }
     }},
    {{"preAction", Expect::Text}, read_action<&Policy::pre_action>},
    {{"postAction", Expect::Text}, read_action<&Policy::post_action>},
};

void read_priority(Checker& checker, const NodePath& value, PolicyTarget& target) {
  const std::optional<std::int64_t> number = parse_integer(checker.text(value));
  if (number) {
    target.value.priority = *number;
  } else {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {"'priority' is beyond 64 bits", "write a smaller number"});
  }
}

constexpr Field<PolicyTarget> kPolicyFields[] = {
    {{"priority", Expect::Integer}, read_priority},
    {{"selector", Expect::Mapping},
     [](Checker& checker, const NodePath& value, PolicyTarget& target) {
       read_object(checker, value, kSelectorPartFields, target);
     }},
    {{"policy", Expect::Mapping},
     [](Checker& checker, const NodePath& value, PolicyTarget& target) {
       read_object(checker, value, kPolicyPartFields, target);
     }},
};

// --- environments and promotion templates --------------------------------------------------------

using EnvironmentTarget = Target<EnvironmentDocument>;

constexpr Field<EnvironmentTarget> kEnvironmentFields[] = {
    {{"kind", Expect::Text},
     [](Checker& checker, const NodePath& value, EnvironmentTarget& target) {
       if (const auto index = checker.word(value, kTypes)) { target.value.type = kTypes[*index]; }
     }},
    {{"tags", Expect::Sequence},
     [](Checker&, const NodePath& value, EnvironmentTarget& target) {
       read_texts(target.reading, value, target.value.tags);
     }},
};

struct Nothing {};

constexpr Field<Nothing> kTemplateFields[] = {
    anything<Nothing>("applicationSourceSelector"), anything<Nothing>("priority"),
    anything<Nothing>("versionSource"), anything<Nothing>("promotion")};

}  // namespace

void read_texts(const Reading& reading, const NodePath& list, std::vector<std::string>& texts,
                std::vector<Reference>* places) {
  Checker& checker = reading.checker;
  NodePath entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (!checker.has_type(Expect::Text, entry) || !is_not_empty(checker, entry)) { continue; }
    texts.emplace_back(checker.text(entry));
    if (places != nullptr) { places->push_back({texts.back(), reading.places.of(entry)}); }
  }
}

void read_product(const Reading& reading, const NodePath& spec, Product& product) {
  ProductTarget target{reading, product};
  read_object(reading.checker, spec, kProductFields, target);
}

void read_policy(const Reading& reading, const NodePath& spec, PolicyDocument& policy) {
  PolicyTarget target{reading, policy};
  read_object(reading.checker, spec, kPolicyFields, target);
}

void read_environment(const Reading& reading, const NodePath& spec,
                      EnvironmentDocument& environment) {
  EnvironmentTarget target{reading, environment};
  read_object(reading.checker, spec, kEnvironmentFields, target);
}

void read_promotion_template(const Reading& reading, const NodePath& spec) {
  Nothing nothing;
  read_object(reading.checker, spec, kTemplateFields, nothing);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

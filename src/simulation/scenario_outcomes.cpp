// SPDX-License-Identifier: Apache-2.0
// The outcomes of a scenario: rules that say how commands end (S1, S2).
#include <fmt/format.h>

#include <limits>
#include <optional>

#include "base/position.hpp"
#include "simulation/scenario_reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kPoints[] = {"release.onStart",       "release.onSuccess",
                                        "release.onFail",        "environment.onStart",
                                        "environment.onSuccess", "environment.onFail"};

constexpr std::string_view kContextAdvice = "write a mapping; to try an invalid one: contextText";

/// A rule while it is read, and where its fields are.
struct Rule {
  Outcome outcome{};
  NodePath hook{};
  NodePath point{};
  NodePath environment{};
  NodePath place{};
  NodePath fail_in_soak{};
  NodePath context{};
  NodePath context_text{};
};

/// Counted from 1: an attempt, or a place in a list.
std::optional<std::uint32_t> read_number(Checker& checker, const NodePath& value) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const auto number = checker.integer(value, 1, kMost);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

constexpr Field<FailInSoak> kFailInSoakFields[] = {
    {{"after"},
     [](Checker& checker, const NodePath& value, FailInSoak& failure) {
       failure.after = checker.duration(value, true).value_or(failure.after);
     }},
    {{"message", Expect::Scalar},
     [](Checker& checker, const NodePath& value, FailInSoak& failure) {
       failure.message = checker.text(value);
     }},
};

constexpr Field<Rule> kRuleFields[] = {
    {{"hook", Expect::Text},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.hook = value;
       rule.outcome.hook = checker.name(value);
     }},
    {{"point", Expect::Text},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.point = value;
       if (const auto index = checker.word(value, kPoints)) {
         rule.outcome.point = static_cast<Point>(*index + 1);
       }
     }},
    {{"environment", Expect::Text},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.environment = value;
       rule.outcome.environment = checker.name(value);
     }},
    {{"attempt", Expect::Integer},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.outcome.attempt = read_number(checker, value);
     }},
    {{"place", Expect::Integer},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.place = value;
       rule.outcome.place = read_number(checker, value);
     }},
    {{"after"},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.outcome.after = checker.duration(value, true).value_or(rule.outcome.after);
     }},
    {{"suspend"},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.outcome.suspend = checker.duration(value, true);
     }},
    {{"fail", Expect::Scalar},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.outcome.fail = checker.text(value);
     }},
    {{"failInSoak", Expect::Mapping},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.fail_in_soak = value;
       read_object(checker, value, kFailInSoakFields, rule.outcome.fail_in_soak.emplace());
     }},
    {{"context", Expect::Mapping, Use::Optional, kContextAdvice},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.context = value;
       rule.outcome.context = context_as_json(checker, value);
     }},
    {{"contextText", Expect::Text},
     [](Checker& checker, const NodePath& value, Rule& rule) {
       rule.context_text = value;
       rule.outcome.context = checker.text(value);
     }},
};

/// What a rule needs, and what only rules for hooks, or only those for promotions, have (S1).
void check_rule(Checker& checker, const NodePath& path, const Rule& rule) {
  const bool has_hook = has_field(checker, path, "hook", rule.hook);
  if (has_hook && rule.context.key != kNoNode && rule.context_text.key != kNoNode) {
    checker.report.add(DiagnosticCode::InvalidValue, rule.context_text, rule.context_text.key,
                       {"a rule has 'context' or 'contextText', not both", "remove one of them"});
  }
  if (has_hook && rule.fail_in_soak.key != kNoNode) {
    checker.report.add(DiagnosticCode::InvalidValue, rule.fail_in_soak, rule.fail_in_soak.key,
                       {"'failInSoak' is of use without 'hook' only",
                        "remove it; only an environment soaks, after its promotion"});
  }
  if (has_hook) { return; }
  for (const NodePath* field : {&rule.point, &rule.place, &rule.context, &rule.context_text}) {
    if (field->key != kNoNode) {
      checker.report.add(
          DiagnosticCode::InvalidValue, *field, field->key,
          {fmt::format("{} is of use with 'hook' only",
                       in_quotes(checker.document.text(field->key))),
           "name the hook; a rule without one is for the promotion of its environment"});
    }
  }
  if (!has_field(checker, path, "environment", rule.environment)) {
    checker.report.add(DiagnosticCode::MissingField, path, path.node,
                       {"a rule needs 'hook' or 'environment'",
                        "name the hook that it is for, or the environment that is promoted"});
  }
}

void check_names(Checker& checker, const Rule& rule, KnownNames& names) {
  if (rule.outcome.environment) {
    names.check_environment(checker, rule.environment, Severity::Warning,
                            "this rule never matches");
  }
  if (rule.outcome.hook) { names.check_hook(checker, rule.hook); }
}

}  // namespace

std::vector<Outcome> read_outcomes(Checker& checker, const NodePath& list, KnownNames& names) {
  std::vector<Outcome> outcomes;
  read_entries(checker, list, Expect::Mapping, [&](const NodePath& entry) {
    Rule rule;
    read_object(checker, entry, kRuleFields, rule);
    check_rule(checker, entry, rule);
    check_names(checker, rule, names);
    outcomes.push_back(std::move(rule.outcome));
  });
  return outcomes;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

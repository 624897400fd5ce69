// SPDX-License-Identifier: Apache-2.0
// The actions of a scenario: what the operator does, and when. An action that the
// release will refuse is read, too, so that a refusal can be tried.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/position.hpp"
#include "simulation/scenario_reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// An action while it is read, and where its fields are.
struct ActionFields {
  KnownNames& names;
  Action action{};
  NodePath retry{};
  NodePath skip{};
  NodePath terminate{};
  NodePath reason{};
  NodePath force{};
  std::string skip_reason{};
  bool forces = false;
};

constexpr std::string_view kRefused = "the release refuses this action";

/// Reads a boolean. Anything else is reported and read as false.
bool read_bool(Checker& checker, const NodePath& value, std::string_view message,
               std::string_view hint) {
  if (checker.document.kind(value.node) == NodeKind::Bool) {
    return checker.text(value).find_first_of("tT") == 0;
  }
  checker.report.add(DiagnosticCode::WrongType, value, value.node,
                     {std::string(message), std::string(hint)});
  return false;
}

/// `true`, or a list of environments: also an empty one, which the release refuses.
void read_retry_action(Checker& checker, const NodePath& value, ActionFields& fields) {
  fields.retry = value;
  RetryAction& retry = fields.action.what.emplace<RetryAction>();
  if (checker.document.kind(value.node) == NodeKind::Sequence) {
    retry.environments.emplace();
    read_entries(checker, value, Expect::Text, [&](const NodePath& entry) {
      if (const auto name = checker.name(entry)) {
        retry.environments->emplace_back(*name);
        fields.names.check_environment(checker, entry, Severity::Warning, kRefused);
      }
    });
    return;
  }
  const bool is_bool = checker.document.kind(value.node) == NodeKind::Bool;
  if (!read_bool(checker, value, "'retry' must be true or a list of environments",
                 "write 'retry: true' to retry all that failed") &&
      is_bool) {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {"'retry' can't be false", "remove the action"});
  }
}

void read_skip_action(Checker& checker, const NodePath& value, ActionFields& fields) {
  fields.skip = value;
  if (const auto name = checker.name(value)) {
    fields.action.what = SkipAction{.environment = std::string(*name)};
    fields.names.check_environment(checker, value, Severity::Warning, kRefused);
  }
}

constexpr Field<ActionFields> kActionFields[] = {
    {{"at", Expect::Anything, Use::Required},
     [](Checker& checker, const NodePath& value, ActionFields& fields) {
       fields.action.at = checker.duration(value, true).value_or(fields.action.at);
     }},
    {{"retry"}, read_retry_action},
    {{"skip", Expect::Text}, read_skip_action},
    {{"terminate", Expect::Scalar},
     [](Checker& checker, const NodePath& value, ActionFields& fields) {
       fields.terminate = value;
       fields.action.what = TerminateAction{.reason = std::string(checker.text(value))};
     }},
    {{"reason", Expect::Scalar},
     [](Checker& checker, const NodePath& value, ActionFields& fields) {
       fields.reason = value;
       fields.skip_reason = checker.text(value);
     }},
    {{"force"},
     [](Checker& checker, const NodePath& value, ActionFields& fields) {
       fields.force = value;
       fields.forces = read_bool(checker, value, "'force' must be true or false",
                                 "write 'force: true', or leave it out");
     }},
    {{"by", Expect::Scalar},
     [](Checker& checker, const NodePath& value, ActionFields& fields) {
       fields.action.by = checker.text(value);
     }},
};

/// A field that only one kind of action has.
void check_belongs(Checker& checker, const NodePath& field, bool belongs, std::string_view kind) {
  if (field.key != kNoNode && !belongs) {
    checker.report.add(DiagnosticCode::InvalidValue, field, field.key,
                       {fmt::format("{} is of use with '{}' only",
                                    in_quotes(checker.document.text(field.key)), kind),
                        "remove it"});
  }
}

/// An action is exactly one of the three; the second one and the third are reported.
void check_kind(Checker& checker, const NodePath& object, const ActionFields& fields) {
  const std::array<std::pair<std::string_view, const NodePath*>, 3> kinds = {
      {{"retry", &fields.retry}, {"skip", &fields.skip}, {"terminate", &fields.terminate}}};
  std::size_t given = 0;
  for (const auto& [name, value] : kinds) {
    if (!has_field(checker, object, name, *value)) { continue; }
    if (++given > 1) {
      const NodeId key = value->key != kNoNode ? value->key : object.node;
      checker.report.add(
          DiagnosticCode::InvalidValue, value->key != kNoNode ? *value : object, key,
          {"an action is one of 'retry', 'skip' and 'terminate'", "write one action for each"});
    }
  }
  if (given == 0) {
    checker.report.add(DiagnosticCode::MissingField, object, object.node,
                       {"an action needs 'retry', 'skip' or 'terminate'",
                        "write 'retry: true', 'skip:' and an environment, or 'terminate:' and the "
                        "reason"});
  }
  const bool skips = has_field(checker, object, "skip", fields.skip);
  const bool terminates = has_field(checker, object, "terminate", fields.terminate);
  check_belongs(checker, fields.reason, skips, "skip");
  check_belongs(checker, fields.force, terminates, "terminate");
}

}  // namespace

std::vector<Action> read_actions(Checker& checker, const NodePath& list, KnownNames& names) {
  std::vector<Action> actions;
  read_entries(checker, list, Expect::Mapping, [&](const NodePath& entry) {
    ActionFields fields{names};
    read_object(checker, entry, kActionFields, fields);
    check_kind(checker, entry, fields);
    if (auto* skip = std::get_if<SkipAction>(&fields.action.what)) {
      skip->reason = std::move(fields.skip_reason);
    } else if (auto* terminate = std::get_if<TerminateAction>(&fields.action.what)) {
      terminate->force = fields.forces;
    }
    actions.push_back(std::move(fields.action));
  });
  return actions;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

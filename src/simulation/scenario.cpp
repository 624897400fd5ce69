// SPDX-License-Identifier: Apache-2.0
// Reads scenarios (section 5 of the semantics) by tables of fields, as manifests are read.
#include <fmt/format.h>

#include <array>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/scalar.hpp"
#include "flow/flow_data.hpp"
#include "simulation/scenario_reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

// --- shared by all parts -------------------------------------------------------------------------

KnownNames::KnownNames(const Flow* flow) : flow_(flow) {
  if (flow == nullptr) { return; }
  add(flow->options().hooks);
  for (const StepOptions& step : flow->data().steps) { add(step.hooks); }
}

void KnownNames::add(const Hooks& hooks) {
  for (const std::vector<Hook>* list : {&hooks.on_start, &hooks.on_success, &hooks.on_fail}) {
    for (const Hook& hook : *list) { hooks_.insert(hook.name); }
  }
}

bool KnownNames::may_search() noexcept {
  if (searches_left_ == 0) { return false; }
  --searches_left_;
  return true;
}

void KnownNames::check_environment(Checker& checker, const NodePath& name, Severity severity,
                                   std::string_view otherwise) {
  const std::string_view given = checker.text(name);
  if (flow_ == nullptr || flow_->find_environment(given)) { return; }
  Suggestions near(given);
  if (may_search()) {
    for (std::uint32_t i = 0; i < flow_->environment_count(); ++i) {
      near.offer(flow_->environment_name(EnvironmentId{i}));
    }
  }
  DiagnosticText text{fmt::format("the flow has no environment {}", in_quotes(given)),
                      near.best().empty() ? std::string(otherwise) : near.hint()};
  if (severity == Severity::Warning) {
    checker.report.warn(DiagnosticCode::UnknownEnvironment, name, name.node, std::move(text));
  } else {
    checker.report.add(DiagnosticCode::UnknownEnvironment, name, name.node, std::move(text));
  }
}

void KnownNames::check_hook(Checker& checker, const NodePath& name) {
  const std::string_view given = checker.text(name);
  if (flow_ == nullptr || hooks_.find(given) != hooks_.end()) { return; }
  Suggestions near(given);
  if (may_search()) {
    for (const std::string_view hook : hooks_) { near.offer(hook); }
  }
  checker.report.warn(DiagnosticCode::UnknownHook, name, name.node,
                      {fmt::format("the flow has no hook {}", in_quotes(given)),
                       near.best().empty() ? "this rule never matches" : near.hint()});
}

bool has_field(const Checker& checker, const NodePath& object, std::string_view name,
               const NodePath& read) {
  if (read.key != kNoNode) { return true; }
  const NodeId value = checker.document.find(object.node, name);
  return value != kNoNode && checker.document.kind(value) != NodeKind::Null;
}

std::string context_as_json(Checker& checker, const NodePath& value) {
  std::string out;
  if (const NodeId bad = find_not_json(checker.document, value.node); bad != kNoNode) {
    checker.report.add(
        DiagnosticCode::InvalidValue, value, bad,
        {fmt::format("JSON, which a context is, has no {}", checker.document.text(bad)),
         "quote it"});
  } else {
    append_json(out, checker.document, value.node);
  }
  return out;
}

namespace {

// --- release -------------------------------------------------------------------------------------

template <std::string ReleaseInfo::*Member>
void read_release_text(Checker& checker, const NodePath& value, ReleaseInfo& release) {
  release.*Member = checker.text(value);
}

void read_release_id(Checker& checker, const NodePath& value, ReleaseInfo& release) {
  release.id = checker.text(value);
  if (release.id.empty()) {
    checker.report.add(
        DiagnosticCode::InvalidValue, value, value.node,
        {"a release's id must not be empty", "write one, or leave it out: it is 'simulated' then"});
  }
}

constexpr Field<ReleaseInfo> kReleaseFields[] = {
    {{"id", Expect::Scalar}, read_release_id},
    {{"url", Expect::Scalar}, read_release_text<&ReleaseInfo::url>},
    {{"product", Expect::Scalar}, read_release_text<&ReleaseInfo::product>},
    {{"version", Expect::Scalar}, read_release_text<&ReleaseInfo::version>},
    {{"commitSha", Expect::Scalar}, read_release_text<&ReleaseInfo::commit_sha>},
};

// --- environments to skip ------------------------------------------------------------------------

/// The scenario while it is read.
struct ScenarioFields {
  Scenario scenario{};
  KnownNames names;
  std::array<NodePath, 3> selections{};  ///< `skip`, `until` and `only`, those that are given.
};

/// A release with such a selection cannot be started either; here the errors have positions.
template <std::size_t Index, std::optional<std::vector<std::string>> EnvironmentSelection::*List>
void read_selection(Checker& checker, const NodePath& value, ScenarioFields& fields) {
  fields.selections[Index] = value;
  std::vector<std::string>& names = (fields.scenario.selection.*List).emplace();
  if (checker.document[value.node].size == 0) {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {fmt::format("{} must name one environment or more",
                                    in_quotes(checker.document.text(value.key))),
                        "leave it out to promote into every environment"});
  }
  read_entries(checker, value, Expect::Text, [&](const NodePath& entry) {
    if (const auto name = checker.name(entry)) {
      names.emplace_back(*name);
      fields.names.check_environment(checker, entry, Severity::Error,
                                     "name environments of the flow only");
    }
  });
}

void check_selection(Checker& checker, const ScenarioFields& fields) {
  bool given = false;
  for (const NodePath& selection : fields.selections) {
    if (selection.key == kNoNode) { continue; }
    if (given) {
      checker.report.add(
          DiagnosticCode::InvalidValue, selection, selection.key,
          {"a scenario has at most one of 'skip', 'until' and 'only'", "keep one of them"});
    }
    given = true;
  }
}

// --- the whole -----------------------------------------------------------------------------------

constexpr Field<ScenarioFields> kScenarioFields[] = {
    {{"release", Expect::Mapping},
     [](Checker& checker, const NodePath& value, ScenarioFields& fields) {
       read_object(checker, value, kReleaseFields, fields.scenario.release);
     }},
    {{"context", Expect::Mapping},
     [](Checker& checker, const NodePath& value, ScenarioFields& fields) {
       fields.scenario.context = context_as_json(checker, value);
     }},
    {{"skip", Expect::Sequence}, read_selection<0, &EnvironmentSelection::skip>},
    {{"until", Expect::Sequence}, read_selection<1, &EnvironmentSelection::until>},
    {{"only", Expect::Sequence}, read_selection<2, &EnvironmentSelection::only>},
    {{"outcomes", Expect::Sequence},
     [](Checker& checker, const NodePath& value, ScenarioFields& fields) {
       fields.scenario.outcomes = read_outcomes(checker, value, fields.names);
     }},
    {{"actions", Expect::Sequence},
     [](Checker& checker, const NodePath& value, ScenarioFields& fields) {
       fields.scenario.actions = read_actions(checker, value, fields.names);
     }},
};

void read_root(Checker& checker, const Document& document, ScenarioFields& fields) {
  if (document.roots.size() > 1) {
    checker.report.set_document(1);
    checker.report.add(DiagnosticCode::InvalidValue, NodePath{document.roots[1]}, document.roots[1],
                       {"a scenario is one document", "remove the others"});
    checker.report.set_document(0);
  }
  const NodePath root{document.roots.empty() ? kNoNode : document.roots.front()};
  if (root.node == kNoNode || document.kind(root.node) == NodeKind::Null) {
    return;  // An empty scenario: every command succeeds at once.
  }
  if (document.kind(root.node) == NodeKind::Mapping) {
    read_object(checker, root, kScenarioFields, fields);
    check_selection(checker, fields);
  } else {
    checker.report.add(
        DiagnosticCode::WrongType, root, root.node,
        {fmt::format("a scenario must be a mapping, not {}", kind_word(document.kind(root.node))),
         "its fields are release, context, skip, until, only, outcomes and actions"});
  }
}

}  // namespace

}  // namespace detail

Result<ScenarioReport> read_scenario(std::string_view text, const Flow* flow,
                                     const ReadOptions& options) noexcept {
  return detail::guarded([&]() -> Result<ScenarioReport> {
    detail::Document document;
    std::vector<Diagnostic> problems;
    detail::read_document(text, options, document, problems);
    detail::Reporter reporter(document, options.limits.diagnostics_max);
    reporter.take(std::move(problems));
    detail::Checker checker(document, reporter, options.limits);
    detail::ScenarioFields fields{.names = detail::KnownNames(flow)};
    detail::read_root(checker, document, fields);
    ScenarioReport report;
    if (reporter.errors() == 0) { report.scenario = std::move(fields.scenario); }
    report.diagnostics = reporter.finish(text);
    return report;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

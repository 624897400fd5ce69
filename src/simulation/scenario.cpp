// SPDX-License-Identifier: Apache-2.0
// A scenario's text: section 5 of the semantics, by tables like a manifest's.
#include <fmt/format.h>

#include <limits>
#include <set>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/scalar.hpp"
#include "flow/flow_data.hpp"
#include "manifest/fields.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow {

namespace detail {

namespace {

constexpr std::string_view kPoints[] = {"release.onStart",       "release.onSuccess",
                                        "release.onFail",        "environment.onStart",
                                        "environment.onSuccess", "environment.onFail"};

constexpr std::string_view kContextAdvice = "write a mapping; to try an invalid one: contextText";

std::string as_json(Checker& checker, const Place& value) {
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

// --- release -------------------------------------------------------------------------------------

template <std::string ReleaseInfo::*Member>
void read_release_text(Checker& checker, const Place& value, ReleaseInfo& release) {
  release.*Member = checker.text(value);
}

void read_release_id(Checker& checker, const Place& value, ReleaseInfo& release) {
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

// --- outcomes ------------------------------------------------------------------------------------

/// A rule, and where its parts stand.
struct Rule {
  Outcome outcome{};
  Place hook{};
  Place point{};
  Place environment{};
  Place context{};
  Place context_text{};
};

constexpr Field<Rule> kRuleFields[] = {
    {{"hook", Expect::Text},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.hook = value;
       rule.outcome.hook = checker.name(value);
     }},
    {{"point", Expect::Text},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.point = value;
       if (const auto index = checker.word(value, kPoints)) {
         rule.outcome.point = static_cast<Point>(*index + 1);
       }
     }},
    {{"environment", Expect::Text},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.environment = value;
       rule.outcome.environment = checker.name(value);
     }},
    {{"attempt", Expect::Integer},
     [](Checker& checker, const Place& value, Rule& rule) {
       constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
       if (const auto attempt = checker.integer(value, 1, kMost)) {
         rule.outcome.attempt = static_cast<std::uint32_t>(*attempt);
       }
     }},
    {{"after"},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.outcome.after = checker.duration(value, true).value_or(rule.outcome.after);
     }},
    {{"suspend"},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.outcome.suspend = checker.duration(value, true);
     }},
    {{"fail", Expect::Scalar},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.outcome.fail = checker.text(value);
     }},
    {{"context", Expect::Mapping, Use::Optional, kContextAdvice},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.context = value;
       rule.outcome.context = as_json(checker, value);
     }},
    {{"contextText", Expect::Text},
     [](Checker& checker, const Place& value, Rule& rule) {
       rule.context_text = value;
       rule.outcome.context = checker.text(value);
     }},
};

/// Whether a field is there: read (misspelt ones are, too), or of the wrong type.
bool has_field(const Checker& checker, const Place& object, std::string_view name,
               const Place& read) {
  return read.key != kNoNode || checker.document.find(object.node, name) != kNoNode;
}

/// S1: what belongs to hooks only, and what a rule needs.
void check_rule(Checker& checker, const Place& place, const Rule& rule) {
  const bool has_hook = has_field(checker, place, "hook", rule.hook);
  if (has_hook && rule.context.key != kNoNode && rule.context_text.key != kNoNode) {
    checker.report.add(DiagnosticCode::InvalidValue, rule.context_text, rule.context_text.key,
                       {"a rule has 'context' or 'contextText', not both", "remove one of them"});
  }
  if (has_hook) { return; }
  for (const Place* part : {&rule.point, &rule.context, &rule.context_text}) {
    if (part->key != kNoNode) {
      checker.report.add(
          DiagnosticCode::InvalidValue, *part, part->key,
          {fmt::format("{} is of use with 'hook' only", quoted(checker.document.text(part->key))),
           "name the hook; a rule without one speaks of the promotion of its environment"});
    }
  }
  if (!has_field(checker, place, "environment", rule.environment)) {
    checker.report.add(DiagnosticCode::MissingField, place, place.node,
                       {"a rule needs 'hook' or 'environment'",
                        "name the hook that it speaks of, or the environment that is promoted"});
  }
}

// --- actions -------------------------------------------------------------------------------------

struct Act {
  Action action{};
  Place retry{};
  Place terminate{};
};

constexpr Field<Act> kActionFields[] = {
    {{"at", Expect::Anything, Use::Required},
     [](Checker& checker, const Place& value, Act& act) {
       act.action.at = checker.duration(value, true).value_or(act.action.at);
     }},
    {{"retry"},
     [](Checker& checker, const Place& value, Act& act) {
       act.retry = value;
       if (checker.document.kind(value.node) != NodeKind::Bool) {
         checker.report.add(DiagnosticCode::WrongType, value, value.node,
                            {"'retry' must be true", "write 'retry: true'"});
       } else if (checker.text(value).find_first_of("tT") != 0) {
         checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                            {"'retry' can only be true", "remove the action"});
       }
     }},
    {{"terminate", Expect::Scalar},
     [](Checker& checker, const Place& value, Act& act) {
       act.terminate = value;
       act.action.what = std::string(checker.text(value));
     }},
};

void check_action(Checker& checker, const Place& place, const Act& act) {
  if (act.retry.key != kNoNode && act.terminate.key != kNoNode) {
    checker.report.add(DiagnosticCode::InvalidValue, act.terminate, act.terminate.key,
                       {"an action is 'retry' or 'terminate', not both", "make it two actions"});
  } else if (!has_field(checker, place, "retry", act.retry) &&
             !has_field(checker, place, "terminate", act.terminate)) {
    checker.report.add(DiagnosticCode::MissingField, place, place.node,
                       {"an action needs 'retry' or 'terminate'",
                        "write 'retry: true', or 'terminate:' and the reason"});
  }
}

// --- the whole -----------------------------------------------------------------------------------

/// Which names the flow has, for warnings.
class Names {
 public:
  explicit Names(const Flow* flow) : flow_(flow) {
    if (flow == nullptr) { return; }
    add(flow->options().hooks);
    for (const StepOptions& step : flow->data().steps) { add(step.hooks); }
  }

  void check(Checker& checker, const Rule& rule) {
    const Outcome& outcome = rule.outcome;
    if (flow_ == nullptr) { return; }
    if (outcome.environment && !flow_->find_environment(*outcome.environment)) {
      Suggestions near(*outcome.environment);
      for (std::uint32_t i = 0; budget_ > 0 && i < flow_->environment_count(); ++i) {
        near.offer(flow_->environment_name(EnvironmentId{i}));
      }
      warn(checker, DiagnosticCode::UnknownEnvironment, rule.environment, "environment", near);
    }
    if (outcome.hook && hooks_.find(*outcome.hook) == hooks_.end()) {
      Suggestions near(*outcome.hook);
      for (const std::string_view hook : hooks_) { near.offer(hook); }
      warn(checker, DiagnosticCode::UnknownHook, rule.hook, "hook", near);
    }
  }

 private:
  void add(const Hooks& hooks) {
    for (const std::vector<Hook>* list : {&hooks.on_start, &hooks.on_success, &hooks.on_fail}) {
      for (const Hook& hook : *list) { hooks_.insert(hook.name); }
    }
  }
  void warn(Checker& checker, DiagnosticCode code, const Place& place, std::string_view what,
            const Suggestions& near) {
    budget_ -= budget_ > 0 ? 1U : 0U;
    checker.report.warn(code, place, place.node,
                        {fmt::format("the flow has no {} {}", what, quoted(checker.text(place))),
                         near.best().empty() ? "this rule never matches"
                                             : fmt::format("did you mean '{}'?", near.best())});
  }

  const Flow* flow_;
  std::set<std::string_view> hooks_;
  std::size_t budget_ = 100;  ///< Environments that suggestions are searched for.
};

struct Whole {
  Scenario scenario{};
  Names names;
};

/// Reads each entry of a list, which must be a mapping.
template <class Read>
void read_entries(Checker& checker, const Place& list, const Read& read) {
  Place entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (checker.has_type(Expect::Mapping, entry)) { read(entry); }
  }
}

constexpr Field<Whole> kScenarioFields[] = {
    {{"release", Expect::Mapping},
     [](Checker& checker, const Place& value, Whole& whole) {
       read_object(checker, value, kReleaseFields, whole.scenario.release);
     }},
    {{"context", Expect::Mapping},
     [](Checker& checker, const Place& value, Whole& whole) {
       whole.scenario.context = as_json(checker, value);
     }},
    {{"outcomes", Expect::Sequence},
     [](Checker& checker, const Place& value, Whole& whole) {
       read_entries(checker, value, [&](const Place& entry) {
         Rule rule;
         read_object(checker, entry, kRuleFields, rule);
         check_rule(checker, entry, rule);
         whole.names.check(checker, rule);
         whole.scenario.outcomes.push_back(std::move(rule.outcome));
       });
     }},
    {{"actions", Expect::Sequence},
     [](Checker& checker, const Place& value, Whole& whole) {
       read_entries(checker, value, [&](const Place& entry) {
         Act act;
         read_object(checker, entry, kActionFields, act);
         check_action(checker, entry, act);
         whole.scenario.actions.push_back(std::move(act.action));
       });
     }},
};

void read_root(Checker& checker, const Document& document, Whole& whole) {
  if (document.roots.size() > 1) {
    checker.report.set_document(1);
    checker.report.add(DiagnosticCode::InvalidValue, Place{document.roots[1]}, document.roots[1],
                       {"a scenario is one document", "remove the others"});
    checker.report.set_document(0);
  }
  const Place root{document.roots.empty() ? kNoNode : document.roots.front()};
  if (root.node == kNoNode || document.kind(root.node) == NodeKind::Null) {
    return;  // Nothing said: every command succeeds at once.
  }
  if (document.kind(root.node) == NodeKind::Mapping) {
    read_object(checker, root, kScenarioFields, whole);
  } else {
    checker.report.add(
        DiagnosticCode::WrongType, root, root.node,
        {fmt::format("a scenario must be a mapping, not {}", kind_word(document.kind(root.node))),
         "its fields are release, context, outcomes and actions"});
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
    detail::Whole whole{.names = detail::Names(flow)};
    detail::read_root(checker, document, whole);
    ScenarioReport report;
    if (reporter.errors() == 0) { report.scenario = std::move(whole.scenario); }
    report.diagnostics = reporter.finish(text);
    return report;
  });
}

}  // namespace promoflow

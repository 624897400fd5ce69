// SPDX-License-Identifier: Apache-2.0
// An exploration as JSON.
#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "document/document.hpp"
#include "exploration/of_flow.hpp"
#include "exploration/scenario_json.hpp"
#include "promoflow/properties.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// The scenario on one line.
std::string compact(const Scenario& scenario) {
  const std::string text = value_or_throw(write_scenario(scenario, TextFormat::Json));
  Document document;
  std::vector<Diagnostic> problems;
  read_json(text, {}, document, problems);
  std::string out;
  append_json(out, document, document.roots.front());
  return out;
}

}  // namespace

void write_scenario_member(JsonWriter& json, const std::optional<Scenario>& scenario,
                           std::string_view impossible) {
  json.key("scenario");
  scenario ? json.raw(compact(*scenario)) : json.null();
  if (!scenario && !impossible.empty()) { json.key("forbiddenBy").text(impossible); }
}

namespace {

void write_environments(JsonWriter& json, const Flow& flow,
                        const std::vector<EnvironmentStatus>& statuses) {
  json.key("environments").begin_object();
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    json.key(flow.environment_name(EnvironmentId{e})).text(to_string(statuses[e]));
  }
  json.end_object();
}

void write_next(JsonWriter& json, const Flow& flow, const NextMoves& next) {
  json.key("retry");
  if (next.retry) {
    json.begin_object().key("release").text(to_string(next.release));
    write_environments(json, flow, next.environments);
    json.end_object();
  } else {
    json.null();
  }
  json.key("skips").begin_array();
  for (const EnvironmentId environment : next.skips) {
    json.text(flow.environment_name(environment));
  }
  json.end_array();
}

void write_outcome(JsonWriter& json, const Flow& flow, const ReleaseOutcome& outcome) {
  json.begin_object().key("release").text(to_string(outcome.release));
  write_environments(json, flow, outcome.environments);
  json.key("failures").number(outcome.failures);
  json.key("steps").number(outcome.steps);
  write_scenario_member(json, outcome.scenario, outcome.impossible);
  if (outcome.undecided) { json.key("undecided").boolean(true); }
  write_next(json, flow, outcome.next);
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.begin_object().key("runs").text(to_string(finding.occurrence));
  json.key("failures").number(finding.failures).end_object();
}

void write_name(JsonWriter& json, const Flow& flow, std::optional<EnvironmentId> environment) {
  json.key("environment");
  environment ? json.text(flow.environment_name(*environment)) : json.null();
}

/// `Hook` is a HookFinding or a HookPlace.
template <class Hook>
JsonWriter& write_place(JsonWriter& json, const Flow& flow, const Hook& hook) {
  json.begin_object().key("hook").text(hook.hook).key("point").text(to_string(hook.point));
  write_name(json, flow, hook.environment);
  return json.key("place").number(hook.place);
}

void write_conflicts(JsonWriter& json, const Flow& flow, const Exploration& exploration) {
  json.key("conflicts").begin_array();
  for (const ConflictFinding& conflict : exploration.conflicts) {
    json.begin_object().key("key").text(conflict.key).key("earlier");
    write_place(json, flow, conflict.earlier).end_object().key("later");
    write_place(json, flow, conflict.later).end_object();
    json.key("failures").number(conflict.failures);
    write_scenario_member(json, conflict.scenario, conflict.impossible);
    json.end_object();
  }
  json.end_array();
}

void write_longest_wait(JsonWriter& json, const Flow& flow, const Exploration& exploration) {
  json.key("longestWait");
  if (!exploration.longest_wait) {
    json.null();
    return;
  }
  json.begin_array();
  for (const Wait& wait : *exploration.longest_wait) {
    json.begin_object();
    write_name(json, flow, wait.environment);
    json.key("hook");
    wait.hook ? json.text(*wait.hook) : json.null();
    json.key("attempts").number(wait.attempts);
    json.key("ms").number(wait.length.count()).end_object();
  }
  json.end_array();
}

void write_hook(JsonWriter& json, const Flow& flow, const HookFinding& hook) {
  write_place(json, flow, hook).key("runs").text(to_string(hook.runs.occurrence));
  json.key("failures").number(hook.runs.failures).end_object();
}

void write_environment(JsonWriter& json, const Flow& flow, const EnvironmentFinding& finding) {
  json.begin_object();
  json.key("environment").text(flow.environment_name(finding.environment));
  json.key("begun");
  write_finding(json, finding.begun);
  json.key("succeeded");
  write_finding(json, finding.succeeded);
  json.key("failed");
  write_finding(json, finding.failed);
  json.key("terminated");
  write_finding(json, finding.terminated);
  json.end_object();
}

}  // namespace

}  // namespace detail

Result<std::string> to_json(const Flow& flow, const Exploration& exploration) noexcept {
  return to_json(flow, exploration, {});
}

Result<std::string> to_json(const Flow& flow, const Exploration& exploration,
                            const std::vector<PropertyFinding>& properties) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (!detail::is_of(flow, exploration)) { return tl::unexpected(detail::of_another_flow()); }
    std::string out;
    detail::JsonWriter json(out);
    json.begin_object().key("flow").text(flow.name()).key("outcomes").begin_array();
    for (const ReleaseOutcome& outcome : exploration.outcomes) {
      detail::write_outcome(json, flow, outcome);
    }
    json.end_array().key("complete").boolean(exploration.complete);
    if (!exploration.complete) {
      json.key("bound").text(exploration.bound);
      json.key("completeBelowFailures").number(exploration.complete_below);
    }
    json.key("states").number(exploration.states);
    json.key("transitions").number(exploration.transitions);
    json.key("hooks").begin_array();
    for (const HookFinding& hook : exploration.hooks) { detail::write_hook(json, flow, hook); }
    json.end_array().key("environments").begin_array();
    for (const EnvironmentFinding& finding : exploration.environments) {
      detail::write_environment(json, flow, finding);
    }
    json.end_array().key("untold");
    detail::write_finding(json, exploration.untold);
    json.key("commandsMax");
    exploration.commands_max ? json.number(*exploration.commands_max) : json.null();
    detail::write_longest_wait(json, flow, exploration);
    detail::write_conflicts(json, flow, exploration);
    json.key("properties").begin_array();
    for (const PropertyFinding& property : properties) {
      json.begin_object().key("name").text(property.name);
      json.key("verdict").text(to_string(property.verdict));
      detail::write_scenario_member(json, property.scenario, property.impossible);
      json.end_object();
    }
    json.end_array().end_object();
    return out;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

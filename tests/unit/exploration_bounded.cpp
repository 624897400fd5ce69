// SPDX-License-Identifier: Apache-2.0
// What is said of an exploration that a bound has ended: what was seen, and nothing from absence.
#include "catch.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/render.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// dev -> a, b -> c: `a` has hooks, and the promotion into `b` is tried twice.
Flow flow_with_hooks() {
  FlowBuilder builder("x", "dev");
  FlowOptions options;
  options.hooks.on_start = {hook("st")};
  options.hooks.on_success = {hook("ok")};
  options.hooks.on_fail = {hook("bad"), hook("bad")};
  StepOptions a;
  a.hooks.on_start = {hook("h1")};
  a.hooks.on_success = {hook("scan")};
  a.hooks.on_fail = {hook("h2")};
  StepOptions b;
  b.retry = {.limit = 1, .duration = std::chrono::minutes{1}};
  builder.options(options).step("a", {"dev"}, a).step("b", {"dev"}, b).step("c", {"a", "b"});
  return built(builder);
}

Exploration found_in(const Flow& flow, const ExplorationOptions& options) {
  auto found = explore(flow, options);
  REQUIRE(found);
  return *found;
}

Exploration found_within(std::uint64_t states_max) {
  ExplorationOptions options;
  options.states_max = states_max;
  return found_in(flow_with_hooks(), options);
}

std::string text_of(const Exploration& found) {
  return *render_exploration(flow_with_hooks(), found);
}

bool has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

PropertyFinding check_within(std::uint64_t states_max, const std::string& property) {
  const Flow flow = flow_with_hooks();
  const auto report = read_properties("properties: [{name: p, " + property + "}]\n", flow);
  REQUIRE((report && report->properties));
  ExplorationOptions options;
  options.states_max = states_max;
  const auto findings = check_properties(flow, *report->properties, options);
  REQUIRE(findings);
  return findings->front();
}

}  // namespace

TEST_CASE("where no run was seen to its end, nothing is concluded", "[X5]") {
  const Exploration found = found_within(12);
  REQUIRE(found.outcomes.empty());
  const std::string text = text_of(found);
  CHECK(
      text.starts_with("No run was seen to its end, so nothing is known of how one ends.\n\n"
                       "Not everything was looked at: more than 12 states."));
  for (const char* const words : {"at least 0", "succeeds.", "needed", "0 of 0", "never"}) {
    INFO(words);
    CHECK_FALSE(has(text, words));
  }
}

TEST_CASE("runs that were seen to their end say nothing of others", "[X5]") {
  const Exploration found = found_within(20);
  REQUIRE(found.outcomes.size() == 1);
  const std::string text = text_of(found);
  CHECK(
      text.starts_with("This flow has at least 1 outcome.\n"
                       "Every run that was seen to its end succeeds; others may not.\n"
                       "So it is not known which onFail hooks of the release are needed.\n"));
  CHECK(has(text, "In 0 of the 1 outcome that was found some environments"));
}

TEST_CASE("that all failures are told is said of the runs that were seen", "[X5]") {
  const Exploration found = found_within(30);
  REQUIRE(found.outcomes.size() == 2);
  REQUIRE(found.untold.occurrence == Occurrence::Unknown);
  const std::string text = text_of(found);
  CHECK_FALSE(has(text, "In every run that does not succeed"));
  CHECK(has(text,
            "\nIn every run without success that was seen to its end, an onFail hook tells "
            "somebody; others were not looked at.\n"));
  CHECK(has(text, "From each of the outcomes without success that were found, a retry"));
}

TEST_CASE("what was seen before a bound was reached happens in some runs", "[X5]") {
  const Exploration found = found_within(12);
  CHECK(found.hooks[0].runs.occurrence == Occurrence::Sometimes);  // st: in each run.
  CHECK(found.hooks[1].runs.occurrence == Occurrence::Unknown);    // ok
  CHECK(found.environments[1].failed.occurrence == Occurrence::Sometimes);
  CHECK(found.environments[1].failed.failures == 1);
  CHECK(found.environments[3].succeeded.occurrence == Occurrence::Unknown);
}

TEST_CASE("a flow whose durations allow no run that succeeds is not said to succeed", "[X2]") {
  FlowBuilder builder("soaks", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::hours{1};
  StepOptions step;
  step.soak = std::chrono::hours{2};
  builder.options(options).step("canary", {"dev"}, step);
  const Flow flow = built(builder);
  const Exploration found = found_in(flow, {.failures_max = 0});
  REQUIRE(found.complete);
  const std::string text = *render_exploration(flow, found);
  CHECK(
      text.starts_with("This flow has 0 outcomes; its durations forbid 1 more.\n"
                       "Its durations allow no run that was looked at.\n\n"));
  CHECK_FALSE(has(text, "0 of 0"));
}

TEST_CASE("a violation that was seen before a bound has a run that shows it", "[X4][X8]") {
  for (std::uint64_t states_max = 1; states_max <= 60; ++states_max) {
    INFO(states_max);
    const PropertyFinding finding =
        check_within(states_max, "never: {environment: a, status: Failed}");
    CHECK(finding.impossible.empty());
    if (states_max >= 3) { CHECK(finding.verdict == Verdict::Violated); }
    if (finding.verdict == Verdict::Undecided) { continue; }
    REQUIRE(finding.scenario);
    const auto trace = simulate(flow_with_hooks(), *finding.scenario);
    REQUIRE(trace);
    CHECK(has(*trace->to_jsonl(), R"("environment":"a","status":"Failed")"));
  }
}

TEST_CASE("each form is violated with a run, or undecided, within any bound", "[X8]") {
  for (const char* const property :
       {"before: {promotion: b, issued: true}, requires: {promotion: a, issued: true}",
        "after: {environment: a, status: Failed}, eventually: {hook: bad, succeeded: true}",
        "never: {release: Failed}"}) {
    for (std::uint64_t states_max = 1; states_max <= 60; states_max += 3) {
      INFO(property << " within " << states_max);
      const PropertyFinding finding = check_within(states_max, property);
      CHECK(finding.impossible.empty());
      CHECK(finding.scenario.has_value() == (finding.verdict == Verdict::Violated));
    }
  }
}

TEST_CASE("a conflict that was seen before a bound has a run that shows it", "[X4]") {
  StepOptions step;
  step.hooks.on_success = {hook("note")};
  FlowBuilder builder("sites", "dev");
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step);
  builder.step("world", {"eu", "us"}, step).step("archive", {"world"});
  const Flow flow = built(builder);
  ExplorationOptions options;
  for (const char* const of : {"eu", "us"}) {
    Outcome rule;
    rule.hook = "note";
    rule.environment = of;
    rule.context = std::string(R"({"URL":")") + of + "\"}";
    options.exports.push_back(rule);
  }
  bool was_cut = false;
  for (options.states_max = 1; options.states_max < 60; ++options.states_max) {
    INFO(options.states_max);
    const Exploration found = found_in(flow, options);
    for (const ConflictFinding& conflict : found.conflicts) {
      CHECK(conflict.scenario);
      CHECK(conflict.impossible.empty());
      was_cut = was_cut || !found.complete;
    }
  }
  CHECK(was_cut);
}

TEST_CASE("a property that durations keep from being violated before a bound is undecided",
          "[X5][X8]") {
  FlowBuilder builder("soaks", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::hours{1};
  StepOptions step;
  step.soak = std::chrono::hours{2};
  builder.options(options).step("canary", {"dev"}, step).step("world", {"canary"});
  const Flow flow = built(builder);
  const auto report =
      read_properties("properties: [{name: p, never: {promotion: world, issued: true}}]\n", flow);
  REQUIRE((report && report->properties));
  const auto whole = check_properties(flow, *report->properties);
  REQUIRE(whole);
  CHECK(whole->front().verdict == Verdict::Violated);  // But for the durations, which are named.
  CHECK(whole->front().impossible == "the soak of 'canary' (2h) and promotionTimeoutLimit (1h)");
  ExplorationOptions bounded;
  bounded.states_max = 4;
  const auto cut = check_properties(flow, *report->properties, bounded);
  REQUIRE(cut);
  CHECK(cut->front().verdict == Verdict::Undecided);
  CHECK_FALSE(cut->front().scenario);
}

// SPDX-License-Identifier: Apache-2.0
// Properties: each form holds, is violated with a run that shows it, and is undecided.
#include "catch.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/render.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// staging -> production and docs beside it; a scan in staging, and a hook that tells of failures.
Flow flow_of(FailurePolicy policy = FailurePolicy::FailFast) {
  FlowBuilder builder("billing", "dev");
  FlowOptions options;
  options.failure_policy = policy;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions staging;
  staging.hooks.on_success = {hook("security-scan")};
  builder.options(options).step("staging", {"dev"}, staging);
  builder.step("production", {"staging"}).step("docs", {"dev"});
  return built(builder);
}

std::vector<PropertyFinding> check(const Flow& flow, const std::string& text,
                                   const ExplorationOptions& options = {}) {
  const auto report = read_properties(text, flow);
  REQUIRE(report);
  for (const Diagnostic& diagnostic : report->diagnostics) { UNSCOPED_INFO(diagnostic.message); }
  REQUIRE(report->properties);
  const auto findings = check_properties(flow, *report->properties, options);
  REQUIRE(findings);
  return *findings;
}

PropertyFinding check_one(const std::string& property, const ExplorationOptions& options = {},
                          FailurePolicy policy = FailurePolicy::FailFast) {
  const auto findings =
      check(flow_of(policy), "properties:\n- {name: it, " + property + "}\n", options);
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().name == "it");
  return findings.front();
}

/// The lines of the run that violates a property.
std::string shown(const PropertyFinding& finding) {
  REQUIRE(finding.verdict == Verdict::Violated);
  REQUIRE(finding.scenario);
  const auto trace = simulate(flow_of(), *finding.scenario);
  REQUIRE(trace);
  return *trace->to_jsonl();
}

std::string problem_of(const std::string& text) {
  const auto report = read_properties(text, flow_of());
  REQUIRE(report);
  REQUIRE_FALSE(report->properties);
  const Diagnostic& first = report->diagnostics.front();
  return std::to_string(first.line) + ": " + first.message + "; " + first.hint;
}

}  // namespace

TEST_CASE("a status that cannot be while another one is: never holds", "[X7][X8]") {
  CHECK(check_one("never: {environment: production, status: Running, "
                  "while: {environment: staging, status: [Failed, Pending]}}")
            .verdict == Verdict::Holds);
}

TEST_CASE("a status that can be: never is violated, with a run that shows it", "[X7][X8]") {
  const auto finding = check_one(
      "never: {environment: staging, status: Failed, while: {environment: docs, "
      "status: Successful}}");
  const std::string lines = shown(finding);
  CHECK(lines.find(R"("environment":"staging","status":"Failed")") != std::string::npos);
  CHECK(lines.find(R"("environment":"docs","status":"Successful")") != std::string::npos);
}

TEST_CASE("what did not happen within a bound is undecided", "[X5][X8]") {
  ExplorationOptions options;
  options.states_max = 3;
  CHECK(check_one("never: {environment: staging, status: Terminated}", options).verdict ==
        Verdict::Undecided);
  CHECK(check_one("before: {promotion: production}, requires: {hook: security-scan}", options)
            .verdict == Verdict::Undecided);
  CHECK(check_one("after: {release: Failed}, eventually: {hook: slack-fail}", options).verdict ==
        Verdict::Undecided);
}

TEST_CASE("a hook that comes before, in the same step, too: before holds", "[X7][X8]") {
  CHECK(check_one("before: {promotion: production}, "
                  "requires: {hook: security-scan, environment: staging, succeeded: true}")
            .verdict == Verdict::Holds);
}

TEST_CASE("a promotion that need not come before: before is violated", "[X7][X8]") {
  const auto finding = check_one(
      "before: {promotion: production, issued: true}, "
      "requires: {promotion: docs, succeeded: true}");
  const std::string lines = shown(finding);
  const auto promoted = lines.find(R"("environment":"docs","status":"Successful")");
  const auto production = lines.find(R"("environment":"production","status":"Running")");
  REQUIRE(production != std::string::npos);
  CHECK(promoted > production);
}

TEST_CASE("a hook that follows, or ended in the same step: after holds", "[X7][X8]") {
  CHECK(check_one("after: {release: Failed}, "
                  "eventually: {hook: slack-fail, point: release.onFail}")
            .verdict == Verdict::Holds);
  CHECK(check_one("after: {environment: staging, status: Failed}, "
                  "eventually: {hook: slack-fail, issued: true}")
            .verdict == Verdict::Holds);
}

TEST_CASE("a hook that may fail: after is violated", "[X7][X8]") {
  const auto finding = check_one(
      "after: {environment: staging, status: Failed}, "
      "eventually: {hook: slack-fail, succeeded: true}");
  const std::string lines = shown(finding);
  CHECK(lines.find("hook-failed") != std::string::npos);
}

TEST_CASE("a violation takes no more failures than it needs", "[X8]") {
  ExplorationOptions options;
  options.failures_max = 1;
  CHECK(check_one("after: {environment: staging, status: Failed}, "
                  "eventually: {hook: slack-fail, succeeded: true}",
                  options)
            .verdict == Verdict::Holds);
}

TEST_CASE("a status that is taken on and left in one step is seen", "[X7]") {
  ExplorationOptions options;
  options.failures_max = 0;
  options.terminate = true;
  CHECK(check_one("never: {release: Terminating}", options).verdict == Verdict::Violated);
}

TEST_CASE("unknown names are reported where they are, with what was meant", "[X7]") {
  CHECK(problem_of("properties:\n- name: it\n  never: {environment: stagin, status: Failed}\n") ==
        "3: the flow has no environment 'stagin'; did you mean 'staging'?");
  CHECK(problem_of("properties:\n- name: it\n  never: {hook: security-scam}\n") ==
        "3: the flow has no hook 'security-scam'; did you mean 'security-scan'?");
  CHECK(problem_of("properties:\n- name: it\n  never: {promotion: prodution}\n") ==
        "3: the flow has no environment 'prodution'; did you mean 'production'?");
  CHECK(problem_of("properties:\n- name: it\n  nevr: {promotion: production}\n")
            .find("did you mean 'never'?") != std::string::npos);
}

TEST_CASE("a property that is none of the three forms is refused", "[X7]") {
  for (const char* const property :
       {"- name: it\n", "- {name: it, before: {release: Failed}}\n",
        "- {name: it, never: {release: Failed}, after: {release: Failed}}\n",
        "- {name: it, never: {environment: staging}}\n", "- {name: it, never: []}\n",
        "- {name: it, never: {release: Failed, hook: slack-fail}}\n",
        "- {name: it, never: {hook: slack-fail, while: {release: Failed}}}\n",
        "- {name: it, never: {hook: slack-fail, failed: false}}\n",
        "- {name: it, never: {release: Broken}}\n"}) {
    INFO(property);
    const auto report = read_properties(std::string("properties:\n") + property, flow_of());
    REQUIRE(report);
    CHECK_FALSE(report->properties);
    CHECK_FALSE(report->diagnostics.empty());
  }
}

TEST_CASE("properties in code are refused as those of a text are", "[H31][X7]") {
  const Flow flow = flow_of();
  const auto refusal = [&](const Pattern& pattern, PropertyForm form = PropertyForm::Never) {
    const auto found = check_properties(flow, {{.name = "it", .form = form, .first = {pattern}}});
    if (found) { return std::string("ok"); }
    CHECK(found.error().code == ErrorCode::InvalidArgument);
    return found.error().message;
  };
  const std::vector<EnvironmentStatus> failed{EnvironmentStatus::Failed};
  CHECK(refusal({.status = failed, .environment = "staging"}) == "ok");
  CHECK(refusal({.status = failed}) == "'it': 'status' is an environment's, and none is named");
  CHECK(refusal({.status = failed, .environment = "stagign"}) ==
        "'it': the flow has no environment 'stagign'");
  CHECK(refusal({.promotion = "stagign"}) == "'it': the flow has no environment 'stagign'");
  CHECK(refusal({.hook = "scan"}) == "'it': the flow has no hook 'scan'");
  CHECK(refusal({.hook = "slack-fail"}, PropertyForm{9}) == "'it': its form is none");
  CHECK(refusal({}) == "'it': a pattern has one of 'release', 'status', 'hook' and 'promotion'");
  CHECK(refusal({.release = {ReleaseStatus{99}}}) ==
        "'it': a status is no value of its enumeration");
  CHECK(refusal({.hook = "slack-fail", .meanwhile = {{.release = {ReleaseStatus::Failed}}}}) ==
        "'it': 'meanwhile' narrows a status only");
  Pattern pattern{.release = {ReleaseStatus::Failed}, .meanwhile = {{.hook = "slack-fail"}}};
  CHECK(refusal(pattern) == "'it': 'meanwhile' takes a status only");
  pattern.meanwhile.clear();
  for (int depth = 0; depth < 20; ++depth) {
    pattern = {.release = {ReleaseStatus::Failed}, .meanwhile = {pattern}};
  }
  CHECK(refusal(pattern) == "'it': 'meanwhile' is nested too deeply");
}

TEST_CASE("an exploration of another flow is refused", "[H31][X6]") {
  FlowBuilder builder("small", "dev");
  builder.step("staging", {"dev"});
  const Exploration small = explore(built(builder)).value();
  CHECK(to_json(flow_of(), small).error().code == ErrorCode::InvalidArgument);
  CHECK(render_exploration(flow_of(), small).error().message == "it is of another flow");
}

// SPDX-License-Identifier: Apache-2.0
// Ten pairs of flows: what a change to a flow changes (X9).
#include "catch.hpp"
#include "promoflow/flow_diff.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// dev -> security, staging -> production; `more` changes it.
template <class Change>
Flow flow_of(const Change& change) {
  FlowOptions options;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions staging;
  staging.hooks.on_success = {hook("smoke"), hook("scan")};
  StepOptions production;
  std::vector<std::string_view> waits{"staging", "security"};
  change(options, staging, production, waits);
  FlowBuilder builder("billing", "dev");
  builder.options(options).step("security", {"dev"}).step("staging", {"dev"}, staging);
  builder.step("production", waits, production);
  return built(builder);
}

using Waits = std::vector<std::string_view>;

Flow original() {
  return flow_of([](FlowOptions&, StepOptions&, StepOptions&, Waits&) {});
}

/// `kind: text` of each change, one a line; without outcomes and hooks' runs.
std::string structure(const FlowDifference& difference) {
  std::string lines;
  for (const FlowChange& change : difference.changes) {
    const bool is_behaviour = change.kind >= FlowChangeKind::HookNeverRuns &&
                              change.kind <= FlowChangeKind::OutcomeRemoved;
    if (is_behaviour) { continue; }
    lines += std::string(to_string(change.kind)) + ": " + change.text + "\n";
  }
  return lines;
}

bool has(const FlowDifference& difference, FlowChangeKind kind, const std::string& text) {
  for (const FlowChange& change : difference.changes) {
    if (change.kind == kind && change.text.find(text) != std::string::npos) { return true; }
  }
  return false;
}

FlowDifference diff_to(const Flow& changed) {
  auto difference = diff_flows(original(), changed);
  REQUIRE(difference);
  CHECK_FALSE(difference->equal);
  return *difference;
}

}  // namespace

TEST_CASE("equal flows have no difference", "[X9]") {
  const auto difference = diff_flows(original(), original());
  REQUIRE(difference);
  CHECK(difference->equal);
  CHECK(difference->changes.empty());
  CHECK(*render_flow_diff(*difference, FlowDiffFormat::Text) == "The flows are equal.\n");
}

TEST_CASE("production no longer waits for security", "[X9]") {
  const auto difference = diff_to(
      flow_of([](FlowOptions&, StepOptions&, StepOptions&, Waits& waits) { waits = {"staging"}; }));
  CHECK(structure(difference) == "waits-no-longer: production no longer waits for security\n");
  CHECK(difference.explored);
  CHECK(has(difference, FlowChangeKind::OutcomeAdded,
            "Failed: dev Successful, security Failed, staging Successful, production Successful"));
}

TEST_CASE("a new environment in between is waited for by all behind it", "[X9]") {
  FlowBuilder builder("billing", "dev");
  FlowOptions options;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions staging;
  staging.hooks.on_success = {hook("smoke"), hook("scan")};
  builder.options(options).step("security", {"dev"}).step("staging", {"dev"}, staging);
  builder.step("canary", {"staging"}).step("production", {"canary", "security"});
  const auto difference = diff_to(built(builder));
  CHECK(structure(difference) ==
        "environment-added: canary is new, behind staging\n"
        "waits: production now waits for canary\n");
}

TEST_CASE("an environment that is gone", "[X9]") {
  FlowBuilder builder("billing", "dev");
  FlowOptions options;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions staging;
  staging.hooks.on_success = {hook("smoke"), hook("scan")};
  builder.options(options).step("staging", {"dev"}, staging).step("production", {"staging"});
  const auto difference = diff_to(built(builder));
  CHECK(structure(difference) ==
        "environment-removed: security is gone\n"
        "waits-no-longer: production no longer waits for security\n");
}

TEST_CASE("an environment with another name is the same one", "[X9]") {
  FlowBuilder builder("billing", "dev");
  FlowOptions options;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions staging;
  staging.hooks.on_success = {hook("smoke"), hook("scan")};
  builder.options(options).step("audit", {"dev"}).step("staging", {"dev"}, staging);
  builder.step("production", {"staging", "audit"});
  const auto difference = diff_to(built(builder));
  CHECK(structure(difference) == "environment-renamed: security is called audit now\n");
  CHECK_FALSE(has(difference, FlowChangeKind::OutcomeAdded, ""));
  CHECK_FALSE(has(difference, FlowChangeKind::OutcomeRemoved, ""));
}

TEST_CASE("hooks that came, went, moved and changed", "[X9]") {
  const auto difference = diff_to(
      flow_of([](FlowOptions& options, StepOptions& staging, StepOptions& production, Waits&) {
        options.hooks.on_fail = {hook("page")};
        staging.hooks.on_success = {hook("scan")};
        staging.hooks.on_success[0].timeout = std::chrono::minutes{5};
        staging.hooks.on_success[0].on_error = OnError::Ignore;
        production.hooks.on_start = {hook("smoke")};
      }));
  CHECK(structure(difference) ==
        "hook-added: hook page is new at release.onFail\n"
        "hook-removed: hook slack-fail is gone from release.onFail\n"
        "hook-moved: hook smoke moved from environment.onSuccess of staging to "
        "environment.onStart of production\n"
        "hook-changed: hook scan at environment.onSuccess of staging has another timeout and "
        "onError (now ignore)\n");
}

TEST_CASE("hooks in another order", "[X9]") {
  const auto difference =
      diff_to(flow_of([](FlowOptions&, StepOptions& staging, StepOptions&, Waits&) {
        staging.hooks.on_success = {hook("scan"), hook("smoke")};
      }));
  CHECK(structure(difference) ==
        "hook-moved: hook scan runs before smoke now, at environment.onSuccess of staging\n");
}

TEST_CASE("settings of an environment", "[X9]") {
  const auto difference =
      diff_to(flow_of([](FlowOptions&, StepOptions&, StepOptions& production, Waits&) {
        production.policy.action = PolicyAction::PullRequest;
        production.timeout = std::chrono::hours{1};
        production.retry = {.limit = 2, .duration = std::chrono::seconds{30}};
        production.soak = std::chrono::hours{2};
      }));
  CHECK(structure(difference) ==
        "step-changed: production: the policy was none given, is pr\n"
        "step-changed: production: the timeout was none, is 1h\n"
        "step-changed: production: the retry was none, is 2 more attempts, 30s apart\n"
        "step-changed: production: the soak was none, is 2h\n");
}

TEST_CASE("another failure policy changes what can happen", "[X9]") {
  const auto difference =
      diff_to(flow_of([](FlowOptions& options, StepOptions&, StepOptions&, Waits&) {
        options.failure_policy = FailurePolicy::Abort;
      }));
  CHECK(structure(difference) == "flow-changed: failurePolicy was failFast, is abort\n");
  CHECK(has(difference, FlowChangeKind::OutcomeAdded, "staging Terminated"));
  CHECK(has(difference, FlowChangeKind::OutcomeRemoved, "security Failed, staging Failed"));
}

TEST_CASE("people are shown what differs of an outcome, programs all of it", "[X9]") {
  const auto difference = diff_to(
      flow_of([](FlowOptions&, StepOptions&, StepOptions&, Waits& waits) { waits = {"staging"}; }));
  const auto text = render_flow_diff(difference, FlowDiffFormat::Text);
  REQUIRE(text);
  CHECK(text->find("can end now: Failed: security Failed, production Successful (before: Pending), "
                   "and 2 others as before, with 1 failure or more\n") != std::string::npos);
  CHECK(text->find("dev Successful") == std::string::npos);
  const auto back = diff_flows(
      flow_of([](FlowOptions&, StepOptions&, StepOptions&, Waits& waits) { waits = {"staging"}; }),
      original());
  REQUIRE(back);
  CHECK(render_flow_diff(*back, FlowDiffFormat::Text)
            ->find("can no longer end: Failed: security Failed, production Successful "
                   "(now: Pending), and 2 others as before") != std::string::npos);
  const auto json = render_flow_diff(difference, FlowDiffFormat::Json);
  REQUIRE(json);
  CHECK(json->find("can end now: Failed: dev Successful, security Failed, staging Successful, "
                   "production Successful, with 1 failure or more") != std::string::npos);
}

TEST_CASE("a flow that is too large is compared by its structure only, and that is said", "[X9]") {
  ExplorationOptions options;
  options.states_max = 5;
  const auto difference = diff_flows(
      original(),
      flow_of([](FlowOptions&, StepOptions&, StepOptions&, Waits& waits) { waits = {"staging"}; }),
      options);
  REQUIRE(difference);
  CHECK_FALSE(difference->explored);
  CHECK(difference->not_explored == "the old flow is too large: more than 5 states");
  CHECK(structure(*difference) == "waits-no-longer: production no longer waits for security\n");
}

TEST_CASE("a difference as it stands in a pull request", "[X9]") {
  const auto difference =
      diff_to(flow_of([](FlowOptions& options, StepOptions&, StepOptions&, Waits&) {
        options.hooks.on_fail = {hook("slack_fail")};
      }));
  const std::string text = *render_flow_diff(difference, FlowDiffFormat::Markdown);
  CHECK(
      text.starts_with("### What this does to the promotion flow\n\n**Hooks**\n\n"
                       "- hook slack\\_fail is new at release.onFail\n"));
  const std::string json = *render_flow_diff(difference, FlowDiffFormat::Json);
  CHECK(json.starts_with(R"({"equal":false,"changes":[{"kind":"hook-added","environment":null,)"));
}

namespace {

/// The difference of two flows whose steps are given as JSON.
FlowDifference diff_of_steps(const std::string& before, const std::string& after) {
  const auto with_steps = [](const std::string& steps) {
    const auto flow = load_flow(
        R"({"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "x", "annotations": {"promoflow.dev/extensions": "true"}},
            "spec": {"triggerEnvironment": "dev", "steps": [)" +
        steps + "]}}");
    REQUIRE(flow);
    return *flow;
  };
  auto difference = diff_flows(with_steps(before), with_steps(after));
  REQUIRE(difference);
  CHECK_FALSE(difference->equal);
  return *difference;
}

constexpr const char* kA = R"({"environment": "a", "dependsOn": ["dev"]})";
constexpr const char* kB = R"({"environment": "b", "dependsOn": ["dev"]})";
constexpr const char* kC = R"({"environment": "c", "dependsOn": ["a", "b"]})";

std::string steps_of(std::initializer_list<const char*> steps) {
  std::string text;
  for (const char* const step : steps) { text += (text.empty() ? "" : ", ") + std::string(step); }
  return text;
}

}  // namespace

TEST_CASE("steps in another order begin in another order", "[X9]") {
  const auto difference = diff_of_steps(steps_of({kA, kB, kC}), steps_of({kB, kA, kC}));
  CHECK(structure(difference) ==
        "environment-moved: b begins before a now, where both can begin\n");
  CHECK(render_flow_diff(difference, FlowDiffFormat::Text)
            ->starts_with("Environments\n  b begins before a now, where both can begin\n\n"));
}

TEST_CASE("one environment that moved past several is said once", "[X9]") {
  const auto difference = diff_of_steps(steps_of({kA, kB, kC}), steps_of({kC, kA, kB}));
  REQUIRE(difference.changes.size() == 1);
  CHECK(difference.changes[0].environment == "c");
  CHECK(difference.changes[0].text == "c is listed before a now");  // It waits for a.
}

TEST_CASE("flows that differ have a difference that is named", "[X9]") {
  const std::string before = steps_of({kA, kB, kC});
  for (const auto& [after, text] : std::vector<std::pair<const char*, const char*>>{
           {R"({"environment": "c", "dependsOn": ["b", "a"]})",
            "c: dependsOn was a and b, is b and a"},
           {R"({"environment": "c", "dependsOn": ["a", "b", "dev"]})",
            "c: dependsOn was a and b, is a, b and dev"},
           {R"({"environment": "c", "dependsOn": ["a", "b"],
                "retry": {"limit": 0, "backoff": {"duration": "1m"}}})",
            "c: the retry was none, is 0 more attempts, 1m apart"}}) {
    INFO(after);
    CHECK(structure(diff_of_steps(before, steps_of({kA, kB, after}))) ==
          std::string("step-changed: ") + text + "\n");
  }
  const auto with_hook = [](const char* more) {
    return std::string(R"({"environment": "a", "dependsOn": ["dev"], "hooks": {"onStart":
      {"name": "h")") +
           more + "}}}";
  };
  CHECK(structure(diff_of_steps(with_hook(""), with_hook(R"(, "exports": ["K"])"))) ==
        "hook-changed: hook h at environment.onStart of a has another exports\n");
  CHECK(structure(diff_of_steps(with_hook(""), with_hook(R"(, "reads": ["K"])"))) ==
        "hook-changed: hook h at environment.onStart of a has another reads\n");
}

// SPDX-License-Identifier: Apache-2.0
// Reading scenarios (S1), and every problem with its position.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "manifest_texts.hpp"
#include "promoflow/simulation.hpp"

using namespace promoflow;
using namespace promoflow::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

Facts problems(std::string_view text, const Flow* flow = nullptr) {
  const ScenarioReport report = read_scenario(text, flow).value();
  CHECK(report.scenario.has_value() == !has_errors(report.diagnostics));
  return facts(report.diagnostics);
}

Scenario read(std::string_view text) {
  const ScenarioReport report = read_scenario(text).value();
  CHECK(facts(report.diagnostics).empty());
  return report.scenario.value();
}

}  // namespace

TEST_CASE("a scenario says who the release is, what happens and what the operator does", "[S1]") {
  const Scenario scenario = read(R"(
release: {id: r-42, url: "https://x/r-42", product: billing, version: 1.40, commitSha: 0x3f2a91c}
context: {SLACK_CHANNEL: "#releases", N: 1.50}
outcomes:
  - {environment: staging, attempt: 1, after: 5m, fail: "Application degraded"}
  - {hook: jira, point: environment.onFail, environment: staging, after: 3s, context: {JIRA: A-1}}
  - {environment: production, suspend: 2h, after: 0}
  - {hook: broken, contextText: "[1"}
  - {hook: gate, fail: 503, context: ~}
actions:
  - {at: 10m, retry: true}
  - {at: 3h, terminate: "stopped by the operator"}
)");
  CHECK(scenario.release.id == "r-42");
  CHECK(scenario.release.version == "1.40");
  CHECK(scenario.release.commit_sha == "0x3f2a91c");
  CHECK(scenario.context == R"({"SLACK_CHANNEL":"#releases","N":1.50})");
  REQUIRE(scenario.outcomes.size() == 5);
  CHECK(scenario.outcomes[0].environment == "staging");
  CHECK(scenario.outcomes[0].attempt == 1U);
  CHECK(scenario.outcomes[0].after == minutes(5));
  CHECK(scenario.outcomes[0].fail == "Application degraded");
  CHECK(scenario.outcomes[1].hook == "jira");
  CHECK(scenario.outcomes[1].point == Point::EnvironmentOnFail);
  CHECK(scenario.outcomes[1].context == R"({"JIRA":"A-1"})");
  CHECK(scenario.outcomes[2].suspend == minutes(120));
  CHECK(scenario.outcomes[2].after == milliseconds(0));
  CHECK(scenario.outcomes[3].context == "[1");
  CHECK(scenario.outcomes[4].fail == "503");
  CHECK_FALSE(scenario.outcomes[4].context);
  REQUIRE(scenario.actions.size() == 2);
  REQUIRE(std::holds_alternative<RetryAction>(scenario.actions[0].what));
  CHECK_FALSE(std::get<RetryAction>(scenario.actions[0].what).environments);
  CHECK(scenario.actions[0].by.empty());
  CHECK(scenario.actions[1].at == minutes(180));
  const auto& terminate = std::get<TerminateAction>(scenario.actions[1].what);
  CHECK(terminate.reason == "stopped by the operator");
  CHECK_FALSE(terminate.force);
}

TEST_CASE("a rule may be for one place of a hook list, or for a failure in the soak",
          "[S1][S2][R18]") {
  const Scenario scenario = read(R"(
outcomes:
  - {hook: notify, place: 2, fail: x}
  - {environment: canary, after: 2m, failInSoak: {after: 10m, message: error rate 4 %}}
  - {environment: canary, failInSoak: {message: 4}}
  - {environment: canary, failInSoak: ~}
)");
  REQUIRE(scenario.outcomes.size() == 4);
  CHECK(scenario.outcomes[0].place == 2U);
  CHECK_FALSE(scenario.outcomes[1].place);
  REQUIRE(scenario.outcomes[1].fail_in_soak);
  CHECK(scenario.outcomes[1].fail_in_soak->after == minutes(10));
  CHECK(scenario.outcomes[1].fail_in_soak->message == "error rate 4 %");
  REQUIRE(scenario.outcomes[2].fail_in_soak);
  CHECK(scenario.outcomes[2].fail_in_soak->after == milliseconds(0));
  CHECK(scenario.outcomes[2].fail_in_soak->message == "4");
  CHECK_FALSE(scenario.outcomes[3].fail_in_soak);
}

TEST_CASE("the operator retries all or some, skips, terminates and forces, by name",
          "[R6][R12][R16]") {
  const Scenario scenario = read(R"(
actions:
  - {at: 1m, retry: [eu, us, eu], by: ann}
  - {at: 2m, retry: []}
  - {at: 3m, skip: qa, reason: known, by: bob}
  - {at: 4m, skip: qa}
  - {at: 5m, force: true, terminate: ""}
  - {at: 6m, terminate: now, force: false}
  - {at: 7m, retry: true, skip: ~, terminate: ~, reason: ~, force: ~, by: ~}
)");
  REQUIRE(scenario.actions.size() == 7);
  CHECK(scenario.actions[0].by == "ann");
  CHECK(std::get<RetryAction>(scenario.actions[0].what).environments == Facts{"eu", "us", "eu"});
  CHECK(std::get<RetryAction>(scenario.actions[1].what).environments == Facts{});
  const auto& skip = std::get<SkipAction>(scenario.actions[2].what);
  CHECK(skip.environment == "qa");
  CHECK(skip.reason == "known");
  CHECK(scenario.actions[2].by == "bob");
  CHECK(std::get<SkipAction>(scenario.actions[3].what).reason.empty());
  CHECK(std::get<TerminateAction>(scenario.actions[4].what).reason.empty());
  CHECK(std::get<TerminateAction>(scenario.actions[4].what).force);
  CHECK_FALSE(std::get<TerminateAction>(scenario.actions[5].what).force);
  CHECK(std::holds_alternative<RetryAction>(scenario.actions[6].what));
  CHECK(scenario.actions[6].by.empty());
}

TEST_CASE("an action is exactly one of retry, skip and terminate, with its own fields",
          "[S1][M6]") {
  CHECK(problems("actions:\n  - {at: 1s, skip: a, terminate: x}\n"
                 "  - {at: 1s, terminate: x, skip: a, retry: true}\n") ==
        Facts{"2:23 invalid-value /actions/0/terminate", "3:14 invalid-value /actions/1/terminate",
              "3:28 invalid-value /actions/1/skip"});
  CHECK(problems("actions:\n  - {at: 1s, terminate: ~}\n  - {at: 1s, by: ann}\n") ==
        Facts{"2:5 missing-field /actions/0", "3:5 missing-field /actions/1"});
  CHECK(problems("actions:\n  - {at: 1s, retry: true, reason: x, force: true}\n"
                 "  - {at: 1s, skip: a, force: true}\n  - {at: 1s, terminate: a, reason: x}\n") ==
        Facts{"2:27 invalid-value /actions/0/reason", "2:38 invalid-value /actions/0/force",
              "3:23 invalid-value /actions/1/force", "4:28 invalid-value /actions/2/reason"});
  CHECK(problems("actions:\n  - {at: 1s, skip: [a]}\n  - {at: 1s, skip: \"\"}\n"
                 "  - {at: 1s, retry: [a, 3, \"\"]}\n  - {at: 1s, retry: a}\n"
                 "  - {at: 1s, terminate: x, force: 1}\n") ==
        Facts{"2:20 wrong-type /actions/0/skip", "3:20 invalid-name /actions/1/skip",
              "4:25 wrong-type /actions/2/retry/1", "4:28 invalid-name /actions/2/retry/2",
              "5:21 wrong-type /actions/3/retry", "6:35 wrong-type /actions/4/force"});
}

TEST_CASE("a scenario may skip environments from the start", "[R16]") {
  CHECK(read("skip: [qa, us]\n").selection.skip == Facts{"qa", "us"});
  CHECK(read("until: [eu]\n").selection.until == Facts{"eu"});
  CHECK(read("only: [eu, eu]\n").selection.only == Facts{"eu", "eu"});
  CHECK(read("skip: ~\nonly: [eu]\n").selection == EnvironmentSelection{.only = Facts{"eu"}});
  CHECK(read("").selection == EnvironmentSelection{});
}

TEST_CASE("a selection that no release can be started with is an error of the scenario",
          "[R16][M6]") {
  CHECK(problems("skip: []\n") == Facts{"1:7 invalid-value /skip"});
  CHECK(problems("only: [a]\nuntil: [b]\n") == Facts{"1:1 invalid-value /only"});
  CHECK(problems("skip: [a]\nonly: [a]\nuntil: [b]\n") ==
        Facts{"2:1 invalid-value /only", "3:1 invalid-value /until"});
  CHECK(problems("skip: qa\n") == Facts{"1:7 wrong-type /skip"});
  CHECK(problems("skip: [1, ~, \"\"]\n") ==
        Facts{"1:8 wrong-type /skip/0", "1:11 wrong-type /skip/1", "1:14 invalid-name /skip/2"});
  const Flow flow = load_flow(with_step("")).value();
  for (const std::string field : {"skip", "until", "only"}) {
    const ScenarioReport report = read_scenario(field + ":\n- dev\n- stagin\n- x\n", &flow).value();
    CHECK(facts(report.diagnostics) == Facts{"3:3 unknown-environment /" + field + "/1",
                                             "4:3 unknown-environment /" + field + "/2"});
    CHECK_FALSE(report.scenario);
    CHECK(report.diagnostics[0].hint == "did you mean 'staging'?");
    CHECK(report.diagnostics[1].hint == "name environments of the flow only");
    CHECK(problems(field + ": [stagin]\n").empty());
  }
}

TEST_CASE("actions for environments that the flow does not have are read, with a warning",
          "[R13][S3]") {
  const Flow flow = load_flow(with_step("")).value();
  const ScenarioReport report =
      read_scenario("actions:\n  - {at: 1s, retry: [staging, stagin]}\n  - {at: 2s, skip: x}\n",
                    &flow)
          .value();
  CHECK(facts(report.diagnostics) == Facts{"~2:31 unknown-environment /actions/0/retry/1",
                                           "~3:20 unknown-environment /actions/1/skip"});
  CHECK(report.diagnostics[0].hint == "did you mean 'staging'?");
  CHECK(report.diagnostics[1].hint == "the release refuses this action");
  REQUIRE(report.scenario);
  CHECK(std::get<RetryAction>(report.scenario->actions[0].what).environments ==
        Facts{"staging", "stagin"});
  CHECK(std::get<SkipAction>(report.scenario->actions[1].what).environment == "x");
}

TEST_CASE("fields that are not given have defaults", "[S1]") {
  for (const std::string_view text : {"", "{}", "# nothing\n", "release:\noutcomes: []\n"}) {
    const Scenario scenario = read(text);
    CHECK(scenario.release.id == "simulated");
    CHECK(scenario.release.url.empty());
    CHECK(scenario.context.empty());
    CHECK(scenario.outcomes.empty());
  }
}

TEST_CASE("a scenario may be JSON", "[S1]") {
  CHECK(read(R"({"outcomes": [{"hook": "a", "context": {"A": 1}}]})").outcomes.size() == 1);
  CHECK(problems("{\"outcomes\": [\n{\"hok\": \"a\"}]}") ==
        Facts{"2:2 unknown-field /outcomes/0/hok"});
}

TEST_CASE("every problem of a scenario has its place", "[S1]") {
  CHECK(problems("relase: {id: \"\"}\n") ==
        Facts{"1:1 unknown-field /relase", "1:14 invalid-value /relase/id"});
  CHECK(problems("outcomes:\n  - {after: 1s}\n") == Facts{"2:5 missing-field /outcomes/0"});
  CHECK(problems("outcomes:\n  - {environment: a, point: release.onStart, context: {}}\n") ==
        Facts{"2:22 invalid-value /outcomes/0/point", "2:46 invalid-value /outcomes/0/context"});
  CHECK(problems("outcomes:\n  - {environment: a, place: 1}\n  - {hook: a, failInSoak: {}}\n"
                 "  - {hook: a, place: 0}\n  - {environment: a, failInSoak: 1m}\n"
                 "  - {environment: a, failInSoak: {after: -1s, messag: x}}\n") ==
        Facts{"2:22 invalid-value /outcomes/0/place", "3:15 invalid-value /outcomes/1/failInSoak",
              "4:22 invalid-value /outcomes/2/place", "5:34 wrong-type /outcomes/3/failInSoak",
              "6:42 invalid-value /outcomes/4/failInSoak/after",
              "6:47 unknown-field /outcomes/4/failInSoak/messag"});
  CHECK(problems("outcomes:\n  - {hook: a, context: {}, contextText: x}\n") ==
        Facts{"2:28 invalid-value /outcomes/0/contextText"});
  CHECK(problems("outcomes:\n  - {hook: a, context: [1]}\n") ==
        Facts{"2:24 wrong-type /outcomes/0/context"});
  CHECK(problems("outcomes:\n  - {hook: a, context: {A: .inf}}\n") ==
        Facts{"2:28 invalid-value /outcomes/0/context"});
  CHECK(problems("outcomes:\n  - {hook: a, point: release.onstart}\n") ==
        Facts{"2:22 invalid-value /outcomes/0/point"});
  CHECK(problems("outcomes:\n  - {hook: a, attempt: 0, after: -1s, suspend: 3}\n") ==
        Facts{"2:24 invalid-value /outcomes/0/attempt", "2:34 invalid-value /outcomes/0/after",
              "2:48 wrong-type /outcomes/0/suspend"});
  CHECK(problems("actions:\n  - {at: 1s}\n  - {retry: true}\n  - {at: 1s, retry: false}\n"
                 "  - {at: 1s, retry: true, terminate: x}\n  - {at: 1s, retry: 3}\n") ==
        Facts{"2:5 missing-field /actions/0", "3:5 missing-field /actions/1",
              "4:21 invalid-value /actions/2/retry", "5:27 invalid-value /actions/3/terminate",
              "6:21 wrong-type /actions/4/retry"});
  CHECK(problems("- a\n") == Facts{"1:1 wrong-type "});
  CHECK(problems("{}\n---\n{}\n") == Facts{"3:1 invalid-value "});
  CHECK(problems("outcomes: [\n").size() == 1);
}

TEST_CASE("with a flow, unknown environments and hooks are warned of", "[S1]") {
  const Flow flow = load_flow(with_step("      hooks: {onStart: gate}\n")).value();
  const std::string text =
      "outcomes:\n  - {environment: stagin}\n  - {hook: gates}\n"
      "  - {hook: gate, environment: dev}\n";
  const ScenarioReport report = read_scenario(text, &flow).value();
  CHECK(facts(report.diagnostics) == Facts{"~2:19 unknown-environment /outcomes/0/environment",
                                           "~3:12 unknown-hook /outcomes/1/hook"});
  CHECK(report.scenario);
  CHECK(report.diagnostics[0].hint == "did you mean 'staging'?");
  CHECK(report.diagnostics[1].hint == "did you mean 'gate'?");
  CHECK(problems(text).empty());
}

TEST_CASE("the schemas are JSON", "[S1][M6]") {
  for (const std::string_view schema : {manifest_schema(), scenario_schema()}) {
    CHECK(nlohmann::json::parse(schema)["$schema"] ==
          "https://json-schema.org/draft/2020-12/schema");
  }
}

// SPDX-License-Identifier: Apache-2.0
// Scenarios: what they say (S1), and every problem with its place.
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
  CHECK(scenario.context == R"({"SLACK_CHANNEL":"#releases","N":1.5})");
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
  CHECK(std::holds_alternative<Retry>(scenario.actions[0].what));
  CHECK(scenario.actions[1].at == minutes(180));
  CHECK(std::get<std::string>(scenario.actions[1].what) == "stopped by the operator");
}

TEST_CASE("what is not said has defaults", "[S1]") {
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

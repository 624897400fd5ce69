// SPDX-License-Identifier: Apache-2.0
// What a scenario makes of a flow (S1 to S4), event by event.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.hpp"
#include "promoflow/promoflow.hpp"

using namespace promoflow;

namespace {

using Story = std::vector<std::string>;

/// dev -> the steps, given as a YAML list; more fields of spec may follow them.
Flow flow(std::string_view steps_and_more) {
  return load_flow(
             "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f,\n"
             "annotations: {promoflow.dev/extensions: 'true'}},\n"
             "spec: {triggerEnvironment: dev, steps: " +
             std::string(steps_and_more) + "}}")
      .value();
}

Scenario scenario(std::string_view text) { return read_scenario(text).value().scenario.value(); }

Trace run(const Flow& flow, std::string_view text) {
  return simulate(flow, scenario(text)).value();
}

/// A line for each record: minutes, event, then the values in the order of S5; `#` marks a ticket.
/// Left out: what a hook is handed, policies and first attempts.
Story story(const Trace& trace) {
  Story lines;
  std::istringstream jsonl(trace.to_jsonl().value());
  for (std::string text; std::getline(jsonl, text);) {
    const auto json = nlohmann::ordered_json::parse(text);
    std::string line = std::to_string(json["t"].get<std::int64_t>() / 60'000) + "m";
    for (const auto& [key, value] : json.items()) {
      const bool is_ticket = key == "ticket" || key == "earlier" || key == "later";
      if (key == "t" || key == "arguments" || key == "policy") { continue; }
      if (key == "attempt" && value == 1) { continue; }
      line += is_ticket ? " #" : key == "attempt" || key == "by" ? " " + key + " " : " ";
      line += value.is_string() ? value.get<std::string>() : value.dump();
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

/// The lines that contain one of the words.
Story lines_with(const Story& lines, const std::vector<std::string>& words) {
  Story found;
  for (const std::string& line : lines) {
    const auto has = [&](const std::string& word) { return line.find(word) != std::string::npos; };
    if (std::any_of(words.begin(), words.end(), has)) { found.push_back(line); }
  }
  return found;
}

const char* const kOneStep = "[{environment: qa, dependsOn: [dev]}]";
const char* const kSoaking = "[{environment: qa, dependsOn: [dev], soak: 30m}]";

}  // namespace

TEST_CASE("without rules every command succeeds at once", "[S1]") {
  const Trace trace = run(flow(kOneStep), "{}");
  CHECK(story(trace) == Story{"0m release Running", "0m environment dev Successful",
                              "0m environment qa Running", "0m promote #1 qa",
                              "0m promotion-succeeded #1", "0m environment qa Successful",
                              "0m release Succeeded"});
  CHECK(trace.info().id == "simulated");
  CHECK(trace.info().version.empty());
  CHECK(trace.origin() == Instant{});
}

TEST_CASE("a rule with a place ends one of two hooks of the same name", "[S1]") {
  const Trace trace =
      run(flow("[{environment: qa, dependsOn: [dev], hooks: {onStart: [check, check]}}]"),
          "{outcomes: [{hook: check, place: 2, after: 1m, fail: broken}]}");
  CHECK(lines_with(story(trace), {"hook"}) ==
        Story{"0m hook #1 check environment.onStart qa", "0m hook-succeeded #1",
              "0m hook #2 check environment.onStart qa", "1m hook-failed #2 broken"});
}

TEST_CASE("what a failing hook exports is not merged", "[S1]") {
  const Trace trace =
      run(flow("[{environment: qa, dependsOn: [dev], hooks: {onStart: check, onFail: page}}]"),
          "{outcomes: [{hook: check, fail: broken, context: {A: 1}},\n"
          "{hook: page, contextText: '[1'}]}");
  CHECK(trace.context().size() == 0);
  const Story ends = lines_with(story(trace), {"hook-failed"});
  REQUIRE(ends.size() == 2);
  CHECK(ends[0] == "0m hook-failed #1 broken");
  CHECK(ends[1].find("#2 exported an invalid promotion context: ") != std::string::npos);
}

TEST_CASE("a suspended command waits for a person, then takes its time", "[S2]") {
  const Trace trace =
      run(flow(kOneStep), "{outcomes: [{environment: qa, suspend: 2h, after: 1m}]}");
  CHECK(story(trace) == Story{"0m release Running", "0m environment dev Successful",
                              "0m environment qa Running", "0m promote #1 qa", "0m suspended #1",
                              "0m environment qa Suspended", "0m release Suspended",
                              "120m resumed #1", "120m environment qa Running",
                              "120m release Running", "121m promotion-succeeded #1",
                              "121m environment qa Successful", "121m release Succeeded"});
}

TEST_CASE("what a suspended command would have done is forgotten once it is cancelled", "[S2]") {
  const Trace trace = run(flow(kOneStep),
                          "{outcomes: [{environment: qa, suspend: 2h}],\n"
                          "actions: [{at: 1h, terminate: enough}]}");
  CHECK(lines_with(story(trace), {"#1"}) ==
        Story{"0m promote #1 qa", "0m suspended #1", "60m cancel #1"});
  CHECK(trace.status() == ReleaseStatus::Terminated);
}

TEST_CASE("a promotion may turn out bad while its environment soaks", "[S2][R18]") {
  const Trace trace =
      run(flow(kSoaking),
          "{outcomes: [{environment: qa, after: 5m, failInSoak: {after: 10m, message: slow}}]}");
  CHECK(lines_with(story(trace), {"#1", "qa", "soaked"}) ==
        Story{"0m environment qa Running", "0m promote #1 qa", "5m promotion-succeeded #1",
              "15m promotion-failed #1 slow", "15m environment qa Failed"});
}

TEST_CASE("failInSoak without a time reports at once", "[S2]") {
  const Trace trace =
      run(flow(kSoaking), "{outcomes: [{environment: qa, failInSoak: {message: slow}}]}");
  CHECK(lines_with(story(trace), {"#1"}) ==
        Story{"0m promote #1 qa", "0m promotion-succeeded #1", "0m promotion-failed #1 slow"});
}

TEST_CASE("a soak that ends in the same moment comes before the report of failure", "[S2][R10]") {
  const Trace trace = run(flow(kSoaking),
                          "{outcomes: [{environment: qa,\n"
                          "failInSoak: {after: 30m, message: slow}}]}");
  CHECK(lines_with(story(trace), {"#1"}) ==
        Story{"0m promote #1 qa", "0m promotion-succeeded #1", "30m soaked #1"});
  CHECK(trace.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("failInSoak does nothing to an environment without a soak", "[S2]") {
  const Trace trace = run(flow(kOneStep),
                          "{outcomes: [{environment: qa,\n"
                          "failInSoak: {after: 0s, message: slow}}]}");
  CHECK(lines_with(story(trace), {"#1"}) == Story{"0m promote #1 qa", "0m promotion-succeeded #1"});
  CHECK(trace.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("a failure in a soak reaches the soak that began anew", "[S2][R12]") {
  const Trace trace =
      run(flow(kSoaking),
          "{outcomes: [{environment: qa, failInSoak: {after: 20m, message: slow}}],\n"
          "actions: [{at: 5m, terminate: stop}, {at: 10m, retry: true}]}");
  CHECK(lines_with(story(trace), {"#1", "retry"}) == Story{"0m promote #1 qa",
                                                           "0m promotion-succeeded #1", "10m retry",
                                                           "20m promotion-failed #1 slow"});
}

TEST_CASE("a failure that would have come between two soaks does not come", "[S2]") {
  const Trace trace =
      run(flow(kSoaking),
          "{outcomes: [{environment: qa, failInSoak: {after: 7m, message: slow}}],\n"
          "actions: [{at: 5m, terminate: stop}, {at: 10m, retry: true}]}");
  CHECK(lines_with(story(trace), {"#1", "retry"}) ==
        Story{"0m promote #1 qa", "0m promotion-succeeded #1", "10m retry", "40m soaked #1"});
}

TEST_CASE("two environments that fail in their soaks do so in the order of their tickets", "[S2]") {
  const Trace trace = run(flow("[{environment: qa, dependsOn: [dev], soak: 1h},\n"
                               "{environment: us, dependsOn: [dev], soak: 1h}]"),
                          "{outcomes: [{environment: us, failInSoak: {after: 10m, message: a}},\n"
                          "{environment: qa, after: 5m, failInSoak: {after: 5m, message: b}}]}");
  CHECK(lines_with(story(trace), {"promotion-failed"}) ==
        Story{"10m promotion-failed #1 b", "10m promotion-failed #2 a"});
}

TEST_CASE("at equal times: timers, then actions as listed, then commands by ticket", "[S3]") {
  const Trace trace =
      run(flow("[{environment: slow, dependsOn: [dev], timeout: 5m},\n"
               "{environment: us, dependsOn: [dev]}, {environment: eu, dependsOn: [dev]}],\n"
               "failurePolicy: continue"),
          "{outcomes: [{environment: slow, after: 5m}, {environment: us, after: 5m},\n"
          "{environment: eu, after: 5m}],\n"
          "actions: [{at: 6m, retry: [us]}, {at: 5m, retry: [slow], by: ann},\n"
          "{at: 5m, skip: us, by: bob}]}");
  const Story lines = story(trace);
  const auto first = std::find(lines.begin(), lines.end(), "5m cancel #1");
  CHECK(Story(first, lines.end()) ==
        Story{"5m cancel #1", "5m promotion-failed #1 timed out after 5m",
              "5m environment slow Failed", "5m retry [\"slow\"] by ann",
              "5m environment slow Running", "5m promote #4 slow attempt 2",
              "5m refused skip not-allowed by bob", "5m promotion-succeeded #2",
              "5m environment us Successful", "5m promotion-succeeded #3",
              "5m environment eu Successful", "6m refused retry not-allowed", "10m cancel #4",
              "10m promotion-failed #4 timed out after 5m", "10m environment slow Failed",
              "10m release Failed"});
}

TEST_CASE("a refused action changes nothing and says who asked", "[S3][R16]") {
  const Trace trace = run(flow(kOneStep),
                          "{outcomes: [{environment: qa, after: 1h}], actions: [\n"
                          "{at: 1m, skip: nowhere, by: ann}, {at: 2m, retry: true, by: bob},\n"
                          "{at: 3m, retry: [nowhere]}, {at: 4m, skip: qa, reason: known},\n"
                          "{at: 2h, terminate: late, by: eve}]}");
  CHECK(lines_with(story(trace), {"refused"}) ==
        Story{"1m refused skip unknown-environment by ann", "2m refused retry not-allowed by bob",
              "3m refused retry unknown-environment", "4m refused skip not-allowed",
              "120m refused terminate not-allowed by eve"});
  CHECK(trace.status() == ReleaseStatus::Succeeded);
  CHECK(trace.environment(EnvironmentId{1}).status == EnvironmentStatus::Successful);
}

TEST_CASE("a simulation ends with its last action, though the release ended before", "[S4]") {
  const Trace trace = run(flow(kOneStep),
                          "{outcomes: [{environment: qa, attempt: 1, fail: no}],\n"
                          "actions: [{at: 2h, retry: true, by: ann}]}");
  CHECK(lines_with(story(trace), {"release", "retry"}) ==
        Story{"0m release Running", "0m release Failed", "120m retry by ann",
              "120m release Running", "120m release Succeeded"});
}

TEST_CASE("an approval that never comes ends with the flow's deadline", "[S4][R7]") {
  const Trace trace = run(flow(std::string(kOneStep) + ", promotionTimeoutLimit: 60"),
                          "{outcomes: [{environment: qa, suspend: 1000h}]}");
  CHECK(trace.status() == ReleaseStatus::Terminated);
  CHECK(trace.message() == "promotion flow timed out after 1h");
}

TEST_CASE("a trace answers which hooks ran, which keys clashed and which are never handed",
          "[C5][C6]") {
  const Trace trace = run(flow("[{environment: eu, dependsOn: [dev], hooks: {onSuccess: note}},\n"
                               "{environment: us, dependsOn: [dev], hooks: {onSuccess: note}}]"),
                          "{context: {VERSION: mine}, outcomes: [\n"
                          "{hook: note, environment: eu, context: {REGION: eu, PRODUCT_NAME: x}},\n"
                          "{hook: note, environment: us, context: {REGION: us}}]}");
  const auto conflicts = trace.context_conflicts().value();
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].key == "REGION");
  CHECK(conflicts[0].earlier == Ticket{3});
  CHECK(conflicts[0].later == Ticket{4});
  const auto shadowed = trace.shadowed_keys().value();
  REQUIRE(shadowed.size() == 2);
  CHECK(shadowed[0].key == "VERSION");
  CHECK(shadowed[0].ticket == Ticket{0});
  CHECK(shadowed[1].key == "PRODUCT_NAME");
  CHECK(shadowed[1].ticket == Ticket{3});
  CHECK(trace.context().find("REGION")->text == "us");
  CHECK(lines_with(story(trace), {"conflict", "shadowed"}) ==
        Story{"0m shadowed VERSION #0", "0m shadowed PRODUCT_NAME #3", "0m conflict REGION #3 #4"});

  CHECK(trace.hooks(Point::EnvironmentOnSuccess)->size() == 2);
  const auto us = trace.flow().find_environment("us");
  const auto hooks = trace.hooks(Point::EnvironmentOnSuccess, us).value();
  REQUIRE(hooks.size() == 1);
  CHECK(hooks[0].ticket == Ticket{4});
  CHECK(trace.hooks(Point::ReleaseOnFail)->empty());
}

TEST_CASE("a trace without clashes has none", "[C5][C6]") {
  const Trace trace = run(flow(kOneStep), "{context: {A: 1}}");
  CHECK(trace.context_conflicts()->empty());
  CHECK(trace.shadowed_keys()->empty());
}

TEST_CASE("a scenario starts with a selection of environments", "[R16]") {
  const Flow chain = flow(
      "[{environment: qa, dependsOn: [dev]},\n"
      "{environment: production, dependsOn: [qa]}]");
  const auto skipped = [&](std::string_view text) {
    return lines_with(story(run(chain, text)), {"Skipped"});
  };
  CHECK(skipped("{skip: [qa]}") == Story{"0m environment qa Skipped"});
  CHECK(skipped("{until: [qa]}") == Story{"0m environment production Skipped"});
  CHECK(skipped("{only: [production]}") ==
        Story{"0m environment dev Skipped", "0m environment qa Skipped"});
}

TEST_CASE("a selection that is empty, unknown or one of two refuses the start", "[R16]") {
  const Flow one = flow(kOneStep);
  const auto refused = [&](EnvironmentSelection selection) {
    const auto trace = simulate(one, {.selection = std::move(selection)});
    return trace ? "started"
                 : trace.error().where + " " + std::string(to_string(trace.error().code));
  };
  using Names = std::vector<std::string>;
  CHECK(refused({.skip = Names{}}) == "selection.skip invalid-argument");
  CHECK(refused({.until = Names{}}) == "selection.until invalid-argument");
  CHECK(refused({.only = Names{}}) == "selection.only invalid-argument");
  CHECK(refused({.skip = Names{"qa", "nowhere"}}) == "selection.skip unknown-environment");
  CHECK(refused({.until = Names{"nowhere"}}) == "selection.until unknown-environment");
  CHECK(refused({.only = Names{"nowhere"}}) == "selection.only unknown-environment");
  CHECK(refused({.skip = Names{"qa"}, .until = Names{"qa"}}) == "selection invalid-argument");
  CHECK(refused({.until = Names{"qa"}, .only = Names{"qa"}}) == "selection invalid-argument");
  CHECK(refused({.skip = Names{}, .only = Names{"qa"}}) == "selection invalid-argument");
  CHECK(refused({.skip = Names{"qa", "qa"}}) == "started");
}

TEST_CASE("a simulation has a bound on its records", "[S4]") {
  const Flow one = flow(kOneStep);
  const std::size_t records = simulate(one, Scenario{}).value().size();
  CHECK(simulate(one, Scenario{}, {.records_max = records}).value().size() == records);
  const auto stopped = simulate(one, Scenario{}, {.records_max = records - 1});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::LimitExceeded);
  CHECK(stopped.error().where == "records_max");
}

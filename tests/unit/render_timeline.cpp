// SPDX-License-Identifier: Apache-2.0
// The timeline of a simulation, read as a person reads it.
#include <chrono>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/render.hpp"
#include "promoflow/simulation.hpp"

using namespace promoflow;
using namespace std::chrono_literals;

namespace {

Flow flow_of(std::string_view text) {
  const Result<Flow> flow = load_flow(text);
  REQUIRE(flow.has_value());
  return *flow;
}

std::string timeline(const Flow& flow, const Scenario& scenario) {
  const Result<Trace> trace = simulate(flow, scenario);
  REQUIRE(trace.has_value());
  const Result<std::string> text = render_timeline(*trace, {.ascii = true});
  REQUIRE(text.has_value());
  return *text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kFlow = R"(
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
  - environment: staging
    dependsOn: [dev]
    policy: {action: pr}
    hooks: {onFail: open-ticket}
  hooks: {onFail: page}
)";

}  // namespace

TEST_CASE("a timeline tells of a failure, its ticket, who was handed it, and the retry") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back(
      {.environment = "staging", .attempt = 1, .after = 5min, .fail = "degraded"});
  scenario.outcomes.push_back({.hook = "open-ticket", .after = 3s, .context = R"({"T":"ABC-1"})"});
  scenario.actions.push_back({1h, Retry{}});
  CHECK(timeline(flow_of(kFlow), scenario) ==
        R"(release r-42 of billing
2 environments, failFast, at most 24h

      +0s  release  Running
           dev      Successful
           staging  Running
                      > promotion by pr
      +5m  staging    x promotion failed after 5m: degraded
                    Failed
                      > onFail hook open-ticket
                          handed FAILED_ENVIRONMENTS=[{"Name":"staging","Status":"Failed","Error-...
                                 ERROR_MESSAGE=degraded
    +5m3s  staging    + onFail hook open-ticket after 3s
                          exported T=ABC-1
           release    + onFail hook page
                          handed FAILED_ENVIRONMENTS=[{"Name":"staging","Status":"Failed","Error-...
                                 ERROR_MESSAGE=degraded
                                 T=ABC-1
                    Failed
      +1h  release    @ the operator retries
                    Running
           staging  Running
                      + promotion (attempt 2)
                    Successful
           release  Succeeded

release Succeeded after 1h of virtual time

  environment  status      took        attempts
  dev          Successful  0s          -
  staging      Successful  1h          2

  2 hook runs: 2 succeeded
  2 promotions: 1 succeeded, 1 failed
  promotion context: T=ABC-1
)");
}

TEST_CASE("a timeline tells of waiting, of a termination and of what the machine refuses") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "staging", .suspend = 2h});
  scenario.actions.push_back({30min, Retry{}});
  scenario.actions.push_back({1h, std::string("wrong build")});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text, "= promotion waits for a person\n                    Suspended\n"));
  CHECK(has(text, "     +30m  release    x retry is refused: not-allowed\n"));
  CHECK(has(text, "      +1h  release    # terminate: wrong build\n"));
  CHECK(has(text, "           staging    # promotion is cancelled after 1h\n"));
  CHECK(has(text, "release Terminated after 1h of virtual time: wrong build\n"));
  CHECK(has(text, "  staging      Terminated  1h          1         wrong build\n"));
  CHECK(has(text, "  1 promotion: 0 succeeded, 1 cancelled\n"));
}

TEST_CASE("a timed out command is counted as failed, once") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.hook = "page", .after = 48h});
  scenario.outcomes.push_back({.environment = "staging", .fail = "down"});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text, "x onFail hook page failed after 24h: timed out after 24h\n"));
  CHECK(has(text, "  2 hook runs: 1 succeeded, 1 failed\n"));
}

TEST_CASE("a failure's reason is told in full, line by line, and cannot speak to the terminal") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "staging",
                               .fail = "first line\nsecond \x1b[31mline " + std::string(70, 'x')});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text,
            "x promotion failed: first line\n                          second \\u001b[31mline"));
  CHECK(has(text, std::string(70, 'x')));
  CHECK_FALSE(has(text, "\x1b"));
}

TEST_CASE("an export that is not an object is shown as it was sent") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "staging", .fail = "down"});
  scenario.outcomes.push_back({.hook = "open-ticket", .context = "[1]"});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text, "x onFail hook open-ticket failed: exported an invalid promotion context: "));
}

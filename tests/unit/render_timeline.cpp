// SPDX-License-Identifier: Apache-2.0
// The timeline of a simulation, as a person reads it.
#include <chrono>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "promoflow/flow.hpp"
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

TEST_CASE("a timeline shows a failure, the export of its hook, where that goes, and the retry") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back(
      {.environment = "staging", .attempt = 1, .after = 5min, .fail = "degraded"});
  scenario.outcomes.push_back({.hook = "open-ticket", .after = 3s, .context = R"({"T":"ABC-1"})"});
  scenario.actions.push_back({1h, RetryAction{}});
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

TEST_CASE("a timeline shows waiting, a termination and a refused action") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "staging", .suspend = 2h});
  scenario.actions.push_back({30min, RetryAction{}});
  scenario.actions.push_back({1h, TerminateAction{"wrong build"}, "ann"});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text, "= promotion waits for a person\n                    Suspended\n"));
  CHECK(has(text, "     +30m  release    x retry is refused: not-allowed\n"));
  CHECK(has(text, "      +1h  release    # terminate: wrong build (by ann)\n"));
  CHECK(has(text, "           staging    # promotion is cancelled after 1h\n"));
  CHECK(has(text, "release Terminated after 1h of virtual time: wrong build\n"));
  CHECK(has(text, "  staging      Terminated  1h          1         wrong build\n"));
  CHECK(has(text, "  1 promotion: 0 succeeded, 1 cancelled\n"));
}

TEST_CASE("a timed out command is counted as failed, once") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.hook = "page", .after = 48h});
  scenario.outcomes.push_back({.environment = "staging", .fail = "down"});
  std::string manifest(kFlow);
  manifest.replace(manifest.find("onFail: page"), 12, "onFail: {name: page, timeout: 2h}");
  const std::string text = timeline(flow_of(manifest), scenario);
  CHECK(has(text, "x onFail hook page timed out after 2h\n"));
  CHECK(has(text, "  2 hook runs: 1 succeeded, 1 failed\n"));
}

TEST_CASE("a failure's reason is shown in full, line by line, and cannot control the terminal") {
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "staging",
                               .fail = "first line\nsecond \x1b[31mline " + std::string(70, 'x')});
  const std::string text = timeline(flow_of(kFlow), scenario);
  CHECK(has(text,
            "x promotion failed: first line\n                          second <U+001B>[31mline"));
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

TEST_CASE("[R16] a timeline shows who skipped an environment and why, and what that lets begin") {
  FlowBuilder builder("billing", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"}).step("global", {"eu"});
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "eu", .fail = "quota"});
  scenario.outcomes.push_back({.environment = "us", .after = 1h});
  scenario.actions.push_back({1min, SkipAction{"us"}});
  scenario.actions.push_back({2min, SkipAction{"eu", "the region is closed"}, "ann"});
  const std::string text = timeline(*builder.build()->flow, scenario);
  CHECK(has(text, "     +1m  release    x skip is refused: not-allowed\n"));
  CHECK(has(text,
            "     +2m  eu         ~ ann skips it: the region is closed\n"
            "                    Skipped\n"
            "           global   Running\n"));
  CHECK(has(text, "  eu           Skipped     0s          1         the region is closed\n"));
}

TEST_CASE("[R16] environments that are skipped from the start have taken no time") {
  FlowBuilder builder("billing", "dev");
  builder.step("staging", {"dev"}).step("production", {"staging"});
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.selection.until = std::vector<std::string>{"staging"};
  const std::string text = timeline(*builder.build()->flow, scenario);
  CHECK(has(text, "      +0s  release     Running\n           production  Skipped\n"));
  CHECK(has(text, "  production   Skipped     -           -\n"));
}

TEST_CASE("[R12] a timeline names the environments that are retried, and who asked") {
  FlowBuilder builder("billing", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"});
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "eu", .attempt = 1, .fail = "quota"});
  scenario.outcomes.push_back({.environment = "us", .after = 1h});
  scenario.actions.push_back({1min, RetryAction{std::vector<std::string>{"eu"}}, "ann"});
  CHECK(has(timeline(*builder.build()->flow, scenario), "     +1m  release    @ ann retries eu\n"));
}

TEST_CASE("[R18] a timeline shows a soak that ends well and one in which the promotion fails") {
  FlowBuilder builder("billing", "dev");
  builder.step("canary", {"dev"}, {.soak = 30min});
  const Flow flow = *builder.build()->flow;
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes.push_back({.environment = "canary",
                               .attempt = 1,
                               .after = 2min,
                               .fail_in_soak = FailInSoak{10min, "error rate 4 %"}});
  scenario.actions.push_back({1h, RetryAction{}});
  const std::string text = timeline(flow, scenario);
  CHECK(has(text, "+ promotion after 2m; soaks for 30m\n"));
  CHECK(has(text, "x promotion failed while its environment soaked: error rate 4 %\n"));
  CHECK(has(text, "+ promotion (attempt 2); soaks for 30m\n"));
  CHECK(has(text, "  +1h30m  canary     + soak of 30m ended well\n"));
  CHECK(has(text, "  2 promotions: 1 succeeded, 1 failed\n"));
}

TEST_CASE("[R12] a soak that was cut begins anew after the retry, and the timeline says so") {
  FlowBuilder builder("billing", "dev");
  builder.step("canary", {"dev"}, {.soak = 30min});
  Scenario scenario{.release = {.id = "r-42"}};
  scenario.actions.push_back({10min, TerminateAction{"wrong build", true}, "ann"});
  scenario.actions.push_back({1h, RetryAction{}});
  const std::string text = timeline(*builder.build()->flow, scenario);
  CHECK(has(text, "# terminate by force: wrong build (by ann)\n"));
  CHECK(has(text, "> soaks anew for 30m\n"));
  CHECK(has(text, "  1 promotion: 1 succeeded\n"));
}

TEST_CASE("[C5] [C6] a timeline shows conflicts and keys that hooks are not handed") {
  FlowBuilder builder("billing", "dev");
  StepOptions step;
  step.hooks.on_success = {{.name = "report"}};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step);
  Scenario scenario{.release = {.id = "r-42"}, .context = R"({"VERSION":"9"})"};
  scenario.outcomes.push_back({.hook = "report", .environment = "eu", .context = R"({"I":"a"})"});
  scenario.outcomes.push_back({.hook = "report", .environment = "us", .context = R"({"I":"b"})"});
  const std::string text = timeline(*builder.build()->flow, scenario);
  CHECK(
      has(text, "! VERSION is the name of a default argument: hooks are not handed this value\n"));
  CHECK(has(text, "! conflict: hook report of us replaces what hook report of eu wrote to I;"));
  CHECK(has(text, "  1 conflict in the promotion context\n"));
}

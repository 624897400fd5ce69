// SPDX-License-Identifier: Apache-2.0
// Scenarios where the durations of the flow forbid the run with the fewest steps. The proof
// compares random flows with every run in real time: promoflow_prove times.
#include <algorithm>

#include "catch.hpp"
#include "promoflow/promoflow.hpp"
#include "small_flows.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::chrono::hours kHour{1};

/// dev -> slow, quick: both soak, and the release has a limit.
Flow two_soaks(std::chrono::minutes limit) {
  FlowOptions options;
  options.promotion_timeout_limit = limit;
  StepOptions slow;
  slow.soak = 2 * kHour;
  StepOptions quick;
  quick.soak = kHour;
  FlowBuilder builder("soaks", "dev");
  builder.options(options).step("slow", {"dev"}, slow).step("quick", {"dev"}, quick);
  return flow_of(builder);
}

std::vector<Property> properties_of(const Flow& flow, std::string_view text) {
  const auto report = read_properties(text, flow);
  REQUIRE((report && report->properties));
  return *report->properties;
}

constexpr std::string_view kSlowFirst = R"(properties:
  - name: the slow one is never done before the quick one
    never: {environment: slow, status: Successful, while: {environment: quick, status: Running}}
)";

}  // namespace

TEST_CASE("a violated property has a scenario, although its shortest run takes too long",
          "[X4][X8]") {
  const Flow flow = two_soaks(std::chrono::minutes{150});
  const auto properties = properties_of(flow, kSlowFirst);
  const auto findings = check_properties(flow, properties);
  REQUIRE((findings && findings->size() == 1));
  CHECK(findings->front().verdict == Verdict::Violated);
  REQUIRE(findings->front().scenario);
  const auto trace = simulate(flow, *findings->front().scenario);
  REQUIRE(trace);
  CHECK(trace->status() == ReleaseStatus::Succeeded);
  std::vector<std::string_view> done;
  for (const Record& record : *trace) {
    const auto* changed = std::get_if<EnvironmentChanged>(&record.what);
    if (changed != nullptr && changed->status == EnvironmentStatus::Successful) {
      done.push_back(flow.environment_name(changed->environment));
    }
  }
  CHECK((done == std::vector<std::string_view>{"dev", "slow", "quick"}));
}

TEST_CASE("a violated property has no scenario exactly if every run of it takes too long",
          "[X4][X8]") {
  const Flow flow = two_soaks(std::chrono::minutes{120});
  const auto properties = properties_of(flow, kSlowFirst);
  const auto findings = check_properties(flow, properties);
  REQUIRE(findings);
  CHECK(findings->front().verdict == Verdict::Violated);
  CHECK_FALSE(findings->front().scenario);
  CHECK(findings->front().impossible.find("the soak of 'slow' (2h)") != std::string::npos);
  CHECK(findings->front().impossible.find("looked at") == std::string::npos);
}

TEST_CASE("an outcome that takes longer than the release may has no scenario", "[X2][X4]") {
  const auto exploration = explore(two_soaks(std::chrono::minutes{120}));
  REQUIRE(exploration);
  const auto succeeded = std::find_if(
      exploration->outcomes.begin(), exploration->outcomes.end(),
      [](const ReleaseOutcome& one) { return one.release == ReleaseStatus::Succeeded; });
  REQUIRE(succeeded != exploration->outcomes.end());
  CHECK_FALSE(succeeded->scenario);
  CHECK(succeeded->impossible == "the soak of 'slow' (2h) and promotionTimeoutLimit (2h)");
  const auto possible = explore(two_soaks(std::chrono::minutes{121}));
  REQUIRE(possible);
  for (const ReleaseOutcome& outcome : possible->outcomes) { CHECK(outcome.scenario); }
}

// SPDX-License-Identifier: Apache-2.0
// Which rule of a scenario decides a command.
#include "simulation/outcomes.hpp"

#include "catch.hpp"

using namespace promoflow;
using detail::Outcomes;

namespace {

constexpr Point kPoint = Point::EnvironmentOnSuccess;

/// A rule that fails with this message, by which a test recognizes it.
Outcome rule(std::string message) {
  Outcome outcome;
  outcome.fail = std::move(message);
  return outcome;
}

std::string message(const Outcome* outcome) { return outcome != nullptr ? *outcome->fail : "none"; }

}  // namespace

TEST_CASE("the first rule that matches a hook decides, however it is narrowed", "[S1]") {
  Scenario scenario;
  scenario.outcomes = {rule("point"), rule("environment"), rule("attempt"), rule("any"),
                       rule("later")};
  for (Outcome& outcome : scenario.outcomes) { outcome.hook = "a"; }
  scenario.outcomes[0].point = Point::ReleaseOnFail;
  scenario.outcomes[1].environment = "qa";
  scenario.outcomes[2].attempt = 2;
  const Outcomes outcomes(scenario);
  CHECK(message(outcomes.find_hook("a", Point::ReleaseOnFail, std::nullopt, 2)) == "point");
  CHECK(message(outcomes.find_hook("a", kPoint, "qa", 2)) == "environment");
  CHECK(message(outcomes.find_hook("a", kPoint, "us", 2)) == "attempt");
  CHECK(message(outcomes.find_hook("a", kPoint, "us", 1)) == "any");
  CHECK(message(outcomes.find_hook("a", Point::ReleaseOnStart, std::nullopt, 1)) == "any");
  CHECK(message(outcomes.find_hook("b", kPoint, "us", 1)) == "none");
}

TEST_CASE("a rule with a place matches the hook at that place of its list only", "[S1]") {
  Scenario scenario;
  scenario.outcomes = {rule("second"), rule("any")};
  scenario.outcomes[0].hook = scenario.outcomes[1].hook = "a";
  scenario.outcomes[0].place = 2;
  const Outcomes outcomes(scenario);
  CHECK(message(outcomes.find_hook("a", kPoint, "qa", 1, 1)) == "any");
  CHECK(message(outcomes.find_hook("a", kPoint, "qa", 1, 2)) == "second");
  CHECK(message(outcomes.find_hook("a", kPoint, "qa", 1)) == "any");
}

TEST_CASE("promotions are decided by rules for their environment and attempt", "[S1]") {
  Scenario scenario;
  scenario.outcomes = {rule("hook"), rule("second"), rule("any")};
  scenario.outcomes[0].hook = "a";
  for (Outcome& outcome : scenario.outcomes) { outcome.environment = "qa"; }
  scenario.outcomes[1].attempt = 2;
  const Outcomes outcomes(scenario);
  CHECK(message(outcomes.find_promotion("qa", 1)) == "any");
  CHECK(message(outcomes.find_promotion("qa", 2)) == "second");
  CHECK(message(outcomes.find_promotion("us", 1)) == "none");
}

TEST_CASE("of many rules the first that matches decides, as of few", "[S1]") {
  Scenario scenario;
  for (int i = 0; i < 300; ++i) {  // Each name three times, and each of 100 attempts three times.
    scenario.outcomes.push_back(rule(std::to_string(i)));
    scenario.outcomes.back().hook = "hook-" + std::to_string(i % 100);
    scenario.outcomes.push_back(rule("promotion " + std::to_string(i)));
    scenario.outcomes.back().environment = "qa";
    scenario.outcomes.back().attempt = static_cast<std::uint32_t>(1 + i % 100);
  }
  const Outcomes outcomes(scenario);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    CHECK(message(outcomes.find_hook("hook-" + number, kPoint, "qa", 1)) == number);
    CHECK(message(outcomes.find_promotion("qa", i + 1)) == "promotion " + number);
  }
  CHECK(message(outcomes.find_hook("hook-100", kPoint, "qa", 1)) == "none");
  CHECK(message(outcomes.find_promotion("us", 1)) == "none");
  CHECK(message(outcomes.find_promotion("qa", 101)) == "none");
}

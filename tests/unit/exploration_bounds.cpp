// SPDX-License-Identifier: Apache-2.0
// What an exploration says of bounds, of lengths that forbid an outcome, and of untold failures.
#include <algorithm>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

const ReleaseOutcome& outcome_of(const Exploration& found, ReleaseStatus status) {
  for (const ReleaseOutcome& outcome : found.outcomes) {
    if (outcome.release == status) { return outcome; }
  }
  FAIL("there is no such outcome");
  return found.outcomes.front();
}

Flow with_soak(std::chrono::milliseconds soak, std::chrono::minutes limit) {
  FlowBuilder builder("soaks", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = limit;
  StepOptions step;
  step.soak = soak;
  builder.options(options).step("canary", {"dev"}, step);
  return built(builder);
}

}  // namespace

TEST_CASE("an outcome that a limit forbids has no scenario, and the lengths are named", "[X2]") {
  const auto found = explore(with_soak(std::chrono::hours{2}, std::chrono::minutes{60}));
  REQUIRE(found);
  const ReleaseOutcome& succeeded = outcome_of(*found, ReleaseStatus::Succeeded);
  CHECK_FALSE(succeeded.scenario);
  CHECK(succeeded.impossible == "promotionTimeoutLimit (1h) and the soak of 'canary' (2h)");
  CHECK(outcome_of(*found, ReleaseStatus::Failed).scenario);
}

TEST_CASE("the number of states does not depend on durations", "[X2]") {
  const auto small = explore(with_soak(milliseconds{1}, std::chrono::minutes{1}));
  const auto large = explore(with_soak(std::chrono::hours{20}, std::chrono::minutes{9000}));
  REQUIRE((small && large));
  CHECK(small->states == large->states);
  CHECK(small->transitions == large->transitions);
}

TEST_CASE("a bound is said, and nothing is said never to happen", "[X5]") {
  ExplorationOptions options;
  options.states_max = 10;
  const auto found = explore(walkthrough(), options);
  REQUIRE(found);
  CHECK_FALSE(found->complete);
  CHECK(found->bound == "more than 10 states");
  CHECK(found->commands_max == std::nullopt);
  for (const HookFinding& hook : found->hooks) {
    CHECK(hook.runs.occurrence != Occurrence::Never);
    CHECK(hook.runs.occurrence != Occurrence::Always);
  }
}

TEST_CASE("runs with few failures are complete before those with more are begun", "[X5]") {
  const auto all = explore(walkthrough());
  REQUIRE(all);
  ExplorationOptions options;
  options.states_max = all->states - 5;
  const auto found = explore(walkthrough(), options);
  REQUIRE(found);
  CHECK_FALSE(found->complete);
  REQUIRE(found->complete_below >= 1);
  for (const ReleaseOutcome& outcome : all->outcomes) {
    if (outcome.failures >= found->complete_below) { continue; }
    CHECK(
        std::any_of(found->outcomes.begin(), found->outcomes.end(), [&](const ReleaseOutcome& one) {
          return one.release == outcome.release && one.environments == outcome.environments &&
                 one.failures == outcome.failures;
        }));
  }
}

TEST_CASE("an exploration can be stopped, and keeps what it knows", "[X5]") {
  ExplorationOptions options;
  options.failures_max.reset();
  options.all_orders = true;
  options.progress = [](const ExplorationProgress& progress) { return progress.states < 5000; };
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 10; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const auto found = explore(built(builder), options);
  REQUIRE(found);
  CHECK_FALSE(found->complete);
  CHECK(found->bound == "it was stopped");
}

TEST_CASE("a fan-out whose order does not matter is looked at in one order", "[X6]") {
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 8; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  ExplorationOptions options;
  options.failures_max.reset();
  const auto reduced = explore(flow, options);
  options.all_orders = true;
  const auto all = explore(flow, options);
  REQUIRE((reduced && all));
  CHECK(reduced->outcomes.size() == 256);
  CHECK(all->outcomes.size() == 256);
  CHECK(all->states == 6561);
  CHECK(reduced->states < 600);
}

TEST_CASE("timeouts and deadlines come due where they are asked for", "[X1]") {
  FlowBuilder builder("timed", "dev");
  StepOptions step;
  step.timeout = std::chrono::minutes{10};
  builder.step("staging", {"dev"}, step);
  const Flow flow = built(builder);
  ExplorationOptions options;
  options.failures_max = 0;
  CHECK(explore(flow, options)->outcomes.size() == 1);
  options.timeouts = true;
  const auto found = explore(flow, options);
  REQUIRE(found);
  const ReleaseOutcome& terminated = outcome_of(*found, ReleaseStatus::Terminated);
  CHECK(terminated.failures == 0);
  CHECK_FALSE(terminated.scenario);  // The promotion's timeout comes before the flow's limit.
  CHECK(terminated.impossible.find("promotionTimeoutLimit (24h)") != std::string::npos);
  options.failures_max = 1;
  const auto expired = explore(flow, options);
  REQUIRE(expired);
  CHECK(outcome_of(*expired, ReleaseStatus::Failed).scenario);
}

TEST_CASE("suspensions change no outcome, and make circles", "[X1]") {
  ExplorationOptions options;
  const auto plain = explore(walkthrough(), options);
  options.suspend = true;
  const auto found = explore(walkthrough(), options);
  REQUIRE((plain && found));
  CHECK(found->complete);
  CHECK(found->outcomes.size() == plain->outcomes.size());
  CHECK(found->commands_max == std::nullopt);
}

TEST_CASE("failures that nobody is told of are found", "[X3]") {
  const auto told = explore(regions(FailurePolicy::FailFast), {.failures_max = 1});
  REQUIRE(told);
  CHECK(told->untold.occurrence == Occurrence::Never);
  const auto untold = explore(regions(FailurePolicy::FailFast), {.failures_max = 3});
  REQUIRE(untold);
  CHECK(untold->untold.occurrence == Occurrence::Sometimes);
  CHECK(untold->untold.failures == 3);
}

TEST_CASE("the longest run is counted in hooks and promotions", "[X3]") {
  const auto found = explore(walkthrough(), {.failures_max = 0});
  REQUIRE(found);
  // begin, announce, staging, smoke, announce, production, smoke, celebrate
  CHECK(found->commands_max == 8);
}

TEST_CASE("the first sentences are those that an owner of the flow needs") {
  const Flow flow = regions(FailurePolicy::FailFast);
  const auto found = explore(flow);
  REQUIRE(found);
  const std::string text = *render_exploration(flow, *found);
  CHECK(text.starts_with("This flow has "));
  CHECK(text.find("With 1 failure, ") != std::string::npos);
  CHECK(text.find("slack-fail runs in every run that does not succeed.\n") != std::string::npos);
}

TEST_CASE("outcomes count against the bound on memory", "[X5][H3]") {
  FlowBuilder builder("chain", "dev");
  std::string before = "dev";
  for (int i = 0; i < 200; ++i) {
    const std::string name = "e" + std::to_string(i);
    builder.step(name, {std::string_view(before)});
    before = name;
  }
  const Flow chain = built(builder);
  CHECK(explore(chain)->outcomes.size() == 201);
  ExplorationOptions options;
  options.memory_bytes_max = std::size_t{2} << 20;
  const auto found = explore(chain, options);
  REQUIRE(found);
  CHECK_FALSE(found->complete);
  CHECK(found->bound == "more than 2 MiB of memory");
  CHECK(found->complete_below == 1);
  CHECK(found->outcomes.size() > 10);
  CHECK(found->outcomes.size() < 200);
  for (const EnvironmentFinding& finding : found->environments) {
    CHECK(finding.failed.occurrence != Occurrence::Never);
  }
}

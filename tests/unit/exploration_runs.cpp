// SPDX-License-Identifier: Apache-2.0
// The exploration's answers against an enumeration of all runs, and each scenario by its
// simulation.
#include "catch.hpp"
#include "exploration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

std::string line_of(const ReleaseOutcome& outcome) {
  std::string line(to_string(outcome.release));
  for (const EnvironmentStatus status : outcome.environments) {
    line += " " + std::string(to_string(status));
  }
  return line;
}

Outcomes outcomes_of(const Exploration& exploration) {
  Outcomes outcomes;
  for (const ReleaseOutcome& outcome : exploration.outcomes) {
    CHECK(outcomes.emplace(line_of(outcome), outcome.failures).second);
  }
  return outcomes;
}

std::string lines(const Outcomes& outcomes) {
  std::string text;
  for (const auto& [line, failures] : outcomes) {
    text += line + ": " + std::to_string(failures) + "\n";
  }
  return text;
}

std::map<std::string, HookRuns> hooks_of(const Flow& flow, const Exploration& exploration) {
  std::map<std::string, HookRuns> hooks;
  for (const HookFinding& hook : exploration.hooks) {
    if (hook.runs.occurrence == Occurrence::Never) { continue; }
    const std::string name =
        hook.hook + " " + std::string(to_string(hook.point)) + " " +
        std::string(hook.environment ? flow.environment_name(*hook.environment) : "-");
    hooks[name] = {true, hook.runs.occurrence == Occurrence::Always, hook.runs.failures};
  }
  return hooks;
}

/// What a simulation of the scenario ends in.
std::string simulated(const Flow& flow, const Scenario& scenario) {
  const auto trace = simulate(flow, scenario);
  REQUIRE(trace);
  std::string line(to_string(trace->status()));
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    line += " " + std::string(to_string(trace->environment(EnvironmentId{e}).status));
  }
  return line;
}

/// Scenarios are read from their text again: it is the text that a team keeps.
void check_scenarios(const Flow& flow, const Exploration& exploration) {
  for (const ReleaseOutcome& outcome : exploration.outcomes) {
    INFO(line_of(outcome) << ", " << outcome.impossible);
    REQUIRE((outcome.scenario || !outcome.impossible.empty()));
    if (!outcome.scenario) { continue; }
    for (const TextFormat format : {TextFormat::Yaml, TextFormat::Json}) {
      const auto text = write_scenario(*outcome.scenario, format);
      REQUIRE(text);
      INFO(*text);
      const auto read = read_scenario(*text, &flow);
      REQUIRE((read && read->scenario && read->diagnostics.empty()));
      CHECK(simulated(flow, *read->scenario) == line_of(outcome));
    }
  }
}

/// Returns whether the flow was small enough to be enumerated.
bool compare(std::uint32_t seed, const ExplorationOptions& options, std::size_t states_max) {
  const Flow flow = random_flow(seed);
  const Enumeration enumeration(flow, options, states_max);
  if (!enumeration.complete()) { return false; }
  INFO("seed " << seed << "\n" << *write_manifest(flow));
  const auto exploration = explore(flow, options);
  if (!exploration) { FAIL(exploration.error().message); }
  REQUIRE(exploration->complete);
  CHECK(lines(outcomes_of(*exploration)) == lines(enumeration.outcomes));
  CHECK((hooks_of(flow, *exploration) == enumeration.hooks));
  check_scenarios(flow, *exploration);
  ExplorationOptions all_orders = options;
  all_orders.all_orders = true;
  const auto all = explore(flow, all_orders);
  REQUIRE(all);
  CHECK(difference_of(*exploration, *all) == "");
  return true;
}

void compare_seeds(std::uint32_t from, std::uint32_t count, const ExplorationOptions& options,
                   std::uint32_t compared_min, std::size_t states_max = 1200) {
  std::uint32_t compared = 0;
  for (std::uint32_t seed = from; seed < from + count; ++seed) {
    if (compare(seed, options, states_max)) { ++compared; }
  }
  CHECK(compared >= compared_min);
}

}  // namespace

TEST_CASE("outcomes with one failure are those of an enumeration of all runs", "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  compare_seeds(0, 40, options, 20);
}

TEST_CASE("outcomes with two failures are those of an enumeration of all runs",
          "[X1][X3][X4][X6]") {
  compare_seeds(1000, 20, {}, 8);
}

TEST_CASE("outcomes with any number of failures are those of an enumeration", "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max.reset();
  compare_seeds(2000, 20, options, 6);
}

TEST_CASE("outcomes with terminations are those of an enumeration of all runs",
          "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  options.terminate = true;
  compare_seeds(3000, 20, options, 6);
}

TEST_CASE("outcomes with a retry are those of an enumeration of all runs", "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  options.retries_max = 1;
  compare_seeds(4000, 20, options, 6);
}

TEST_CASE("outcomes with a skip are those of an enumeration of all runs", "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  options.skip = true;
  compare_seeds(5000, 20, options, 6);
}

TEST_CASE("outcomes with all that an operator may do are those of an enumeration",
          "[X1][X3][X4][X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  options.terminate = true;
  options.skip = true;
  options.retries_max = 1;
  compare_seeds(6000, 14, options, 1, 2500);
}

TEST_CASE("an environment behind a skipped one begins before the trigger environment is done",
          "[X6]") {
  ExplorationOptions options;
  options.failures_max = 1;
  options.skip = true;
  CHECK(compare(5041, options, 3000));
}

TEST_CASE("with and without all orders the answers are the same for random flows", "[X6]") {
  for (std::uint32_t seed = 10000; seed < 10100; ++seed) {
    const Flow flow = random_flow(seed, 5);
    INFO("seed " << seed << "\n" << *write_manifest(flow));
    CHECK(compare_orders(flow, seed, 20'000).difference == "");
  }
}

TEST_CASE("with and without all orders the answers are the same for small flows", "[X6]") {
  std::uint32_t number = 0;
  each_small_flow([&](const Flow& flow) {
    constexpr std::uint32_t kEvery = 101;
    if (++number % kEvery != 0) { return; }
    INFO(*write_manifest(flow));
    CHECK(compare_orders(flow, number / kEvery, 20'000).difference == "");
  });
  CHECK(number == 6 * 7 + 6 * 7 * 14 + 6 * 7 * 14 * 28);
}

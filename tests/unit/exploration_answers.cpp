// SPDX-License-Identifier: Apache-2.0
// What an exploration says of conflicts of the context, of the longest wait, and of what an
// operator can do after a release has ended.
#include <algorithm>
#include <numeric>

#include "catch.hpp"
#include "exploration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

Outcome exports(std::string hook, std::string context,
                std::optional<std::string> environment = {}) {
  Outcome rule;
  rule.hook = std::move(hook);
  rule.environment = std::move(environment);
  rule.context = std::move(context);
  return rule;
}

/// dev -> eu, us, each with a hook `note` -> world, with `note`, too.
Flow sites(ContextMerge merge = ContextMerge::Shallow) {
  FlowOptions options;
  options.context_merge = merge;
  StepOptions step;
  step.hooks.on_success = {hook("note")};
  FlowBuilder builder("sites", "dev");
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  builder.step("world", {"eu", "us"}, step);
  return built(builder);
}

std::vector<ConflictFinding> conflicts_of(const Flow& flow, std::vector<Outcome> rules) {
  ExplorationOptions options;
  options.failures_max = 1;
  options.exports = std::move(rules);
  auto found = explore(flow, options);
  REQUIRE(found);
  CHECK(found->complete);
  return found->conflicts;
}

milliseconds total(const std::vector<Wait>& waits) {
  return std::accumulate(waits.begin(), waits.end(), milliseconds{0},
                         [](milliseconds sum, const Wait& wait) { return sum + wait.length; });
}

/// How long the simulation of a scenario takes.
milliseconds duration_of(const Flow& flow, const Scenario& scenario) {
  const auto trace = simulate(flow, scenario);
  REQUIRE(trace);
  REQUIRE(trace->status() == ReleaseStatus::Succeeded);
  milliseconds last{0};
  for (const Record& record : *trace) {
    last = std::max(last, std::chrono::duration_cast<milliseconds>(record.at - trace->origin()));
  }
  return last;
}

/// The scenario in which the attempts fail that these waits are of.
Scenario scenario_of(const Flow& flow, const std::vector<Wait>& waits) {
  Scenario scenario;
  for (const Wait& wait : waits) {
    for (std::uint32_t attempt = 1; attempt <= wait.attempts; ++attempt) {
      Outcome rule;
      rule.hook = wait.hook;
      if (wait.environment) { rule.environment = flow.environment_name(*wait.environment); }
      rule.attempt = attempt;
      rule.fail = "no";
      scenario.outcomes.push_back(std::move(rule));
    }
  }
  return scenario;
}

}  // namespace

TEST_CASE("two environments that write one key conflict, and one behind both does not",
          "[X3][C5]") {
  const Flow flow = sites();
  const auto found = conflicts_of(
      flow, {exports("note", R"({"URL": "eu"})", "eu"), exports("note", R"({"URL": "us"})", "us"),
             exports("note", R"({"URL": "world"})", "world")});
  REQUIRE(found.size() == 1);
  CHECK(found[0].key == "URL");
  CHECK(found[0].failures == 0);
  CHECK(flow.environment_name(*found[0].earlier.environment) == "eu");
  CHECK(flow.environment_name(*found[0].later.environment) == "us");
  REQUIRE(found[0].scenario);
  const auto trace = simulate(flow, *found[0].scenario);
  REQUIRE(trace);
  CHECK(trace->context_conflicts()->size() == 1);
}

TEST_CASE("equal values, and objects that commute, do not conflict", "[X3][C5]") {
  CHECK(conflicts_of(sites(), {exports("note", R"({"URL": 1.0})", "eu"),
                               exports("note", R"({"URL": 1})", "us")})
            .empty());
  CHECK(conflicts_of(sites(ContextMerge::Deep), {exports("note", R"({"U": {"A": 1}})", "eu"),
                                                 exports("note", R"({"U": {"B": 1}})", "us")})
            .empty());
  CHECK(conflicts_of(sites(ContextMerge::Deep), {exports("note", R"({"U": {"A": 1}})", "eu"),
                                                 exports("note", R"({"U": {"A": 2}})", "us")})
            .size() == 1);
  CHECK(conflicts_of(sites(), {}).empty());
}

TEST_CASE("an export that no release would take is refused", "[X1][C4]") {
  const auto found = explore(sites(), {.exports = {exports("note", "[1]")}});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::InvalidArgument);
  CHECK(found.error().where == "exports");
  CHECK(found.error().message.find("note") != std::string::npos);
}

TEST_CASE("conflicts are those of an enumeration of all runs, and are simulated", "[X3][C5]") {
  std::uint32_t compared = 0;
  std::size_t conflicts = 0;
  for (std::uint32_t seed = 7000; seed < 7060; ++seed) {
    const Flow flow = random_flow(seed);
    ExplorationOptions options;
    options.failures_max = 1;
    for (int i = 0; i < 12; ++i) {
      const std::string name = "h" + std::to_string(i);
      if ((seed + static_cast<std::uint32_t>(i)) % 4 == 0) { continue; }
      options.exports.push_back(exports(name, R"({"K": )" + std::to_string(i % 3) + R"(, "L": [)" +
                                                  std::to_string(i % 2) + "]}"));
    }
    const Enumeration enumeration(flow, options, 1500);
    if (!enumeration.complete()) { continue; }
    ++compared;
    INFO("seed " << seed << "\n" << *write_manifest(flow));
    const auto found = explore(flow, options);
    REQUIRE(found);
    std::map<std::string, std::uint32_t> names;
    for (const ConflictFinding& one : found->conflicts) {
      const auto [low, high] = std::minmax(one.earlier.hook, one.later.hook);
      const std::string name = one.key + ": " + low + " " + high;
      CHECK(names.emplace(name, one.failures).second);
      INFO(name << ", " << one.impossible);
      REQUIRE((one.scenario || !one.impossible.empty()));
      if (!one.scenario) { continue; }
      const auto trace = simulate(flow, *one.scenario);
      REQUIRE(trace);
      const auto shown = *trace->context_conflicts();
      CHECK(std::any_of(shown.begin(), shown.end(),
                        [&](const ContextConflict& conflict) { return conflict.key == one.key; }));
    }
    conflicts += names.size();
    CHECK((names == enumeration.conflicts));
  }
  CHECK(compared >= 20);
  CHECK(conflicts >= 10);
}

TEST_CASE("the longest wait is that of the longest path of soaks and further attempts", "[X3]") {
  StepOptions canary;
  canary.soak = std::chrono::hours{2};
  StepOptions production;
  production.retry = {3, std::chrono::minutes{5}, 2.0, {}};
  FlowBuilder builder("waits", "dev");
  builder.step("canary", {"dev"}, canary).step("production", {"canary"}, production);
  const Flow flow = built(builder);
  const auto longest = [&](std::optional<std::uint32_t> failures) {
    return total(*explore(flow, {.failures_max = failures})->longest_wait);
  };
  CHECK(longest(0) == std::chrono::hours{2});
  CHECK(longest(1) == std::chrono::minutes{125});
  CHECK(longest(2) == std::chrono::minutes{135});
  CHECK(longest(3) == std::chrono::minutes{155});
  CHECK(longest(100) == std::chrono::minutes{155});
  CHECK(longest({}) == std::chrono::minutes{155});
  const auto parts = *explore(flow)->longest_wait;
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].attempts == 0);
  CHECK(parts[1].attempts == 2);
  CHECK(flow.environment_name(*parts[1].environment) == "production");
}

TEST_CASE("no simulation waits longer than the longest wait, and one waits so long", "[X3]") {
  for (std::uint32_t seed = 8000; seed < 8100; ++seed) {
    const Flow flow = random_flow(seed, 4);
    const std::uint32_t budget = seed % 4;
    INFO("seed " << seed << "\n" << *write_manifest(flow));
    const auto found = explore(flow, {.failures_max = budget, .states_max = 100});
    REQUIRE((found && found->longest_wait));
    const milliseconds longest = total(*found->longest_wait);
    CHECK(duration_of(flow, scenario_of(flow, *found->longest_wait)) == longest);
    // Every way to let one attempt fail that is repeated.
    if (budget == 0) { continue; }
    const auto try_one = [&](std::optional<std::string> name, std::optional<EnvironmentId> where) {
      const Scenario one = scenario_of(flow, {{where, std::move(name), 1, milliseconds{0}}});
      const auto trace = simulate(flow, one);
      REQUIRE(trace);
      if (trace->status() != ReleaseStatus::Succeeded) { return; }
      CHECK(duration_of(flow, one) <= longest);
    };
    for (std::uint32_t e = 1; e < flow.environment_count(); ++e) {
      try_one(std::nullopt, EnvironmentId{e});
    }
    for (const HookFinding& each : found->hooks) { try_one(each.hook, each.environment); }
  }
}

TEST_CASE("a retry leads from each outcome to what the release itself ends in", "[X3]") {
  for (std::uint32_t seed = 9000; seed < 9040; ++seed) {
    const Flow flow = random_flow(seed);
    const auto found = explore(flow, {.failures_max = 1, .terminate = seed % 2 == 0});
    REQUIRE(found);
    for (const ReleaseOutcome& outcome : found->outcomes) {
      INFO("seed " << seed << "\n" << *write_manifest(flow));
      CHECK(outcome.next.retry == (outcome.release != ReleaseStatus::Succeeded));
      if (!outcome.scenario || !outcome.next.retry) { continue; }
      Scenario retried = *outcome.scenario;
      for (Outcome& rule : retried.outcomes) {  // What failed may not fail again.
        if (rule.fail && !rule.attempt) { rule.attempt = 1; }
      }
      retried.actions.push_back({std::chrono::hours{24 * 300}, RetryAction{}, {}});
      const auto trace = simulate(flow, retried);
      REQUIRE(trace);
      CHECK(trace->status() == outcome.next.release);
      for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
        CHECK(trace->environment(EnvironmentId{e}).status == outcome.next.environments[e]);
      }
    }
  }
}

TEST_CASE("environments that an operator can skip are those that a release lets go", "[X3][R16]") {
  const Flow flow = regions(FailurePolicy::FailFast);
  const auto found = explore(flow, {.failures_max = 1});
  REQUIRE(found);
  const auto failed = std::find_if(
      found->outcomes.begin(), found->outcomes.end(),
      [](const ReleaseOutcome& one) { return one.environments[1] == EnvironmentStatus::Failed; });
  REQUIRE(failed != found->outcomes.end());
  CHECK(failed->next.skips == std::vector{EnvironmentId{1}, EnvironmentId{3}});
  CHECK(failed->next.release == ReleaseStatus::Succeeded);
  CHECK(found->outcomes.front().next.skips.empty());
}

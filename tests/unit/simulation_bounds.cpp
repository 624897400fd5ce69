// SPDX-License-Identifier: Apache-2.0
// What bounds a simulation, and what it costs: rules that are many, contexts that are large.
#include <random>

#include "catch.hpp"
#include "promoflow/promoflow.hpp"
#include "simulation/outcomes.hpp"
#include "simulation/trace_data.hpp"

using namespace promoflow;

namespace {

Flow flow(std::string_view spec) {
  return load_flow(
             "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f},\n"
             "spec: {triggerEnvironment: dev, " +
             std::string(spec) + "}}")
      .value();
}

Scenario scenario(std::string_view text) { return read_scenario(text).value().scenario.value(); }

constexpr std::size_t kMemory = std::size_t{1} << 20;

/// Why a simulation was stopped.
Error stopped(std::string_view spec, std::string_view rules, SimulationOptions options = {}) {
  const auto trace = simulate(flow(spec), scenario(rules), options);
  REQUIRE_FALSE(trace);
  CHECK(trace.error().code == ErrorCode::LimitExceeded);
  return trace.error();
}

bool has(const Error& error, std::string_view part) {
  return error.message.find(part) != std::string::npos;
}

/// S1 to the letter: each rule in turn.
const Outcome* first_match(const Scenario& scenario, std::optional<std::string_view> hook,
                           std::optional<Point> point, std::optional<std::string_view> environment,
                           std::uint32_t attempt, std::optional<std::uint32_t> place) {
  for (const Outcome& rule : scenario.outcomes) {
    if (rule.hook.has_value() != hook.has_value()) { continue; }
    const bool matches = (!rule.hook || *rule.hook == *hook) &&
                         (!hook || !rule.point || rule.point == point) &&
                         (!rule.environment || rule.environment == environment) &&
                         (!rule.attempt || *rule.attempt == attempt) &&
                         (!hook || !rule.place || rule.place == place);
    if (matches && (rule.hook || rule.environment)) { return &rule; }
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a promotion that is retried without end stops at the bound of memory", "[H3][S4][R9]") {
  const Error error = stopped(
      "steps: [{environment: s, dependsOn: [dev], retry: {limit: 2147483647, backoff: {duration: "
      "1ms}}}]",
      "outcomes: [{environment: s, fail: x}]", {.memory_bytes_max = kMemory});
  CHECK(error.where == "memory_bytes_max");
  CHECK(has(error, "more than 1 MiB of memory, after "));
  CHECK(has(error, "; the promotion into 's' was issued "));
  CHECK(has(error, "lower its retry.limit"));
  CHECK(has(error, "promotionTimeoutLimit"));
}

TEST_CASE("each kind of loop is named: hooks, soaks, exports that are invalid or fail",
          "[H3][S4]") {
  const SimulationOptions small{.memory_bytes_max = kMemory};
  const std::string retry = "retry: {limit: 2147483647}";
  CHECK(has(stopped("hooks: {onStart: {name: h, " + retry +
                        "}}, steps: [{environment: s, dependsOn: [dev]}]",
                    "outcomes: [{hook: h, fail: x}]", small),
            "the hook 'h' (release.onStart) was issued "));
  CHECK(has(stopped("steps: [{environment: s, dependsOn: [dev], hooks: {onSuccess: {name: h, " +
                        retry + "}}}]",
                    "outcomes: [{hook: h, contextText: 'K=V'}]", small),
            "the hook 'h' (environment.onSuccess of 's') was issued "));
  CHECK(has(stopped("steps: [{environment: s, dependsOn: [dev], soak: 1h, " + retry + "}]",
                    "outcomes: [{environment: s, failInSoak: {after: 1ms}}]", small),
            "the promotion into 's' was issued "));
  const std::string large =
      "outcomes: [{hook: h, fail: x, context: {A: '" + std::string(100'000, 'a') + "'}}]";
  CHECK(has(stopped("hooks: {onStart: {name: h, " + retry +
                        "}}, steps: [{environment: s, dependsOn: [dev]}]",
                    large, small),
            "the hook 'h' (release.onStart) was issued "));
}

TEST_CASE("contexts count by what each state adds", "[H3][S4][C1]") {
  std::string hooks = "hooks: {onStart: [h";
  for (int i = 0; i < 50; ++i) { hooks += ", h"; }
  hooks += "]}, steps: [{environment: s, dependsOn: [dev]}]";
  const Error error =
      stopped(hooks, "outcomes: [{hook: h, context: {A: '" + std::string(100'000, 'a') + "'}}]",
              {.memory_bytes_max = kMemory});
  CHECK(has(error, "most of it is promotion contexts: let hooks export less"));
}

TEST_CASE("without anything that is repeated a part of the flow is advised", "[H3][S4]") {
  const Error error =
      stopped("steps: [{environment: s, dependsOn: [dev]}]", "", {.records_max = 3});
  CHECK(error.where == "records_max");
  CHECK(error.message ==
        "the simulation has more than 3 records, at 0s of virtual time; simulate a part of the "
        "flow, with 'until' or 'only', or, in a program that embeds the library, raise the limit "
        "SimulationOptions::records_max");
}

TEST_CASE("the text of a trace has a bound of its own", "[H3][S5]") {
  const Trace trace =
      simulate(flow("steps: [{environment: s, dependsOn: [dev]}]"), Scenario{}).value();
  const std::string text = trace.to_jsonl().value();
  CHECK(trace.to_jsonl(text.size()).value() == text);
  const auto refused = trace.to_jsonl(text.size() - 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::LimitExceeded);
}

TEST_CASE("a release keeps the latest exports that were not merged", "[H3][C4]") {
  Release release =
      Release::start(flow("steps: [{environment: s, dependsOn: [dev], hooks: {onStart: {name: h, "
                          "retry: {limit: 1000}}}}]"),
                     {.id = "r"}, {})
          .value();
  std::uint64_t last = 0;
  for (int i = 0; i < 300; ++i) {
    const Ticket ticket = std::get<RunHook>(release.next_command().value()).ticket;
    last = static_cast<std::uint64_t>(ticket);
    REQUIRE(release.apply({Instant{}, HookSucceeded{ticket, "K=V"}}));
    REQUIRE(release.apply({Instant{}, Tick{}}));
  }
  auto rejected = release.rejected_exports().value();
  CHECK(rejected.size() == 256);
  CHECK(rejected.back().ticket == Ticket{last});
  CHECK(rejected.front().ticket == Ticket{last - 255});
  const std::string large(std::size_t{9} << 20U, 'x');
  for (int i = 0; i < 2; ++i) {
    const Ticket ticket = std::get<RunHook>(release.next_command().value()).ticket;
    REQUIRE(release.apply({Instant{}, HookSucceeded{ticket, large}}));
    REQUIRE(release.apply({Instant{}, Tick{}}));
  }
  rejected = release.rejected_exports().value();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected.back().text == large);
}

TEST_CASE("a long text of a rule is read once, and is worth what a short one is", "[H4][S1][C4]") {
  const std::string blanks(8000, ' ');
  const auto shown = [](const std::string& context) {
    const Flow two = flow("hooks: {onStart: [h, h]}, steps: [{environment: s, dependsOn: [dev]}]");
    Scenario rules = scenario("outcomes: [{hook: h}]");
    rules.outcomes[0].context = context;
    return simulate(two, rules).value().to_jsonl().value();
  };
  for (const std::string_view text : {"", "{}", "{\"A\":1}", "{\"A\":[1,{\"B\":null}],\"A\":2}"}) {
    CHECK(shown(std::string(text) + blanks) == shown(std::string(text)));
  }
  const std::string invalid = shown("{x" + blanks + "}");
  CHECK(invalid.find("exported an invalid promotion context: not valid JSON (line 1, column 2)") !=
        std::string::npos);
}

TEST_CASE("the rule that decides is the first that matches, whatever rules ask for", "[H4][S1]") {
  std::mt19937 random(4);
  const auto draw = [&random](std::uint32_t most) {
    return static_cast<std::uint32_t>(random() % (most + 1));
  };
  const std::vector<std::string> names = {"a", "b", ""};
  for (int round = 0; round < 200; ++round) {
    Scenario drawn;
    for (std::uint32_t i = draw(30); i > 0; --i) {
      Outcome rule;
      if (draw(3) > 0) { rule.hook = names[draw(2)]; }
      if (draw(1) == 0) { rule.environment = names[draw(2)]; }
      if (draw(2) == 0) { rule.point = static_cast<Point>(1 + draw(5)); }
      if (draw(2) == 0) { rule.attempt = draw(3); }
      if (draw(2) == 0) { rule.place = draw(3); }
      drawn.outcomes.push_back(rule);
    }
    const detail::Outcomes outcomes(drawn);
    for (int command = 0; command < 100; ++command) {
      const std::string& hook = names[draw(2)];
      const std::string& name = names[draw(2)];
      const auto environment = draw(2) > 0 ? std::optional<std::string_view>(name) : std::nullopt;
      const auto point = static_cast<Point>(1 + draw(5));
      const auto place = draw(2) > 0 ? std::optional(1 + draw(2)) : std::nullopt;
      const std::uint32_t attempt = 1 + draw(2);
      CHECK(outcomes.find_hook(hook, point, environment, attempt, place) ==
            first_match(drawn, hook, point, environment, attempt, place));
      CHECK(outcomes.find_promotion(name, attempt) ==
            first_match(drawn, {}, {}, name, attempt, {}));
    }
  }
}

TEST_CASE("the states of a trace share what an export does not change", "[H4][C1]") {
  constexpr std::size_t kKeys = 20'000;
  constexpr std::size_t kExports = 300;
  std::string context = "context: {";
  for (std::size_t i = 0; i < kKeys; ++i) { context += "K" + std::to_string(i) + ": v,"; }
  context += "}\noutcomes:\n  - {hook: h, context: {A: x}}\n  - {hook: d, context: {K7: y}}\n";
  std::string hooks = "hooks: {onStart: [";
  for (std::size_t i = 0; i < kExports; ++i) { hooks += i % 2 == 0 ? "h," : "d,"; }
  const Trace trace =
      simulate(flow(hooks + "]}, steps: [{environment: s, dependsOn: [dev]}]"), scenario(context))
          .value();
  const auto& states = trace.data().contexts;
  REQUIRE(states.size() >= kExports);
  std::size_t bytes = 0;
  for (std::size_t i = 1; i < states.size(); ++i) { bytes += states[i]->own_bytes; }
  CHECK(bytes < kExports * 16'384 + kKeys * 512);  // And not keys times exports.
}

// SPDX-License-Identifier: Apache-2.0
// The executors that the library provides.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "executor_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("functions answer for hooks and promotions by name") {
  JumpingClock clock;
  FunctionExecutor executor;
  std::vector<std::string> called;
  executor.on_hook("jira", [&](const HookCall& call) {
    called.push_back("jira " + *call.environment);
    return Answer::success(R"({"TICKET":"A-1"})");
  });
  executor.on_other_hooks([&](const HookCall& call) {
    called.push_back(call.hook);
    return Answer::success();
  });
  executor.on_promotion("production",
                        [](const PromotionCall&) { return Answer::failed("degraded"); });
  executor.on_other_promotions([](const PromotionCall&) { return Answer::success(); });
  const auto release = run(walkthrough(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() == "degraded");
  CHECK(release->context().find("TICKET")->text == "A-1");
  CHECK(called == std::vector<std::string>{"begin", "announce", "smoke", "announce",
                                           "jira production", "slack-fail"});
}

TEST_CASE("a call without a function fails with a message that says what to do") {
  JumpingClock clock;
  FunctionExecutor executor;
  const auto release = run(walkthrough(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() ==
        "onStart hook 'begin' failed: there is no function for the hook 'begin'; add one with "
        "on_hook() or on_other_hooks()");
}

TEST_CASE("a function that throws fails its command") {
  JumpingClock clock;
  FunctionExecutor executor;
  executor.on_other_hooks([](const HookCall&) -> Answer { throw std::runtime_error("oh"); });
  const auto release = run(walkthrough(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() == "onStart hook 'begin' failed: oh");
}

TEST_CASE("a scripted executor under a jumping clock gives the simulator's trace of each story") {
  const std::filesystem::path stories =
      std::filesystem::path(PROMOFLOW_SOURCE_DIR) / "tests" / "conformance";
  std::size_t compared = 0;
  for (const auto& story : std::filesystem::directory_iterator(stories)) {
    if (!std::filesystem::exists(story.path() / "trace.jsonl")) { continue; }
    auto flow = load_flow(read(std::filesystem::exists(story.path() / "flow.json")
                                   ? story.path() / "flow.json"
                                   : story.path() / "flow.yaml"));
    auto report = read_scenario(read(story.path() / "scenario.yaml"));
    if (!flow || !report || !report->scenario || !report->scenario->actions.empty()) { continue; }
    INFO(story.path().filename().string());
    const Scenario& scenario = *report->scenario;
    auto trace = simulate(*flow, scenario);
    if (!trace) { continue; }
    JumpingClock clock;
    ScriptedExecutor executor(scenario, &clock);
    std::vector<std::string> lines;
    RunOptions options = watched(clock, lines);
    options.context = scenario.context;
    options.selection = scenario.selection;
    REQUIRE(run(*flow, scenario.release, executor, options));
    std::string text;
    for (const std::string& line : lines) { text += line + '\n'; }
    CHECK(text == trace->to_jsonl().value());
    ++compared;
  }
  CHECK(compared >= 40);
}

TEST_CASE("a scripted answer for a cancelled command is not given") {
  JumpingClock clock;
  Scenario scenario;
  scenario.outcomes = {{.environment = "staging", .after = milliseconds{60'000}}};
  ScriptedExecutor executor(scenario, &clock);
  FlowBuilder builder("one", "dev");
  builder.step("staging", {"dev"}, {.timeout = milliseconds{1000}});
  const auto release = run(built(builder), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() == "timed out after 1s");
  CHECK_FALSE(executor.next_wake());
}

TEST_CASE("[S2] a scripted promotion turns out bad while its environment soaks") {
  JumpingClock clock;
  Scenario scenario;
  scenario.outcomes = {{.environment = "canary",
                        .after = milliseconds{120'000},
                        .fail_in_soak = FailInSoak{milliseconds{600'000}, "error rate 4 %"}}};
  ScriptedExecutor executor(scenario, &clock);
  FlowBuilder builder("one", "dev");
  builder.step("canary", {"dev"}, {.soak = milliseconds{1'800'000}});
  const auto release = run(built(builder), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() == "error rate 4 %");
  CHECK(clock.time == at(720'000));
}

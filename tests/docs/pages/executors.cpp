// SPDX-License-Identifier: Apache-2.0
// The end of the source file that docs/executors.md is. Arguments: the page's commands file, and a
// path for a journal.
#include <cstdlib>
#include <iostream>
#include <promoflow/process_executor.hpp>

namespace {

void expect(bool holds, const char* what) {
  if (holds) { return; }
  std::cerr << "docs/executors.md: " << what << "\n";
  std::exit(1);
}

constexpr const char* kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, hooks: {onStart: hello}, steps: [
    {environment: staging, dependsOn: [dev]}, {environment: production, dependsOn: [staging]}]}})";

std::string text_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** words) {
  expect(count == 3, "two arguments");
  const pf::Flow flow = pf::load_flow(kFlow).value();

  const pf::Control control;
  const auto until = run_it(flow, control);
  expect(until && until->status() == pf::ReleaseStatus::Succeeded, "run_it()");
  expect(until->context().to_json().value() == R"({"RAN":"hello"})", "a hook exports");

  JumpingClock clock;
  pf::Scenario scenario;
  scenario.outcomes = {{.environment = "staging", .after = std::chrono::hours(1)}};
  pf::ScriptedExecutor scripted(scenario, &clock);
  const auto rehearsed = pf::run(flow, {.id = "r"}, scripted, {.clock = &clock});
  expect(rehearsed && clock.time == pf::Instant{std::chrono::hours(1)}, "the clock jumps");

  pf::FunctionExecutor functions;
  functions.on_other_hooks([](const pf::HookCall&) { return pf::Answer{}; });
  functions.on_other_promotions([](const pf::PromotionCall&) { return pf::Answer{}; });
  for (int life = 0; life < 2; ++life) {  // The second one finds a release that has ended.
    const auto release = run_durably(flow, {.id = "r"}, words[2], functions);
    expect(release && release->status() == pf::ReleaseStatus::Succeeded, "run_durably()");
    std::ofstream(words[2], std::ios::app) << "{\"at\":";
  }
  std::string journal = text_of(words[2]);
  const std::size_t third = journal.find('\n', journal.find('\n') + 1) + 1;
  std::ofstream(words[2], std::ios::trunc) << journal.substr(0, third) << "{\"at\"";
  const auto recovered = run_durably(flow, {.id = "r"}, words[2], functions);
  expect(recovered && recovered->status() == pf::ReleaseStatus::Succeeded, "it goes on");
  expect(pf::Release::recover(flow, text_of(words[2]))->status() == recovered->status(),
         "its journal goes on, too");

  const auto commands = pf::read_process_commands(text_of(words[1]));
  expect(commands && commands->commands.has_value(), "the commands file is read");
  std::cout << "ok\n";
  return 0;
}

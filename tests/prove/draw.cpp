// SPDX-License-Identifier: Apache-2.0
// Worlds from seeds.
#include <algorithm>

#include "world.hpp"

namespace promoflow::prove {

namespace {

using std::chrono::milliseconds;

RetryPolicy draw_retry(Chance& chance) {
  static constexpr double kFactors[] = {1, 2, 0.5, 1.5};
  RetryPolicy retry{.limit = static_cast<std::uint32_t>(1 + chance.below(3)),
                    .duration = milliseconds{static_cast<std::int64_t>(chance.below(4)) * 35},
                    .factor = chance.pick(kFactors)};
  if (chance.one_in(3)) { retry.max_duration = milliseconds{60}; }
  return retry;
}

Hook draw_hook(Chance& chance, const std::string& where) {
  Hook hook{.name = where + "-" + std::to_string(chance.below(3))};
  if (chance.one_in(3)) {
    hook.timeout = milliseconds{50 + static_cast<std::int64_t>(chance.below(4)) * 100};
  }
  if (chance.one_in(3)) { hook.retry = draw_retry(chance); }
  if (chance.one_in(4)) { hook.on_error = OnError::Ignore; }
  if (chance.one_in(5)) {
    hook.arguments = {{"A", "its own \"A\"", false},
                      {"N", "[1,{\"x\":null}]", true},
                      {"VERSION", "spoofed", false}};
  }
  return hook;
}

Hooks draw_hooks(Chance& chance, std::uint64_t most) {
  Hooks hooks;
  for (std::uint64_t i = chance.below(most); i > 0; --i) {
    hooks.on_start.push_back(draw_hook(chance, "start"));
  }
  for (std::uint64_t i = chance.below(most); i > 0; --i) {
    hooks.on_success.push_back(draw_hook(chance, "success"));
  }
  for (std::uint64_t i = chance.below(most); i > 0; --i) {
    hooks.on_fail.push_back(draw_hook(chance, "fail"));
  }
  return hooks;
}

StepOptions draw_step(Chance& chance, bool large) {
  StepOptions step;
  step.hooks = draw_hooks(chance, large ? 2 : 3);
  if (chance.one_in(3)) {
    step.timeout = milliseconds{100 + static_cast<std::int64_t>(chance.below(3)) * 75};
  }
  if (chance.one_in(3)) { step.retry = draw_retry(chance); }
  if (chance.one_in(4)) {
    step.soak = milliseconds{1 + static_cast<std::int64_t>(chance.below(4)) * 50};
  }
  if (chance.one_in(3)) { step.policy.action = static_cast<PolicyAction>(1 + chance.below(3)); }
  if (chance.one_in(5)) { step.policy.pre_action = "before"; }
  if (chance.one_in(5)) { step.policy.post_action = "after"; }
  return step;
}

FlowOptions draw_options(Chance& chance) {
  FlowOptions options;
  options.hooks = draw_hooks(chance, 3);
  options.failure_policy = static_cast<FailurePolicy>(1 + chance.below(3));
  options.context_merge = static_cast<ContextMerge>(1 + chance.below(2));
  options.promotion_timeout_limit = std::chrono::minutes{1 + chance.below(90)};
  if (chance.one_in(3)) { options.post_trigger = "after-trigger"; }
  if (chance.one_in(3)) {
    options.hook_timeout = milliseconds{100 + static_cast<std::int64_t>(chance.below(3)) * 150};
  }
  if (chance.one_in(3)) {
    options.termination_grace_period =
        milliseconds{50 + static_cast<std::int64_t>(chance.below(4)) * 5000};
  }
  return options;
}

/// One of three times some environments are skipped from the start.
EnvironmentSelection draw_selection(Chance& chance, const std::vector<WorldStep>& steps) {
  EnvironmentSelection selection;
  std::vector<std::string> names;
  for (std::uint64_t i = 1 + chance.below(3); i > 0; --i) {
    const std::uint64_t one = chance.below(steps.size() + 1);
    names.push_back(one == steps.size() ? "dev" : steps[one].name);
  }
  switch (chance.below(9)) {
    case 0: selection.skip = names; break;
    case 1: selection.until = names; break;
    case 2: selection.only = names; break;
    default: break;
  }
  return selection;
}

/// `patience`: how many moves out of ten are successes.
Move draw_move(Chance& chance, std::uint64_t patience, bool large) {
  using K = Move::Kind;
  static constexpr K kOther[] = {K::Fail,      K::Fail,      K::Fail,      K::Queue,   K::Queue,
                                 K::Start,     K::Start,     K::Suspend,   K::Suspend, K::Resume,
                                 K::Retry,     K::RetrySome, K::RetrySome, K::Skip,    K::SoakFails,
                                 K::SoakFails, K::Late,      K::Late,      K::Wrong,   K::Terminate,
                                 K::Force,     K::Tick,      K::Tick,      K::Unknown};
  Move move;
  move.kind = chance.below(10) < patience ? K::Succeed : chance.pick(kOther);
  move.choice = chance.one_in(3) ? 0 : chance.below(1000);
  static constexpr std::int64_t kDelays[] = {0, 0, 0, 1, 35, 50, 100, -1, -1, -2};
  move.delay = chance.pick(kDelays);
  if (chance.one_in(200)) { move.delay = 3'600'000; }
  if (move.kind == K::Succeed && large) { move.delay = 0; }
  move.exports = chance.one_in(3);
  move.crash = chance.one_in(large ? 100 : 2);
  return move;
}

}  // namespace

World draw(std::uint64_t seed) {
  Chance chance(seed);
  World world;
  world.large = seed % 64 == 63;
  world.options = draw_options(chance);
  const std::uint64_t steps = world.large ? 100 + chance.below(1400) : 1 + chance.below(9);
  const std::uint64_t reach = 1 + chance.below(world.large ? 60 : 9);
  for (std::uint64_t i = 0; i < steps; ++i) {
    WorldStep step{"env-" + std::to_string(i), {}, draw_step(chance, world.large)};
    for (std::uint64_t k = chance.below(4); k > 0 && i > 0; --k) {
      const std::string on = "env-" + std::to_string(i - 1 - chance.below(std::min(i, reach)));
      if (std::find(step.depends_on.begin(), step.depends_on.end(), on) == step.depends_on.end()) {
        step.depends_on.push_back(on);
      }
    }
    if (step.depends_on.empty()) { step.depends_on.emplace_back("dev"); }
    // Step order is not the order of dependencies.
    const auto place = chance.one_in(3) ? chance.below(world.steps.size() + 1) : world.steps.size();
    world.steps.insert(world.steps.begin() + static_cast<std::ptrdiff_t>(place), std::move(step));
  }
  world.selection = draw_selection(chance, world.steps);
  const std::uint64_t patience = 5 + chance.below(5);
  const std::uint64_t moves = world.large ? 3 * steps : 20 + chance.below(100);
  for (std::uint64_t i = 0; i < moves; ++i) {
    world.moves.push_back(draw_move(chance, patience, world.large));
  }
  return world;
}

Flow build(const World& world) {
  FlowBuilder builder("drawn", "dev");
  builder.options(world.options);
  for (const WorldStep& step : world.steps) {
    const std::vector<std::string_view> on(step.depends_on.begin(), step.depends_on.end());
    builder.step(step.name, on, step.options);
  }
  auto report = value_of(builder.build(), "build");
  expect(report.flow.has_value(), "the world's flow has errors");
  return *report.flow;
}

std::string describe(const World& world) {
  static constexpr const char* kKinds[] = {
      "succeed", "fail",       "queue", "start",      "suspend", "resume", "terminate", "force",
      "retry",   "retry some", "skip",  "soak fails", "tick",    "late",   "wrong",     "unknown"};
  std::string text = value_of(write_manifest(build(world)), "manifest");
  const auto put = [&](const char* what, const std::optional<std::vector<std::string>>& names) {
    if (!names) { return; }
    text += what;
    for (const std::string& one : *names) { text += " " + one; }
    text += "\n";
  };
  put("skip:", world.selection.skip);
  put("until:", world.selection.until);
  put("only:", world.selection.only);
  text += "moves:\n";
  for (const Move& move : world.moves) {
    text += std::string("- {") + kKinds[static_cast<std::size_t>(move.kind)] + ": " +
            std::to_string(move.choice) + ", delay: " + std::to_string(move.delay) +
            (move.exports ? ", exports" : "") + (move.crash ? ", crash" : "") + "}\n";
  }
  return text;
}

}  // namespace promoflow::prove

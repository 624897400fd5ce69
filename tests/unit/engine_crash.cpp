// SPDX-License-Identifier: Apache-2.0
// Engines that die at each of their commits, and those that come after them.
#include <thread>

#include "engine_support.hpp"
#include "faulty_disk.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::chrono::hours kBeyondTheLease{1};

/// dev -> eu, us -> global; us fails, its onFail hook runs, and an approval waits at the start.
Flow busy() {
  FlowBuilder builder("busy", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  options.hooks.on_start = {hook("approve")};
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions step;
  step.hooks.on_start = {hook("announce")};
  step.hooks.on_fail = {hook("page")};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  builder.step("global", {"eu"}, step);
  return built(builder);
}

/// Drives `busy` with engines one after the other until it has ended. The first dies at `commit`;
/// returns whether it did.
bool drive(Store& store, std::uint64_t commit, bool after, bool remembers, World& world) {
  world.behaviour["promote us"] = World::Behaviour::Fails;
  world.behaviour["approve"] = World::Behaviour::Suspends;
  MovedClock clock;
  DyingStore dying(store);
  dying.die_at(commit, after);
  const auto options_for = [&](Store& used, Executor& executor) {
    return EngineOptions{.store = &used, .executors = {{"world", &executor}}, .clock = &clock};
  };
  WorldExecutor first_executor(world, remembers);
  {
    const auto engine = made(options_for(dying, first_executor));
    // Calls wait for as long as the store fails, so they are made on a thread of their own.
    std::thread host([&] {
      if (!engine->start(busy(), {.info = {.id = "r"}})) { return; }
      static_cast<void>(engine->apply("r", HookSucceeded{ticket(1)}));
    });
    dying.wait_until_dead_or([&] {
      const auto row = store.find("r");
      return row && is_final(row->status);
    });
    engine->stop();
    host.join();
  }
  if (!dying.is_dead()) { return false; }
  clock.move(kBeyondTheLease);
  WorldExecutor second_executor(world, remembers);
  const auto engine = made(options_for(store, second_executor));
  if (!store.find("r")) {
    REQUIRE(engine->start(busy(), {.info = {.id = "r"}}));
  } else if (!is_final(store.find("r")->status)) {
    REQUIRE(engine->resume("r"));
  }
  static_cast<void>(engine->apply("r", HookSucceeded{ticket(1)}));
  CHECK(engine->wait("r"));
  return true;
}

void check_end(Store& store) {
  const auto row = store.find("r");
  REQUIRE(row);
  CHECK(row->status == ReleaseStatus::Failed);
  CHECK_FALSE(*verify_history(store, "r"));
  CHECK_FALSE(*replay_history(store, "r"));
}

}  // namespace

TEST_CASE("an engine that dies at any commit: each effect happens exactly once [D3][D11]") {
  for (const bool after : {false, true}) {
    bool died = true;
    std::uint64_t commit = 0;
    while (died) {
      ++commit;
      INFO("commit " << commit << (after ? ", after it" : ", before it"));
      const auto store = std::move(*make_memory_store());
      World world;
      died = drive(*store, commit, after, true, world);
      check_end(*store);
      for (const auto& [key, effect] : world.effects) {
        INFO(key << " " << effect.name);
        CHECK(effect.begun == 1);
      }
      CHECK(world.effects.size() == 9);
    }
    CHECK(commit > 5);
  }
}

TEST_CASE("an executor that remembers nothing: what was handed out is lost, and fails [D11]") {
  bool died = true;
  for (std::uint64_t commit = 1; died; ++commit) {
    INFO("commit " << commit);
    const auto store = std::move(*make_memory_store());
    World world;
    died = drive(*store, commit, true, false, world);
    const auto row = store->find("r");
    REQUIRE(row);
    CHECK(is_final(row->status));
    CHECK_FALSE(*verify_history(*store, "r"));
    for (const auto& [key, effect] : world.effects) {
      INFO(key << " " << effect.name);
      CHECK(effect.begun == 1);  // Never a second time.
    }
  }
}

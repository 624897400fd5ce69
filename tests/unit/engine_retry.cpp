// SPDX-License-Identifier: Apache-2.0
// Releases that go on after their end, and commands that wait for a person across a restart.
#include <thread>

#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// A store and a world that outlive engines.
struct Bench {
  std::unique_ptr<Store> store = std::move(*make_memory_store());
  World world{};
  bool remembers = true;

  template <class Body>
  void with_engine(Body&& body) {
    WorldExecutor executor(world, remembers);
    const auto engine = made({.store = store.get(), .executors = {{"world", &executor}}});
    body(*engine);
  }
};

}  // namespace

TEST_CASE("a release that has ended and that nobody drives is retried") {
  Bench bench;
  bench.world.behaviour["promote staging"] = World::Behaviour::Fails;
  bench.with_engine([](Engine& engine) {
    REQUIRE(engine.start(walkthrough(), {.info = {.id = "r"}}));
    CHECK(engine.wait("r") == ReleaseStatus::Failed);
    CHECK(engine.retry("nobody").error().code == ErrorCode::UnknownRelease);
  });
  bench.world.behaviour.clear();
  bench.with_engine([](Engine& engine) {
    REQUIRE(engine.retry("r", {.by = "ann"}));
    CHECK(engine.wait("r") == ReleaseStatus::Succeeded);
    CHECK(engine.retry("r").error().code == ErrorCode::NotAllowed);
  });
  CHECK_FALSE(bench.store->find("r")->owner);  // Also after the retry that was refused.
  CHECK_FALSE(*verify_history(*bench.store, "r"));
  CHECK_FALSE(*replay_history(*bench.store, "r"));
}

TEST_CASE("what was asked too late of a run is not done to the run that a retry begins [D6]") {
  Bench bench;
  bench.world.behaviour["promote staging"] = World::Behaviour::Fails;
  bench.with_engine([](Engine& engine) {
    REQUIRE(engine.start(walkthrough(), {.info = {.id = "r"}}));
    CHECK(engine.wait("r") == ReleaseStatus::Failed);
  });
  const auto number = bench.store->ask(
      {.release = "r", .event = *to_json(Event{Instant{}, Terminate{.reason = "too late"}})});
  REQUIRE(number);
  bench.world.behaviour.clear();
  bench.with_engine([](Engine& engine) {
    REQUIRE(engine.retry("r", {.by = "ann"}));
    CHECK(engine.wait("r") == ReleaseStatus::Succeeded);
  });
  const auto request = bench.store->request(*number);
  REQUIRE(request);
  CHECK(request->decided);
  CHECK_FALSE(request->applied);
  CHECK_FALSE(request->message.empty());
}

TEST_CASE("a command that waits for a person is not lost with its executor [D11]") {
  Bench bench;
  bench.remembers = false;
  bench.world.behaviour["begin"] = World::Behaviour::Suspends;
  bench.with_engine([](Engine& engine) {
    REQUIRE(engine.start(walkthrough(), {.info = {.id = "r"}}));
    // Its suspension is stored once a further call has been.
    while (engine.describe("r")->find("\"suspended\":true") == std::string::npos) {
      std::this_thread::yield();
    }
  });
  SECTION("it is answered by the next engine") {
    bench.with_engine([](Engine& engine) {
      REQUIRE(engine.resume("r"));
      REQUIRE(engine.apply("r", HookSucceeded{ticket(1)}));
      CHECK(engine.wait("r") == ReleaseStatus::Succeeded);
    });
    CHECK(bench.world.effects.at("r/1").begun == 1);
  }
  SECTION("it is cancelled, and what comes after it does not wait for its end [D15]") {
    bench.with_engine([](Engine& engine) {
      REQUIRE(engine.resume("r"));
      REQUIRE(engine.apply("r", Terminate{.reason = "wrong version"}));
      CHECK(engine.wait("r") == ReleaseStatus::Terminated);
    });
    CHECK(bench.store->commands("r")->front().stopped);
  }
}

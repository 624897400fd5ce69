// SPDX-License-Identifier: Apache-2.0
// Engines that share a store: one that was stopped and wakes up late, and clocks that jump.
#include <atomic>
#include <future>

#include "engine/identity.hpp"
#include "engine_support.hpp"
#include "forwarding_store.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::chrono::hours kJump{1};

/// Stops its engine at the first commit after stop(), until go_on(): as SIGSTOP stops a process.
class StoppingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    if (stops_.exchange(false)) {
      stopped_.set_value();
      goes_on_.get_future().wait();
    }
    auto results = inner().commit(writes);
    if (results) {
      for (const Result<void>& result : *results) {
        if (!result && result.error().code == ErrorCode::NotOwner) { ++refused_; }
      }
    }
    return results;
  }
  void stop() { stops_ = true; }
  void wait_until_stopped() { stopped_.get_future().wait(); }
  void go_on() { goes_on_.set_value(); }
  int refused() const { return refused_; }

 private:
  std::atomic<bool> stops_{false};
  std::atomic<int> refused_{0};
  std::promise<void> stopped_;
  std::promise<void> goes_on_;
};

int begun(World& world, const std::string& name) {
  const std::lock_guard lock(world.mutex);
  int count = 0;
  for (const auto& [key, effect] : world.effects) {
    if (effect.name == name) { count += effect.begun; }
  }
  return count;
}

}  // namespace

TEST_CASE("an owner that is stopped beyond its lease can do nothing when it wakes up [D4]") {
  const auto store = std::move(*make_memory_store());
  World world;
  world.behaviour["begin"] = World::Behaviour::Runs;
  WorldExecutor first_executor(world);
  WorldExecutor second_executor(world);
  MovedClock first_clock;
  MovedClock second_clock;
  StoppingStore stopping(*store);
  const auto first =
      made({.store = &stopping, .executors = {{"world", &first_executor}}, .clock = &first_clock});
  REQUIRE(first->start(walkthrough(), {.info = {.id = "r"}}));
  // It is stopped with an event in its hands: the hook's end, which it cannot store any more.
  stopping.stop();
  first_executor.end("begin");
  stopping.wait_until_stopped();

  const auto second = made(
      {.store = store.get(), .executors = {{"world", &second_executor}}, .clock = &second_clock});
  CHECK(second->resume("r").error().code == ErrorCode::NotOwner);
  second_clock.move(kJump);
  REQUIRE(second->resume("r"));
  CHECK(second->wait("r") == ReleaseStatus::Succeeded);

  stopping.go_on();
  CHECK(first->wait("r"));  // It has dropped the release.
  CHECK(first->describe("r").error().code == ErrorCode::UnknownRelease);
  CHECK(stopping.refused() == 1);
  for (const char* name : {"begin", "announce", "promote staging", "celebrate"}) {
    INFO(name);
    CHECK(begun(world, name) >= 1);
  }
  for (const auto& [key, effect] : world.effects) {
    INFO(key << " " << effect.name);
    CHECK(effect.begun == 1);
  }
  CHECK(store->find("r")->epoch == 2);
  CHECK_FALSE(*verify_history(*store, "r"));
  CHECK_FALSE(*replay_history(*store, "r"));
}

TEST_CASE("a clock that jumps an hour forth loses nothing and repeats nothing [D4]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  bench.clock.move(kJump);
  bench.executor.end("begin");
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  for (const auto& [key, effect] : bench.world.effects) { CHECK(effect.begun == 1); }
  CHECK_FALSE(*replay_history(*bench.store, "r"));
}

TEST_CASE("an engine whose clock is an hour behind its predecessor's goes on all the same [D4]") {
  const auto store = std::move(*make_memory_store());
  World world;
  world.behaviour["begin"] = World::Behaviour::Runs;
  WorldExecutor first_executor(world);
  WorldExecutor second_executor(world);
  MovedClock ahead;
  ahead.move(kJump);
  MovedClock behind;
  {
    const auto first =
        made({.store = store.get(), .executors = {{"world", &first_executor}}, .clock = &ahead});
    REQUIRE(first->start(walkthrough(), {.info = {.id = "r"}}));
  }
  const auto second =
      made({.store = store.get(), .executors = {{"world", &second_executor}}, .clock = &behind});
  REQUIRE(second->resume("r"));
  second_executor.end("begin");
  CHECK(second->wait("r") == ReleaseStatus::Succeeded);
  for (const auto& [key, effect] : world.effects) {
    INFO(key << " " << effect.name);
    CHECK(effect.begun == 1);
  }
  CHECK_FALSE(*verify_history(*store, "r"));
  CHECK_FALSE(*replay_history(*store, "r"));
}

TEST_CASE("an engine whose clock is set back an hour goes on with events [D4]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  bench.clock.move(-kJump);
  bench.executor.end("begin");
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  CHECK_FALSE(*replay_history(*bench.store, "r"));
}

TEST_CASE("a process of another PID namespace is judged by its sign of life [D4]") {
  const Instant now = detail::wall_time();
  const StoreOwner self = detail::this_process(now);
  const detail::LeaseCheck check(self, now, std::chrono::seconds(30));
  CHECK_FALSE(check.is_gone(self));
  StoreOwner other = self;
  other.process = std::numeric_limits<int>::max();  // No process has this number.
  CHECK(check.is_gone(other));
  const std::size_t space = self.boot_id.find(' ');
  REQUIRE(space != std::string::npos);
  for (const std::string& boot :
       {self.boot_id.substr(0, space) + " pid:[1]", self.boot_id.substr(0, space), std::string()}) {
    INFO(boot);
    other.boot_id = boot;
    other.heartbeat = now;
    CHECK_FALSE(check.is_gone(other));
    other.heartbeat = now - std::chrono::seconds(31);
    CHECK(check.is_gone(other));
  }
}

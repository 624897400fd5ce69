// SPDX-License-Identifier: Apache-2.0
// Engines that live: what they store, in which order they act, and how they share.
#include <algorithm>

#include "engine/bell.hpp"
#include "engine/driven_release.hpp"
#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// dev and `count` environments beside each other.
Flow wide(int count) {
  FlowBuilder builder("wide", "dev");
  for (int i = 1; i <= count; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  return built(builder);
}

/// Its first hook, begin, times out after a minute.
Flow timed() {
  FlowBuilder builder("timed", "dev");
  FlowOptions options;
  Hook begin = hook("begin");
  begin.timeout = milliseconds(60'000);
  options.hooks.on_start = {begin};
  builder.options(options).step("staging", {"dev"});
  return built(builder);
}

std::string all_lines(Store& store, std::string_view id) {
  std::string lines = store.start_of(id)->trace;
  const auto entries = store.entries(id, 0, 10'000);
  REQUIRE(entries);
  for (const StoredEntry& entry : *entries) { lines += entry.trace; }
  return lines;
}

}  // namespace

TEST_CASE("an engine drives a release to its end, and the store has all of it [D2]") {
  EngineBench bench;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r", .version = "1.4"}}));
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  const auto row = bench.store->find("r");
  REQUIRE(row);
  CHECK(row->ended);
  CHECK_FALSE(row->owner);
  CHECK_FALSE(*verify_history(*bench.store, "r"));
  CHECK_FALSE(*replay_history(*bench.store, "r"));
  const auto commands = bench.store->commands("r");
  REQUIRE(commands);
  CHECK(commands->size() == 8);
  for (const StoredCommand& command : *commands) {
    CHECK(command.state == StoredCommandState::Ended);
    CHECK(command.succeeded == true);
    CHECK(command.handed);
  }
}

TEST_CASE("an event after a refused one is stored with the time that counted [D2][R10]") {
  World world;
  world.behaviour["begin"] = World::Behaviour::Runs;
  WorldExecutor executor(world);
  detail::Places places{.all = 10};
  const Instant begin{std::chrono::hours(1000)};
  detail::DrivenRelease driven(
      {.release = std::move(*Release::start(walkthrough(), {.id = "r"}, begin)),
       .executor = &executor,
       .places = &places,
       .origin = begin,
       .updated = begin});
  driven.begin({});
  const auto later = [&](int ms) { return begin + std::chrono::milliseconds(ms); };
  CHECK_FALSE(driven.apply(later(7), HookSucceeded{Ticket{99}}));
  CHECK(driven.apply(later(5), HookSucceeded{Ticket{1}}));
  const ReleaseWrite write = driven.take_write("owner", false);
  REQUIRE(write.entries.size() == 1);
  CHECK(write.entries[0].at == later(7));
  CHECK(write.entries[0].event.find("\"at\":3600000007") != std::string::npos);
  CHECK(write.entries[0].trace.starts_with("{\"t\":7,"));
  CHECK(write.updated == later(7));
}

TEST_CASE("an executor is called for what the store says was handed, and not before [D1]") {
  EngineBench bench;
  FunctionExecutor executor;
  std::vector<StoredCommandState> states;  // Functions are called on the engine's thread.
  std::vector<std::size_t> counts;
  executor.on_other_hooks([&](const HookCall& call) {
    const std::vector<StoredCommand> rows = *bench.store->commands(call.release_id);
    for (const StoredCommand& command : rows) {
      if (command.ticket == call.ticket) { states.push_back(command.state); }
    }
    return Answer{};
  });
  executor.on_other_promotions([&](const PromotionCall& call) {
    counts.push_back(bench.store->commands(call.release_id)->size());
    return Answer{};
  });
  EngineOptions options = bench.options();
  options.executors = {{"functions", &executor}};
  const auto engine = made(std::move(options));
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  engine->stop();
  CHECK(!states.empty());
  CHECK(std::all_of(states.begin(), states.end(),
                    [](StoredCommandState state) { return state == StoredCommandState::Handed; }));
  CHECK(!counts.empty());
  CHECK(std::all_of(counts.begin(), counts.end(), [](std::size_t count) { return count >= 2; }));
}

TEST_CASE("observers get each line once, with the number of its event [D14]") {
  EngineBench bench;
  std::string lines;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> numbers;
  EngineOptions options = bench.options();
  options.observer = [&](const EngineRecord& record) {
    lines += std::string(record.line) + '\n';
    numbers.emplace_back(record.sequence, record.index);
  };
  auto engine = made(std::move(options));
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  REQUIRE(engine->wait("r"));
  engine.reset();
  CHECK(lines == all_lines(*bench.store, "r"));
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  CHECK(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
  CHECK(numbers.front() == std::pair<std::uint64_t, std::uint32_t>(0, 0));
}

TEST_CASE("a large release does not keep the places from a small one [D10]") {
  EngineBench bench;
  for (int i = 1; i <= 100; ++i) {
    bench.world.behaviour["promote e" + std::to_string(i)] = World::Behaviour::Runs;
  }
  EngineOptions options = bench.options();
  options.commands_max = 4;
  const auto engine = made(std::move(options));
  REQUIRE(engine->start(wide(100), {.info = {.id = "large"}}));
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "small"}}));
  const auto queued = all_lines(*bench.store, "large");
  CHECK(queued.find("queued") != std::string::npos);
  int handed = 0;
  const std::vector<StoredCommand> rows = *bench.store->commands("large");
  for (const StoredCommand& command : rows) {
    handed += command.state == StoredCommandState::Handed ? 1 : 0;
  }
  CHECK(handed == 4);
  // The releases take turns: long before the large one has ended, the small one has.
  for (int i = 1; i <= 40; ++i) { bench.executor.end("promote e" + std::to_string(i)); }
  CHECK(engine->wait("small") == ReleaseStatus::Succeeded);
  CHECK(bench.store->find("large")->status == ReleaseStatus::Running);
}

TEST_CASE("so many releases are driven as the option says [D10]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  EngineOptions options = bench.options();
  options.releases_max = 1;
  const auto engine = made(std::move(options));
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "one"}}));
  const auto refused = engine->start(walkthrough(), {.info = {.id = "two"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::LimitExceeded);
  bench.executor.end("begin");
  CHECK(engine->wait("one") == ReleaseStatus::Succeeded);
  CHECK(engine->start(walkthrough(), {.info = {.id = "two"}}));
}

TEST_CASE("a start that is refused is not stored") {
  EngineBench bench;
  const auto engine = made(bench.options());
  CHECK(engine->start(walkthrough(), {.info = {}}).error().code == ErrorCode::InvalidArgument);
  CHECK(engine->start(walkthrough(), {.info = {.id = "r"}, .executor = "argo"}).error().message ==
        "there is no executor 'argo'");
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  REQUIRE(engine->wait("r"));
  CHECK(engine->start(walkthrough(), {.info = {.id = "r"}}).error().code ==
        ErrorCode::ReleaseExists);
  CHECK(bench.store->list({})->size() == 1);
}

TEST_CASE("a start that another engine's release refuses cancels none of its calls [D4]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  WorldExecutor forgetful(bench.world, false);  // Whose calls would not survive it.
  EngineOptions options = bench.options();
  options.executors = {{"world", &forgetful}};
  const auto first = made(options);
  REQUIRE(first->start(walkthrough(), {.info = {.id = "r"}}));
  forgetful.wait_for("begin");
  const auto second = made(options);
  CHECK(second->start(walkthrough(), {.info = {.id = "r"}}).error().code ==
        ErrorCode::ReleaseExists);
  second->stop();
  CHECK_FALSE(bench.world.effects.at("r/1").cancelled);
  forgetful.end("begin");
  CHECK(first->wait("r") == ReleaseStatus::Succeeded);
}

TEST_CASE("a command that waits for a person is answered through the engine") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Suspends;
  bench.world.behaviour["celebrate"] = World::Behaviour::Runs;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  REQUIRE(engine->apply("r", HookSucceeded{ticket(1), R"({"OK":true})"}));
  CHECK(engine->apply("r", HookSucceeded{ticket(1)}).error().code == ErrorCode::SettledTicket);
  CHECK(engine->apply("nobody", Tick{}).error().code == ErrorCode::UnknownRelease);
  bench.executor.end("celebrate");
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  CHECK(bench.store->commands("r")->front().context == R"({"OK":true})");
}

TEST_CASE("another process asks through the store, and hears what became of it [D6]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  const auto ask = [&](const Event::What& what) {
    return *bench.store->ask({.release = "r",
                              .event = *to_json(Event{Instant{}, what}),
                              .by = "ann",
                              .asked = bench.clock.now()});
  };
  const std::uint64_t refused = ask(Skip{.environment = "nowhere"});
  const std::uint64_t applied = ask(Terminate{.reason = "wrong version", .by = "ann"});
  bench.clock.move(milliseconds(500));
  CHECK(engine->wait("r") == ReleaseStatus::Terminated);
  CHECK(bench.store->request(applied)->applied);
  CHECK_FALSE(bench.store->request(refused)->applied);
  CHECK(bench.store->request(refused)->decided);
  CHECK_FALSE(bench.store->request(refused)->message.empty());
}

TEST_CASE("a timer that is due fires without an event from outside") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  const auto engine = made(bench.options());
  REQUIRE(engine->start(timed(), {.info = {.id = "r"}}));
  bench.clock.move(milliseconds(60'000));
  CHECK(engine->wait("r") == ReleaseStatus::Failed);
  engine->stop();  // The cancelled call may end after the release.
  CHECK(bench.world.effects.at("r/1").cancelled);
  const StoredCommand command = bench.store->commands("r")->front();
  CHECK(command.state == StoredCommandState::Cancelled);
  CHECK(command.stopped);
  CHECK(command.message.find("timed out") != std::string::npos);
}

TEST_CASE("what ended while no engine ran has not timed out meanwhile [D11]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  auto engine = made(bench.options());
  REQUIRE(engine->start(timed(), {.info = {.id = "r"}}));
  bench.executor.wait_for("begin");
  engine.reset();
  bench.executor.end("begin");
  bench.clock.move(milliseconds(120'000));
  engine = made(bench.options());
  REQUIRE(engine->resume("r"));
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  CHECK_FALSE(*replay_history(*bench.store, "r"));
}

TEST_CASE("two engines on one store: the second is told who has the release [D4]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  const auto first = made(bench.options());
  REQUIRE(first->start(walkthrough(), {.info = {.id = "r"}}));
  const auto second = made(bench.options());
  const auto refused = second->resume("r");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::NotOwner);
  CHECK(refused.error().message.find("drives this release since") != std::string::npos);
  CHECK(second->resume_all()->empty());
  first->stop();
  REQUIRE(second->resume("r"));
  CHECK(second->resume("r"));  // It is driven here already.
  bench.executor.end("begin");
  CHECK(second->wait("r") == ReleaseStatus::Succeeded);
}

TEST_CASE("one release that cannot be resumed keeps no other from it, on any page [D3]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  EngineOptions options = bench.options();
  options.executors.push_back({"removed", &bench.executor});
  auto engine = made(options);
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "a"}, .executor = "removed"}));
  for (int i = 0; i < 250; ++i) {
    REQUIRE(engine->start(walkthrough(), {.info = {.id = "r" + std::to_string(100 + i)}}));
  }
  engine.reset();
  engine = made(bench.options());
  const auto resumed = engine->resume_all();
  REQUIRE_FALSE(resumed);
  CHECK(resumed.error().code == ErrorCode::InvalidArgument);
  CHECK(resumed.error().where == "a");
  CHECK(resumed.error().message.find("the executor 'removed'") != std::string::npos);
  CHECK(engine->describe("r100"));
  CHECK(engine->describe("r349"));
  CHECK_FALSE(engine->describe("a"));
  CHECK_FALSE(bench.store->find("a")->owner);
}

TEST_CASE(
    "a bell that nobody hears for long notes so many rings, and then that all have rung [D8]") {
  detail::Bell bell;
  for (std::size_t i = 0; i < detail::Bell::kRingsMax; ++i) { bell.ring(i % 3); }
  detail::Bell::Rung rung = bell.take();
  CHECK_FALSE(rung.all);
  CHECK(rung.releases == std::vector<detail::ReleaseKey>{0, 1, 2});
  for (std::size_t i = 0; i <= detail::Bell::kRingsMax; ++i) { bell.ring(7); }
  rung = bell.take();
  CHECK(rung.all);
  CHECK(rung.releases.size() == 1);
}

TEST_CASE("after stop() nothing is taken any more") {
  EngineBench bench;
  const auto engine = made(bench.options());
  engine->stop();
  engine->stop();
  CHECK(engine->start(walkthrough(), {.info = {.id = "r"}}).error().code == ErrorCode::NotAllowed);
}

TEST_CASE("options that make no sense are named") {
  EngineBench bench;
  const auto where = [&](auto change) {
    EngineOptions options = bench.options();
    change(options);
    const auto engine = Engine::create(std::move(options));
    REQUIRE_FALSE(engine);
    CHECK(engine.error().code == ErrorCode::InvalidArgument);
    return engine.error().where;
  };
  CHECK(where([](EngineOptions& o) { o.store = nullptr; }) == "options.store");
  CHECK(where([](EngineOptions& o) { o.executors.clear(); }) == "options.executors");
  CHECK(where([](EngineOptions& o) { o.releases_max = 0; }) == "options.releases_max");
  CHECK(where([](EngineOptions& o) { o.commands_max = 0; }) == "options.commands_max");
  CHECK(where([](EngineOptions& o) { o.heartbeat = o.lease; }) == "options.heartbeat");
}

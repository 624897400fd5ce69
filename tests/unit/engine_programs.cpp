// SPDX-License-Identifier: Apache-2.0
// Engines whose commands are programs with supervisors: real programs, which outlive the engine.
#include "durable_support.hpp"
#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// A store and a directory; engines and executors come and go.
struct Yard {
  std::unique_ptr<Store> store = std::move(*make_memory_store());
  DurableDirectory directory{};

  Flow flow() const {
    StepOptions step;
    step.hooks.on_start = {hook("h")};
    FlowBuilder builder("tested", "dev");
    return built(builder.step("staging", {"dev"}, step));
  }
  StoredCommand command(std::uint64_t number) const {
    const auto rows = store->commands("r");
    for (const StoredCommand& row : rows.value()) {
      if (row.ticket == Ticket{number}) { return row; }
    }
    return {};
  }
};

/// An engine with an executor of its own.
struct Driver {
  explicit Driver(Yard& yard)
      : executor(yard.directory.executor()),
        engine(made({.store = yard.store.get(), .executors = {{"programs", executor.get()}}})) {}
  std::unique_ptr<ProcessExecutor> executor;
  std::unique_ptr<Engine> engine;
};

}  // namespace

TEST_CASE("an engine that stops leaves programs running, and the next one goes on [D11] [D12]",
          "[D11][D12]") {
  for (const bool ends_between : {false, true}) {
    INFO("the program ends while no engine is there: " << ends_between);
    Yard yard;
    yard.directory.script_of_two_halves("echo '{\"A\":\"b\"}' >$PROMOTION_CONTEXT_PATH");
    {
      Driver first(yard);
      REQUIRE(first.engine->start(yard.flow(), {.info = {.id = "r"}}));
      yard.directory.awaited("begun");
      first.engine->stop();
    }
    const StoredCommand left = yard.command(1);
    CHECK(left.state == StoredCommandState::Handed);
    if (ends_between) {
      yard.directory.touch("go");
      yard.directory.await_end(left.reference);
    }
    Driver second(yard);
    REQUIRE(second.engine->resume("r"));
    yard.directory.touch("go");
    CHECK(second.engine->wait("r") == ReleaseStatus::Succeeded);
    CHECK(yard.directory.read("runs") == "run\n");
    CHECK(yard.command(1).context.value_or("none") == R"({"A":"b"})");
  }
}

TEST_CASE("a program that is cancelled by the next engine stops before anything else [D15]",
          "[D15]") {
  Yard yard;
  yard.directory.script("h", yard.directory.say("begun", "$$") + "exec sleep 600");
  {
    Driver first(yard);
    REQUIRE(first.engine->start(yard.flow(), {.info = {.id = "r"}}));
    yard.directory.awaited("begun");
    first.engine->stop();
  }
  Driver second(yard);
  REQUIRE(second.engine->resume("r"));
  REQUIRE(second.engine->apply("r", Terminate{"enough"}));
  CHECK(second.engine->wait("r") == ReleaseStatus::Terminated);
  second.executor->wait_idle();
  CHECK(is_gone(yard.directory.read("begun")));
}

TEST_CASE(
    "a program for which someone else answers is stopped before its environment goes on [D15]",
    "[D15]") {
  Yard yard;
  const DurableDirectory& at = yard.directory;
  yard.directory.script("h", "trap '" + at.say("asked") + at.await("go") + "exit 1' TERM\n" +
                                 at.say("begun", "$$") + "while :; do sleep 0.01; done\n");
  yard.directory.script("promotions/staging", "kill -0 $(cat " + at.at("begun") + ") 2>" +
                                                  at.at("error") + " && echo overlap >" +
                                                  at.at("overlap") + "\ntrue\n");
  Driver driver(yard);
  REQUIRE(driver.engine->start(yard.flow(), {.info = {.id = "r"}}));
  yard.directory.awaited("begun");
  REQUIRE(driver.engine->apply("r", HookSucceeded{Ticket{1}, R"({"A":"b"})"}));
  yard.directory.awaited("asked");
  CHECK(yard.command(1).succeeded == true);
  CHECK_FALSE(yard.command(1).stopped);
  CHECK(yard.command(2).state == StoredCommandState::Issued);
  yard.directory.touch("go");
  CHECK(driver.engine->wait("r") == ReleaseStatus::Succeeded);
  CHECK(yard.command(1).stopped);
  CHECK(yard.command(1).context == R"({"A":"b"})");
  CHECK_FALSE(std::filesystem::exists(at.at("overlap")));
  CHECK(std::filesystem::exists(at.at("error")));  // The promotion has looked.
}

TEST_CASE("after a restart the next attempt waits for a cancelled program that still ends [D15]",
          "[D15]") {
  Yard yard;
  const DurableDirectory& at = yard.directory;
  yard.directory.options.grace = std::chrono::minutes(1);  // It must not be needed.
  yard.directory.script("h", "if [ -e " + at.at("begun") + " ]; then\n  kill -0 $(cat " +
                                 at.at("begun") + ") && echo overlap >" + at.at("overlap") +
                                 "\n  exit 0\nfi\ntrap '" + at.say("asked") + at.await("go") +
                                 "exit 1' TERM\n" + at.say("begun", "$$") +
                                 "while :; do sleep 0.01; done\n");
  {
    Driver first(yard);
    Hook twice = hook("h");
    twice.retry.limit = 1;
    StepOptions step;
    step.hooks.on_start = {twice};
    FlowBuilder builder("tested", "dev");
    REQUIRE(
        first.engine->start(built(builder.step("staging", {"dev"}, step)), {.info = {.id = "r"}}));
    yard.directory.awaited("begun");
    REQUIRE(first.engine->apply("r", HookFailed{Ticket{1}, "too slow"}));
    yard.directory.awaited("asked");
    first.engine->stop();
  }
  Driver second(yard);
  REQUIRE(second.engine->resume("r"));
  CHECK_FALSE(yard.command(1).stopped);
  CHECK(yard.command(2).state == StoredCommandState::Issued);
  yard.directory.touch("go");
  CHECK(second.engine->wait("r") == ReleaseStatus::Succeeded);
  CHECK(yard.command(1).stopped);
  CHECK_FALSE(std::filesystem::exists(at.at("overlap")));
}

TEST_CASE("a program that asks for a person waits across engines, and has nothing to stop [D11]",
          "[D11]") {
  for (const bool is_approved : {true, false}) {
    INFO("it is approved: " << is_approved);
    Yard yard;
    yard.directory.touch("go");
    yard.directory.script_of_two_halves("exit 75");
    {
      Driver first(yard);
      REQUIRE(first.engine->start(yard.flow(), {.info = {.id = "r"}}));
      while (first.engine->describe("r")->find("Suspended") == std::string::npos) {
        std::this_thread::yield();
      }
      first.engine->stop();
    }
    Driver second(yard);
    REQUIRE(second.engine->resume("r"));
    if (is_approved) {
      REQUIRE(second.engine->apply("r", HookSucceeded{Ticket{1}}));
      CHECK(second.engine->wait("r") == ReleaseStatus::Succeeded);
    } else {
      REQUIRE(second.engine->apply("r", Terminate{"no"}));
      CHECK(second.engine->wait("r") == ReleaseStatus::Terminated);
      CHECK(yard.command(1).stopped);
    }
    CHECK(yard.directory.read("runs") == "run\n");
  }
}

TEST_CASE("a process that was stopped beyond its lease can write nothing when it goes on [D4]",
          "[D4]") {
  using std::chrono::milliseconds;
  DurableDirectory directory;
  directory.script("h", "exit 75");
  StepOptions step;
  step.hooks.on_start = {hook("h")};
  FlowBuilder builder("tested", "dev");
  const Flow flow = built(builder.step("staging", {"dev"}, step));
  const auto open_store = [&] {
    return std::move(*open_sqlite_store(directory.at("store.db"), {.patience = milliseconds(200)}));
  };
  const auto engine_on = [&](Store& store, ProcessExecutor& executor) {
    return made({.store = &store,
                 .executors = {{"programs", &executor}},
                 .lease = milliseconds(300),
                 .heartbeat = milliseconds(100)});
  };
  HostProcess first([&] {
    const auto store = open_store();
    const auto executor = directory.executor();
    const auto engine = engine_on(*store, *executor);
    if (!engine->start(flow, {.info = {.id = "r"}})) { return; }
    // From then on only what is told below can change the release.
    while (engine->describe("r")->find("Suspended") == std::string::npos) {
      std::this_thread::yield();
    }
    directory.touch("begun");
    directory.awaited("go");
    const Result<void> applied = engine->apply("r", HookFailed{Ticket{1}, "too late"});
    std::ofstream(directory.at("told.new")) << (applied ? "ok" : to_string(applied.error().code));
    std::filesystem::rename(directory.at("told.new"), directory.at("told"));
    for (;;) { pause(); }
  });
  directory.awaited("begun");
  const auto stop = [&] {
    kill(first.process(), SIGSTOP);
    int status = 0;
    REQUIRE(waitpid(first.process(), &status, WUNTRACED) == first.process());
    REQUIRE(WIFSTOPPED(status));
  };
  stop();
  const auto store = open_store();
  const auto executor = directory.executor();
  const auto second = engine_on(*store, *executor);
  for (Result<void> resumed = second->resume("r"); !resumed; resumed = second->resume("r")) {
    if (resumed.error().code == ErrorCode::StoreFailed) {  // It was stopped while it wrote.
      kill(first.process(), SIGCONT);
      stop();
    } else {
      REQUIRE(resumed.error().code == ErrorCode::NotOwner);
    }
    std::this_thread::yield();
  }
  Result<void> answered = second->apply("r", HookSucceeded{Ticket{1}});
  REQUIRE(answered);
  CHECK(second->wait("r") == ReleaseStatus::Succeeded);
  const std::uint64_t events = store->find("r")->sequence;
  kill(first.process(), SIGCONT);
  directory.touch("go");
  CHECK(directory.awaited("told") == to_string(ErrorCode::NotOwner));
  CHECK(store->find("r")->sequence == events);
  CHECK_FALSE(*verify_history(*store, "r"));
  CHECK_FALSE(*replay_history(*store, "r"));
}

TEST_CASE("a program whose supervisor was killed fails its command, or begins again [D11]",
          "[D11]") {
  for (const LostCommand lost : {LostCommand::Fail, LostCommand::Again}) {
    Yard yard;
    yard.directory.script_of_two_halves();
    {
      Driver first(yard);
      REQUIRE(first.engine->start(yard.flow(), {.info = {.id = "r"}}));
      yard.directory.awaited("begun");
      first.engine->stop();
    }
    const std::string run = yard.command(1).reference;
    kill(yard.directory.look(run).supervisor, SIGKILL);
    yard.directory.await_end(run);
    yard.directory.touch("go");
    const auto executor = yard.directory.executor();
    const auto engine = made(
        {.store = yard.store.get(), .executors = {{"programs", executor.get()}}, .lost = lost});
    REQUIRE(engine->resume("r"));
    const bool is_again = lost == LostCommand::Again;
    CHECK(engine->wait("r") == (is_again ? ReleaseStatus::Succeeded : ReleaseStatus::Failed));
    CHECK(yard.directory.read("runs") == (is_again ? "run\nrun\n" : "run\n"));
  }
}

TEST_CASE("answers wait while the store fails [D8]", "[D8]") {
  DurableDirectory directory;
  directory.script("h", "echo >" + directory.at("ended$PROMOFLOW_TICKET"));
  Answers answers;
  const auto host = directory.executor();
  host->hold(true);
  host->run_hook(directory.call(1), answers.reply(Ticket{1}));
  directory.awaited("ended1");
  // Its thread has had turns since: this one is carried out by a later one.
  host->run_hook(directory.call(2), answers.reply(Ticket{2}));
  directory.awaited("ended2");
  CHECK_FALSE(answers.has_one());
  host->hold(false);
  answers.next();
  answers.next();
  CHECK_FALSE(answers.has_one());
}

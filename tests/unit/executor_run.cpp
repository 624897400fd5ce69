// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "allocations.hpp"
#include "catch.hpp"
#include "executor_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// dev -> staging, no hooks: one promotion.
Flow one_promotion(std::optional<milliseconds> timeout = std::nullopt) {
  FlowBuilder builder("one", "dev");
  StepOptions step;
  step.timeout = timeout;
  step.hooks.on_fail = {hook("page")};
  builder.step("staging", {"dev"}, step);
  return built(builder);
}

std::string message_of(const Result<Release>& release) {
  return release ? std::string(release->message()) : release.error().where;
}

bool is_start(const Event& event) { return std::holds_alternative<ReleaseStarted>(event.what); }

}  // namespace

TEST_CASE("run drives a release to its end and hands it back") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<std::string> seen;
  executor.on_hook = [&](const HookCall& call, const Reply& reply) {
    seen.push_back(call.hook + " " + call.environment.value_or("-") + " " + call.context);
    reply.succeeded(call.hook == "begin" ? std::optional<std::string>(R"({"A":1})") : std::nullopt);
  };
  const auto release = run(walkthrough(), {.id = "r-42"}, executor, {.clock = &clock});
  REQUIRE(release);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(seen == std::vector<std::string>{"begin - {}", R"(announce staging {"A":1})",
                                         R"(smoke staging {"A":1})",
                                         R"(announce production {"A":1})",
                                         R"(smoke production {"A":1})", R"(celebrate - {"A":1})"});
}

TEST_CASE("a promotion is handed the six default arguments") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<std::pair<std::string, std::string>> arguments;
  executor.on_promotion = [&](PromotionCall call, const Reply& reply) {
    arguments = std::move(call.arguments);
    reply.succeeded();
  };
  REQUIRE(run(one_promotion(), {.id = "r", .version = "1.4"}, executor, {.clock = &clock}));
  REQUIRE(arguments.size() == 6);
  CHECK(arguments[2] == std::pair<std::string, std::string>("VERSION", "1.4"));
  CHECK(arguments[5] == std::pair<std::string, std::string>("RELEASE_ID", "r"));
}

TEST_CASE("an executor that throws fails the command with what it threw") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [](const PromotionCall&, const Reply&) {
    throw std::runtime_error("no route to host");
  };
  CHECK(message_of(run(one_promotion(), {.id = "r"}, executor, {.clock = &clock})) ==
        "no route to host");
  executor.on_promotion = [](const PromotionCall&, const Reply&) { throw 42; };
  CHECK(message_of(run(one_promotion(), {.id = "r"}, executor, {.clock = &clock})) ==
        "the executor threw something that is not a std::exception");
}

TEST_CASE("the first of two answers counts, and one after the end is harmless") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<Reply> kept;
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    reply.succeeded();
    reply.failed("too late");
    reply.suspended();
    kept.push_back(reply);
  };
  const auto release = run(walkthrough(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->status() == ReleaseStatus::Succeeded);
  for (const Reply& reply : kept) { reply.failed("after the end"); }
}

TEST_CASE("answers that do not fit the state of their command are ignored") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    reply.resumed();
    reply.started();
    reply.suspended();
    reply.suspended();
    reply.queued();
    reply.queued();
    reply.succeeded("not looked at for promotions");
  };
  const auto release = run(walkthrough(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->status() == ReleaseStatus::Succeeded);
}

TEST_CASE("a command that is never answered ends by its timer and is cancelled") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [](const PromotionCall&, const Reply&) {};
  const auto release =
      run(one_promotion(milliseconds{600'000}), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->message() == "timed out after 10m");
  CHECK(executor.cancelled == std::vector<std::string>{"r/1"});
  CHECK(clock.time == at(600'000));
}

TEST_CASE("answers come from other threads") {
  std::vector<std::thread> threads;
  TestExecutor executor;
  std::atomic<int> answered{0};
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    threads.emplace_back([reply, &answered] {
      ++answered;
      reply.suspended();
      reply.resumed();
      reply.succeeded();
      reply.failed("twice");
    });
  };
  FlowBuilder builder("wide", "dev");
  for (int i = 0; i < 50; ++i) { builder.step("e" + std::to_string(i), {"dev"}); }
  const Flow flow = built(builder);
  const auto release = run(flow, {.id = "r"}, executor);
  for (std::thread& thread : threads) { thread.join(); }
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(answered == 50);
}

TEST_CASE("[R6] a release is stopped from outside, a second stop is refused, and force ends it") {
  StillClock clock;
  TestExecutor executor;
  RunOptions options{.clock = &clock};
  std::thread operator_thread;
  executor.on_promotion = [&](const PromotionCall&, const Reply&) {
    operator_thread = std::thread([control = options.control] { control.terminate("stop"); });
  };
  std::vector<std::string> ran;
  executor.on_hook = [&](const HookCall& call, const Reply&) {
    ran.push_back(call.hook);
    options.control.terminate("delivered twice");
    options.control.terminate("now", true, "ann");
  };
  std::vector<std::string> stops;
  options.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<Terminate>(record.what)) {
      stops.push_back(*to_json(record, Instant{}));
    }
  };
  const auto release = run(one_promotion(), {.id = "r"}, executor, options);
  operator_thread.join();
  CHECK(stops == std::vector<std::string>{
                     R"({"t":0,"event":"terminate","reason":"stop"})",
                     R"({"t":0,"event":"terminate","reason":"now","force":true,"by":"ann"})"});
  CHECK(release->status() == ReleaseStatus::Terminated);
  CHECK(release->message() == "stop");
  CHECK(ran == std::vector<std::string>{"page"});
  CHECK(executor.cancelled == std::vector<std::string>{"r/1", "r/2"});
}

TEST_CASE("a stop that was asked for before the run is applied when the run begins") {
  JumpingClock clock;
  TestExecutor executor;
  RunOptions options{.clock = &clock};
  options.control.terminate("never mind");
  executor.on_promotion = [](const PromotionCall&, const Reply&) {};
  const auto release = run(one_promotion(), {.id = "r"}, executor, options);
  CHECK(release->message() == "never mind");
  options.control.terminate("after the run");
}

TEST_CASE("an event is journalled, applied, observed, and then its commands are carried out") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<std::string> order;
  RunOptions options{.clock = &clock};
  options.journal = [&](const Event& event) {
    order.push_back("journal " + std::to_string(event.what.index()));
    return true;
  };
  options.observer = [&](const Release&, const Record& record) {
    order.push_back("record " + std::to_string(record.what.index()));
  };
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    order.emplace_back("promote");
    reply.succeeded();
  };
  REQUIRE(run(one_promotion(), {.id = "r"}, executor, options));
  CHECK(order == std::vector<std::string>{"journal 12", "record 0", "record 1", "record 1",
                                          "record 3", "promote", "journal 3", "record 7",
                                          "record 1", "record 0"});
}

TEST_CASE("a journal or an observer that fails ends the run and cancels what is outstanding") {
  JumpingClock clock;
  TestExecutor executor;
  RunOptions options{.clock = &clock};
  executor.on_promotion = [](const PromotionCall&, const Reply&) {};
  SECTION("the journal returns false") {
    options.journal = is_start;
    CHECK(message_of(run(one_promotion(), {.id = "r"}, executor, options)) == "options.journal");
    CHECK(executor.cancelled == std::vector<std::string>{"r/1"});
  }
  SECTION("[H32] a start that is not stored has no commands") {
    options.journal = [](const Event&) { return false; };
    CHECK(message_of(run(one_promotion(), {.id = "r"}, executor, options)) == "options.journal");
    CHECK(executor.cancelled.empty());
  }
  SECTION("the journal throws") {
    options.journal = [](const Event&) -> bool { throw std::runtime_error("disk full"); };
    const auto ended = run(one_promotion(), {.id = "r"}, executor, options);
    CHECK(ended.error().message == "it threw: disk full");
  }
  SECTION("the observer throws") {
    options.observer = [](const Release&, const Record&) { throw 1; };
    CHECK(message_of(run(one_promotion(), {.id = "r"}, executor, options)) == "options.observer");
    CHECK(executor.cancelled.empty());
  }
  SECTION("cancel throws") {
    options.journal = is_start;
    executor.on_cancel = [] { throw 1; };
    CHECK_FALSE(run(one_promotion(), {.id = "r"}, executor, options));
  }
}

TEST_CASE("memory that runs out at any moment ends the run, or a command, and nothing else") {
  const Flow flow = walkthrough();
  bool failed = true;
  std::size_t ended = 0;
  for (std::size_t allowed = 0; failed; ++allowed) {
    JumpingClock clock;
    TestExecutor executor;
    const RunOptions options{.clock = &clock};
    ReleaseInfo info{.id = "r"};
    const FailingAllocations failing(allowed);
    const auto release = run(flow, std::move(info), executor, options);
    failed = FailingAllocations::failed();
    if (!release && release.error().code == ErrorCode::OutOfMemory) { ++ended; }
    if (!failed) { CHECK(release->status() == ReleaseStatus::Succeeded); }
  }
  CHECK(ended > 50);
}

TEST_CASE("a release without an id is not started") {
  TestExecutor executor;
  CHECK(run(one_promotion(), {}, executor).error().code == ErrorCode::InvalidArgument);
}

TEST_CASE("after a crash the journal alone gives the release, and the same tickets come again",
          "[H32]") {
  JumpingClock clock;
  TestExecutor executor;
  const Flow flow = walkthrough();
  std::string journal;
  RunOptions options{.context = R"({"A": "given"})", .clock = &clock};
  options.selection.until = std::vector<std::string>{"production"};
  options.journal = [&](const Event& event) {
    if (std::count(journal.begin(), journal.end(), '\n') == 4) { return false; }  // The crash.
    journal += to_json(event).value() + "\n";
    return true;
  };
  REQUIRE_FALSE(run(flow, {.id = "r", .version = "1.4"}, executor, options));

  Release release = Release::recover(flow, journal).value();
  CHECK(release.info().version == "1.4");
  CHECK(release.context().to_json().value() == R"({"A":"given"})");
  std::vector<std::uint64_t> tickets;
  executor.on_hook = [&](const HookCall& call, const Reply& reply) {
    tickets.push_back(static_cast<std::uint64_t>(call.ticket));
    reply.succeeded();
  };
  REQUIRE(resume(release, executor, {.clock = &clock}));
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(tickets == std::vector<std::uint64_t>{4, 5, 7, 8});
}

TEST_CASE("a failed release is retried, and a succeeded one is not") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [](const PromotionCall& call, const Reply& reply) {
    call.attempt == 1 ? reply.failed("at first") : reply.succeeded();
  };
  std::vector<std::string> lines;
  auto release = run(one_promotion(), {.id = "r"}, executor, {.clock = &clock});
  REQUIRE(release->status() == ReleaseStatus::Failed);
  REQUIRE(retry(*release, executor, watched(clock, lines)));
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(lines.front() == R"({"t":0,"event":"retry"})");
  CHECK(retry(*release, executor, {.clock = &clock}).error().code == ErrorCode::NotAllowed);
  CHECK(resume(*release, executor, {.clock = &clock}));
}

TEST_CASE("one control stops several runs") {
  TestExecutor executors[2];
  const RunOptions options;
  std::atomic<int> begun{0};
  std::vector<std::thread> threads;
  std::atomic<int> stopped{0};
  for (TestExecutor& executor : executors) {
    executor.on_promotion = [&](const PromotionCall&, const Reply&) {
      if (++begun == 2) { options.control.terminate("all of you"); }
    };
    threads.emplace_back([&] {
      const auto release = run(one_promotion(), {.id = "r"}, executor, options);
      if (release && release->status() == ReleaseStatus::Terminated) { ++stopped; }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  CHECK(stopped == 2);
}

TEST_CASE("[R12] one failed environment is retried from outside while another runs") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<std::string> lines;
  RunOptions options = watched(clock, lines);
  std::optional<Reply> slow;
  executor.on_promotion = [&](const PromotionCall& call, const Reply& reply) {
    if (call.environment == "us") {
      slow = reply;
    } else if (call.attempt == 1) {
      reply.failed("out of sync");
      options.control.retry({"us"});    // Refused: it has not failed.
      options.control.retry({"mars"});  // Refused: there is none.
      options.control.retry({"eu"}, "ann");
    } else {
      reply.succeeded();
      slow->succeeded();
    }
  };
  FlowBuilder builder("regions", "dev");
  builder.step("us", {"dev"}).step("eu", {"dev"});
  const auto release = run(built(builder), {.id = "r"}, executor, options);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  std::vector<std::string> retries;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(retries),
               [](const std::string& line) { return line.find("\"retry\"") != std::string::npos; });
  CHECK(retries ==
        std::vector<std::string>{R"({"t":0,"event":"retry","environments":["eu"],"by":"ann"})"});
}

TEST_CASE("[R16] a failed environment is skipped from outside, and what depends on it begins") {
  JumpingClock clock;
  TestExecutor executor;
  RunOptions options{.clock = &clock};
  std::optional<Reply> slow;
  std::vector<std::string> promoted;
  executor.on_promotion = [&](const PromotionCall& call, const Reply& reply) {
    promoted.push_back(call.environment);
    if (call.environment == "us") {
      slow = reply;
    } else if (call.environment == "eu") {
      reply.failed("quota");
      options.control.skip("eu", "the region is closed", "ann");
    } else {
      reply.succeeded();
      slow->succeeded();
    }
  };
  FlowBuilder builder("regions", "dev");
  builder.step("us", {"dev"}).step("eu", {"dev"}).step("global", {"eu"});
  const Flow flow = built(builder);
  const auto release = run(flow, {.id = "r"}, executor, options);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(promoted == std::vector<std::string>{"us", "eu", "global"});
  const EnvironmentState eu = release->environment(*flow.find_environment("eu"));
  CHECK(eu.status == EnvironmentStatus::Skipped);
  CHECK(eu.message == "the region is closed");
}

TEST_CASE("[R16] a run leaves out the environments that its options name") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<std::string> promoted;
  executor.on_promotion = [&](const PromotionCall& call, const Reply& reply) {
    promoted.push_back(call.environment);
    reply.succeeded();
  };
  RunOptions options{.clock = &clock};
  options.selection.until = std::vector<std::string>{"staging"};
  const auto release = run(walkthrough(), {.id = "r"}, executor, options);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(promoted == std::vector<std::string>{"staging"});
  options.selection.until = std::vector<std::string>{"stagin"};
  CHECK(run(walkthrough(), {.id = "r"}, executor, options).error().code ==
        ErrorCode::UnknownEnvironment);
}

TEST_CASE("[R19] a timeout does not count while the executor has no room for the call") {
  JumpingClock clock;
  TestExecutor executor;
  std::optional<Reply> waiting;
  std::optional<Instant> begins;
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    reply.queued();
    waiting = reply;
    begins = at(3'600'000);
  };
  executor.on_next_wake = [&] { return begins; };
  executor.on_wake = [&](Instant) {
    begins.reset();
    waiting->started();  // It never answers: the timeout counts from here.
  };
  std::vector<std::string> lines;
  const auto release =
      run(one_promotion(milliseconds{600'000}), {.id = "r"}, executor, watched(clock, lines));
  CHECK(release->message() == "timed out after 10m");
  CHECK(clock.time == at(3'600'000 + 600'000));
  CHECK(std::count(lines.begin(), lines.end(), R"({"t":0,"event":"queued","ticket":1})") == 1);
  CHECK(std::count(lines.begin(), lines.end(), R"({"t":3600000,"event":"started","ticket":1})") ==
        1);
}

TEST_CASE("[R18] a promotion that has succeeded may still fail while its environment soaks") {
  JumpingClock clock;
  TestExecutor executor;
  std::optional<Reply> watcher;
  std::optional<Instant> reports;
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    reply.succeeded();
    reply.succeeded();
    watcher = reply;
  };
  executor.on_next_wake = [&] { return reports; };
  executor.on_wake = [&](Instant) {
    reports.reset();
    watcher->failed("error rate 4 %");
    watcher->failed("reported twice");
  };
  FlowBuilder builder("canary", "dev");
  builder.step("canary", {"dev"}, {.soak = milliseconds{600'000}});
  SECTION("a report during the soak fails the environment") {
    reports = at(300'000);
    const auto release = run(built(builder), {.id = "r"}, executor, {.clock = &clock});
    CHECK(release->status() == ReleaseStatus::Failed);
    CHECK(release->message() == "error rate 4 %");
    CHECK(clock.time == at(300'000));
  }
  SECTION("without one the soak ends well") {
    const auto release = run(built(builder), {.id = "r"}, executor, {.clock = &clock});
    CHECK(release->status() == ReleaseStatus::Succeeded);
    CHECK(clock.time == at(600'000));
    CHECK(executor.cancelled.empty());
  }
}

TEST_CASE("a person who has decided is named in the record") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [](const PromotionCall&, const Reply& reply) {
    reply.suspended();
    reply.resumed("ann");
    reply.succeeded();
  };
  std::vector<std::string> lines;
  REQUIRE(run(one_promotion(), {.id = "r"}, executor, watched(clock, lines)));
  CHECK(std::count(lines.begin(), lines.end(),
                   R"({"t":0,"event":"resumed","ticket":1,"by":"ann"})") == 1);
}

TEST_CASE("[R12] a failed release is retried for one of its environments") {
  JumpingClock clock;
  TestExecutor executor;
  executor.on_promotion = [](const PromotionCall& call, const Reply& reply) {
    call.attempt == 1 ? reply.failed("at first") : reply.succeeded();
  };
  FlowBuilder builder("regions", "dev");
  builder.step("us", {"dev"}).step("eu", {"dev"});
  const Flow flow = built(builder);
  auto release = run(flow, {.id = "r"}, executor, {.clock = &clock});
  REQUIRE(release->status() == ReleaseStatus::Failed);
  const std::string_view unknown[] = {"mars"};
  CHECK(retry(*release, executor, {.clock = &clock}, {unknown}).error().code ==
        ErrorCode::UnknownEnvironment);
  const std::string_view one[] = {"eu"};
  REQUIRE(retry(*release, executor, {.clock = &clock}, {one, "ann"}));
  CHECK(release->status() == ReleaseStatus::Failed);
  CHECK(release->environment(*flow.find_environment("eu")).status == EnvironmentStatus::Successful);
  CHECK(release->environment(*flow.find_environment("us")).status == EnvironmentStatus::Failed);
}

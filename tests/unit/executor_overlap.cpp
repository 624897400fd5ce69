// SPDX-License-Identifier: Apache-2.0
// No call begins while a cancelled call of the same environment, or of the release, still runs.
#include <algorithm>
#include <map>
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "executor/overlap.hpp"
#include "executor_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
using detail::CancelledCalls;
using detail::HeldCalls;

namespace {

const EnvironmentId kStaging{1};
const EnvironmentId kProduction{2};

/// dev -> staging; each part may be set.
struct OneStep {
  std::optional<milliseconds> timeout = milliseconds{1000};
  std::uint32_t retries = 0;
  FlowOptions options{};

  Flow flow() const {
    FlowBuilder builder("overlap", "dev");
    builder.options(options);
    StepOptions step;
    step.timeout = timeout;
    if (retries > 0) { step.retry = RetryPolicy{.limit = retries}; }
    step.hooks.on_fail = {hook("rollback")};
    builder.step("staging", {"dev"}, step);
    return built(builder);
  }
};

/// Writes down what begins, is cancelled and stops. A cancelled call runs on for `stops_after`;
/// without it, until the test ends it.
class SlowExecutor final : public Executor {
 public:
  explicit SlowExecutor(JumpingClock& clock) : clock_(clock) {}

  void run_hook(HookCall call, Reply reply) override {
    events.push_back(call.hook + " begins");
    names_[call.ticket] = call.hook;
    replies.insert_or_assign(call.ticket, reply);
    if (hooks_answer) { reply.succeeded(); }
  }
  void promote(PromotionCall call, Reply reply) override {
    const std::string name = call.environment + " " + std::to_string(call.attempt);
    events.push_back(name + " begins");
    names_[call.ticket] = name;
    replies.insert_or_assign(call.ticket, reply);
    if (on_promotion) { on_promotion(call, reply); }
  }
  void cancel(std::string_view /*release_id*/, Ticket ticket) override {
    events.push_back(names_[ticket] + " cancelled");
    if (stops_after) { stops_.emplace(clock_.time + *stops_after, ticket); }
    if (throws_on_cancel) { throw std::runtime_error("no route to host"); }
  }
  std::optional<Instant> next_wake() override {
    return stops_.empty() ? std::nullopt : std::optional(stops_.begin()->first);
  }
  void wake(Instant now) override {
    while (!stops_.empty() && stops_.begin()->first <= now) {
      stop(stops_.begin()->second);
      stops_.erase(stops_.begin());
    }
  }
  ExecutorReports reports() const noexcept override { return reported; }

  void stop(Ticket ticket) {
    events.push_back(names_[ticket] + " has stopped");
    if (answers_when_stopped) {
      replies.at(ticket).failed("killed");
    } else {
      replies.at(ticket).stopped();
    }
  }
  /// All that still runs after a run.
  void stop_all() {
    for (const auto& [at, ticket] : stops_) { stop(ticket); }
    stops_.clear();
  }

  std::vector<std::string> events;
  std::map<Ticket, Reply> replies;
  std::optional<milliseconds> stops_after = milliseconds{500};
  std::function<void(const PromotionCall&, const Reply&)> on_promotion;
  ExecutorReports reported{.stopped = true};
  bool hooks_answer = true;
  bool answers_when_stopped = false;
  bool throws_on_cancel = false;

 private:
  JumpingClock& clock_;
  std::map<Ticket, std::string> names_;
  std::multimap<Instant, Ticket> stops_;
};

std::vector<std::string> with_event(const std::vector<std::string>& lines,
                                    const std::string& kind) {
  std::vector<std::string> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found), [&](const std::string& line) {
    return line.find("\"event\":\"" + kind + "\"") != std::string::npos;
  });
  return found;
}

const std::vector<std::string> kInOrder = {
    "staging 1 begins",    "staging 1 cancelled",   "staging 1 has stopped", "staging 2 begins",
    "staging 2 cancelled", "staging 2 has stopped", "rollback begins"};

}  // namespace

TEST_CASE("[H16] a further attempt and the rollback begin when the one before has stopped") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  std::vector<std::string> lines;
  const auto release =
      run(OneStep{.retries = 1}.flow(), {.id = "r"}, executor, watched(clock, lines));
  CHECK(release->status() == ReleaseStatus::Failed);
  CHECK(executor.events == kInOrder);
  CHECK(with_event(lines, "queued") ==
        std::vector<std::string>{R"({"t":1000,"event":"queued","ticket":2})",
                                 R"({"t":2500,"event":"queued","ticket":3})"});
  // The timeout of attempt 2 counts from its start.
  CHECK(with_event(lines, "started") ==
        std::vector<std::string>{R"({"t":1500,"event":"started","ticket":2})",
                                 R"({"t":3000,"event":"started","ticket":3})"});
}

TEST_CASE("[H16] an answer that comes after the cancellation is the end of the call, too") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  executor.answers_when_stopped = true;
  executor.throws_on_cancel = true;
  REQUIRE(run(OneStep{.retries = 1}.flow(), {.id = "r"}, executor, {.clock = &clock}));
  CHECK(executor.events == kInOrder);
}

TEST_CASE("[H16] an executor that reports no ends is given the next call at once") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  executor.reported = {};
  std::vector<std::string> lines;
  REQUIRE(run(OneStep{.retries = 1}.flow(), {.id = "r"}, executor, watched(clock, lines)));
  CHECK(with_event(lines, "queued").empty());
  CHECK(std::vector<std::string>(executor.events.begin(), executor.events.begin() + 3) ==
        std::vector<std::string>{"staging 1 begins", "staging 1 cancelled", "staging 2 begins"});
}

TEST_CASE("[H16] what stops within cancel() delays nothing and is not queued") {
  JumpingClock clock;
  TestExecutor executor;
  std::vector<Reply> replies;
  executor.reported = {.stopped = true};
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    replies.push_back(reply);
  };
  executor.on_cancel = [&] { replies.back().stopped(); };
  std::vector<std::string> lines;
  const auto release =
      run(OneStep{.retries = 2}.flow(), {.id = "r"}, executor, watched(clock, lines));
  CHECK(release->status() == ReleaseStatus::Failed);
  CHECK(clock.time == at(3000));
  CHECK(with_event(lines, "queued").empty());
}

TEST_CASE("[H16] a call that answered before it was cancelled runs no more") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  executor.stops_after.reset();  // It says nothing of calls that it does not know any more.
  Control control;
  executor.on_promotion = [&](const PromotionCall&, const Reply& reply) {
    control.terminate("stop");  // Taken before the answer.
    reply.succeeded();
  };
  const auto release =
      run(OneStep{}.flow(), {.id = "r"}, executor, {.clock = &clock, .control = control});
  CHECK(release->status() == ReleaseStatus::Terminated);
  CHECK(executor.events ==
        std::vector<std::string>{"staging 1 begins", "staging 1 cancelled", "rollback begins"});
}

TEST_CASE("[H16] environments wait for their own calls, the release's hooks for all of them") {
  JumpingClock clock;
  FlowOptions options;
  options.hooks.on_fail = {hook("tell")};
  FlowBuilder builder("wide", "dev");
  builder.options(options);
  StepOptions step;
  step.hooks.on_fail = {hook("rollback")};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step).step("ap", {"dev"});
  SlowExecutor executor(clock);
  Control control;
  int promotions = 0;
  executor.on_promotion = [&](const PromotionCall&, const Reply&) {
    if (++promotions == 3) { control.terminate("stop"); }
  };
  executor.stops_after.reset();
  std::vector<std::string> lines;
  RunOptions running = watched(clock, lines);
  running.control = control;
  // us stops first, then ap, then eu: one for each event that shows that the run waits.
  int queued = 0;
  running.observer = [&](const Release& release, const Record& record) {
    if (std::holds_alternative<Queued>(record.what) && ++queued == 2) { executor.stop(Ticket{2}); }
    if (const auto* done = std::get_if<HookSucceeded>(&record.what)) {
      if (done->ticket == Ticket{5}) { executor.stop(Ticket{3}); }
    }
    if (release.environment(kProduction).status == EnvironmentStatus::Terminated &&
        std::holds_alternative<Started>(record.what)) {
      executor.events.push_back("a held call starts");
      if (std::get<Started>(record.what).ticket == Ticket{5}) { executor.stop(Ticket{1}); }
    }
  };
  const auto release = run(built(builder), {.id = "r"}, executor, running);
  CHECK(release->status() == ReleaseStatus::Terminated);
  const auto position = [&](const std::string& event) {
    const auto found = std::find(executor.events.begin(), executor.events.end(), event);
    REQUIRE(found != executor.events.end());
    return found - executor.events.begin();
  };
  CHECK(position("us 1 has stopped") < position("rollback begins"));
  CHECK(position("rollback begins") < position("eu 1 has stopped"));
  CHECK(position("eu 1 has stopped") < position("tell begins"));
  CHECK(position("ap 1 has stopped") < position("tell begins"));
}

TEST_CASE("[H16] an executor that never reports the end holds a release until its deadline") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  executor.stops_after.reset();
  OneStep step{.retries = 1};
  step.options.promotion_timeout_limit = std::chrono::minutes{10};
  step.options.termination_grace_period = milliseconds{60'000};
  const auto release = run(step.flow(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->status() == ReleaseStatus::Terminated);
  CHECK(clock.time == at(660'000));
  // The held calls were never handed over, so the executor need not be told of their end.
  CHECK(executor.events == std::vector<std::string>{"staging 1 begins", "staging 1 cancelled"});
}

TEST_CASE("[H16] after a forced termination a retry waits for what was cancelled by it") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  Control control;
  executor.on_promotion = [&](const PromotionCall& call, const Reply& reply) {
    if (call.attempt == 1) {
      control.terminate("now", true);
    } else {
      reply.succeeded();
    }
  };
  RunOptions options{.clock = &clock, .control = control};
  auto release = run(OneStep{}.flow(), {.id = "r"}, executor, options);
  REQUIRE(release->status() == ReleaseStatus::Terminated);
  Release moved = std::move(*release);
  REQUIRE(retry(moved, executor, options));
  CHECK(moved.status() == ReleaseStatus::Succeeded);
  CHECK(executor.events == std::vector<std::string>{"staging 1 begins", "staging 1 cancelled",
                                                    "staging 1 has stopped", "staging 2 begins"});
}

TEST_CASE("[H16] a resumed release waits for what an ended run has cancelled") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  Release release =
      Release::start(OneStep{.timeout = std::nullopt}.flow(), {.id = "r"}, at(0)).value();
  RunOptions options{.clock = &clock};
  options.journal = [](const Event&) { return false; };
  executor.on_promotion = [](const PromotionCall&, const Reply& reply) { reply.suspended(); };
  CHECK(resume(release, executor, options).error().where == "options.journal");
  options.journal = nullptr;
  executor.on_promotion = [](const PromotionCall&, const Reply& reply) { reply.succeeded(); };
  std::vector<std::string> lines;
  REQUIRE(resume(release, executor, watched(clock, lines)));
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(executor.events == std::vector<std::string>{"staging 1 begins", "staging 1 cancelled",
                                                    "staging 1 has stopped", "staging 1 begins"});
  CHECK(with_event(lines, "queued").size() == 1);
}

TEST_CASE("[H16] an executor that reports starts is the one to report that of a held call") {
  JumpingClock clock;
  SlowExecutor executor(clock);
  executor.reported.started = true;
  executor.on_promotion = [](const PromotionCall& call, const Reply& reply) {
    reply.queued();  // For the second attempt run() has reported it.
    reply.started();
    reply.started();
    if (call.attempt == 2) { reply.succeeded(); }
  };
  std::vector<std::string> lines;
  std::vector<std::string> journal;
  RunOptions options = watched(clock, lines);
  options.journal = [&](const Event& event) {
    journal.push_back(*to_json(event));
    return true;
  };
  const auto release = run(OneStep{.retries = 1}.flow(), {.id = "r"}, executor, options);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(with_event(lines, "queued").size() == 2);
  CHECK(with_event(lines, "started").size() == 2);
  CHECK(with_event(journal, "queued").size() == 2);  // None that the release would refuse.
  CHECK(with_event(journal, "started").size() == 2);
}

TEST_CASE("[H16] ends are reported from other threads") {
  StillClock clock;
  TestExecutor executor;
  executor.reported = {.stopped = true};
  std::vector<std::thread> threads;
  std::optional<Reply> first;
  Control control;
  executor.on_promotion = [&](const PromotionCall& call, const Reply& reply) {
    if (call.attempt > 1) {
      reply.succeeded();
      return;
    }
    first = reply;
    threads.emplace_back([control] { control.terminate("now", true); });
  };
  RunOptions options{.clock = &clock, .control = control};
  auto release = run(OneStep{.timeout = std::nullopt}.flow(), {.id = "r"}, executor, options);
  options.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<Queued>(record.what)) {
      threads.emplace_back([&] { first->stopped(); });
    }
  };
  REQUIRE(retry(*release, executor, options));
  CHECK(release->status() == ReleaseStatus::Succeeded);
  for (std::thread& thread : threads) { thread.join(); }
}

TEST_CASE("[H16] a stop of what was not cancelled is ignored") {
  JumpingClock clock;
  TestExecutor executor;
  executor.reported = {.stopped = true};
  executor.on_promotion = [](const PromotionCall&, const Reply& reply) {
    reply.stopped();
    reply.succeeded();
    reply.stopped();
  };
  const auto release = run(OneStep{}.flow(), {.id = "r"}, executor, {.clock = &clock});
  CHECK(release->status() == ReleaseStatus::Succeeded);
}

TEST_CASE("[H16] the bookkeeping of cancelled and held calls") {
  CancelledCalls cancelled;
  HeldCalls<std::string> held;
  cancelled.add(Ticket{1}, kStaging);
  cancelled.add(Ticket{1}, kStaging);  // Known already.
  cancelled.add(Ticket{2}, kStaging);
  cancelled.add(Ticket{3}, std::nullopt);
  CHECK(cancelled.blocks(kStaging));
  CHECK_FALSE(cancelled.blocks(kProduction));
  CHECK(cancelled.blocks(std::nullopt));
  held.hold(Ticket{9}, std::nullopt, "release 9");
  held.hold(Ticket{8}, std::nullopt, "release 8");
  held.hold(Ticket{7}, kStaging, "staging 7");
  held.hold(Ticket{6}, kStaging, "staging 6");
  CHECK(held.drop(Ticket{7}));
  CHECK_FALSE(held.drop(Ticket{7}));
  CHECK(held.take_ready(cancelled).empty());
  CHECK(cancelled.stopped(Ticket{1}));
  CHECK_FALSE(cancelled.stopped(Ticket{1}));
  CHECK(held.take_ready(cancelled).empty());
  CHECK(cancelled.stopped(Ticket{2}));
  CHECK(held.take_ready(cancelled) == std::vector<std::string>{"staging 6"});
  CHECK_FALSE(held.drop(Ticket{6}));
  CHECK(cancelled.stopped(Ticket{3}));
  CHECK(held.take_ready(cancelled) == std::vector<std::string>{"release 8", "release 9"});
  CHECK_FALSE(cancelled.blocks(std::nullopt));
}

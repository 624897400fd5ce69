// SPDX-License-Identifier: Apache-2.0
// What executors are told besides calls: which outcomes count, and that a release was forced.
#include <map>

#include "catch.hpp"
#include "executor_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Notes what it is told, in order.
class NotingExecutor final : public Executor {
 public:
  std::vector<std::string> told{};
  std::function<void()> on_hook{};
  bool answers = true;

  void run_hook(HookCall call, Reply reply) override {
    note("hook", call.ticket);
    if (answers) { reply.succeeded(); }
    if (on_hook) { on_hook(); }
  }
  void promote(PromotionCall call, Reply reply) override {
    note("promotion", call.ticket);
    reply.succeeded();
  }
  void cancel(std::string_view /*release_id*/, Ticket ticket) override { note("cancel", ticket); }
  void settled(std::string_view release_id, Ticket ticket) noexcept override {
    CHECK(release_id == "r");
    note("settled", ticket);
  }
  void force(std::string_view release_id) noexcept override {
    told.push_back("force " + std::string(release_id));
  }

 private:
  void note(const char* what, Ticket ticket) {
    told.push_back(std::string(what) + ' ' + std::to_string(static_cast<std::uint64_t>(ticket)));
  }
};

Flow flow_with(std::optional<std::chrono::milliseconds> soak = std::nullopt) {
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.hooks.on_start = {Hook{.name = "h"}};
  step.soak = soak;
  builder.step("staging", {"dev"}, step);
  return built(builder);
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("an executor is told that the outcome of a call counts, once it was applied") {
  NotingExecutor executor;
  JumpingClock clock;
  RunOptions options;
  options.clock = &clock;
  REQUIRE(run(flow_with(), {.id = "r"}, executor, options));
  // The next command of the same event comes first.
  CHECK(executor.told == Told{"hook 1", "promotion 2", "settled 1", "settled 2"});
}

TEST_CASE("a promotion that soaks is settled when it has soaked") {
  NotingExecutor executor;
  JumpingClock clock;
  RunOptions options;
  options.clock = &clock;
  Instant soaked{};
  options.observer = [&](const Release&, const Record& record) {
    if (!std::holds_alternative<Soaked>(record.what)) { return; }
    CHECK(executor.told == Told{"hook 1", "promotion 2", "settled 1"});
    soaked = record.at;
  };
  REQUIRE(run(flow_with(std::chrono::minutes{5}), {.id = "r"}, executor, options));
  CHECK(soaked == Instant{std::chrono::minutes{5}});
  CHECK(executor.told == Told{"hook 1", "promotion 2", "settled 1", "settled 2"});
}

TEST_CASE("a force is told before what it cancels") {
  NotingExecutor executor;
  JumpingClock clock;
  RunOptions options;
  options.clock = &clock;
  const Control control = options.control;
  executor.answers = false;
  const bool forces = GENERATE(true, false);
  executor.on_hook = [&] { control.terminate("enough", forces); };
  REQUIRE(run(flow_with(), {.id = "r"}, executor, options));
  CHECK(executor.told == (forces ? Told{"hook 1", "force r", "cancel 1", "settled 1"}
                                 : Told{"hook 1", "cancel 1", "settled 1"}));
}

TEST_CASE("an executor that does not tell hooks apart gives one reference for both") {
  NotingExecutor executor;
  CHECK(executor.hook_reference("r", Ticket{1}, 1).empty());
}

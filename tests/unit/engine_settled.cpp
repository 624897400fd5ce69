// SPDX-License-Identifier: Apache-2.0
// What an engine tells executors besides calls.
#include <algorithm>

#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Looks into the store whenever it is told that an outcome is stored.
class LookingExecutor final : public Executor {
 public:
  Store* store = nullptr;
  std::vector<std::string> told{};
  bool all_were_stored = true;
  bool waits_for_a_person = false;

  void run_hook(HookCall call, Reply reply) override {
    waits_for_a_person&& call.hook == "begin" ? reply.suspended() : reply.succeeded();
  }
  void promote(PromotionCall /*call*/, Reply reply) override { reply.succeeded(); }
  void cancel(std::string_view /*release_id*/, Ticket ticket) override { note("cancel", ticket); }
  std::string hook_reference(std::string_view /*release_id*/, Ticket ticket,
                             std::uint32_t attempt) override {
    return "hook-" + std::to_string(static_cast<std::uint64_t>(ticket)) + '-' +
           std::to_string(attempt);
  }
  std::string reference(std::string_view /*release_id*/, Ticket /*ticket*/,
                        std::uint32_t /*attempt*/) override {
    return "promotion";
  }
  void settled(std::string_view release_id, Ticket ticket) noexcept override {
    note("settled", ticket);
    const auto rows = store->commands(release_id);
    all_were_stored = all_were_stored && rows &&
                      std::any_of(rows->begin(), rows->end(), [ticket](const StoredCommand& row) {
                        return row.ticket == ticket && row.state != StoredCommandState::Handed;
                      });
  }
  void force(std::string_view release_id) noexcept override {
    told.push_back("force " + std::string(release_id));
  }

 private:
  void note(const char* what, Ticket ticket) {
    told.push_back(std::string(what) + ' ' + std::to_string(static_cast<std::uint64_t>(ticket)));
  }
};

struct SettledBench {
  EngineBench bench{};
  LookingExecutor executor{};
  std::unique_ptr<Engine> begin() {
    executor.store = bench.store.get();
    EngineOptions options = bench.options();
    options.executors = {{"looking", &executor}};
    return made(std::move(options));
  }
};

}  // namespace

TEST_CASE("an executor is told of each outcome once it is stored, and of none twice [D11]") {
  SettledBench settled;
  {
    const auto engine = settled.begin();
    REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
    CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
    engine->stop();
  }
  CHECK(settled.executor.all_were_stored);
  std::vector<std::string> told = settled.executor.told;
  CHECK(told.size() == 8);
  std::sort(told.begin(), told.end());
  CHECK(std::adjacent_find(told.begin(), told.end()) == told.end());
}

TEST_CASE("a hook's reference may differ from that of a promotion [D11]") {
  SettledBench settled;
  const auto engine = settled.begin();
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  CHECK(engine->wait("r") == ReleaseStatus::Succeeded);
  const auto rows = settled.bench.store->commands("r");
  REQUIRE(rows);
  for (const StoredCommand& row : *rows) {
    const std::string ticket = std::to_string(static_cast<std::uint64_t>(row.ticket));
    CHECK(row.reference == (row.hook.empty() ? "promotion" : "hook-" + ticket + "-1"));
  }
}

TEST_CASE("a force is told before what it cancels [D15]") {
  SettledBench settled;
  settled.executor.waits_for_a_person = true;
  const auto engine = settled.begin();
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r"}}));
  REQUIRE(engine->apply("r", Terminate{"enough", true, {}}));
  CHECK(engine->wait("r") == ReleaseStatus::Terminated);
  engine->stop();
  REQUIRE(settled.executor.told.size() >= 2);
  CHECK(settled.executor.told[0] == "force r");
  CHECK(settled.executor.told[1] == "cancel 1");
}

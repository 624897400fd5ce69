// SPDX-License-Identifier: Apache-2.0
#include "crashes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "allocations.hpp"
#include "outside.hpp"
#include "promoflow/sqlite_store.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::prove {

namespace {

using std::chrono::seconds;
using test::Fault;
using test::FaultyDisk;
using test::Survivors;

constexpr const char* kReleases[] = {kBusy, kStopped};
constexpr std::uint64_t kOperationsMax = 100'000;
constexpr int kWaitsUntilRepair = 3;
constexpr seconds kBeyondTheLease{60};

/// What happens in one life of an engine. The default: nothing.
struct Plan {
  Fault fault = Fault::None;
  std::uint64_t operation = 0;   ///< Of the disk.
  std::uint64_t allocation = 0;  ///< Of the engine's thread; 0: none fails.
};

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::None: return "no fault";
    case Fault::Crash: return "a crash";
    case Fault::ErrorOnce: return "an error, once";
    case Fault::ErrorFor: return "errors until a repair";
    case Fault::FullOnce: return "a full disk, once";
    case Fault::FullFor: return "a full disk until a repair";
  }
  return "";
}

/// How the releases ended, without times and numbers.
std::string outcome_of(Store& store, const Outside& outside) {
  std::string text;
  for (const char* id : kReleases) {
    const LoadedRelease loaded = value_of(load_release(store, id), "restoring a release");
    const auto state =
        nlohmann::json::parse(value_of(loaded.release.describe(), "describing a release"));
    text += std::string(id) + " " + state.at("release").at("status").get<std::string>() + "\n";
    for (const auto& environment : state.at("environments")) {
      text += "  " + environment.at("name").get<std::string>() + " " +
              environment.at("status").get<std::string>() + "\n";
    }
  }
  std::vector<std::string> effects;
  for (const auto& [key, effect] : outside.effects) {
    effects.push_back(key.first + " " + effect.name + (effect.ended ? " ended" : "") +
                      (effect.cancelled ? " cancelled" : ""));
  }
  std::sort(effects.begin(), effects.end());
  for (const std::string& effect : effects) { text += effect + "\n"; }
  return text;
}

/// One machine: a disk, what is outside, and one life of an engine after the other.
class Machine {
 public:
  /// Whether the engine came to the end of its work.
  bool live(const Plan& plan);
  void restart(Survivors survivors) { disk_.restart(survivors); }
  bool has_failed() const { return disk_.has_failed(); }
  /// Whether the allocation that was to fail was reached.
  bool allocation_failed() const { return allocation_failed_; }
  std::uint64_t operations() const { return disk_.operations(); }

  /// What must hold after each crash.
  void check_survival(CrashCounts& counts);
  /// What must hold at the end.
  std::string check_end();

 private:
  Result<std::unique_ptr<Store>> open() {
    return open_sqlite_store("store.db", {.vfs = disk_.name()});
  }
  std::unique_ptr<Store> open_for_checks() {
    disk_.repair();
    return value_of(open(), "opening the store again");
  }
  EngineOptions options(Store& store, OutsideExecutor& executor, LeapingClock& clock);
  bool before_wait(const Plan& plan);
  void drive(Engine& engine, Store& store, LeapingClock& clock);
  void tell(bool& what) {
    {
      const std::lock_guard lock(mutex_);
      what = true;
    }
    changed_.notify_all();
  }

  FaultyDisk disk_{"promoflow-prove"};
  Outside outside_;
  Instant time_{std::chrono::hours(400'000)};
  bool crashes_ = false;  ///< In this life.
  int waits_ = 0;         ///< While the store failed.
  std::unique_ptr<test::FailingAllocations> failing_;
  bool armed_ = false;
  bool allocation_failed_ = false;

  std::mutex mutex_;  ///< Guards the next two.
  std::condition_variable changed_;
  bool dead_ = false;
  bool done_ = false;
};

EngineOptions Machine::options(Store& store, OutsideExecutor& executor, LeapingClock& clock) {
  return {.store = &store,
          .executors = {{"outside", &executor}},
          .clock = &clock,
          .observer =
              [this](const EngineRecord& record) {
                const test::UnlimitedAllocations unlimited;
                const std::lock_guard lock(outside_.mutex);
                const auto key =
                    std::make_tuple(std::string(record.release), record.sequence, record.index);
                if (!outside_.shown.emplace(key, record.line).second) {
                  outside_.note_broken("a line was shown twice: " + std::string(record.line));
                }
              },
          .store_trouble =
              [this](const Error* error) {
                const test::UnlimitedAllocations unlimited;
                {
                  const std::lock_guard lock(outside_.mutex);
                  outside_.store_fails = error != nullptr;
                }
                waits_ = 0;
                if (error != nullptr && crashes_) { tell(dead_); }
              }};
}

/// On the engine's thread. Whether time goes on: a store that fails is tried again.
bool Machine::before_wait(const Plan& plan) {
  if (plan.allocation != 0 && !armed_) {
    armed_ = true;
    failing_ = std::make_unique<test::FailingAllocations>(plan.allocation, test::Fails::Once);
  }
  if (failing_ != nullptr && test::FailingAllocations::failed()) {
    allocation_failed_ = true;
    failing_.reset();
  }
  if (!outside_.store_fails || crashes_) { return false; }
  if (++waits_ == kWaitsUntilRepair) { disk_.repair(); }
  return true;
}

/// On a thread of its own: what a host does.
void Machine::drive(Engine& engine, Store& store, LeapingClock& clock) {
  for (const char* id : kReleases) {
    const bool is_busy = std::string_view(id) == kBusy;
    while (true) {
      const bool exists = store.find(id).has_value();
      const Result<void> begun =
          exists ? engine.resume(id)
                 : engine.start(is_busy ? busy_flow() : stopped_flow(), {.info = {.id = id}});
      if (begun) { break; }
      if (crashes_ && has_failed()) { return tell(dead_); }
      const std::lock_guard lock(outside_.mutex);
      if (begun.error().code != ErrorCode::OutOfMemory) {
        outside_.note_broken(std::string(id) + " was not begun: " + begun.error().message);
        return tell(dead_);
      }
    }
    {
      const std::lock_guard lock(outside_.mutex);
      outside_.started.push_back(id);
    }
    // Twice around: the engine has come to rest, so that each run is the same.
    static_cast<void>(engine.describe(id));
    static_cast<void>(engine.describe(id));
  }
  clock.go();
  static_cast<void>(engine.describe(kBusy));  // Wakes the engine.
  for (const char* id : kReleases) { static_cast<void>(engine.wait(id)); }
  tell(done_);
}

bool Machine::live(const Plan& plan) {
  crashes_ = plan.fault == Fault::Crash;
  dead_ = done_ = armed_ = false;
  disk_.plan(plan.fault, plan.operation);
  Result<std::unique_ptr<Store>> store = open();
  if (!store && crashes_) { return false; }
  if (!store) {
    disk_.repair();
    store = open();
  }
  if (!store) { throw Broken("the store cannot be opened: " + store.error().message); }
  time_ += kBeyondTheLease;
  LeapingClock clock(time_);
  clock.before_wait = [&] { return before_wait(plan); };
  OutsideExecutor executor(outside_, **store, [&] {
    if (crashes_) { return false; }
    disk_.repair();
    return true;
  });
  bool came_to_the_end = false;
  {
    const auto engine = value_of(Engine::create(options(**store, executor, clock)), "an engine");
    std::thread host([&] { drive(*engine, **store, clock); });
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return dead_ || done_; });
      came_to_the_end = done_;
    }
    clock.stop();
    engine->stop();
    host.join();
  }
  time_ = clock.now();
  failing_.reset();
  outside_.store_fails = false;
  return came_to_the_end;
}

void Machine::check_survival(CrashCounts& counts) {
  expect(outside_.broken.empty(), outside_.broken);
  const std::unique_ptr<Store> store = open_for_checks();
  for (const std::string& id : outside_.started) {
    expect(store->find(id).has_value(), "the start of " + id + " was acknowledged, and is lost");
  }
  std::map<std::string, std::map<std::uint64_t, std::string>> traces;
  for (const char* id : kReleases) {
    if (!store->find(id)) { continue; }
    traces[id][0] = value_of(store->start_of(id), "a start").trace;
    for (const StoredEntry& entry : value_of(store->entries(id, 0, 10'000), "entries")) {
      traces[id][entry.sequence] = entry.trace;
    }
    const auto problem = value_of(verify_history(*store, id), "walking the chain");
    expect(!problem, "the chain of hashes is broken");
  }
  for (const auto& [key, line] : outside_.shown) {
    const auto& [id, sequence, index] = key;
    expect(traces[id][sequence].find(line + "\n") != std::string::npos,
           "a line was shown, and is lost: " + line);
    ++counts.lines;
  }
  for (const auto& [key, effect] : outside_.effects) {
    const auto commands = value_of(store->commands(key.first), "commands");
    const auto row =
        std::find_if(commands.begin(), commands.end(), [ticket = key.second](const auto& command) {
          return static_cast<std::uint64_t>(command.ticket) == ticket;
        });
    expect(row != commands.end() && row->state != StoredCommandState::Issued,
           effect.name + " was handed out, and the disk does not say so");
    ++counts.handed_out;
  }
  for (const std::uint64_t id : outside_.requests) {
    expect(store->request(id).has_value(), "a request that was acknowledged is lost");
  }
}

std::string Machine::check_end() {
  expect(outside_.broken.empty(), outside_.broken);
  const std::unique_ptr<Store> store = open_for_checks();
  for (const char* id : kReleases) {
    const StoredRelease row = value_of(store->find(id), "the release at its end");
    expect(is_final(row.status), std::string(id) + " is not at its end, but " +
                                     std::string(to_string(row.status)) + " after event " +
                                     std::to_string(row.sequence));
    expect(!row.owner, std::string(id) + " still has an owner");
    expect(!value_of(verify_history(*store, id), "walking the chain"), "the chain is broken");
    const auto other = value_of(replay_history(*store, id), "replaying");
    expect(!other, "replaying gives another trace: " + (other ? other->message : ""));
    for (const StoredCommand& command : value_of(store->commands(id), "commands")) {
      const bool is_over = command.state == StoredCommandState::Ended ||
                           (command.state == StoredCommandState::Cancelled && command.stopped);
      expect(is_over, "a command of a release that has ended is not over");
    }
  }
  for (const std::uint64_t id : outside_.requests) {
    expect(value_of(store->request(id), "a request").decided.has_value(),
           "a request of a release that has ended was never decided");
  }
  return outcome_of(*store, outside_);
}

// --- All operations ------------------------------------------------------------------------------

/// What a run without faults gives.
struct Reference {
  std::string outcome;
  std::uint64_t operations = 0;
};

Reference run_without_faults() {
  Machine machine;
  expect(machine.live({}), "an engine without faults did not come to its end");
  const std::uint64_t operations = machine.operations();
  return {machine.check_end(), operations};
}

/// Crashes in two lives, one after the other; the third comes to the end.
void crash_twice(std::uint64_t first, std::uint64_t second, Survivors survivors,
                 const Reference& reference, CrashCounts& counts) {
  Machine machine;
  for (const std::uint64_t operation : {first, second}) {
    if (operation == 0) { continue; }
    machine.live({Fault::Crash, operation});
    if (machine.has_failed()) { ++counts.crashes; }
    machine.restart(survivors);
    machine.check_survival(counts);
  }
  expect(machine.live({}), "the last engine did not come to its end");
  expect_equal("the end", reference.outcome, machine.check_end());
}

/// Runs `body`, and says where it was when something is broken.
template <class Body>
void at(const std::string& place, Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Broken& broken) { throw Broken(place + ": " + broken.what()); }
}

void crash_everywhere(std::uint64_t step, const Reference& reference, CrashCounts& counts) {
  static constexpr const char* kSurvivors[] = {"nothing unsynced", "half of the last write",
                                               "everything written"};
  for (const Survivors survivors : {Survivors::None, Survivors::TornLast, Survivors::All}) {
    for (std::uint64_t n = 1; n <= reference.operations; n += step) {
      // The second crash moves through the next life while the first moves through the first.
      const std::uint64_t second = n % 3 == 0 ? 0 : 1 + (n * 7) % reference.operations;
      at("a crash at operation " + std::to_string(n) + ", then at " + std::to_string(second) +
             ", the disk has " + kSurvivors[static_cast<int>(survivors)],
         [&] { crash_twice(n, second, survivors, reference, counts); });
    }
  }
}

void fail_everywhere(std::uint64_t step, const Reference& reference, CrashCounts& counts) {
  for (const Fault fault : {Fault::ErrorOnce, Fault::ErrorFor, Fault::FullOnce, Fault::FullFor}) {
    for (std::uint64_t n = 1; n <= reference.operations; n += step) {
      at(std::string(name_of(fault)) + " at operation " + std::to_string(n), [&] {
        Machine machine;
        expect(machine.live({fault, n}), "the engine did not come to its end");
        if (machine.has_failed()) { ++counts.faults; }
        machine.restart(Survivors::All);
        machine.check_survival(counts);
        expect_equal("the end", reference.outcome, machine.check_end());
      });
    }
  }
}

void run_out_of_memory(std::uint64_t step, const Reference& reference, CrashCounts& counts) {
  bool reached = true;
  for (std::uint64_t n = 1; reached; n += step) {
    at("allocation " + std::to_string(n) + " of the engine's thread", [&] {
      Machine machine;
      expect(machine.live({.allocation = n}), "the engine did not come to its end");
      reached = machine.allocation_failed();
      if (reached) { ++counts.allocations; }
      machine.check_survival(counts);
      expect_equal("the end", reference.outcome, machine.check_end());
    });
  }
}

}  // namespace

CrashCounts crashes(std::uint64_t step, std::uint64_t allocations) {
  const Reference reference = run_without_faults();
  expect(reference.operations > 100 && reference.operations < kOperationsMax,
         "a run has " + std::to_string(reference.operations) + " operations");
  CrashCounts counts{.operations = reference.operations};
  crash_everywhere(step, reference, counts);
  fail_everywhere(step, reference, counts);
  run_out_of_memory(allocations, reference, counts);
  return counts;
}

}  // namespace promoflow::prove

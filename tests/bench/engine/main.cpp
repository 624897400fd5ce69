// SPDX-License-Identifier: Apache-2.0
// The benchmark of the engine: what it costs beside the disk. Each figure is a ratio against SQLite
// alone with the same rows, measured in turns in the same run, so that it holds on any disk.
//
//   promoflow_engine_bench [--quick] [--json FILE] [FIGURE...]
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bare_disk.hpp"
#ifdef PROMOFLOW_SUPERVISOR
#include "programs.hpp"
#endif
#include "forwarding_store.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/promoflow.hpp"
#include "promoflow/sqlite_store.hpp"

namespace {

using namespace promoflow;
using namespace promoflow::bench;
namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr int kRepetitions = 5;

struct Goal {
  std::string name;
  double value = 0;
  std::string unit;
  double bar = 0;
  bool at_least = false;
  bool holds() const { return at_least ? value >= bar : value <= bar; }
};

struct Run {
  bool quick = false;
  fs::path folder;
  std::vector<Goal> goals;
  std::vector<std::string> notes;

  std::string fresh(const char* name) const {
    for (const char* rest : {"", "-wal", "-shm", ".lock"}) {
      fs::remove(folder / (std::string(name) + rest));
    }
    return (folder / name).string();
  }
};

template <class T>
T value_of(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "promoflow_engine_bench: %s\n", result.error().message.c_str());
    std::exit(2);
  }
  return std::move(*result);
}

void done(const Result<void>& result) {
  if (!result) {
    std::fprintf(stderr, "promoflow_engine_bench: %s\n", result.error().message.c_str());
    std::exit(2);
  }
}

double seconds_of(const std::function<void()>& body) {
  const auto begin = SteadyClock::now();
  body();
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

/// Of all threads of this process: what other processes do meanwhile does not count.
double processor_seconds() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Flow demo_flow() {
  std::ifstream file(PROMOFLOW_BENCH_DEMO, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return value_of(load_flow(text));
}

ReleaseInfo info_of(std::size_t number) {
  return {.id = "release-" + std::to_string(number), .product = "billing", .version = "1.4.2"};
}

/// Each call succeeds at once.
class Instantly final : public Executor {
 public:
  void run_hook(HookCall /*call*/, Reply reply) override { reply.succeeded(); }
  void promote(PromotionCall /*call*/, Reply reply) override { reply.succeeded(); }
};

/// Hooks wait for a person, also after a restart.
class Patient final : public Executor {
 public:
  void run_hook(HookCall /*call*/, Reply reply) override { reply.suspended(); }
  void promote(PromotionCall /*call*/, Reply reply) override { reply.succeeded(); }
  ExecutorReports reports() const noexcept override { return {.survives = true}; }
  Recovery recover(const HookCall& /*call*/, std::string_view /*reference*/,
                   const Reply& /*reply*/) override {
    return Recovery::Attached;
  }
  Recovery recover(const PromotionCall& /*call*/, std::string_view /*reference*/,
                   const Reply& /*reply*/) override {
    return Recovery::Unknown;
  }
};

/// Remembers what an engine writes, up to a number of events.
class Recorder final : public test::ForwardingStore {
 public:
  Recorder(Store& store, std::size_t events_max)
      : ForwardingStore(store), events_max_(events_max) {}
  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    ++commits;
    for (const ReleaseWrite& write : writes) { events += write.entries.size(); }
    if (events <= events_max_) { batches.emplace_back(writes.begin(), writes.end()); }
    return inner().commit(writes);
  }
  std::size_t commits = 0;
  std::size_t events = 0;
  std::vector<Batch> batches{};

 private:
  std::size_t events_max_;
};

// --- Many releases at a time ---------------------------------------------------------------------

/// Starts `count` releases, of which `active` run at a time: each of 64 threads has its share of
/// them. Whoever starts a release waits for its commit, as in a service.
void drive(Engine& engine, const Flow& flow, std::size_t count, std::size_t active) {
  constexpr std::size_t kStarters = 64;
  const std::size_t share = active / kStarters;
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kStarters; ++i) {
    threads.emplace_back([&] {
      std::deque<std::size_t> started;
      for (std::size_t number = next++; number < count; number = next++) {
        done(engine.start(flow, {.info = info_of(number)}));
        started.push_back(number);
        if (started.size() < share) { continue; }
        value_of(engine.wait(info_of(started.front()).id));
        started.pop_front();
      }
      for (const std::size_t number : started) { value_of(engine.wait(info_of(number).id)); }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
}

void measure_many(Run& run) {
  const std::size_t count = run.quick ? 2'000 : 10'000;
  const Flow flow = demo_flow();
  Instantly executor;
  const auto drive_all = [&](Store& store, std::size_t releases) {
    const auto engine = value_of(Engine::create(
        {.store = &store, .executors = {{"functions", &executor}}, .releases_max = 1000}));
    drive(*engine, flow, releases, 1000);
  };
  // What SQLite alone is to write: recorded in a run of its own, for to record costs time.
  const auto first = value_of(open_sqlite_store(run.fresh("many.db")));
  Recorder recorded(*first, 1'000'000);
  drive_all(recorded, count);
  std::vector<double> ratios;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto store = value_of(open_sqlite_store(run.fresh("many-engine.db")));
    Recorder recorder(*store, 0);
    const double begin = processor_seconds();
    const double engine_s = seconds_of([&] { drive_all(recorder, count); });
    const double engine_cpu = processor_seconds() - begin;
    BareDisk bare(run.fresh("many-bare.db"));
    std::size_t bare_events = 0;
    const double bare_begin = processor_seconds();
    const double bare_s = seconds_of([&] {
      for (const Batch& batch : recorded.batches) {
        for (const ReleaseWrite& write : batch) { bare_events += write.entries.size(); }
        bare.commit(batch);
      }
    });
    const double engine_rate = static_cast<double>(recorder.events) / engine_s;
    const double bare_rate = static_cast<double>(bare_events) / bare_s;
    ratios.push_back(engine_rate / bare_rate);
    run.notes.push_back(
        std::to_string(count) + " releases: " + std::to_string(static_cast<long>(engine_rate)) +
        " events/s in " + std::to_string(recorder.commits) + " commits; SQLite alone " +
        std::to_string(static_cast<long>(bare_rate)) + " events/s");
  }
  run.goals.push_back({"many releases at a time, events per second against SQLite alone",
                       median(ratios), "times", 0.7, true});
}

// --- One event at a time -------------------------------------------------------------------------

/// A row of environments whose executor answers at once: each event waits for the commit of the one
/// before it.
void measure_single(Run& run) {
  const std::size_t releases = run.quick ? 2 : 8;
  FlowBuilder builder("single", "env-0");
  for (int n = 1; n < 200; ++n) {
    builder.step("env-" + std::to_string(n), {"env-" + std::to_string(n - 1)});
  }
  const FlowReport report = value_of(builder.build());
  Instantly executor;
  std::vector<double> ratios;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto store = value_of(open_sqlite_store(run.fresh("single.db")));
    double engine_s = 0;
    std::vector<StoredEntry> entries;
    {
      const auto engine =
          value_of(Engine::create({.store = store.get(), .executors = {{"functions", &executor}}}));
      engine_s = seconds_of([&] {
        for (std::size_t number = 0; number < releases; ++number) {
          done(engine->start(*report.flow, {.info = info_of(number)}));
          value_of(engine->wait(info_of(number).id));
        }
      });
      for (std::size_t number = 0; number < releases; ++number) {
        const auto some = value_of(store->entries(info_of(number).id, 0, 10'000));
        entries.insert(entries.end(), some.begin(), some.end());
      }
    }
    BareDisk bare(run.fresh("single-bare.db"));
    Batch start(1);
    start[0].release = "r";
    start[0].start = value_of(store->start_of(info_of(0).id));
    bare.commit(start);
    const double bare_s = seconds_of([&] {
      for (std::size_t n = 0; n < entries.size(); ++n) { bare.commit_row(n + 1, entries[n]); }
    });
    const double rate = static_cast<double>(entries.size()) / engine_s;
    const double bare_rate = static_cast<double>(entries.size()) / bare_s;
    ratios.push_back(rate / bare_rate);
    run.notes.push_back("one event at a time: " + std::to_string(static_cast<long>(rate)) +
                        " events/s; SQLite alone " + std::to_string(static_cast<long>(bare_rate)) +
                        " rows/s");
  }
  run.goals.push_back({"one event at a time, against single-row commits of SQLite alone",
                       median(ratios), "times", 0.85, true});
}

/// Its process dies when `dead` is set: no orderly stop, which would write snapshots.
class Dying final : public test::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    if (dead) { return tl::unexpected(Error{ErrorCode::StoreFailed, {}, "it is gone"}); }
    return inner().commit(writes);
  }
  std::atomic<bool> dead = false;
};

// --- Restart -------------------------------------------------------------------------------------

/// A store with `count` unfinished releases of `events` events each, and nobody who drives them.
void fill(const std::string& path, std::size_t count, int events) {
  FlowBuilder builder("waits", "dev");
  FlowOptions options;
  options.hooks.on_start = {Hook{.name = "approve"}};
  builder.options(options).step("staging", {"dev"}).step("production", {"staging"});
  const FlowReport report = value_of(builder.build());
  const auto store = value_of(open_sqlite_store(path));
  Dying dying(*store);
  Patient executor;
  const auto engine = value_of(Engine::create(
      {.store = &dying, .executors = {{"functions", &executor}}, .releases_max = 100'000}));
  std::vector<std::thread> threads;
  std::atomic<std::size_t> next = 0;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      for (std::size_t number = next++; number < count; number = next++) {
        done(engine->start(*report.flow, {.info = info_of(number)}));
        for (int n = 1; n < events; ++n) {
          const Ticket ticket{1};
          static_cast<void>(engine->apply(info_of(number).id, n % 2 == 0
                                                                  ? Event::What(Suspended{ticket})
                                                                  : Event::What(Resumed{ticket})));
        }
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  dying.dead = true;
}

void measure_restart(Run& run) {
  const std::size_t count = run.quick ? 200 : 1000;
  const std::string path = run.fresh("restart.db");
  fill(path, count, 200);
  std::vector<double> ratios;
  for (int i = 0; i < kRepetitions; ++i) {
    BareDisk bare(path);
    std::size_t bytes = 0;
    const double bare_s = seconds_of([&] {
      for (std::size_t number = 0; number < count; ++number) {
        bytes += bare.read(info_of(number).id);
      }
    });
    const auto store = value_of(open_sqlite_store(path, {.check = false}));
    Dying dying(*store);
    Patient patient;
    double engine_s = 0;
    {
      const auto engine = value_of(Engine::create(
          {.store = &dying, .executors = {{"functions", &patient}}, .releases_max = 100'000}));
      std::size_t resumed = 0;
      engine_s = seconds_of([&] { resumed = value_of(engine->resume_all()).size(); });
      if (resumed != count) {
        std::fprintf(stderr, "promoflow_engine_bench: %zu of %zu were resumed\n", resumed, count);
        std::exit(2);
      }
      dying.dead = true;
    }
    ratios.push_back(engine_s / bare_s);
    run.notes.push_back("restart: " + std::to_string(engine_s / static_cast<double>(count) * 1e6) +
                        " us for each release; reading its rows " +
                        std::to_string(bare_s / static_cast<double>(count) * 1e6) + " us, " +
                        std::to_string(bytes / count) + " bytes");
  }
  run.goals.push_back({"restart, each release against one bare read of its rows", median(ratios),
                       "times", 5, false});
}

// --- Memory, and rest ----------------------------------------------------------------------------

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

class CountingClock final : public Clock {
 public:
  Instant now() override { return system_clock().now(); }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    ++waits;
    system_clock().wait(waiting, deadline);
  }
  std::atomic<std::uint64_t> waits = 0;
};

/// An engine with 1,000 releases of the demo flow whose first hook waits for an approval.
void measure_rest(Run& run) {
  constexpr std::size_t kReleases = 1000;
  const Flow flow = demo_flow();
  Patient patient;
  CountingClock clock;
  const auto store = value_of(open_sqlite_store(run.fresh("rest.db")));
  // What libraries and SQLite's cache take once, a first release takes already.
  const auto engine = value_of(Engine::create({.store = store.get(),
                                               .executors = {{"functions", &patient}},
                                               .clock = &clock,
                                               .releases_max = kReleases + 1}));
  done(engine->start(flow, {.info = info_of(kReleases)}));
  const double before = resident_mb();
  for (std::size_t number = 0; number < kReleases; ++number) {
    done(engine->start(flow, {.info = info_of(number)}));
  }
  run.goals.push_back({"memory of an engine with 1,000 active releases of the demo flow",
                       resident_mb() - before, "MB", 30, false});
  static_cast<void>(engine->describe(info_of(0).id));
  const std::uint64_t first = clock.waits;
  const int seconds = run.quick ? 3 : 11;  // A heartbeat is among them.
  const double took =
      seconds_of([&] { std::this_thread::sleep_for(std::chrono::seconds(seconds)); });
  const auto wakes = static_cast<double>(clock.waits - first);
  // A look at requests each 500 ms, and a heartbeat each 10 s.
  run.goals.push_back({"an idle engine's wake-ups, for each look at requests or heartbeat",
                       (wakes - 1) / (took * 2 + took / 10), "times", 1.1, false});
}

#ifdef PROMOFLOW_SUPERVISOR
void measure_programs(Run& run) {
  const ProgramStarts starts = measure_program_starts(run.folder, run.quick ? 50 : 300);
  run.notes.push_back("a program begins after " +
                      std::to_string(static_cast<long>(starts.supervised_us)) +
                      " us with a supervisor; after " +
                      std::to_string(static_cast<long>(starts.direct_us)) + " us without anything");
  run.goals.push_back({"a program begins with a supervisor, against posix_spawn() alone",
                       starts.supervised_us / starts.direct_us, "times", 2});
}
#endif

int usage() {
  std::fputs(
      "usage: promoflow_engine_bench [--quick] [--json FILE] [FIGURE...]\n"
      "FIGURE: many, programs, rest, restart, single\n",
      stderr);
  return 2;
}

void print(const Run& run) {
  for (const std::string& note : run.notes) { std::printf("  %s\n", note.c_str()); }
  std::printf("\nGoals\n");
  for (const Goal& goal : run.goals) {
    std::printf("  %-5s %10.2f %-6s bar %6.2f  %s\n", goal.holds() ? "holds" : "NO", goal.value,
                goal.unit.c_str(), goal.bar, goal.name.c_str());
  }
}

bool write(const std::string& path, const Run& run) {
  auto goals = nlohmann::ordered_json::array();
  for (const Goal& goal : run.goals) {
    goals.push_back({{"name", goal.name},
                     {"value", goal.value},
                     {"unit", goal.unit},
                     {"bar", goal.bar},
                     {"holds", goal.holds()}});
  }
  std::ofstream file(path);
  file << nlohmann::ordered_json{{"goals", goals}, {"notes", run.notes}}.dump(2) << '\n';
  return file.good();
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string, void (*)(Run&)> figures = {{"many", measure_many},
                                                   {"rest", measure_rest},
                                                   {"restart", measure_restart},
                                                   {"single", measure_single}};
#ifdef PROMOFLOW_SUPERVISOR
  figures["programs"] = measure_programs;
#endif
  Run run;
  std::string json;
  std::vector<std::string> wanted;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--quick") {
      run.quick = true;
    } else if (word == "--json" && i + 1 < count) {
      json = arguments[++i];
    } else if (figures.contains(word)) {
      wanted.push_back(word);
    } else {
      return usage();
    }
  }
  if (wanted.empty()) {  // Memory is measured first, while little of it has been used.
    wanted = {"rest"};
    for (const auto& [name, figure] : figures) {
      if (name != "rest") { wanted.push_back(name); }
    }
  }
  // Beside the build, on the disk that the user works on: /tmp may be in memory.
  run.folder = fs::current_path() / ("engine-bench-" + std::to_string(getpid()));
  fs::create_directories(run.folder);
  for (const std::string& name : wanted) { figures.at(name)(run); }
  fs::remove_all(run.folder);
  print(run);
  if (!json.empty() && !write(json, run)) {
    std::fprintf(stderr, "promoflow_engine_bench: %s cannot be written\n", json.c_str());
    return 2;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "stores.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "outside.hpp"
#include "promoflow/sqlite_store.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::prove {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDone = "done-1";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  expect(file.good(), "there is no " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Store> opened(const fs::path& path) {
  return value_of(open_sqlite_store(path.string()), "opening " + path.string());
}

/// All that a store says of its releases, as text.
std::string text_of(Store& store) {
  std::string text;
  for (const StoredRelease& row : value_of(store.list({.limit = 100}), "the list")) {
    text += row.id + " " + std::string(to_string(row.status)) + " " + row.flow_name + " " +
            row.fingerprint + " " + row.info.version + " event " + std::to_string(row.sequence) +
            " " + row.head + "\n";
    const StoreStart start = value_of(store.start_of(row.id), "a start");
    text += start.library_version + " " + start.context + " " + start.run + "\n" + start.trace;
    for (const StoredEntry& entry : value_of(store.entries(row.id, 0, 10'000), "entries")) {
      text += entry.event + "\n" + entry.trace;
    }
    for (const StoredCommand& command : value_of(store.commands(row.id), "commands")) {
      text += std::to_string(static_cast<std::uint64_t>(command.ticket)) + " " + command.hook +
              " " + command.environment.value_or("") + " " + std::string(to_string(command.state)) +
              " " + command.message + " " + command.context.value_or("none") + "\n";
    }
  }
  for (std::uint64_t id = 1;; ++id) {
    const Result<StoredRequest> request = store.request(id);
    if (!request) { return text; }
    text += "request " + request->event + (request->applied ? " applied\n" : " not applied\n");
  }
}

void check_histories(Store& store, Counts& counts) {
  for (const StoredRelease& row : value_of(store.list({.limit = 100}), "the list")) {
    const auto problem = value_of(verify_history(store, row.id), "walking the chain");
    expect(!problem, row.id + ": " + (problem ? problem->message : ""));
    const auto other = value_of(replay_history(store, row.id), "replaying");
    expect(!other, row.id + ": " + (other ? other->message + ": " + other->replayed : ""));
    ++counts[kCrashes];
  }
}

/// Drives what is not at its end there, with programs that go on where they were.
void drive_to_the_end(Store& store, Outside& outside, Instant now, bool begins) {
  LeapingClock clock(now);
  OutsideExecutor executor(outside, store, [] { return false; });
  const auto engine = value_of(
      Engine::create({.store = &store, .executors = {{"outside", &executor}}, .clock = &clock}),
      "an engine");
  if (begins) {
    const Result<void> started =
        engine->start(busy_flow(), {.info = {.id = kDone, .product = "shop", .version = "1.4"},
                                    .context = R"({"CHANNEL":"#releases"})",
                                    .run = R"({"hooks":"hooks"})"});
    expect(started.has_value(), "a release was not started");
  } else {
    value_of(engine->resume_all(), "resuming all");
  }
  clock.go();
  static_cast<void>(engine->describe(kDone));  // Wakes the engine.
  for (const StoredRelease& row : value_of(store.list({.limit = 100}), "the list")) {
    expect(is_final(value_of(engine->wait(row.id), "waiting")), row.id + " is not at its end");
  }
  clock.stop();
}

}  // namespace

void check_stores(const fs::path& folder, Counts& counts) {
  const fs::path scratch = fs::temp_directory_path() / "promoflow-prove-stores";
  std::uint64_t found = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".db") { continue; }
    ++found;
    fs::remove_all(scratch);
    fs::create_directories(scratch);
    const fs::path copy = scratch / "store.db";
    fs::copy_file(entry.path(), copy);
    fs::path text = entry.path();
    const auto store = opened(copy);
    expect_equal(entry.path().string(), read(text.replace_extension(".txt")), text_of(*store));
    check_histories(*store, counts);
    Outside outside;
    drive_to_the_end(*store, outside, Instant{std::chrono::hours(500'000)}, false);
    expect(!outside.effects.empty(), "nothing was left to do in " + entry.path().string());
    check_histories(*store, counts);
  }
  fs::remove_all(scratch);
  expect(found > 0, "there are no stores in " + folder.string());
}

void write_stores(const fs::path& folder) {
  const fs::path name = folder / std::string(version());
  const fs::path path = name.string() + ".db";
  fs::remove(path);
  {
    const auto store = opened(path);
    Outside outside;
    drive_to_the_end(*store, outside, Instant{std::chrono::hours(400'000)}, true);
    // And one whose engine stops while a promotion runs.
    LeapingClock clock(Instant{std::chrono::hours(400'001)});
    OutsideExecutor executor(outside, *store, [] { return false; });
    const auto engine = value_of(
        Engine::create(
            {.store = store.get(), .executors = {{"outside", &executor}}, .clock = &clock}),
        "an engine");
    expect(engine->start(stopped_flow(), {.info = {.id = "stopped-1"}}).has_value(), "a start");
    static_cast<void>(engine->describe("stopped-1"));
    static_cast<void>(engine->describe("stopped-1"));
    engine->stop();
    std::ofstream(name.string() + ".txt", std::ios::binary) << text_of(*store);
  }
  for (const char* rest : {".db.lock", ".db-shm", ".db-wal"}) { fs::remove(name.string() + rest); }
}

}  // namespace promoflow::prove

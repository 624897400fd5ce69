// SPDX-License-Identifier: Apache-2.0
// The SQLite store on a disk that fails: at every operation of the file system in turn the power
// is cut, the process killed, an I/O error returned, or the disk full.
#include "faulty_disk.hpp"
#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr int kEvents = 12;

Result<std::unique_ptr<Store>> open_on(const FaultyDisk& disk) {
  return open_sqlite_store("store.db", {.vfs = disk.name()});
}

/// What the store acknowledged, and what a machine that keeps all of it says at the end.
struct Acknowledged {
  bool started = false;
  std::uint64_t events = 0;
};

/// Starts a release and suspends and resumes its first hook, until something fails.
Acknowledged write_release(const FaultyDisk& disk) {
  Acknowledged acknowledged;
  const auto store = open_on(disk);
  if (!store) { return acknowledged; }
  StoredRun run(**store, walkthrough(), {.id = "r"}, "one", at(0));
  if (!run.started) { return acknowledged; }
  acknowledged.started = true;
  for (int i = 1; i <= kEvents; ++i) {
    const bool suspends = i % 2 == 1;
    const Event event =
        suspends ? Event{at(i), Suspended{ticket(1)}} : Event{at(i), Resumed{ticket(1)}};
    if (!run.apply(event, i % 4 == 0)) { return acknowledged; }
    ++acknowledged.events;
  }
  return acknowledged;
}

/// What was acknowledged is there, whole; at most the one write that was under way beyond it.
void check_after(const FaultyDisk& disk, const Acknowledged& acknowledged) {
  const auto store = open_on(disk);
  INFO((store ? std::string() : store.error().message));
  REQUIRE(store);
  const auto row = (*store)->find("r");
  if (!row) {
    CHECK(row.error().code == ErrorCode::UnknownRelease);
    CHECK_FALSE(acknowledged.started);
    return;
  }
  CHECK(row->sequence >= acknowledged.events);
  CHECK(row->sequence <= acknowledged.events + 1);
  const auto verified = verify_history(**store, "r");
  REQUIRE(verified);
  CHECK_FALSE(*verified);
  const auto replayed = replay_history(**store, "r");
  REQUIRE(replayed);
  CHECK_FALSE(*replayed);
  const auto history = (*store)->history("r", 0);
  REQUIRE(history);
  if (history->snapshot) { CHECK(Release::restore(walkthrough(), *history->snapshot)); }
}

/// How many operations of the file system a run takes without faults.
std::uint64_t operations_of_a_run() {
  FaultyDisk disk("promoflow-counting");
  CHECK(write_release(disk).events == kEvents);
  return disk.operations();
}

}  // namespace

TEST_CASE("a crash at every operation of the disk loses nothing that was acknowledged [D1]") {
  const std::uint64_t operations = operations_of_a_run();
  REQUIRE(operations > 50);
  for (const Survivors survivors : {Survivors::None, Survivors::TornLast, Survivors::All}) {
    for (std::uint64_t n = 1; n <= operations; ++n) {
      INFO("operation " << n << " of " << operations << ", survivors " << int(survivors));
      FaultyDisk disk("promoflow-crash");
      disk.plan(Fault::Crash, n);
      const Acknowledged acknowledged = write_release(disk);
      REQUIRE(disk.has_failed());
      disk.restart(survivors);
      check_after(disk, acknowledged);
    }
  }
}

TEST_CASE(
    "an error at every operation of the disk refuses the write, and it can be tried again [D8]") {
  const std::uint64_t operations = operations_of_a_run();
  for (const Fault fault : {Fault::ErrorOnce, Fault::ErrorFor, Fault::FullOnce, Fault::FullFor}) {
    for (std::uint64_t n = 1; n <= operations; ++n) {
      INFO("operation " << n << " of " << operations << ", fault " << int(fault));
      FaultyDisk disk("promoflow-error");
      disk.plan(fault, n);
      const Acknowledged acknowledged = write_release(disk);
      disk.repair();
      check_after(disk, acknowledged);
    }
  }
}

TEST_CASE("a write that failed is written whole when it is tried again [D8]") {
  for (std::uint64_t n = 1; n <= 12; ++n) {
    INFO("operation " << n);
    FaultyDisk disk("promoflow-again");
    const auto store = open_on(disk);
    REQUIRE(store);
    StoredRun run(**store, walkthrough(), {.id = "r"}, "one", at(0));
    disk.plan(Fault::ErrorFor, n);
    std::uint64_t written = 0;
    for (int i = 1; i <= kEvents && !disk.has_failed(); ++i) {
      ReleaseWrite write = run.next_write(at(i));
      write.phase = std::to_string(i);
      const Result<void> first = run.commit(write);
      if (first) {
        written = static_cast<std::uint64_t>(i);
        continue;
      }
      CHECK(first.error().code == ErrorCode::StoreFailed);
      disk.repair();
      CHECK((*store)->find("r")->phase ==
            (written == 0 ? "Initializing" : std::to_string(written)));
      REQUIRE(run.commit(write));
      CHECK((*store)->find("r")->phase == std::to_string(i));
    }
    CHECK(disk.has_failed());
  }
}

// SPDX-License-Identifier: Apache-2.0
// The store's process dies, or its storage fails, at every operation in turn (D1, D8).
#include <fmt/format.h>

#include <optional>

#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

constexpr int kWrites = 9;  // Two snapshots among them.
constexpr std::uint64_t kOperationsMax = 10'000;

/// What was acknowledged before something failed.
struct Acknowledged {
  std::size_t writes = 0;
  std::optional<std::uint64_t> request{};
};

/// Writes a release, and asks for something of it, until something fails.
Acknowledged write_all(Check& check, Writer& writer) {
  Acknowledged done;
  for (int i = 0; i < kWrites; ++i) {
    if (!commit(check.store(), writer.next())) { return done; }
    ++done.writes;
    if (i != kWrites / 2) { continue; }
    const Result<std::uint64_t> id =
        check.store().ask({.release = writer.id(), .event = "{}", .by = "ann", .asked = at(7)});
    if (!id) { return done; }
    done.request = *id;
  }
  return done;
}

/// All that was acknowledged is there, and the write under way is there whole or not at all.
void compare_with(Check& check, const Writer& writer, const Acknowledged& done) {
  std::size_t stored = 0;
  if (const Result<StoredRelease> row = check.store().find(writer.id())) {
    stored = static_cast<std::size_t>(row->sequence) + 1;
  } else {
    check.expect_refused(row, ErrorCode::UnknownRelease, "finding the release");
  }
  const bool fits = check.expect(
      stored >= done.writes && stored <= done.writes + 1 && stored <= writer.writes().size(),
      fmt::format("{} writes were acknowledged, and {} are stored", done.writes, stored));
  if (fits) { writer.compare(check, stored); }
  if (done.request) {
    check.expect(check.store().request(*done.request).has_value(),
                 "a request that was acknowledged is lost");
  }
}

void survives_a_crash_at_each_operation(Check& check) {
  for (std::uint64_t n = 1; n <= kOperationsMax; ++n) {
    check.make();
    if (!check.arrange(StorageFault::Crash, n)) {
      check.skip("D1: a crash within a commit: StoreUnderTest::arrange() cannot arrange it");
      return;
    }
    Writer writer("r-1");
    const Acknowledged done = write_all(check, writer);
    if (!check.has_failed()) { return; }
    check.crash();
    compare_with(check, writer, done);
  }
  check.end("the storage has no end of operations");
}

/// A commit that fails says so and has written nothing; tried again, it is written once.
void refuses_while_the_storage_fails(Check& check, StorageFault fault) {
  for (std::uint64_t n = 1; n <= kOperationsMax; ++n) {
    check.make();
    if (!check.arrange(fault, n)) {
      check.skip("D8: an error of the storage: StoreUnderTest::arrange() cannot arrange it");
      return;
    }
    Writer writer("r-1");
    bool met = false;
    for (int i = 0; i < kWrites; ++i) {
      const ReleaseWrite& write = writer.next();
      const Result<void> first = commit(check.store(), write);
      if (first) { continue; }
      met = true;
      check.expect_refused(first, ErrorCode::StoreFailed, "a commit while the storage fails");
      check.mend();
      writer.compare(check, writer.writes().size() - 1);
      check.need(commit(check.store(), write), "a commit that is tried again");
    }
    check.mend();
    writer.compare(check);
    check.crash();
    writer.compare(check);
    if (!met && !check.has_failed()) { return; }
  }
  check.end("the storage has no end of operations");
}

void goes_on_after_one_error(Check& check) {
  refuses_while_the_storage_fails(check, StorageFault::ErrorOnce);
}

void goes_on_when_the_storage_does(Check& check) {
  refuses_while_the_storage_fails(check, StorageFault::ErrorFor);
}

}  // namespace

std::vector<NamedCheck> checks_of_faults() {
  return {
      {"D1", "a crash within a commit leaves all of it or nothing",
       survives_a_crash_at_each_operation},
      {"D8", "a commit that meets an error has written nothing, and is written when tried again",
       goes_on_after_one_error},
      {"D8", "while the storage fails nothing is acknowledged, and then it goes on",
       goes_on_when_the_storage_does}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

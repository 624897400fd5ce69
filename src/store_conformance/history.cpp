// SPDX-License-Identifier: Apache-2.0
// Snapshots, pages of events, and the chain of hashes (D3, D5, D7).
#include <fmt/format.h>

#include <algorithm>

#include "promoflow/store_history.hpp"
#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

/// The start and 14 events: snapshots after the 4th, the 8th and the 12th.
constexpr int kWrites = 15;

void keeps_two_snapshots(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check, kWrites);
  for (int round = 0; round < 2; ++round) {
    struct Wanted {
      std::uint32_t skip;
      std::uint64_t sequence;
      std::size_t entries;
    };
    for (const Wanted& wanted : {Wanted{0, 12, 2}, Wanted{1, 8, 6}, Wanted{2, 0, 14}}) {
      const StoredHistory history =
          check.need(check.store().history("r-1", wanted.skip), "history()");
      const auto name = fmt::format("history() but {} snapshots", wanted.skip);
      check.expect_equal(
          name, fmt::format("after {}, {} events", wanted.sequence, wanted.entries),
          fmt::format("after {}, {} events", history.snapshot_sequence, history.entries.size()));
      check.expect(history.snapshot.has_value() == (wanted.sequence != 0),
                   name + ": a snapshot is missing, or is one too many");
    }
    check.crash();
  }
  const LoadedRelease release =
      check.need(load_release(check.store(), "r-1"), "restoring the release");
  check.expect_equal("the snapshot that a restart uses", "12",
                     std::to_string(release.snapshot_sequence));
}

void reads_events_in_pages(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check, kWrites);
  std::string found;
  std::uint64_t after = 0;
  while (true) {
    const std::vector<StoredEntry> page =
        check.need(check.store().entries("r-1", after, 4), "entries()");
    for (const StoredEntry& entry : page) { found += fmt::format("{} ", entry.sequence); }
    found += "| ";
    if (page.empty() || page.back().sequence <= after) { break; }
    after = page.back().sequence;
  }
  check.expect_equal("pages of four events", "1 2 3 4 | 5 6 7 8 | 9 10 11 12 | 13 14 | | ", found);
}

void keeps_the_chain(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check, kWrites);
  if (!check.tamper("r-1", 7)) {
    check.skip("D5: an event that somebody changed: StoreUnderTest::tamper() is not implemented");
    return;
  }
  const std::optional<HistoryProblem> problem =
      check.need(verify_history(check.store(), "r-1"), "walking the chain of hashes");
  if (check.expect(problem.has_value(), "an event that somebody changed is not noticed")) {
    check.expect_equal("the event that does not fit", "7", std::to_string(problem->sequence));
  }
}

void leaves_others_alone(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check, 3);
  switch (check.open_foreign()) {
    case StoreUnderTest::Foreign::NotTried:
      check.skip(
          "D7: what is no store, or a later version's: StoreUnderTest::open_foreign() is not "
          "implemented");
      break;
    case StoreUnderTest::Foreign::Refused: check.expect(true, {}); break;
    case StoreUnderTest::Foreign::Accepted:
      check.expect(false, "what is no store was opened as one, or was changed");
      break;
  }
  for (int i = 0; i < 3; ++i) { check.crash(); }
  writer.compare(check);
}

void refuses_unknown_releases(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check);
  Store& store = check.store();
  constexpr ErrorCode kCode = ErrorCode::UnknownRelease;
  check.expect_refused(store.find("r-2"), kCode, "find() of an unknown release");
  check.expect_refused(store.start_of("r-2"), kCode, "start_of() of an unknown release");
  check.expect_refused(store.history("r-2", 0), kCode, "history() of an unknown release");
  check.expect_refused(store.entries("r-2", 0, 1), kCode, "entries() of an unknown release");
  check.expect_refused(store.commands("r-2"), kCode, "commands() of an unknown release");
  check.expect_refused(store.list({.after = "r-2"}), kCode, "a page after an unknown release");
  check.expect_refused(store.ask({.release = "r-2", .event = "{}"}), kCode,
                       "ask() for an unknown release");
  check.expect_refused(store.claim("r-2", owner("one"), FixedCheck(true)), kCode,
                       "claim() of an unknown release");
}

}  // namespace

std::vector<NamedCheck> checks_of_history() {
  return {{"D3", "the newest two snapshots are kept, each with the events after it",
           keeps_two_snapshots},
          {"D2", "events are read in pages, in their order", reads_events_in_pages},
          {"D5", "an event that was changed is noticed", keeps_the_chain},
          {"D7", "opening changes nothing, and what is no store is refused", leaves_others_alone},
          {"D2", "an unknown release is named as such", refuses_unknown_releases}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

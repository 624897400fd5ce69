// SPDX-License-Identifier: Apache-2.0
// What a commit acknowledges is stored whole, and what it refuses leaves no trace (D1, D2).
#include <fmt/format.h>

#include <algorithm>

#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

constexpr int kWrites = 10;

void reads_what_was_written(Check& check) {
  check.make();
  Writer writer("r-1");
  for (int i = 0; i < kWrites; ++i) {
    writer.write(check);
    writer.compare(check);
  }
  writer.write_last(check);
  writer.compare(check);
}

void survives_a_crash_after_each_commit(Check& check) {
  for (int count = 1; count <= kWrites; ++count) {
    check.make();
    Writer writer("r-1");
    writer.write(check, count);
    check.crash();
    writer.compare(check);
    check.crash();  // Opening it has changed nothing.
    writer.compare(check);
    // It goes on where it was.
    writer.write_last(check);
    writer.compare(check);
  }
}

void writes_a_batch(Check& check) {
  check.make();
  std::vector<Writer> writers;
  for (const char* id : {"a", "b", "c"}) { writers.emplace_back(id); }
  for (int round = 0; round < 3; ++round) {
    std::vector<ReleaseWrite> batch;
    batch.reserve(writers.size());
    for (Writer& writer : writers) { batch.push_back(writer.next()); }
    const auto results = check.need(check.store().commit(batch), "a batch of three");
    if (check.expect(results.size() == 3, "a batch of three has other than three results")) {
      for (const Result<void>& result : results) {
        check.expect(result.has_value(), "a write of a batch of three was refused");
      }
    }
  }
  // Two writes of one release in one batch, in their order.
  std::vector<ReleaseWrite> batch{writers[0].next()};
  batch.push_back(writers[0].next());
  check.need(check.store().commit(batch), "two writes of one release in a batch");
  check.crash();
  for (const Writer& writer : writers) { writer.compare(check); }
  check.need(check.store().commit({}), "an empty batch");
}

/// Commits `bad` between two good writes: it alone is refused, and nothing of it is stored.
void refused_alone(Check& check, const ReleaseWrite& bad, ErrorCode code, std::string_view what) {
  check.make();
  Writer before("before");
  Writer target("target");
  Writer after("after");
  before.write(check);
  target.write(check, 3);
  const std::vector<ReleaseWrite> batch{before.next(), bad, after.next()};
  const auto results = check.need(check.store().commit(batch), "a batch with a bad write");
  if (!check.expect(results.size() == 3, "a batch of three has other than three results")) {
    return;
  }
  check.expect(results[0].has_value(), fmt::format("the write before {} was refused", what));
  check.expect_refused(results[1], code, what);
  check.expect(results[2].has_value(), fmt::format("the write after {} was refused", what));
  for (int round = 0; round < 2; ++round) {
    before.compare(check);
    target.compare(check);
    after.compare(check);
    if (bad.release != target.id()) {
      check.expect_refused(check.store().find(bad.release), ErrorCode::UnknownRelease,
                           fmt::format("finding the release of {}", what));
    }
    check.crash();
  }
}

void refuses_bad_writes_alone(Check& check) {
  Writer model("target");
  for (int i = 0; i < 3; ++i) { model.next(); }
  const ReleaseWrite next = model.next();

  ReleaseWrite gap = next;
  gap.entries.front().sequence += 1;
  refused_alone(check, gap, ErrorCode::InvalidArgument, "a write with a gap in its events");
  ReleaseWrite again = next;
  again.entries.insert(again.entries.begin(), model.writes()[2].entries.front());
  refused_alone(check, again, ErrorCode::InvalidArgument, "a write with a stored event");
  ReleaseWrite unknown = next;
  unknown.release = "nobody";
  refused_alone(check, unknown, ErrorCode::UnknownRelease, "a write of an unknown release");
  ReleaseWrite taken = model.writes().front();
  taken.start->run = "another start";
  refused_alone(check, taken, ErrorCode::ReleaseExists, "a start with an id that is taken");

  Writer fresh("fresh");
  ReleaseWrite start = fresh.next();
  start.entries = fresh.next().entries;
  start.entries.front().sequence = 5;
  refused_alone(check, start, ErrorCode::InvalidArgument, "a start whose events have a gap");
}

void lists_releases(Check& check) {
  check.make();
  constexpr int kReleases = 5;
  std::vector<Writer> writers;
  for (int i = 0; i < kReleases; ++i) {
    writers.emplace_back(fmt::format("r-{}", 9 - i), "one", i % 2 == 0 ? "shop" : "bank",
                         1000 * (i + 1));
    writers.back().write(check);
  }
  writers[2].write_last(check);
  const auto ids = [&](const ReleaseFilter& filter) {
    std::string text;
    for (const StoredRelease& row : check.need(check.store().list(filter), "list()")) {
      text += row.id + " ";
    }
    return text;
  };
  check.expect_equal("all releases, newest first", "r-5 r-6 r-7 r-8 r-9 ", ids({}));
  check.expect_equal("the first page of two", "r-5 r-6 ", ids({.limit = 2}));
  check.expect_equal("the page after r-6", "r-7 r-8 ", ids({.limit = 2, .after = "r-6"}));
  check.expect_equal("the product bank", "r-6 r-8 ", ids({.product = "bank"}));
  check.expect_equal("created since 4000", "r-5 r-6 ", ids({.since = at(4000)}));
  check.expect_equal("unfinished ones", "r-5 r-6 r-8 r-9 ", ids({.unfinished = true}));
  check.expect_equal("terminated ones", "r-7 ", ids({.status = ReleaseStatus::Terminated}));
}

void removes_what_has_ended(Check& check) {
  check.make();
  std::vector<Writer> writers;
  for (const char* id : {"a", "b", "c", "d"}) { writers.emplace_back(id); }
  for (Writer& writer : writers) { writer.write(check, 2); }
  const std::uint64_t asked = check.need(
      check.store().ask({.release = "b", .event = "{}", .by = "ann", .asked = at(1)}), "ask()");
  check.expect_refused(check.store().remove("a"), ErrorCode::NotAllowed,
                       "removing a release that runs");
  check.expect_refused(check.store().remove("nobody"), ErrorCode::UnknownRelease,
                       "removing an unknown release");
  for (std::size_t i = 0; i < 3; ++i) { writers[i].write_last(check); }
  const auto ended = [&](Instant before, std::uint32_t limit) {
    std::string text;
    for (const std::string& id :
         check.need(check.store().ended_before(before, limit), "ended_before()")) {
      text += id + " ";
    }
    return text;
  };
  const Instant end = writers[0].writes().back().updated;
  check.expect_equal("those that ended earlier", "", ended(end, 10));
  check.expect_equal("those that ended, oldest first", "a b c ",
                     ended(end + std::chrono::milliseconds(1), 10));
  check.expect_equal("two of those that ended", "a b ",
                     ended(end + std::chrono::milliseconds(1), 2));
  const Claim claim = check.need(check.store().claim("c", owner("two"), FixedCheck(true)),
                                 "claiming a release that ended");
  check.need(check.store().renew(owner("two")), "renew()");
  if (check.expect(claim.epoch != 0, "a release that ended and nobody owns was not claimed")) {
    check.expect_refused(check.store().remove("c"), ErrorCode::NotAllowed,
                         "removing a release that somebody drives");
  }
  check.need(check.store().remove("b"), "removing a release that ended");
  check.crash();
  check.expect_refused(check.store().find("b"), ErrorCode::UnknownRelease,
                       "finding a release that was removed");
  check.expect_refused(check.store().request(asked), ErrorCode::InvalidArgument,
                       "finding a request of a release that was removed");
  writers[0].compare(check);
  writers[3].compare(check);
  Writer anew("b");
  anew.write(check, 2);
  anew.compare(check);
}

}  // namespace

std::vector<NamedCheck> checks_of_commits() {
  return {
      {"D2", "what was written is read again, whole", reads_what_was_written},
      {"D1", "what was acknowledged survives a crash after it", survives_a_crash_after_each_commit},
      {"D1", "a batch is stored whole and in its order", writes_a_batch},
      {"D1", "a write that is refused leaves no trace, and the others of its batch alone",
       refuses_bad_writes_alone},
      {"D2", "lists are newest first, in pages, and take filters", lists_releases},
      {"D9", "only what has ended and nobody drives is removed", removes_what_has_ended}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

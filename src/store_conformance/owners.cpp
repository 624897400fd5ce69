// SPDX-License-Identifier: Apache-2.0
// One engine drives a release at a time (D4).
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

const FixedCheck kGone(true);
const FixedCheck kAlive(false);

std::string owner_text(Check& check, std::string_view release) {
  const StoredRelease row = check.need(check.store().find(release), "find()");
  return row.owner ? text_of(*row.owner) : "none";
}

void names_the_owner(Check& check) {
  check.make();
  const StoreOwner one = owner("one", 1000);
  check.need(check.store().renew(one), "renew()");
  Writer writer("r-1");
  writer.write(check, 3);
  const StoreOwner renewed = owner("one", 7000);
  check.need(check.store().renew(renewed), "renew()");
  for (int round = 0; round < 2; ++round) {
    check.expect_equal("the owner of a release", text_of(renewed), owner_text(check, "r-1"));
    check.crash();
  }
}

void refuses_the_second(Check& check) {
  check.make();
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  check.need(check.store().renew(owner("two", 1000)), "renew()");
  Writer writer("r-1");
  writer.write(check, 3);
  const Claim refused =
      check.need(check.store().claim("r-1", owner("two"), kAlive), "a claim that is refused");
  check.expect(refused.epoch == 0, "a release was claimed whose owner is alive");
  check.expect_equal("who has the release, when a claim is refused", text_of(owner("one", 1000)),
                     refused.owner ? text_of(*refused.owner) : "none");
  writer.write(check, 2);
  writer.compare(check);
}

/// Who was taken over can write no more: neither with the old epoch nor with the new one.
void fences_the_old_owner(Check& check) {
  check.make();
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  check.need(check.store().renew(owner("two", 1000)), "renew()");
  Writer writer("r-1");
  writer.write(check, 3);
  const Claim claim =
      check.need(check.store().claim("r-1", owner("two"), kGone), "claiming what nobody drives");
  check.expect_equal("the epoch after a claim", "2", std::to_string(claim.epoch));
  check.expect_equal("who had the release", text_of(owner("one", 1000)),
                     claim.owner ? text_of(*claim.owner) : "none");
  Writer late = Writer("r-1");
  for (int i = 0; i < 3; ++i) { late.next(); }
  ReleaseWrite write = late.next();
  check.expect_refused(commit(check.store(), write), ErrorCode::NotOwner,
                       "a write of the owner that was taken over");
  write.epoch = claim.epoch;
  check.expect_refused(commit(check.store(), write), ErrorCode::NotOwner,
                       "a write of the old owner with the new epoch");
  write.owner = "two";
  write.epoch = 1;
  check.expect_refused(commit(check.store(), write), ErrorCode::NotOwner,
                       "a write of the new owner with the old epoch");
  check.crash();
  check.expect_refused(commit(check.store(), write), ErrorCode::NotOwner,
                       "a write with the old epoch, after a crash");
  writer.take_over("two", claim.epoch);
  writer.write(check, 2);
  writer.compare(check);
}

void grows_the_epoch(Check& check) {
  check.make();
  Writer writer("r-1");
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  writer.write(check, 2);
  // An owner that claims its own release begins a new epoch: what it wrote before is over.
  for (const char* id : {"one", "two", "one"}) {
    check.need(check.store().renew(owner(id, 1000)), "renew()");
    const std::uint64_t before = check.need(check.store().find("r-1"), "find()").epoch;
    const Claim claim =
        check.need(check.store().claim("r-1", owner(id), kGone), "claiming what nobody drives");
    check.expect_equal("the epoch after a claim", std::to_string(before + 1),
                       std::to_string(claim.epoch));
    check.crash();
    check.expect_equal("the epoch after a claim and a crash", std::to_string(before + 1),
                       std::to_string(check.need(check.store().find("r-1"), "find()").epoch));
    writer.take_over(id, claim.epoch);
    writer.write(check);
  }
}

void leaves_in_order(Check& check) {
  check.make();
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  Writer left("left");
  Writer given_up("given-up");
  left.write(check, 2);
  given_up.write(check, 2);
  ReleaseWrite write = given_up.next();
  write.give_up = true;
  check.need(commit(check.store(), write), "a write that gives its release up");
  check.expect_equal("the owner of a release that was given up", "none",
                     owner_text(check, "given-up"));
  check.need(check.store().leave("one"), "leave()");
  check.need(check.store().leave("nobody"), "leave() of an unknown owner");
  for (int round = 0; round < 2; ++round) {
    check.expect_equal("the owner of a release after leave()", "none", owner_text(check, "left"));
    check.crash();
  }
  check.expect_refused(commit(check.store(), left.next()), ErrorCode::NotOwner,
                       "a write of an owner that has left");
  for (const char* id : {"left", "given-up"}) {
    const Claim claim =
        check.need(check.store().claim(id, owner("two"), kAlive), "claiming what nobody drives");
    check.expect(claim.epoch != 0, "a release that nobody drives could not be claimed");
  }
}

void claims_many(Check& check) {
  check.make();
  for (const char* id : {"one", "two"}) {
    check.need(check.store().renew(owner(id, 1000)), "renew()");
  }
  Writer mine("mine", "one");
  Writer free("free", "two");
  mine.write(check);
  free.write(check);
  ReleaseWrite write = free.next();
  write.give_up = true;
  check.need(commit(check.store(), write), "a write that gives its release up");
  const std::vector<std::string> wanted{"mine", "nobody", "free"};
  const auto claims =
      check.need(check.store().claim_all(wanted, owner("two"), kAlive), "claim_all()");
  if (!check.expect(claims.size() == 3, "claiming three releases gave other than three results")) {
    return;
  }
  check.expect(claims[0] && claims[0]->epoch == 0 && claims[0]->owner.has_value(),
               "of several, a release was claimed whose owner is alive");
  check.expect_refused(claims[1], ErrorCode::UnknownRelease, "claiming an unknown release");
  check.expect(claims[2] && claims[2]->epoch == 2, "of several, a free release was not claimed");
  check.crash();
  check.expect_equal("the owner after claim_all() and a crash", text_of(owner("two", 1000)),
                     owner_text(check, "free"));
}

/// Of several threads that claim a release at once one gets it.
void claims_once(Check& check) {
  constexpr int kThreads = 4;
  check.make();
  check.need(check.store().renew(owner("first", 1000)), "renew()");
  Writer writer("r-1", "first");
  writer.write(check, 2);
  check.need(check.store().leave("first"), "leave()");
  for (int i = 0; i < kThreads; ++i) {
    check.need(check.store().renew(owner(fmt::format("t{}", i), 1000)), "renew()");
  }
  std::atomic<int> got = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const Result<Claim> claim = check.store().claim("r-1", owner(fmt::format("t{}", i)), kAlive);
      if (claim && claim->epoch != 0) { ++got; }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  check.expect_equal("how many of several threads got a release", "1", std::to_string(got.load()));
}

}  // namespace

std::vector<NamedCheck> checks_of_owners() {
  return {{"D4", "a release names its owner, with the last heartbeat", names_the_owner},
          {"D4", "a second engine is refused, and told who has the release", refuses_the_second},
          {"D4", "an owner that was taken over can write no more", fences_the_old_owner},
          {"D4", "each claim begins a new epoch", grows_the_epoch},
          {"D4", "what was given up or left has no owner, and may be claimed", leaves_in_order},
          {"D4", "several releases are claimed in one step, each for itself", claims_many},
          {"D4", "a release that several claim at once goes to one of them", claims_once}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

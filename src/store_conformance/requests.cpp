// SPDX-License-Identifier: Apache-2.0
// Any process may ask the owner of a release for something (D6).
#include <fmt/format.h>

#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

StoredRequest request_for(std::string_view release, std::string_view by) {
  return {.release = std::string(release),
          .event = R"({"kind":"Terminate","reason":"it's \"wrong\""})",
          .by = std::string(by),
          .asked = at(123'456'789'012)};
}

std::string open_of(Check& check, std::string_view owner) {
  std::string text;
  for (const StoredRequest& request :
       check.need(check.store().open_requests(owner), "open_requests()")) {
    text += request.by + " ";
  }
  return text;
}

void keeps_requests(Check& check) {
  check.make();
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  Writer writer("r-1");
  writer.write(check, 2);
  StoredRequest asked = request_for("r-1", "ann \xC3\xBC");
  const std::uint64_t id = check.need(check.store().ask(asked), "ask()");
  const std::uint64_t later = check.need(check.store().ask(request_for("r-1", "bob")), "ask()");
  check.expect(later > id && id > 0, "the numbers of requests do not grow from 1");
  asked.id = id;
  for (int round = 0; round < 2; ++round) {
    check.expect_equal("a request", text_of(asked),
                       text_of(check.need(check.store().request(id), "request()")));
    check.crash();
  }
  check.expect_refused(check.store().request(later + 1000), ErrorCode::InvalidArgument,
                       "a request that does not exist");
}

void shows_open_requests_to_the_owner(Check& check) {
  check.make();
  Writer mine("mine", "one");
  Writer other("other", "two");
  for (const char* id : {"one", "two"}) {
    check.need(check.store().renew(owner(id, 1000)), "renew()");
  }
  mine.write(check, 2);
  other.write(check, 2);
  for (const char* by : {"a", "b", "c"}) {
    check.need(check.store().ask(request_for("mine", by)), "ask()");
    check.need(check.store().ask(request_for("other", std::string("other-") + by)), "ask()");
  }
  check.expect_equal("open requests, in their order", "a b c ", open_of(check, "one"));
  check.expect_equal("open requests of nobody", "", open_of(check, "three"));
  const Claim claim =
      check.need(check.store().claim("mine", owner("two"), FixedCheck(true)), "claiming a release");
  check.expect(claim.epoch != 0, "a release whose owner is gone was not claimed");
  check.expect_equal("open requests of the old owner", "", open_of(check, "one"));
  check.expect_equal("open requests of the new owner", "a other-a b other-b c other-c ",
                     open_of(check, "two"));
}

void stores_decisions_with_their_event(Check& check) {
  check.make();
  check.need(check.store().renew(owner("one", 1000)), "renew()");
  Writer writer("r-1");
  writer.write(check, 2);
  StoredRequest applied = request_for("r-1", "ann");
  StoredRequest refused = request_for("r-1", "bob");
  applied.id = check.need(check.store().ask(applied), "ask()");
  refused.id = check.need(check.store().ask(refused), "ask()");
  applied.decided = refused.decided = at(200);
  applied.applied = true;
  refused.message = "the ticket is settled";
  ReleaseWrite write = writer.next();
  write.decisions = {applied, refused};
  ReleaseWrite late = write;
  late.epoch = 99;
  check.expect_refused(commit(check.store(), late), ErrorCode::NotOwner,
                       "a decision of another epoch");
  check.expect_equal("open requests after a write that was refused", "ann bob ",
                     open_of(check, "one"));
  check.need(commit(check.store(), write), "a write with decisions");
  for (int round = 0; round < 2; ++round) {
    check.expect_equal("a request that was applied", text_of(applied),
                       text_of(check.need(check.store().request(applied.id), "request()")));
    check.expect_equal("a request that was refused", text_of(refused),
                       text_of(check.need(check.store().request(refused.id), "request()")));
    check.expect_equal("open requests after their decision", "", open_of(check, "one"));
    check.crash();
  }
  writer.compare(check);
}

/// Whoever asks cannot decide.
void asks_undecided(Check& check) {
  check.make();
  Writer writer("r-1");
  writer.write(check, 2);
  StoredRequest request = request_for("r-1", "ann");
  request.decided = at(5);
  request.applied = true;
  request.message = "done";
  const std::uint64_t id = check.need(check.store().ask(request), "ask()");
  const StoredRequest read = check.need(check.store().request(id), "request()");
  check.expect(!read.decided, "a request was stored as decided by whoever asked");
  check.expect_equal("its number", std::to_string(id), std::to_string(read.id));
}

}  // namespace

std::vector<NamedCheck> checks_of_requests() {
  return {{"D6", "a request is kept as it was asked", keeps_requests},
          {"D6", "open requests are shown to the owner of their release, in their order",
           shows_open_requests_to_the_owner},
          {"D6", "what became of a request is stored with the event",
           stores_decisions_with_their_event},
          {"D6", "whoever asks cannot decide", asks_undecided}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

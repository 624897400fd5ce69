// SPDX-License-Identifier: Apache-2.0
// What every store promises; each case runs on the one in memory and on SQLite.
#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// One store of each kind.
struct Stores {
  TemporaryDirectory directory;
  std::vector<std::pair<std::string, std::unique_ptr<Store>>> all;
  Stores() {
    all.emplace_back("memory", std::move(*make_memory_store()));
    all.emplace_back("sqlite", opened(directory.file("store.db")));
  }
};

template <class Body>
void for_each_store(Body&& body) {
  Stores stores;
  for (auto& [name, store] : stores.all) {
    INFO(name);
    body(*store);
  }
}

StoreOwner owner(std::string id, std::int64_t process = 1) {
  return {.id = std::move(id), .host = "build-1", .boot_id = "b", .process = process};
}

}  // namespace

TEST_CASE("a started release is found with all that was written of it [D2]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one")));
    StoredRun run(store, walkthrough(), {.id = "r-1", .product = "shop", .version = "1.4"}, "one",
                  at(1000));
    REQUIRE(run.started);
    REQUIRE(run.apply({at(2000), HookSucceeded{ticket(1), R"({"B":"x"})"}}));

    const auto row = store.find("r-1");
    REQUIRE(row);
    CHECK(row->flow_name == "walkthrough");
    CHECK(row->info.product == "shop");
    CHECK(row->created == at(1000));
    CHECK(row->updated == at(2000));
    CHECK(row->status == ReleaseStatus::Running);
    CHECK(row->sequence == 1);
    REQUIRE(row->owner);
    CHECK(row->owner->host == "build-1");
    const auto start = store.start_of("r-1");
    REQUIRE(start);
    CHECK(start->context == R"({"A":1})");
    CHECK(start->manifest == *write_manifest(walkthrough()));
    const auto entries = store.entries("r-1", 0, 10);
    REQUIRE(entries);
    REQUIRE(entries->size() == 1);
    CHECK(entries->front().event ==
          *to_json(Event{at(2000), HookSucceeded{ticket(1), R"({"B":"x"})"}}));
    CHECK_FALSE(entries->front().trace.empty());
  });
}

TEST_CASE("a write that is refused leaves the others of its batch alone [D1]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one")));
    StoredRun first(store, walkthrough(), {.id = "r-1"}, "one", at(0));
    StoredRun second(store, walkthrough(), {.id = "r-2"}, "one", at(0));
    ReleaseWrite writes[] = {first.next_write(at(5)), second.next_write(at(6)),
                             first.next_write(at(7)), first.next_write(at(8))};
    writes[0].epoch = 7;
    writes[2].entries.push_back({.sequence = 9});
    writes[3].release = "nobody";
    const auto results = store.commit(writes);
    REQUIRE(results);
    CHECK(results->at(0).error().code == ErrorCode::NotOwner);
    CHECK(results->at(1));
    CHECK(results->at(2).error().code == ErrorCode::InvalidArgument);
    CHECK(results->at(3).error().code == ErrorCode::UnknownRelease);
    CHECK(store.find("r-1")->updated == at(0));
    CHECK(store.find("r-2")->updated == at(6));
  });
}

TEST_CASE("an id is taken once") {
  for_each_store([](Store& store) {
    StoredRun first(store, walkthrough(), {.id = "r"}, "one", at(0));
    StoredRun second(store, walkthrough(), {.id = "r"}, "two", at(5));
    CHECK(first.started);
    REQUIRE_FALSE(second.started);
    CHECK(second.started.error().code == ErrorCode::ReleaseExists);
    CHECK(store.find("r")->created == at(0));
  });
}

TEST_CASE("a release has one owner; who was taken over can no longer write [D4]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one", 11)));
    REQUIRE(store.renew(owner("two", 22)));
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));

    const auto refused = store.claim("r", owner("two", 22), FixedCheck(false));
    REQUIRE(refused);
    CHECK(refused->epoch == 0);
    REQUIRE(refused->owner);
    CHECK(refused->owner->process == 11);

    const auto taken = store.claim("r", owner("two", 22), FixedCheck(true));
    REQUIRE(taken);
    CHECK(taken->epoch == 2);
    CHECK(store.find("r")->owner->process == 22);
    const auto late = run.apply({at(1), HookSucceeded{ticket(1)}});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == ErrorCode::NotOwner);
    CHECK(store.find("r")->sequence == 0);
  });
}

TEST_CASE("an owner that leaves has no releases, and anyone may claim them [D4]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one")));
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));
    REQUIRE(store.leave("one"));
    CHECK_FALSE(store.find("r")->owner);
    const auto taken = store.claim("r", owner("two"), FixedCheck(false));
    REQUIRE(taken);
    CHECK(taken->epoch == 2);
    CHECK(store.claim("nobody", owner("two"), FixedCheck(false)).error().code ==
          ErrorCode::UnknownRelease);
  });
}

TEST_CASE("the newest snapshot and the events after it make the history; two are kept [D3]") {
  for_each_store([](Store& store) {
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));
    CHECK_FALSE(store.history("r", 0)->snapshot);
    REQUIRE(run.apply({at(1), Suspended{ticket(1)}}, true));
    REQUIRE(run.apply({at(2), Resumed{ticket(1)}}, true));
    REQUIRE(run.apply({at(3), Suspended{ticket(1)}}, true));
    const std::string newest = *run.release().snapshot();
    REQUIRE(run.apply({at(4), Resumed{ticket(1)}}));

    const auto history = store.history("r", 0);
    REQUIRE(history);
    CHECK(history->snapshot == newest);
    CHECK(history->snapshot_sequence == 3);
    REQUIRE(history->entries.size() == 1);
    CHECK(history->entries.front().sequence == 4);
    CHECK(store.history("r", 1)->snapshot_sequence == 2);
    CHECK(store.history("r", 1)->entries.size() == 2);
    CHECK_FALSE(store.history("r", 2)->snapshot);
    CHECK(store.history("r", 2)->entries.size() == 4);
  });
}

TEST_CASE("commands are kept by ticket, with their outcome [D2]") {
  for_each_store([](Store& store) {
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));
    StoredCommand hook{.ticket = ticket(1),
                       .hook = "begin",
                       .point = Point::ReleaseOnStart,
                       .state = StoredCommandState::Issued,
                       .issued = at(0)};
    const StoredCommand promotion{.ticket = ticket(2),
                                  .environment = "staging",
                                  .attempt = 3,
                                  .state = StoredCommandState::Cancelled,
                                  .issued = at(1),
                                  .handed = at(2),
                                  .ended = at(3),
                                  .stopped = at(4),
                                  .reference = "work/2"};
    ReleaseWrite write = run.next_write(at(1));
    write.commands = {promotion, hook};
    REQUIRE(run.commit(write));
    hook.state = StoredCommandState::Ended;
    hook.succeeded = false;
    hook.message = "exit status 1";
    hook.context = "{}";
    hook.ended = at(9);
    write.commands = {hook};
    REQUIRE(run.commit(write));

    const auto commands = store.commands("r");
    REQUIRE(commands);
    REQUIRE(commands->size() == 2);
    const StoredCommand& first = commands->front();
    CHECK(first.hook == "begin");
    CHECK_FALSE(first.environment);
    CHECK(first.point == Point::ReleaseOnStart);
    CHECK(first.state == StoredCommandState::Ended);
    CHECK(first.succeeded == false);
    CHECK(first.message == "exit status 1");
    CHECK(first.context == "{}");
    CHECK(first.issued == at(0));
    CHECK(first.ended == at(9));
    const StoredCommand& second = commands->back();
    CHECK(second.environment == "staging");
    CHECK(second.attempt == 3);
    CHECK(second.state == StoredCommandState::Cancelled);
    CHECK(second.stopped == at(4));
    CHECK(second.reference == "work/2");
    CHECK_FALSE(second.succeeded);
  });
}

TEST_CASE("requests wait for the owner of their release, who decides them [D6]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one")));
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));
    const auto id = store.ask({.release = "r", .event = "{}", .by = "ann", .asked = at(7)});
    REQUIRE(id);
    CHECK(store.ask({.release = "nobody"}).error().code == ErrorCode::UnknownRelease);
    CHECK(store.open_requests("two")->empty());
    const auto open = store.open_requests("one");
    REQUIRE(open);
    REQUIRE(open->size() == 1);
    CHECK(open->front().id == *id);
    CHECK(open->front().by == "ann");
    CHECK(open->front().asked == at(7));

    ReleaseWrite write = run.next_write(at(8));
    write.decisions = {{.id = *id, .decided = at(8), .applied = false, .message = "not now"}};
    REQUIRE(run.commit(write));
    CHECK(store.open_requests("one")->empty());
    const auto decided = store.request(*id);
    REQUIRE(decided);
    CHECK(decided->decided == at(8));
    CHECK_FALSE(decided->applied);
    CHECK(decided->message == "not now");
    CHECK(store.request(99).error().code == ErrorCode::InvalidArgument);
  });
}

TEST_CASE("lists are newest first, in pages, and take filters") {
  for_each_store([](Store& store) {
    for (int i = 1; i <= 5; ++i) {
      StoredRun run(store, walkthrough(),
                    {.id = "r" + std::to_string(i), .product = i % 2 == 0 ? "even" : "odd"}, "one",
                    at(i));
      if (i > 2) { continue; }
      REQUIRE(run.apply({at(10 + i), Terminate{.reason = "stop", .force = true}}));
    }
    const auto ids = [&](const ReleaseFilter& filter) {
      std::string found;
      const auto releases = store.list(filter);
      REQUIRE(releases);
      for (const StoredRelease& release : *releases) { found += release.id + ' '; }
      return found;
    };
    CHECK(ids({}) == "r5 r4 r3 r2 r1 ");
    CHECK(ids({.limit = 2}) == "r5 r4 ");
    CHECK(ids({.limit = 2, .after = "r4"}) == "r3 r2 ");
    CHECK(ids({.product = "odd"}) == "r5 r3 r1 ");
    CHECK(ids({.since = at(4)}) == "r5 r4 ");
    CHECK(ids({.unfinished = true}) == "r5 r4 r3 ");
    CHECK(ids({.status = ReleaseStatus::Terminated}) == "r2 r1 ");
    CHECK(store.list({.after = "nobody"}).error().code == ErrorCode::UnknownRelease);
  });
}

TEST_CASE("only a release that has ended and that nobody drives is removed [D9]") {
  for_each_store([](Store& store) {
    REQUIRE(store.renew(owner("one")));
    StoredRun run(store, walkthrough(), {.id = "r"}, "one", at(0));
    CHECK(store.remove("r").error().code == ErrorCode::NotAllowed);
    CHECK(store.ended_before(at(1'000'000), 10)->empty());
    REQUIRE(run.apply({at(5), Terminate{.reason = "stop", .force = true}}));
    CHECK(store.remove("r").error().code == ErrorCode::NotAllowed);  // It still has an owner.
    ReleaseWrite write = run.next_write(at(5));
    write.give_up = true;
    REQUIRE(run.commit(write));
    CHECK(store.ended_before(at(5), 10)->empty());
    CHECK(*store.ended_before(at(6), 10) == std::vector<std::string>{"r"});
    REQUIRE(store.remove("r"));
    CHECK(store.find("r").error().code == ErrorCode::UnknownRelease);
    CHECK(store.remove("r").error().code == ErrorCode::UnknownRelease);
  });
}

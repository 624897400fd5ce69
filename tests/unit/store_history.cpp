// SPDX-License-Identifier: Apache-2.0
// The hash chain, replay, and SHA-256 itself.
#include <utility>

#include "base/sha256.hpp"
#include "forwarding_store.hpp"
#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// A store whose entries are read with a change.
class Tampered {
 public:
  explicit Tampered(std::function<void(ReleaseWrite&)> change) : change_(std::move(change)) {
    store_ = std::move(*make_memory_store());
  }
  /// Copies a release of another store, changed.
  Store& of(Store& original, std::string_view id) {
    const auto row = original.find(id);
    ReleaseWrite write{.release = std::string(id),
                       .owner = "copy",
                       .epoch = 1,
                       .start = *original.start_of(id),
                       .entries = *original.entries(id, 0, 1000),
                       .status = row->status,
                       .phase = row->phase,
                       .head = row->head,
                       .updated = row->updated};
    change_(write);
    REQUIRE(store_->commit({&write, 1})->front());
    return *store_;
  }

 private:
  std::function<void(ReleaseWrite&)> change_;
  std::unique_ptr<Store> store_;
};

/// A store in which something happens behind each look at a release.
class GrowingStore : public ForwardingStore {
 public:
  GrowingStore(Store& inner, std::function<void()> then)
      : ForwardingStore(inner), then_(std::move(then)) {}
  Result<StoredRelease> find(std::string_view release) noexcept override {
    Result<StoredRelease> row = ForwardingStore::find(release);
    then_();
    return row;
  }

 private:
  std::function<void()> then_;
};

std::unique_ptr<Store> with_release() {
  std::unique_ptr<Store> store = std::move(*make_memory_store());
  StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(1000));
  REQUIRE(run.apply({at(1001), HookSucceeded{ticket(1), R"({"B":1})"}}));
  REQUIRE(run.apply({at(1002), HookSucceeded{ticket(2)}}));
  REQUIRE(run.apply({at(1003), PromotionFailed{ticket(3), "no such image"}}));
  return store;
}

/// The event at which the chain of a changed copy breaks.
std::optional<std::uint64_t> broken_at(std::function<void(ReleaseWrite&)> change) {
  const auto store = with_release();
  Tampered tampered(std::move(change));
  const auto found = verify_history(tampered.of(*store, "r"), "r");
  REQUIRE(found);
  if (!*found) { return std::nullopt; }
  return (*found)->sequence;
}

/// What replaying a changed copy finds.
HistoryProblem replay_problem(std::function<void(ReleaseWrite&)> change) {
  const auto store = with_release();
  Tampered tampered(std::move(change));
  auto found = replay_history(tampered.of(*store, "r"), "r");
  REQUIRE(found);
  REQUIRE(*found);
  return std::move(**found);
}

std::string sha256(std::string_view text) {
  detail::Sha256 hash;
  hash.add(text);
  return hash.finish();
}

}  // namespace

TEST_CASE("SHA-256 gives the values of its standard") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  detail::Sha256 parts;
  for (const char* part : {"a", "", "b", "c"}) { parts.add(std::string_view(part)); }
  CHECK(parts.finish() == sha256("abc"));
}

TEST_CASE("the chain of an untouched release fits [D5]") {
  CHECK_FALSE(broken_at([](ReleaseWrite&) {}));
}

TEST_CASE("a changed event is named by its number [D5]") {
  CHECK(broken_at([](ReleaseWrite& w) { w.entries[1].event += ' '; }) == 2);
  CHECK(broken_at([](ReleaseWrite& w) { w.entries[0].at += milliseconds(1); }) == 1);
  CHECK(broken_at([](ReleaseWrite& w) { w.entries[2].hash = w.entries[1].hash; }) == 3);
  CHECK(broken_at([](ReleaseWrite& w) { w.start->context = "{}"; }) == 1);
  CHECK(broken_at([](ReleaseWrite& w) { w.start->info.version = "9"; }) == 1);
  CHECK(broken_at([](ReleaseWrite& w) { w.start->fingerprint = "0"; }) == 0);
  CHECK(broken_at([](ReleaseWrite& w) { w.start->manifest = "kind: Pod"; }) == 0);
  CHECK(broken_at([](ReleaseWrite& w) {
          std::string& manifest = w.start->manifest;
          manifest.replace(manifest.find("production"), 10, "elsewhere");
        }) == 0);
}

TEST_CASE("events that were removed at the end are missed [D5]") {
  CHECK(broken_at([](ReleaseWrite& w) { w.entries.pop_back(); }) == 2);
  CHECK(broken_at([](ReleaseWrite& w) { w.entries.clear(); }) == 0);
}

TEST_CASE("events stored while the chain is walked are no fault of it [D5]") {
  const std::unique_ptr<Store> store = std::move(*make_memory_store());
  StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(1000));
  bool is_stored = false;
  GrowingStore growing(*store, [&] {
    if (std::exchange(is_stored, true)) { return; }
    REQUIRE(run.apply({at(1001), HookSucceeded{ticket(1), R"({"B":1})"}}));
  });
  const auto found = verify_history(growing, "r");
  REQUIRE(is_stored);
  REQUIRE(found);
  CHECK_FALSE(*found);
}

TEST_CASE("events that the release does not count are found [D5]") {
  CHECK(broken_at([](ReleaseWrite& w) {
          StoredEntry& added = w.entries.emplace_back(w.entries.back());
          added.sequence = 4;
          added.hash = chain_hash(w.head, 4, added.at, added.event);
        }) == 4);
}

TEST_CASE("replaying the events of a release gives its trace to the byte [D2]") {
  const auto store = with_release();
  const auto found = replay_history(*store, "r");
  REQUIRE(found);
  CHECK_FALSE(*found);
}

TEST_CASE("replay names the event and the line that differ [D2]") {
  const HistoryProblem problem = replay_problem([](ReleaseWrite& w) {
    std::string& trace = w.entries[1].trace;
    const std::size_t second_line = trace.find('\n') + 1;
    trace.insert(second_line, "{\"event\":\"strange\"}\n");
  });
  CHECK(problem.sequence == 2);
  CHECK(problem.stored == "{\"event\":\"strange\"}");
  CHECK(problem.replayed.find("promote") != std::string::npos);
}

TEST_CASE("replay names an event that is not one, or that is refused [D2]") {
  CHECK(replay_problem([](ReleaseWrite& w) {
          w.entries[1].event = "{";
        }).message.starts_with("its text is no event"));
  CHECK(replay_problem([](ReleaseWrite& w) {
          w.entries[1].event = w.entries[0].event;
        }).message.starts_with("this library refuses it"));
  CHECK(replay_problem([](ReleaseWrite& w) {
          w.start->manifest = "kind: Pod";
        }).message.starts_with("it cannot be started again"));
}

TEST_CASE("replay names what the events do not lead to [D2]") {
  const auto problem_of = [](std::function<void(ReleaseWrite&)> change) {
    const HistoryProblem problem = replay_problem(std::move(change));
    return std::to_string(problem.sequence) + ": " + problem.message;
  };
  CHECK(problem_of([](ReleaseWrite& w) { w.status = ReleaseStatus::Succeeded; }) ==
        "3: the replayed release is Running there, but the record says that it is Succeeded");
  CHECK(problem_of([](ReleaseWrite& w) {
          w.entries.clear();
          w.status = ReleaseStatus::Failed;
        }) == "0: the replayed release is Running there, but the record says that it is Failed");
  const std::string fingerprint = problem_of([](ReleaseWrite& w) { w.start->fingerprint = "0"; });
  CHECK(fingerprint.starts_with("0: its fingerprint is '0', but that of its manifest is '"));
}

// SPDX-License-Identifier: Apache-2.0
// The conformance suite: our own stores pass it, and each of many broken ones is caught.
#include "promoflow/store_conformance.hpp"

#include <sqlite3.h>

#include "faulty_disk.hpp"
#include "forwarding_store.hpp"
#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

std::string text_of(const StoreConformance& report) {
  std::string text;
  for (const StoreFinding& finding : report.findings) {
    text += finding.rule + " " + finding.check + ": " + finding.message + "\n";
  }
  for (const std::string& skipped : report.skipped) { text += "skipped " + skipped + "\n"; }
  return text;
}

StoreConformance checked(StoreUnderTest& subject) {
  Result<StoreConformance> report = check_store(subject);
  REQUIRE(report);
  return std::move(*report);
}

/// It has no stable storage but its memory, which the suite's crashes leave alone.
class MemorySubject final : public StoreUnderTest {
 public:
  Result<std::unique_ptr<Store>> make() override { return make_memory_store(); }
  Result<std::unique_ptr<Store>> crash_and_reopen(std::unique_ptr<Store> store) override {
    return store;
  }
};

/// The SQLite store on a disk in memory.
class SqliteSubject final : public StoreUnderTest {
 public:
  explicit SqliteSubject(Survivors survivors) : survivors_(survivors) {}

  Result<std::unique_ptr<Store>> make() override {
    disk_.reset();
    disk_ = std::make_unique<FaultyDisk>("promoflow-conformance");
    return open();
  }
  Result<std::unique_ptr<Store>> crash_and_reopen(std::unique_ptr<Store> store) override {
    if (!disk_->has_failed()) { disk_->plan(Fault::Crash, 1); }
    store.reset();
    disk_->restart(survivors_);
    return open();
  }
  bool arrange(StorageFault fault, std::uint64_t operation) override {
    switch (fault) {
      case StorageFault::Crash: disk_->plan(Fault::Crash, operation); break;
      case StorageFault::ErrorOnce: disk_->plan(Fault::ErrorOnce, operation); break;
      case StorageFault::ErrorFor: disk_->plan(Fault::ErrorFor, operation); break;
    }
    return true;
  }
  bool has_failed() const override { return disk_->has_failed(); }
  void mend() override { disk_->repair(); }

  Result<std::unique_ptr<Store>> tamper(std::unique_ptr<Store> store, std::string_view release,
                                        std::uint64_t sequence) override {
    store.reset();
    execute("store.db", "UPDATE event SET event = '[' || substr(event, 2) WHERE sequence = " +
                            std::to_string(sequence) +
                            " AND release = (SELECT number FROM release WHERE id = '" +
                            std::string(release) + "')");
    return open();
  }
  Foreign open_foreign() override {
    execute("other.db", "CREATE TABLE other (x)");
    execute("newer.db",
            "PRAGMA application_id = 1886547302; PRAGMA user_version = 99;"
            "CREATE TABLE release (x)");
    const auto code_of = [&](const char* path) {
      const auto store = open_sqlite_store(path, {.vfs = disk_->name()});
      return store ? ErrorCode::Internal : store.error().code;
    };
    const bool refused = code_of("other.db") == ErrorCode::StoreForeign &&
                         code_of("newer.db") == ErrorCode::StoreTooNew;
    execute("other.db", "INSERT INTO other VALUES (1)");
    return refused ? Foreign::Refused : Foreign::Accepted;
  }

 private:
  Result<std::unique_ptr<Store>> open() {
    return open_sqlite_store("store.db", {.vfs = disk_->name()});
  }
  void execute(const char* path, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                            disk_->name().c_str()) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close_v2(database);
  }

  Survivors survivors_;
  std::unique_ptr<FaultyDisk> disk_;
};

// --- Broken stores -------------------------------------------------------------------------------

enum class Break : std::uint8_t {
  Nothing,
  AcknowledgesEarly,
  RefusesTheWholeBatch,
  WritesInTwoSteps,
  LosesContexts,
  CutsTextsAtZero,
  KeepsOneSnapshot,
  ForgetsEpochs,
  ForgetsOwners,
  ClaimsFromTheLiving,
  KeepsTheEpoch,
  KeepsThoseThatLeft,
  RepairsHashes,
  ReversesRequests,
  ShowsAllRequests,
  LetsAskersDecide,
  BeginsAnew,
  TakesForeignFiles,
  FailsButWrites,
  AcknowledgesErrors,
  RemovesWhatRuns,
  ListsOldestFirst,
};

/// A store in memory with one fault. Each operation of its storage is a commit of the store below.
class BrokenStore final : public ForwardingStore {
 public:
  /// What survives its process, and when its storage fails.
  struct Storage {
    std::unique_ptr<Store> store;
    StorageFault fault{};
    std::uint64_t fault_at = 0;
    std::uint64_t operations = 0;
    bool failed = false;
    std::map<std::string, std::uint64_t> tampered{};

    bool fails() {
      ++operations;
      const bool meets =
          fault_at != 0 &&
          (fault == StorageFault::ErrorOnce ? operations == fault_at : operations >= fault_at);
      failed = failed || meets;
      return meets;
    }
  };

  BrokenStore(Break what, Storage& storage)
      : ForwardingStore(*storage.store), what_(what), storage_(&storage) {}

  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    std::vector<ReleaseWrite> changed(writes.begin(), writes.end());
    if (what_ == Break::AcknowledgesEarly) {
      flush();
      late_ = std::move(changed);
      return std::vector<Result<void>>(writes.size());
    }
    for (ReleaseWrite& write : changed) { change(write); }
    if (what_ == Break::WritesInTwoSteps) { return in_two_steps(std::move(changed)); }
    if (storage_->fails()) {
      if (what_ == Break::AcknowledgesErrors) { return std::vector<Result<void>>(writes.size()); }
      if (what_ == Break::FailsButWrites) { static_cast<void>(inner().commit(changed)); }
      return failed();
    }
    auto results = inner().commit(changed);
    if (what_ != Break::RefusesTheWholeBatch || !results) { return results; }
    const auto is_bad = [](const Result<void>& result) { return !result; };
    const auto bad = std::find_if(results->begin(), results->end(), is_bad);
    if (bad != results->end()) {
      const Error error = bad->error();
      for (Result<void>& result : *results) { result = tl::unexpected(error); }
    }
    return results;
  }
  Result<void> leave(std::string_view owner_id) noexcept override {
    return what_ == Break::KeepsThoseThatLeft ? Result<void>() : inner().leave(owner_id);
  }
  Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                      const OwnerCheck& check) noexcept override {
    const FixedCheck gone(true);
    auto claim = inner().claim(release, owner, what_ == Break::ClaimsFromTheLiving ? gone : check);
    if (what_ == Break::KeepsTheEpoch && claim && claim->epoch > 1) { --claim->epoch; }
    return claim;
  }
  Result<std::vector<Result<Claim>>> claim_all(std::span<const std::string> releases,
                                               const StoreOwner& owner,
                                               const OwnerCheck& check) noexcept override {
    return Store::claim_all(releases, owner, check);
  }
  Result<StoredRelease> find(std::string_view release) noexcept override {
    flush();
    return inner().find(release);
  }
  Result<std::vector<StoredRelease>> list(const ReleaseFilter& filter) noexcept override {
    auto rows = inner().list(filter);
    if (what_ == Break::ListsOldestFirst && rows) { std::reverse(rows->begin(), rows->end()); }
    return rows;
  }
  Result<StoreStart> start_of(std::string_view release) noexcept override {
    auto start = inner().start_of(release);
    if (what_ == Break::CutsTextsAtZero && start) { start->run = start->run.c_str(); }
    return start;
  }
  Result<StoredHistory> history(std::string_view release, std::uint32_t skip) noexcept override {
    return inner().history(release, what_ == Break::KeepsOneSnapshot && skip == 1 ? 2 : skip);
  }
  Result<std::vector<StoredEntry>> entries(std::string_view release, std::uint64_t after,
                                           std::uint32_t limit) noexcept override {
    auto entries = inner().entries(release, after, limit);
    const auto tampered = storage_->tampered.find(std::string(release));
    if (!entries || tampered == storage_->tampered.end()) { return entries; }
    for (StoredEntry& entry : *entries) {
      if (entry.sequence == tampered->second) { entry.event[0] = '['; }
    }
    if (what_ != Break::RepairsHashes) { return entries; }
    // Each hash is that of the text which is there now.
    std::string head = chain_hash(*inner().start_of(release));
    for (StoredEntry& entry : *entries) {
      head = entry.hash = chain_hash(head, entry.sequence, entry.at, entry.event);
    }
    return entries;
  }
  Result<std::uint64_t> ask(const StoredRequest& request) noexcept override {
    const Result<std::uint64_t> id = inner().ask(request);
    if (id && what_ == Break::LetsAskersDecide) { asked_[*id] = request; }
    return id;
  }
  Result<StoredRequest> request(std::uint64_t id) noexcept override {
    auto request = inner().request(id);
    if (const auto asked = asked_.find(id); request && asked != asked_.end()) {
      request->decided = asked->second.decided;
    }
    return request;
  }
  Result<std::vector<StoredRequest>> open_requests(std::string_view owner_id) noexcept override {
    auto requests = inner().open_requests(owner_id);
    if (!requests) { return requests; }
    if (what_ == Break::ReversesRequests) { std::reverse(requests->begin(), requests->end()); }
    if (what_ == Break::ShowsAllRequests && requests->empty()) {
      for (const char* other : {"one", "two"}) {
        const auto more = inner().open_requests(other);
        if (more) { requests->insert(requests->end(), more->begin(), more->end()); }
      }
    }
    return requests;
  }
  Result<void> remove(std::string_view release) noexcept override {
    if (what_ == Break::RemovesWhatRuns && inner().find(release)) { return {}; }
    return inner().remove(release);
  }

 private:
  static tl::unexpected<Error> failed() {
    return tl::unexpected(Error{ErrorCode::StoreFailed, "store", "an I/O error"});
  }
  void flush() {
    if (!late_.empty()) { static_cast<void>(inner().commit(std::exchange(late_, {}))); }
  }
  void change(ReleaseWrite& write) {
    if (what_ == Break::LosesContexts) {
      for (StoredCommand& command : write.commands) { command.context.reset(); }
    }
    const Result<StoredRelease> row = inner().find(write.release);
    if (what_ == Break::ForgetsEpochs && row) { write.epoch = row->epoch; }
    if (what_ == Break::ForgetsOwners && row && row->owner) { write.owner = row->owner->id; }
  }
  /// The release's row first, then its commands: a crash between the two is seen.
  Result<std::vector<Result<void>>> in_two_steps(std::vector<ReleaseWrite> writes) {
    std::vector<std::vector<StoredCommand>> commands;
    for (ReleaseWrite& write : writes) { commands.push_back(std::exchange(write.commands, {})); }
    if (storage_->fails()) { return failed(); }
    auto first = inner().commit(writes);
    if (storage_->fails()) { return failed(); }
    for (std::size_t i = 0; i < writes.size(); ++i) {
      writes[i].start.reset();
      writes[i].entries.clear();
      writes[i].commands = commands[i];
    }
    static_cast<void>(inner().commit(writes));
    return first;
  }

  Break what_;
  Storage* storage_;
  std::vector<ReleaseWrite> late_;
  std::map<std::uint64_t, StoredRequest> asked_;
};

class BrokenSubject final : public StoreUnderTest {
 public:
  explicit BrokenSubject(Break what) : what_(what) {}

  Result<std::unique_ptr<Store>> make() override {
    storage_ = {.store = *make_memory_store()};
    return open();
  }
  Result<std::unique_ptr<Store>> crash_and_reopen(std::unique_ptr<Store> store) override {
    store.reset();
    mend();
    if (what_ == Break::BeginsAnew) { storage_.store = *make_memory_store(); }
    return open();
  }
  bool arrange(StorageFault fault, std::uint64_t operation) override {
    storage_.fault = fault;
    storage_.fault_at = storage_.operations + operation;
    storage_.failed = false;
    return true;
  }
  bool has_failed() const override { return storage_.failed; }
  void mend() override { storage_.fault_at = 0; }
  Result<std::unique_ptr<Store>> tamper(std::unique_ptr<Store> /*store*/, std::string_view release,
                                        std::uint64_t sequence) override {
    storage_.tampered[std::string(release)] = sequence;
    return open();
  }
  Foreign open_foreign() override {
    return what_ == Break::TakesForeignFiles ? Foreign::Accepted : Foreign::Refused;
  }

 private:
  Result<std::unique_ptr<Store>> open() { return std::make_unique<BrokenStore>(what_, storage_); }
  Break what_;
  BrokenStore::Storage storage_;
};

struct Mutant {
  Break what;
  const char* name;
  const char* rule;
};

constexpr Mutant kMutants[] = {
    {Break::AcknowledgesEarly, "acknowledges what is not stored yet", "D1"},
    {Break::RefusesTheWholeBatch, "refuses a whole batch for one bad write", "D1"},
    {Break::WritesInTwoSteps, "writes a release and its commands in two steps", "D1"},
    {Break::LosesContexts, "loses exported contexts", "D2"},
    {Break::CutsTextsAtZero, "cuts texts at a zero byte", "D2"},
    {Break::ListsOldestFirst, "lists the oldest first", "D2"},
    {Break::KeepsOneSnapshot, "keeps one snapshot", "D3"},
    {Break::ForgetsEpochs, "lets a write of an old epoch through", "D4"},
    {Break::ForgetsOwners, "lets a write of another owner through", "D4"},
    {Break::ClaimsFromTheLiving, "takes a release from an owner that is alive", "D4"},
    {Break::KeepsTheEpoch, "returns the old epoch", "D4"},
    {Break::KeepsThoseThatLeft, "keeps owners that left", "D4"},
    {Break::RepairsHashes, "computes hashes when it reads", "D5"},
    {Break::ReversesRequests, "shows requests in the wrong order", "D6"},
    {Break::ShowsAllRequests, "shows requests of releases of others", "D6"},
    {Break::LetsAskersDecide, "lets whoever asks decide", "D6"},
    {Break::BeginsAnew, "begins anew when it is opened", "D7"},
    {Break::TakesForeignFiles, "takes a foreign file", "D7"},
    {Break::FailsButWrites, "writes what it says it did not", "D8"},
    {Break::AcknowledgesErrors, "acknowledges what met an error", "D8"},
    {Break::RemovesWhatRuns, "removes a release that runs", "D9"},
};

}  // namespace

TEST_CASE("the store in memory conforms") {
  MemorySubject subject;
  const StoreConformance report = checked(subject);
  INFO(text_of(report));
  CHECK(report.findings.empty());
  CHECK(report.skipped.size() == 5);  // It has no storage that could fail or be changed.
  CHECK(report.checks > 300);
}

TEST_CASE("the SQLite store conforms, whatever a crash leaves") {
  for (const Survivors survivors : {Survivors::None, Survivors::TornLast, Survivors::All}) {
    INFO("survivors " << int(survivors));
    SqliteSubject subject(survivors);
    const StoreConformance report = checked(subject);
    INFO(text_of(report));
    CHECK(report.findings.empty());
    CHECK(report.skipped.empty());
    CHECK(report.crashes > 100);
    CHECK(report.faults > 100);
  }
}

TEST_CASE("the store that is broken below conforms as long as it is whole") {
  BrokenSubject subject(Break::Nothing);
  const StoreConformance report = checked(subject);
  INFO(text_of(report));
  CHECK(report.findings.empty());
  CHECK(report.skipped.empty());
}

TEST_CASE("a store that breaks one promise is caught, under that promise") {
  for (const Mutant& mutant : kMutants) {
    BrokenSubject subject(mutant.what);
    const StoreConformance report = checked(subject);
    INFO("a store that " << mutant.name << "\n" << text_of(report));
    const bool is_found =
        std::any_of(report.findings.begin(), report.findings.end(),
                    [&](const StoreFinding& finding) { return finding.rule == mutant.rule; });
    CHECK(is_found);
  }
}

namespace {

class ThrowingSubject final : public StoreUnderTest {
 public:
  Result<std::unique_ptr<Store>> make() override { throw std::runtime_error("no database"); }
  Result<std::unique_ptr<Store>> crash_and_reopen(std::unique_ptr<Store> store) override {
    return store;
  }
};

}  // namespace

TEST_CASE("what the host's test throws, or a store that cannot be made, is a finding") {
  ThrowingSubject subject;
  const StoreConformance report = checked(subject);
  REQUIRE_FALSE(report.findings.empty());
  CHECK(report.findings.front().message == "an exception was thrown: no database");
}

// SPDX-License-Identifier: Apache-2.0
// The file of the SQLite store: what is recognised, what is refused, and that it is never damaged.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Runs statements on a file by another connection.
void sql(const std::string& path, const char* statements) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, statements, nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(database) == SQLITE_OK);
}

Error refused(const std::string& path, const SqliteStoreOptions& options = {}) {
  const auto store = open_sqlite_store(path, options);
  REQUIRE_FALSE(store);
  return store.error();
}

}  // namespace

TEST_CASE("a process that does not finish writing is not waited for without end [D4]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  REQUIRE(open_sqlite_store(path));
  const int other = open((path + ".lock").c_str(), O_RDWR);
  REQUIRE(flock(other, LOCK_EX) == 0);
  const Error error = refused(path, {.patience = std::chrono::milliseconds(1)});
  CHECK(error.code == ErrorCode::StoreFailed);
  CHECK(error.message.find("another process has been writing for 1 ms") != std::string::npos);
  close(other);
  CHECK(open_sqlite_store(path));
}

TEST_CASE("a store that is opened again has what was written [D1]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  {
    const auto store = opened(path);
    StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(0));
    REQUIRE(run.apply({at(1), HookSucceeded{ticket(1)}}));
  }
  const auto store = opened(path);
  CHECK(store->find("r")->sequence == 1);
  CHECK_FALSE(*verify_history(*store, "r"));
}

TEST_CASE("a closed store is one file") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  {
    const auto store = opened(path);
    StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(0));
  }
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  CHECK(opened(path)->find("r"));
}

TEST_CASE("a file that is no store is refused and left as it was [D7]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("notes.txt");
  write_file(path, "kind: PromotionFlow\n" + std::string(5000, 'x'));
  const std::string before = content(path);
  const Error error = refused(path);
  CHECK(error.code == ErrorCode::StoreForeign);
  CHECK(error.where == path);
  CHECK(error.message.find("no promoflow store; name another file") != std::string::npos);
  CHECK(content(path) == before);
}

TEST_CASE("the database of another program is refused and left as it was [D7]") {
  const TemporaryDirectory directory;
  for (const char* journal : {"delete", "wal"}) {
    INFO(journal);
    const std::string path = directory.file(std::string("other-") + journal);
    sql(path, (std::string("PRAGMA journal_mode=") + journal + "; CREATE TABLE t(x);").c_str());
    const std::string before = content(path);
    CHECK(refused(path).code == ErrorCode::StoreForeign);
    CHECK(content(path) == before);
  }
}

TEST_CASE("a newer schema is refused and left as it was [D7]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  opened(path);
  sql(path, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);");
  const std::string before = content(path);
  const Error error = refused(path);
  CHECK(error.code == ErrorCode::StoreTooNew);
  CHECK(error.message.find("99") != std::string::npos);
  CHECK(content(path) == before);
}

TEST_CASE("a damaged page is found when the store is opened [D7]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  {
    const auto store = opened(path);
    StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(0));
  }
  std::string bytes = content(path);
  const std::size_t page = 4096;
  REQUIRE(bytes.size() > 4 * page);
  for (std::size_t i = 2 * page; i < bytes.size(); i += page) { bytes.replace(i, 64, 64, '\xff'); }
  write_file(path, bytes);
  const Error error = refused(path);
  CHECK(error.code == ErrorCode::StoreDamaged);
  CHECK(content(path) == bytes);
  CHECK(open_sqlite_store(path, {.check = false}));  // For what can still be read.
}

TEST_CASE("a WAL that was cut off loses what was not acknowledged only [D7]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  const auto store = opened(path);
  StoredRun run(*store, walkthrough(), {.id = "r"}, "one", at(0));
  REQUIRE(run.apply({at(1), Suspended{ticket(1)}}));
  // A copy of what the disk has while the store is open, as after a power cut.
  const std::string copy = directory.file("copy.db");
  std::filesystem::copy_file(path, copy);
  std::string wal = content(path + "-wal");
  wal.resize(wal.size() - 100);  // The last frame is torn: its transaction never was.
  write_file(copy + "-wal", wal);
  const auto reopened = opened(copy);
  CHECK(reopened->find("r")->sequence == 0);
  CHECK_FALSE(*verify_history(*reopened, "r"));
}

TEST_CASE("a store can only be asked where it exists") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  CHECK(refused(path, {.access = StoreAccess::Ask}).code == ErrorCode::StoreFailed);
  CHECK_FALSE(std::filesystem::exists(path));
  const auto driving = opened(path);
  StoredRun run(*driving, walkthrough(), {.id = "r"}, "one", at(0));
  const auto asking = opened(path, {.access = StoreAccess::Ask});
  CHECK(asking->find("r"));
  CHECK(asking->ask({.release = "r", .event = "{}", .asked = at(1)}));
}

TEST_CASE("a directory that does not exist, an empty name and a directory are refused [D7]") {
  const TemporaryDirectory directory;
  const Error error = refused(directory.file("no/such/store.db"));
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message.find("make the directory first") != std::string::npos);
  CHECK(refused("").code == ErrorCode::InvalidArgument);
  CHECK(refused(directory.path().string()).code == ErrorCode::InvalidArgument);
}

TEST_CASE("a write that fails inside a statement fails alone [D1]") {
  const TemporaryDirectory directory;
  const auto store = opened(directory.file("store.db"));
  StoredRun first(*store, walkthrough(), {.id = "r-1"}, "one", at(0));
  StoredRun second(*store, walkthrough(), {.id = "r-2"}, "one", at(0));
  ReleaseWrite writes[] = {first.next_write(at(5)), second.next_write(at(6))};
  // The schema knows four states of a command: a fifth fails inside a statement.
  writes[0].commands = {{.ticket = ticket(1), .state = static_cast<StoredCommandState>(9)}};
  const auto results = store->commit(writes);
  REQUIRE(results);
  CHECK(results->at(0).error().code == ErrorCode::InvalidArgument);
  CHECK(results->at(1));
  CHECK(store->find("r-1")->updated == at(0));
  CHECK(store->find("r-2")->updated == at(6));
}

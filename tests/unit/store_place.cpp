// SPDX-License-Identifier: Apache-2.0
// Where a store is: links to it, what is no file, and what is left beside a file that is none.
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "store/sqlite.hpp"
#include "store_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace fs = std::filesystem;

namespace {

Error refused(const std::string& path, StoreAccess access = StoreAccess::Drive) {
  const auto store = open_sqlite_store(path, {.access = access});
  REQUIRE_FALSE(store);
  return store.error();
}

}  // namespace

TEST_CASE("a store behind links has one lock, beside the file itself [D4]") {
  const TemporaryDirectory directory;
  fs::create_directory(directory.path() / "a");
  fs::create_directory(directory.path() / "b");
  const std::string real = directory.file("a/real.db");
  fs::create_symlink("../a/real.db", directory.path() / "b/link.db");
  fs::create_symlink("b", directory.path() / "c");
  const auto by_link = opened(directory.file("c/link.db"));  // Makes what the link names.
  StoredRun run(*by_link, walkthrough(), {.id = "r"}, "one", at(0));
  REQUIRE(run.started);
  CHECK(fs::is_regular_file(real));
  CHECK(fs::exists(real + ".lock"));
  CHECK_FALSE(fs::exists(directory.file("b/link.db.lock")));
  CHECK(opened(real)->find("r"));
}

TEST_CASE("links in a circle are refused") {
  const TemporaryDirectory directory;
  fs::create_symlink("two.db", directory.path() / "one.db");
  fs::create_symlink("one.db", directory.path() / "two.db");
  CHECK(refused(directory.file("one.db")).message.find("symbolic links") != std::string::npos);
}

TEST_CASE("what is no regular file is refused before anything is opened or made [D7]") {
  const TemporaryDirectory directory;
  REQUIRE(mkfifo(directory.file("fifo").c_str(), 0600) == 0);
  fs::create_directory(directory.path() / "folder");
  fs::create_symlink("/dev/null", directory.path() / "null");
  for (const StoreAccess access : {StoreAccess::Drive, StoreAccess::Ask}) {
    const Error fifo = refused(directory.file("fifo"), access);
    CHECK(fifo.code == ErrorCode::InvalidArgument);
    CHECK(fifo.message == "it is a FIFO, not a regular file; name a file");
    CHECK(refused(directory.file("folder"), access).message ==
          "it is a directory; name a file in it");
    CHECK(refused(directory.file("null"), access).message ==
          "it is a device, not a regular file; name a file");
  }
  CHECK_FALSE(fs::exists(directory.file("fifo.lock")));
  CHECK_FALSE(fs::exists(directory.file("folder.lock")));
  CHECK_FALSE(fs::exists("/dev/null.lock"));
}

TEST_CASE("nothing is left beside a file that is no store [D7]") {
  const TemporaryDirectory directory;
  const std::string text = directory.file("flow.yaml");
  std::ofstream(text) << "kind: PromotionFlow\n" << std::string(5000, 'x');
  const std::string short_text = directory.file("short");
  std::ofstream(short_text) << "x";
  const std::string other = directory.file("other.db");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(other.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(database) == SQLITE_OK);
  for (const StoreAccess access : {StoreAccess::Drive, StoreAccess::Ask}) {
    for (const std::string& path : {text, short_text, other}) {
      INFO(path);
      CHECK(refused(path, access).code == ErrorCode::StoreForeign);
    }
  }
  CHECK(std::distance(fs::directory_iterator(directory.path()), {}) == 3);
}

TEST_CASE("a disk that is full is named for every code that means it [D8]") {
  const auto message = [](int code, int system) {
    return detail::error_of(code, system, "store.db", "it failed").message;
  };
  CHECK(message(SQLITE_FULL, 0) == "it failed (SQLite 13); the disk is full: make room on it");
  for (const int code : {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_CANTOPEN}) {
    CHECK(message(code, ENOSPC).ends_with("; the disk is full: make room on it"));
    CHECK(message(code, EDQUOT).ends_with("; the disk is full: make room on it"));
    CHECK_FALSE(message(code, EIO).ends_with("make room on it"));
  }
  CHECK(message(SQLITE_IOERR_SHMSIZE, 0).ends_with("; the disk is full: make room on it"));
}

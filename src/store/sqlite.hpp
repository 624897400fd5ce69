// SPDX-License-Identifier: Apache-2.0
/// @file
/// A thin layer over SQLite's C API: a connection, its prepared statements, a transaction. What
/// fails throws StoreFault, which guarded_store() turns into the Error of a public function.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/guard.hpp"
#include "promoflow/event.hpp"
#include "promoflow/result.hpp"
#include "promoflow/sqlite_store.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// An Error on its way to the guard of the public function.
class StoreFault final : public std::exception {
 public:
  explicit StoreFault(Error error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// Runs the body of a public function of a store.
template <class Body>
auto guarded_store(Body&& body) noexcept -> decltype(body()) {
  return guarded([&]() -> decltype(body()) {
    try {
      return std::forward<Body>(body)();
    } catch (const StoreFault& fault) { return tl::unexpected(fault.error()); }
  });
}

/// What a result code of SQLite, and the system's error behind it, mean to a user.
Error error_of(int code, int system_error, const std::string& path, const char* reason);

/// One connection. Not thread-safe.
class Database {
 public:
  /// Opens the file with SQLite's flags.
  Database(const std::string& path, int flags, const SqliteStoreOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Runs statements that return nothing that is wanted.
  void execute(const char* sql);
  /// The first column of the first row, as text.
  std::string text_of(const char* sql);
  std::int64_t number_of(const char* sql);

  std::int64_t last_row_id() const noexcept { return sqlite3_last_insert_rowid(handle_); }
  bool is_read_only() const noexcept { return sqlite3_db_readonly(handle_, "main") == 1; }
  int changes() const noexcept { return sqlite3_changes(handle_); }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
  /// Pages in the WAL after the last commit.
  int wal_pages() const noexcept { return wal_pages_; }
  const std::string& path() const noexcept { return path_; }

  /// The statement of this text, which must be a literal: it is prepared once and kept.
  sqlite3_stmt* prepare(const char* sql);
  /// Throws for a result code that is an error, with what SQLite says of it.
  void check(int code);
  [[noreturn]] void fail(int code);

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
  int wal_pages_ = 0;
  std::map<const char*, sqlite3_stmt*> statements_;
};

/// One use of a prepared statement: binds its parameters in order, steps, and resets it.
class Query {
 public:
  template <class... Values>
  Query(Database& database, const char* sql, const Values&... values)
      : database_(&database), statement_(database.prepare(sql)) {
    int index = 0;
    (bind(++index, values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  /// The next row, if there is one.
  bool step();
  /// For statements that return no rows.
  void run() {
    while (step()) {}
  }

  std::string text(int column) const;
  std::int64_t number(int column) const noexcept {
    return sqlite3_column_int64(statement_, column);
  }
  std::uint64_t count(int column) const noexcept {
    return static_cast<std::uint64_t>(number(column));
  }
  Instant time(int column) const noexcept {
    return Instant(std::chrono::milliseconds(number(column)));
  }
  bool is_null(int column) const noexcept {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::optional<std::string> optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
  }
  std::optional<Instant> optional_time(int column) const noexcept {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }

 private:
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, Instant value) {
    bind(index, std::int64_t{value.time_since_epoch().count()});
  }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) { bind(index, *value); }  // Else it stays NULL.
  }

  Database* database_;
  sqlite3_stmt* statement_;
};

/// BEGIN IMMEDIATE; rolls back unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(&database) {
    Query(database, "BEGIN IMMEDIATE").run();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit() { Query(*database_, "COMMIT").run(); }

 private:
  Database* database_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct Meaning {
  int code;
  ErrorCode error;
  std::string_view advice;
};

/// What SQLite's result codes mean to a user; all others are StoreFailed.
constexpr Meaning kMeanings[] = {
    {SQLITE_CORRUPT, ErrorCode::StoreDamaged,
     "; restore a backup, or save what can be read with sqlite3's .recover"},
    {SQLITE_NOTADB, ErrorCode::StoreForeign, ", so it is no promoflow store; name another file"},
    {SQLITE_CONSTRAINT, ErrorCode::InvalidArgument, ""},
    {SQLITE_TOOBIG, ErrorCode::InvalidArgument, ""},
    {SQLITE_RANGE, ErrorCode::InvalidArgument, ""},
    {SQLITE_MISUSE, ErrorCode::Internal, ""},
    {SQLITE_READONLY, ErrorCode::StoreFailed, "; the file and its directory must be writable"},
    {SQLITE_PERM, ErrorCode::StoreFailed, "; the file and its directory must be writable"},
    {SQLITE_CANTOPEN, ErrorCode::StoreFailed, "; it must exist, in a directory that is writable"},
    {SQLITE_BUSY, ErrorCode::StoreFailed, "; another program holds a lock on it"},
};

/// A directory that a reader cannot write has no place for the index of a WAL. Without a WAL nobody
/// writes, and the file alone is the store. Empty: the path itself.
std::string immutable_uri(const std::string& path, int flags) {
  if ((flags & SQLITE_OPEN_READONLY) == 0) { return {}; }
  struct stat wal {};
  const bool has_wal = stat((path + "-wal").c_str(), &wal) == 0;
  const bool has_index = access((path + "-shm").c_str(), F_OK) == 0;
  if (has_wal && (has_index || wal.st_size != 0)) { return {}; }
  std::string uri = "file:";
  for (const char byte : path) {
    const bool is_plain = byte != '%' && byte != '?' && byte != '#';
    uri += is_plain ? std::string(1, byte) : fmt::format("%{:02x}", byte);
  }
  return uri + "?immutable=1";
}

/// The system's number is gone by the time at which SQLite says that a write failed.
bool files_are_limited() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

}  // namespace

Error error_of(int code, int system_error, const std::string& path, const char* reason) {
  const int primary = code & 0xff;  // The upper bits say where it happened.
  ErrorCode error = ErrorCode::StoreFailed;
  std::string_view advice;
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == primary) {
      error = meaning.error;
      advice = meaning.advice;
    }
  }
  // A full disk has many codes: they say what could not be done.
  if (code == SQLITE_IOERR_WRITE && files_are_limited()) {
    advice = "; this process may not write larger files: raise the limit ('ulimit -f')";
  } else if (primary == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE || system_error == ENOSPC ||
             system_error == EDQUOT) {
    advice = "; the disk is full: make room on it";
  }
  return {error, path, fmt::format("{} (SQLite {}){}", reason, code, advice)};
}

Database::Database(const std::string& path, int flags, const SqliteStoreOptions& options)
    : path_(path) {
  const std::string uri = immutable_uri(path, flags);
  flags |= SQLITE_OPEN_NOMUTEX | (uri.empty() ? 0 : SQLITE_OPEN_URI);
  const int code = sqlite3_open_v2(uri.empty() ? path.c_str() : uri.c_str(), &handle_, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) {
    // The destructor of an object whose constructor throws does not run.
    const std::string reason = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close_v2(handle_);
    if (code == SQLITE_NOMEM) { throw std::bad_alloc(); }
    throw StoreFault(error_of(code, errno, path, reason.c_str()));
  }
  sqlite3_extended_result_codes(handle_, 1);
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  sqlite3_busy_timeout(handle_,
                       static_cast<int>(std::min<std::int64_t>(options.patience.count(), kMost)));
  // Closing must not touch a foreign file, and ours is only checkpointed under the writers' lock.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // In place of SQLite's own checkpoint after 1000 pages, which would run outside that lock.
  sqlite3_wal_hook(
      handle_,
      [](void* database, sqlite3*, const char*, int pages) {
        static_cast<Database*>(database)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) { sqlite3_finalize(statement); }
  sqlite3_close_v2(handle_);
}

void Database::fail(int code) {
  if ((code & 0xff) == SQLITE_NOMEM) { throw std::bad_alloc(); }
  throw StoreFault(error_of(code, sqlite3_system_errno(handle_), path_, sqlite3_errmsg(handle_)));
}

void Database::check(int code) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) { fail(code); }
}

void Database::execute(const char* sql) {
  check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

std::string Database::text_of(const char* sql) {
  Query query(*this, sql);
  return query.step() ? query.text(0) : std::string();
}

std::int64_t Database::number_of(const char* sql) {
  Query query(*this, sql);
  return query.step() ? query.number(0) : 0;
}

sqlite3_stmt* Database::prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  }
  return statement;
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) { return true; }
  if (code != SQLITE_DONE) { database_->fail(code); }
  return false;
}

std::string Query::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

// SQLite reads the text until the statement is reset, and the caller's value lives longer.
void Query::bind(int index, std::string_view value) {
  database_->check(sqlite3_bind_text64(statement_, index, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(int index, std::int64_t value) {
  database_->check(sqlite3_bind_int64(statement_, index, value));
}

Transaction::~Transaction() {
  if (!database_->in_transaction()) { return; }
  try {
    database_->execute("ROLLBACK");
  } catch (const std::exception&) {  // SQLite has then rolled back itself, or does when it closes.
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "bare_disk.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "promoflow/sqlite_store.hpp"

namespace promoflow::bench {

namespace {

constexpr int kWalPagesMax = 1000;  // As the store's.

[[noreturn]] void stop(sqlite3* database) {
  std::fprintf(stderr, "promoflow_engine_bench: SQLite: %s\n", sqlite3_errmsg(database));
  std::exit(2);
}

}  // namespace

/// A prepared statement; binds values in their order.
class BareDisk::Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) !=
        SQLITE_OK) {
      stop(database);
    }
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& add(const std::string& text) {
    sqlite3_bind_text64(statement_, ++index_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& add(std::string_view text) {
    sqlite3_bind_text64(statement_, ++index_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& add(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++index_, number);
    return *this;
  }
  Statement& add(Instant time) { return add(std::int64_t{time.time_since_epoch().count()}); }
  template <class Value>
  Statement& add(const std::optional<Value>& value) {
    if (value) { return add(*value); }
    sqlite3_bind_null(statement_, ++index_);
    return *this;
  }
  /// The next row, if there is one.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) { return true; }
    if (code != SQLITE_DONE) { stop(database_); }
    return false;
  }
  void run() {
    while (step()) {}
    reset();
  }
  void reset() {
    sqlite3_reset(statement_);
    index_ = 0;
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (int i = 0; i < sqlite3_column_count(statement_); ++i) {
      static_cast<void>(sqlite3_column_blob(statement_, i));
      sum += static_cast<std::size_t>(sqlite3_column_bytes(statement_, i));
    }
    return sum;
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int index_ = 0;
};

struct BareDisk::Impl {
  sqlite3* database = nullptr;
  int wal_pages = 0;
  std::map<std::string, std::int64_t> numbers{};
  std::unique_ptr<Statement> begin, end, flow, release, start, event, command, update, ended,
      snapshot;
  std::unique_ptr<Statement> rows_of_release, rows_of_start, rows_of_events, rows_of_commands;

  void execute(const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) { stop(database); }
  }
  void prepare();
  void write(const ReleaseWrite& write);
  void checkpoint() {
    if (wal_pages >= kWalPagesMax) { execute("PRAGMA wal_checkpoint(PASSIVE)"); }
  }
};

void BareDisk::Impl::prepare() {
  const auto make = [&](const char* sql) { return std::make_unique<Statement>(database, sql); };
  begin = make("BEGIN IMMEDIATE");
  end = make("COMMIT");
  flow = make("INSERT OR IGNORE INTO flow VALUES (?, ?, ?)");
  release = make(
      "INSERT INTO release (id, flow, url, product, version, commit_sha, library, created, "
      "updated, "
      "status, phase, owner, epoch, sequence, head) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)");
  start = make("INSERT INTO start VALUES (?, ?, '{}', ?, ?, ?)");
  event = make("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)");
  command =
      make("INSERT OR REPLACE INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  update = make(
      "UPDATE release SET status = ?, phase = ?, updated = ?, owner = ?, sequence = ?, head = ? "
      "WHERE number = ?");
  ended = make("UPDATE release SET ended = ? WHERE number = ?");
  snapshot = make("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)");
  rows_of_release = make("SELECT * FROM release JOIN flow ON fingerprint = flow WHERE id = ?");
  rows_of_start =
      make("SELECT * FROM start WHERE release = (SELECT number FROM release WHERE id = ?)");
  rows_of_events = make(
      "SELECT * FROM event WHERE release = (SELECT number FROM release WHERE id = ?) "
      "ORDER BY sequence");
  rows_of_commands = make(
      "SELECT * FROM command WHERE release = (SELECT number FROM release WHERE id = ?) "
      "ORDER BY ticket");
}

BareDisk::BareDisk(const std::string& path) : impl_(new Impl) {
  // The store makes the tables, so that they are the same.
  if (!open_sqlite_store(path)) {
    std::fprintf(stderr, "promoflow_engine_bench: %s cannot be made\n", path.c_str());
    std::exit(2);
  }
  if (sqlite3_open_v2(path.c_str(), &impl_->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    stop(impl_->database);
  }
  impl_->execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;"
      "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY");
  sqlite3_wal_hook(
      impl_->database,
      [](void* impl, sqlite3*, const char*, int pages) {
        static_cast<Impl*>(impl)->wal_pages = pages;
        return SQLITE_OK;
      },
      impl_);
  impl_->prepare();
}

BareDisk::~BareDisk() {
  sqlite3* const database = impl_->database;
  delete impl_;
  sqlite3_close_v2(database);
}

void BareDisk::Impl::write(const ReleaseWrite& write) {
  if (write.start) {
    const StoreStart& s = *write.start;
    flow->add(s.fingerprint).add(s.flow_name).add(s.manifest).run();
    release->add(write.release).add(s.fingerprint).add(s.info.url).add(s.info.product);
    release->add(s.info.version).add(s.info.commit_sha).add(s.library_version).add(s.at).add(s.at);
    release->add(static_cast<std::int64_t>(write.status)).add(write.phase).add(write.owner);
    release->add(static_cast<std::int64_t>(write.epoch)).add(write.head).run();
    numbers[write.release] = sqlite3_last_insert_rowid(database);
    start->add(numbers[write.release]).add(s.context).add(s.executor).add(s.run).add(s.trace).run();
  }
  const std::int64_t number = numbers[write.release];
  std::int64_t sequence = 0;
  for (const StoredEntry& entry : write.entries) {
    sequence = static_cast<std::int64_t>(entry.sequence);
    event->add(number).add(sequence).add(entry.at).add(entry.event).add(entry.trace);
    event->add(entry.hash).run();
  }
  for (const StoredCommand& c : write.commands) {
    command->add(number).add(static_cast<std::int64_t>(c.ticket)).add(c.hook).add(c.environment);
    command->add(static_cast<std::int64_t>(c.point)).add(std::int64_t{c.attempt});
    command->add(to_string(c.state)).add(c.issued).add(c.handed).add(c.ended).add(c.stopped);
    command->add(c.succeeded ? std::optional(std::int64_t{*c.succeeded}) : std::nullopt);
    command->add(c.reference).add(c.message).add(c.context).run();
  }
  if (write.snapshot) { snapshot->add(number).add(sequence).add(*write.snapshot).run(); }
  update->add(static_cast<std::int64_t>(write.status)).add(write.phase).add(write.updated);
  update->add(write.give_up ? std::nullopt : std::optional(write.owner)).add(sequence);
  update->add(write.head).add(number).run();
  if (is_final(write.status)) { ended->add(write.updated).add(number).run(); }
}

void BareDisk::commit(std::span<const ReleaseWrite> batch) {
  impl_->begin->run();
  for (const ReleaseWrite& write : batch) { impl_->write(write); }
  impl_->end->run();
  impl_->checkpoint();
}

void BareDisk::commit_row(std::size_t number, const StoredEntry& entry) {
  impl_->begin->run();
  impl_->event->add(std::int64_t{1}).add(static_cast<std::int64_t>(number)).add(entry.at);
  impl_->event->add(entry.event).add(entry.trace).add(entry.hash).run();
  impl_->end->run();
  impl_->checkpoint();
}

std::size_t BareDisk::read(const std::string& release) {
  std::size_t bytes = 0;
  for (Statement* rows : {impl_->rows_of_release.get(), impl_->rows_of_start.get(),
                          impl_->rows_of_events.get(), impl_->rows_of_commands.get()}) {
    rows->add(release);
    while (rows->step()) { bytes += rows->bytes(); }
    rows->reset();
  }
  return bytes;
}

}  // namespace promoflow::bench

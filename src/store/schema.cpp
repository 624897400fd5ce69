// SPDX-License-Identifier: Apache-2.0
#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Version 1. docs/store.md explains each table; a change here is a new version, and a step from
/// the last one in kMigrations.
constexpr const char* kTables = R"sql(
CREATE TABLE flow (
  fingerprint TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  manifest    TEXT NOT NULL
) STRICT;

CREATE TABLE owner (
  id              TEXT PRIMARY KEY,
  host            TEXT NOT NULL,
  boot_id         TEXT NOT NULL,
  process         INTEGER NOT NULL,
  process_started INTEGER NOT NULL,
  since           INTEGER NOT NULL,
  heartbeat       INTEGER NOT NULL
) STRICT;

CREATE TABLE release (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  flow       TEXT NOT NULL REFERENCES flow(fingerprint),
  url        TEXT NOT NULL,
  product    TEXT NOT NULL,
  version    TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  library    TEXT NOT NULL,
  created    INTEGER NOT NULL,
  updated    INTEGER NOT NULL,
  ended      INTEGER,
  status     INTEGER NOT NULL,
  phase      TEXT NOT NULL,
  owner      TEXT,
  epoch      INTEGER NOT NULL,
  sequence   INTEGER NOT NULL,
  head       TEXT NOT NULL
) STRICT;
CREATE INDEX release_unfinished ON release(number) WHERE ended IS NULL;
CREATE INDEX release_ended ON release(ended) WHERE ended IS NOT NULL;

CREATE TABLE start (
  release   INTEGER PRIMARY KEY REFERENCES release(number),
  context   TEXT NOT NULL,
  selection TEXT NOT NULL,
  executor  TEXT NOT NULL,
  run       TEXT NOT NULL,
  trace     TEXT NOT NULL
) STRICT;

CREATE TABLE event (
  release  INTEGER NOT NULL REFERENCES release(number),
  sequence INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  event    TEXT NOT NULL,
  trace    TEXT NOT NULL,
  hash     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_order ON event(release, sequence);

CREATE TABLE snapshot (
  release  INTEGER NOT NULL REFERENCES release(number),
  sequence INTEGER NOT NULL,
  state    TEXT NOT NULL,
  PRIMARY KEY (release, sequence)
) STRICT;

CREATE TABLE command (
  release     INTEGER NOT NULL REFERENCES release(number),
  ticket      INTEGER NOT NULL,
  hook        TEXT NOT NULL,
  environment TEXT,
  point       INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('issued', 'handed', 'ended', 'cancelled')),
  issued      INTEGER NOT NULL,
  handed      INTEGER,
  ended       INTEGER,
  stopped     INTEGER,
  succeeded   INTEGER,
  reference   TEXT NOT NULL,
  message     TEXT NOT NULL,
  context     TEXT,
  PRIMARY KEY (release, ticket)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  release INTEGER NOT NULL REFERENCES release(number),
  event   TEXT NOT NULL,
  by      TEXT NOT NULL,
  asked   INTEGER NOT NULL,
  decided INTEGER,
  applied INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX request_open ON request(id) WHERE decided IS NULL;
)sql";

/// The step from version `i + 1` to the next one.
constexpr std::array<const char*, 0> kMigrations{};
static_assert(std::size(kMigrations) + 1 == kSchemaVersion);

[[noreturn]] void foreign(const std::string& path, std::string_view why) {
  throw StoreFault({ErrorCode::StoreForeign, path,
                    fmt::format("this is no promoflow store: {}; name another file", why)});
}

void set_version(Database& database) {
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
}

void make_tables(Database& database) {
  // In one transaction with its mark: a crash leaves an empty file or a whole store.
  Transaction transaction(database);
  database.execute(kTables);
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
  set_version(database);
  transaction.commit();
}

void migrate(Database& database, std::int64_t version) {
  const std::string backup = fmt::format("{}.version-{}", database.path(), version);
  Query(database, "VACUUM INTO ?", backup).run();
  Transaction transaction(database);
  for (auto step = static_cast<std::size_t>(version - 1); step < kMigrations.size(); ++step) {
    database.execute(kMigrations[step]);
  }
  set_version(database);
  transaction.commit();
}

}  // namespace

void prepare_schema(Database& database, bool may_write) {
  const std::int64_t id = database.number_of("PRAGMA application_id");
  const bool is_empty = database.number_of("PRAGMA page_count") == 0;
  if (id != kApplicationId && !is_empty) {
    foreign(database.path(), "it is an SQLite database of another program");
  }
  if (is_empty && !may_write) { foreign(database.path(), "it is empty"); }
  if (is_empty) {
    make_tables(database);
    return;
  }
  const std::int64_t version = database.number_of("PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw StoreFault({ErrorCode::StoreTooNew, database.path(),
                      fmt::format("the store's schema has version {}, this library knows {}; "
                                  "upgrade promoflow",
                                  version, kSchemaVersion)});
  }
  if (version == kSchemaVersion) { return; }
  if (!may_write) {
    throw StoreFault(
        {ErrorCode::StoreFailed, database.path(),
         fmt::format("the store's schema has the old version {}; `promoflow resume` or "
                     "`promoflow run` brings it up to date",
                     version)});
  }
  migrate(database, version);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// Opening, writing and ownership. What reads is in sqlite_reads.cpp.
#include "store/sqlite_store.hpp"

#include <fmt/format.h>

#include <utility>

#include "store/schema.hpp"
#include "store/start_json.hpp"
#include "store/store_file.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr int kWalPagesMax = 1000;  // Then it is copied back into the file: about 4 MiB.
constexpr std::uint32_t kSnapshotsKept = 2;

/// Without the lock, which only a reader can do without, nothing may be written.
int open_flags(StoreAccess access, bool locked) {
  if (!locked) { return SQLITE_OPEN_READONLY; }
  return access == StoreAccess::Drive ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                      : SQLITE_OPEN_READWRITE;
}

/// The file itself. What must hold before it, or anything beside it, may be touched.
std::string checked(const std::string& path, const SqliteStoreOptions& options) {
  if (path.empty()) {
    throw StoreFault({ErrorCode::InvalidArgument, "path", "it is empty; name a file"});
  }
  if (!options.vfs.empty()) { return path; }
  std::string file = resolved_path(path);
  check_store_file(file, options.access);
  return file;
}

std::optional<std::int64_t> succeeded_of(const StoredCommand& command) {
  return command.succeeded ? std::optional(std::int64_t{*command.succeeded}) : std::nullopt;
}

/// Which of its events, counted from 1, does not follow the one before it; 0: each does.
std::uint64_t gap_in(const ReleaseWrite& write, std::uint64_t stored) {
  for (std::size_t i = 0; i < write.entries.size(); ++i) {
    if (write.entries[i].sequence != stored + i + 1) { return i + 1; }
  }
  return 0;
}

tl::unexpected<Error> refusal(ErrorCode code, std::string_view release, std::string message) {
  return tl::unexpected(Error{code, std::string(release), std::move(message)});
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, const SqliteStoreOptions& options)
    : path_(checked(path, options)),
      lock_(options.vfs.empty() ? path_ + ".lock" : std::string(), options.access,
            options.patience),
      database_(path_, open_flags(options.access, lock_.is_open() || !options.vfs.empty()),
                options),
      access_(options.access) {
  const std::scoped_lock writers(lock_);
  prepare_schema(database_, access_ == StoreAccess::Drive);
  // SQLite opens what cannot be written to be read. An engine would wait until it can be.
  if (access_ == StoreAccess::Drive && database_.is_read_only()) {
    throw StoreFault({ErrorCode::StoreFailed, path,
                      "it cannot be written; the file and its directory must be writable"});
  }
  if (access_ == StoreAccess::Drive && database_.text_of("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreFault({ErrorCode::StoreFailed, path,
                      "the file system does not take a write-ahead log; put the store elsewhere"});
  }
  database_.execute(
      "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; PRAGMA journal_size_limit = 16777216;"
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192");
  if (options.check) {
    const std::string found = database_.text_of("PRAGMA quick_check(1)");
    if (found != "ok") {
      throw StoreFault({ErrorCode::StoreDamaged, path,
                        fmt::format("{}; restore a backup, or save what can be read with "
                                    "sqlite3's .recover",
                                    found)});
    }
  }
}

SqliteStore::~SqliteStore() {
  if (access_ != StoreAccess::Drive) { return; }
  try {  // So that the file alone is the whole store, as long as nobody else has it open.
    const std::scoped_lock writers(lock_);
    database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const std::exception&) {  // Nothing is lost: it stays in the WAL.
  }
}

template <class Body>
auto SqliteStore::write(Body&& body) {
  const std::scoped_lock guard(mutex_);
  const std::scoped_lock writers(lock_);
  Transaction transaction(database_);
  auto result = std::forward<Body>(body)();
  transaction.commit();
  checkpoint_if_due();
  return result;
}

void SqliteStore::checkpoint_if_due() noexcept {
  if (access_ != StoreAccess::Drive || database_.wal_pages() < kWalPagesMax) { return; }
  try {
    Query(database_, "PRAGMA wal_checkpoint(PASSIVE)").run();
  } catch (const std::exception&) {  // The commit stands; the next one tries again.
  }
}

Result<std::vector<Result<void>>> SqliteStore::commit(
    std::span<const ReleaseWrite> writes) noexcept {
  return guarded_store([&]() -> Result<std::vector<Result<void>>> {
    std::vector<Result<void>> results(writes.size());
    // A write that fails inside its statements takes the transaction with it: it is left out, and
    // the others are written anew.
    std::vector<bool> left_out(writes.size(), false);
    for (bool whole = false; !whole;) {
      std::size_t failing = writes.size();
      try {
        write([&] {
          for (failing = 0; failing < writes.size(); ++failing) {
            if (!left_out[failing]) { results[failing] = write_one(writes[failing]); }
          }
          return true;
        });
        whole = true;
      } catch (const StoreFault& fault) {
        const bool is_its_own = fault.error().code == ErrorCode::InvalidArgument;
        if (!is_its_own || failing == writes.size()) { throw; }
        left_out[failing] = true;
        results[failing] = tl::unexpected(fault.error());
      }
    }
    return results;
  });
}

Result<void> SqliteStore::write_one(const ReleaseWrite& write) {
  std::optional<std::int64_t> number = advance(write);
  if (!number) {
    // What is refused leaves no trace: nothing has been written so far.
    const Result<std::int64_t> checked = check_and_write_state(write);
    if (!checked) { return tl::unexpected(checked.error()); }
    number = *checked;
  }
  write_entries(*number, write);
  write_commands(*number, write);
  for (const StoredRequest& decision : write.decisions) {
    Query(database_, "UPDATE request SET decided = ?, applied = ?, message = ? WHERE id = ?",
          decision.decided, std::int64_t{decision.applied}, decision.message, decision.id)
        .run();
  }
  if (write.snapshot) { write_snapshot(*number, *write.snapshot); }
  return {};
}

/// The usual case in one statement: a release of ours goes on. None: nothing was written, and
/// whatever it is has to be looked at.
std::optional<std::int64_t> SqliteStore::advance(const ReleaseWrite& write) {
  const bool is_usual = !write.start && !write.entries.empty() && !is_final(write.status) &&
                        !write.give_up && gap_in(write, write.entries.front().sequence - 1) == 0;
  const auto known = is_usual ? numbers_.find(write.release) : numbers_.end();
  if (known == numbers_.end()) { return std::nullopt; }
  Query(database_,
        "UPDATE release SET status = ?, phase = ?, updated = ?, sequence = ?, head = ? "
        "WHERE number = ? AND id = ? AND owner = ? AND epoch = ? AND sequence = ? "
        "AND ended IS NULL",
        static_cast<std::int64_t>(write.status), write.phase, write.updated,
        write.entries.back().sequence, write.head, known->second, write.release, write.owner,
        write.epoch, write.entries.front().sequence - 1)
      .run();
  if (database_.changes() == 0) { return std::nullopt; }
  return known->second;
}

Result<std::int64_t> SqliteStore::check_and_write_state(const ReleaseWrite& write) {
  std::optional<Row> row = row_of(write.release);
  if (write.start && row) {
    return refusal(ErrorCode::ReleaseExists, write.release,
                   "the store has a release of this id; use another id, or `promoflow resume`");
  }
  if (!write.start && !row) {
    return refusal(ErrorCode::UnknownRelease, write.release, "the store has no such release");
  }
  if (row && (row->owner != write.owner || row->epoch != write.epoch)) {
    return refusal(ErrorCode::NotOwner, write.release,
                   "another engine has taken this release over; nothing more is written here");
  }
  const std::uint64_t stored = row ? row->sequence : 0;
  if (const std::uint64_t gap = gap_in(write, stored); gap != 0) {
    return refusal(ErrorCode::InvalidArgument, write.release,
                   fmt::format("event {} does not follow event {}", write.entries[gap - 1].sequence,
                               stored + gap - 1));
  }
  if (!row) { row.emplace().number = write_start(write); }
  write_state(*row, write, stored + write.entries.size());
  if (write.give_up || is_final(write.status)) {
    numbers_.erase(write.release);
  } else {
    numbers_.insert_or_assign(write.release, row->number);
  }
  return row->number;
}

std::int64_t SqliteStore::write_start(const ReleaseWrite& write) {
  const StoreStart& start = *write.start;
  Query(database_,
        "INSERT INTO flow (fingerprint, name, manifest) VALUES (?, ?, ?) "
        "ON CONFLICT (fingerprint) DO NOTHING",
        start.fingerprint, start.flow_name, start.manifest)
      .run();
  Query(database_,
        "INSERT INTO release (id, flow, url, product, version, commit_sha, library, created, "
        "updated, status, phase, owner, epoch, sequence, head) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        write.release, start.fingerprint, start.info.url, start.info.product, start.info.version,
        start.info.commit_sha, start.library_version, start.at, start.at,
        static_cast<std::int64_t>(write.status), write.phase, write.owner, write.epoch, write.head)
      .run();
  const std::int64_t number = database_.last_row_id();
  Query(database_,
        "INSERT INTO start (release, context, selection, executor, run, trace) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        number, start.context, selection_to_json(start.selection), start.executor, start.run,
        start.trace)
      .run();
  return number;
}

void SqliteStore::write_state(const Row& row, const ReleaseWrite& write, std::uint64_t sequence) {
  Query(database_,
        "UPDATE release SET status = ?, phase = ?, updated = ?, owner = ?, sequence = ?, head = ? "
        "WHERE number = ?",
        static_cast<std::int64_t>(write.status), write.phase, write.updated,
        write.give_up ? std::nullopt : std::optional(write.owner), sequence, write.head, row.number)
      .run();
  // Two indexes depend on `ended`: to set what it is already would write their pages with each
  // event.
  const bool ends = is_final(write.status);
  if (!ends && !row.is_final) { return; }
  Query(database_, "UPDATE release SET ended = ? WHERE number = ?",
        ends ? std::optional(write.updated) : std::nullopt, row.number)
      .run();
}

void SqliteStore::write_entries(std::int64_t number, const ReleaseWrite& write) {
  for (const StoredEntry& entry : write.entries) {
    Query(database_,
          "INSERT INTO event (release, sequence, at, event, trace, hash) "
          "VALUES (?, ?, ?, ?, ?, ?)",
          number, entry.sequence, entry.at, entry.event, entry.trace, entry.hash)
        .run();
  }
}

void SqliteStore::write_commands(std::int64_t number, const ReleaseWrite& write) {
  for (const StoredCommand& command : write.commands) {
    // Most rows that are new are not over, and most that are over are not new. (One statement for
    // both, with ON CONFLICT DO UPDATE, makes a temporary table each time.)
    const bool is_over = command.ended.has_value();
    if (is_over && update_command(number, command)) { continue; }
    if (!insert_command(number, command)) { update_command(number, command); }
  }
}

bool SqliteStore::insert_command(std::int64_t number, const StoredCommand& command) {
  Query(database_,
        "INSERT INTO command (release, ticket, hook, environment, point, attempt, state, issued, "
        "handed, ended, stopped, succeeded, reference, message, context) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (release, ticket) DO NOTHING",
        number, static_cast<std::uint64_t>(command.ticket), command.hook, command.environment,
        static_cast<std::int64_t>(command.point), std::int64_t{command.attempt},
        to_string(command.state), command.issued, command.handed, command.ended, command.stopped,
        succeeded_of(command), command.reference, command.message, command.context)
      .run();
  return database_.changes() != 0;
}

/// What may change of a row. False: there is none.
bool SqliteStore::update_command(std::int64_t number, const StoredCommand& command) {
  Query(database_,
        "UPDATE command SET attempt = ?, state = ?, handed = ?, ended = ?, stopped = ?, "
        "succeeded = ?, reference = ?, message = ?, context = ? WHERE release = ? AND ticket = ?",
        std::int64_t{command.attempt}, to_string(command.state), command.handed, command.ended,
        command.stopped, succeeded_of(command), command.reference, command.message, command.context,
        number, static_cast<std::uint64_t>(command.ticket))
      .run();
  return database_.changes() != 0;
}

void SqliteStore::write_snapshot(std::int64_t number, const std::string& state) {
  Query(database_,
        "INSERT OR REPLACE INTO snapshot (release, sequence, state) "
        "SELECT number, sequence, ? FROM release WHERE number = ?",
        state, number)
      .run();
  Query(database_,
        "DELETE FROM snapshot WHERE release = ?1 AND sequence NOT IN "
        "(SELECT sequence FROM snapshot WHERE release = ?1 ORDER BY sequence DESC LIMIT ?2)",
        number, std::int64_t{kSnapshotsKept})
      .run();
}

Result<void> SqliteStore::renew(const StoreOwner& owner) noexcept {
  return guarded_store([&] {
    return write([&]() -> Result<void> {
      Query(database_,
            "INSERT INTO owner (id, host, boot_id, process, process_started, since, heartbeat) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET heartbeat = excluded.heartbeat",
            owner.id, owner.host, owner.boot_id, owner.process, owner.process_started, owner.since,
            owner.heartbeat)
          .run();
      return {};
    });
  });
}

Result<void> SqliteStore::leave(std::string_view owner_id) noexcept {
  return guarded_store([&] {
    return write([&]() -> Result<void> {
      Query(database_, "UPDATE release SET owner = NULL WHERE ended IS NULL AND owner = ?",
            owner_id)
          .run();
      Query(database_, "DELETE FROM owner WHERE id = ?", owner_id).run();
      numbers_.clear();
      return {};
    });
  });
}

Result<Claim> SqliteStore::claim(std::string_view release, const StoreOwner& owner,
                                 const OwnerCheck& check) noexcept {
  return guarded_store([&] { return write([&] { return claim_one(release, owner, check); }); });
}

Result<std::vector<Result<Claim>>> SqliteStore::claim_all(std::span<const std::string> releases,
                                                          const StoreOwner& owner,
                                                          const OwnerCheck& check) noexcept {
  return guarded_store([&] {
    return write([&]() -> Result<std::vector<Result<Claim>>> {
      std::vector<Result<Claim>> claims;
      for (const std::string& release : releases) {
        claims.push_back(claim_one(release, owner, check));
      }
      return claims;
    });
  });
}

Result<Claim> SqliteStore::claim_one(std::string_view release, const StoreOwner& owner,
                                     const OwnerCheck& check) {
  const std::optional<Row> row = row_of(release);
  if (!row) { return refusal(ErrorCode::UnknownRelease, release, "the store has no such release"); }
  Claim claim;
  if (!row->owner.empty()) { claim.owner = owner_of(row->owner); }
  if (claim.owner && claim.owner->id != owner.id && !check.is_gone(*claim.owner)) { return claim; }
  claim.epoch = row->epoch + 1;
  Query(database_, "UPDATE release SET owner = ?, epoch = ? WHERE number = ?", owner.id,
        claim.epoch, row->number)
      .run();
  return claim;
}

Result<std::uint64_t> SqliteStore::ask(const StoredRequest& request) noexcept {
  return guarded_store([&] {
    return write([&]() -> Result<std::uint64_t> {
      Query(database_,
            "INSERT INTO request (release, event, by, asked, applied, message) "
            "VALUES (?, ?, ?, ?, 0, '')",
            number_of(request.release), request.event, request.by, request.asked)
          .run();
      return static_cast<std::uint64_t>(database_.last_row_id());
    });
  });
}

Result<void> SqliteStore::remove(std::string_view release) noexcept {
  return guarded_store([&] {
    return write([&]() -> Result<void> {
      const std::optional<Row> row = row_of(release);
      if (!row) {
        return refusal(ErrorCode::UnknownRelease, release, "the store has no such release");
      }
      if (!row->is_final || !row->owner.empty()) {
        return refusal(ErrorCode::NotAllowed, release,
                       "only a release that has ended and that nobody drives can be removed");
      }
      constexpr const char* kRemovals[] = {
          "DELETE FROM request WHERE release = ?",  "DELETE FROM command WHERE release = ?",
          "DELETE FROM snapshot WHERE release = ?", "DELETE FROM event WHERE release = ?",
          "DELETE FROM start WHERE release = ?",    "DELETE FROM release WHERE number = ?"};
      for (const char* removal : kRemovals) { Query(database_, removal, row->number).run(); }
      Query(database_,
            "DELETE FROM flow WHERE NOT EXISTS "
            "(SELECT 1 FROM release WHERE release.flow = flow.fingerprint)")
          .run();
      return {};
    });
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

namespace promoflow::inline PROMOFLOW_NAMESPACE {

Result<std::unique_ptr<Store>> open_sqlite_store(std::string_view path,
                                                 const SqliteStoreOptions& options) noexcept {
  return detail::guarded_store([&]() -> Result<std::unique_ptr<Store>> {
    return std::make_unique<detail::SqliteStore>(std::string(path), options);
  });
}

std::string_view sqlite_version() noexcept { return sqlite3_libversion(); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// What the SQLite store reads.
#include <fmt/format.h>

#include "store/sqlite_store.hpp"
#include "store/start_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// In the order of release_at().
#define PROMOFLOW_RELEASE_ROW                                                                    \
  "SELECT r.number, r.id, f.name, r.flow, r.url, r.product, r.version, r.commit_sha, r.status, " \
  "r.phase, r.created, r.updated, r.ended, r.owner, r.epoch, r.sequence, r.head "                \
  "FROM release r LEFT JOIN flow f ON f.fingerprint = r.flow "

/// A row that belongs to a release is not there, or makes no sense.
StoreFault damaged(std::string_view release, std::string_view problem) {
  return StoreFault({ErrorCode::StoreDamaged, std::string(release),
                     fmt::format("{}; restore a backup", problem)});
}

EnvironmentSelection selection_of(std::string_view release, std::string_view text) {
  try {
    return selection_from_json(text);
  } catch (const StoreFault& fault) {
    throw damaged(release, "its row in the table 'start' is damaged: " + fault.error().message);
  }
}

StoredEntry entry_at(const Query& query) {
  return {.sequence = query.count(0),
          .at = query.time(1),
          .event = query.text(2),
          .trace = query.text(3),
          .hash = query.text(4)};
}

StoredRequest request_at(const Query& query) {
  return {.id = query.count(0),
          .release = query.text(1),
          .event = query.text(2),
          .by = query.text(3),
          .asked = query.time(4),
          .decided = query.optional_time(5),
          .applied = query.number(6) != 0,
          .message = query.text(7)};
}

StoredCommandState command_state(std::string_view name) {
  for (const StoredCommandState state :
       {StoredCommandState::Issued, StoredCommandState::Handed, StoredCommandState::Ended}) {
    if (to_string(state) == name) { return state; }
  }
  return StoredCommandState::Cancelled;  // The schema allows no fifth.
}

StoredCommand command_at(const Query& query) {
  StoredCommand command{.ticket = Ticket{query.count(0)},
                        .hook = query.text(1),
                        .environment = query.optional_text(2),
                        .point = static_cast<Point>(query.number(3)),
                        .attempt = static_cast<std::uint32_t>(query.number(4)),
                        .state = command_state(query.text(5)),
                        .issued = query.time(6),
                        .handed = query.optional_time(7),
                        .ended = query.optional_time(8),
                        .stopped = query.optional_time(9),
                        .reference = query.text(11),
                        .message = query.text(12),
                        .context = query.optional_text(13)};
  if (!query.is_null(10)) { command.succeeded = query.number(10) != 0; }
  return command;
}

}  // namespace

std::optional<SqliteStore::Row> SqliteStore::row_of(std::string_view release) {
  Query query(database_,
              "SELECT number, owner, epoch, sequence, ended IS NOT NULL FROM release WHERE id = ?",
              release);
  if (!query.step()) { return std::nullopt; }
  return Row{.number = query.number(0),
             .owner = query.text(1),
             .epoch = query.count(2),
             .sequence = query.count(3),
             .is_final = query.number(4) != 0};
}

std::int64_t SqliteStore::number_of(std::string_view release) {
  const std::optional<Row> row = row_of(release);
  if (!row) {
    throw StoreFault({ErrorCode::UnknownRelease, std::string(release),
                      "the store has no such release; `promoflow list` shows those that it has"});
  }
  return row->number;
}

std::optional<StoreOwner> SqliteStore::owner_of(std::string_view owner_id) {
  Query query(database_,
              "SELECT id, host, boot_id, process, process_started, since, heartbeat "
              "FROM owner WHERE id = ?",
              owner_id);
  if (!query.step()) { return std::nullopt; }
  return StoreOwner{.id = query.text(0),
                    .host = query.text(1),
                    .boot_id = query.text(2),
                    .process = query.number(3),
                    .process_started = query.number(4),
                    .since = query.time(5),
                    .heartbeat = query.time(6)};
}

StoredRelease SqliteStore::release_at(const Query& query) {
  StoredRelease release{.id = query.text(1),
                        .flow_name = query.text(2),
                        .fingerprint = query.text(3),
                        .info = {.id = query.text(1),
                                 .url = query.text(4),
                                 .product = query.text(5),
                                 .version = query.text(6),
                                 .commit_sha = query.text(7)},
                        .status = static_cast<ReleaseStatus>(query.number(8)),
                        .phase = query.text(9),
                        .created = query.time(10),
                        .updated = query.time(11),
                        .ended = query.optional_time(12),
                        .epoch = query.count(14),
                        .sequence = query.count(15),
                        .head = query.text(16)};
  if (!query.is_null(13)) { release.owner = owner_of(query.text(13)); }
  return release;
}

Result<StoredRelease> SqliteStore::find(std::string_view release) noexcept {
  return guarded_store([&]() -> Result<StoredRelease> {
    const std::scoped_lock guard(mutex_);
    Query query(database_, PROMOFLOW_RELEASE_ROW "WHERE r.number = ?", number_of(release));
    query.step();
    return release_at(query);
  });
}

Result<std::vector<StoredRelease>> SqliteStore::list(const ReleaseFilter& filter) noexcept {
  return guarded_store([&]() -> Result<std::vector<StoredRelease>> {
    const std::scoped_lock guard(mutex_);
    std::optional<std::int64_t> before;
    if (!filter.after.empty()) { before = number_of(filter.after); }
    std::optional<std::int64_t> status;
    if (filter.status) { status = static_cast<std::int64_t>(*filter.status); }
    Query query(database_,
                PROMOFLOW_RELEASE_ROW
                "WHERE (?1 IS NULL OR r.number < ?1) AND (?2 IS NULL OR r.status = ?2) "
                "AND (?3 IS NULL OR r.product = ?3) AND (?4 IS NULL OR r.created >= ?4) "
                "AND (?5 = 0 OR r.ended IS NULL) ORDER BY r.number DESC LIMIT ?6",
                before, status, filter.product, filter.since, std::int64_t{filter.unfinished},
                std::int64_t{filter.limit});
    std::vector<StoredRelease> found;
    while (query.step()) { found.push_back(release_at(query)); }
    return found;
  });
}

Result<StoreStart> SqliteStore::start_of(std::string_view release) noexcept {
  return guarded_store([&]() -> Result<StoreStart> {
    const std::scoped_lock guard(mutex_);
    Query query(
        database_,
        "SELECT f.name, f.fingerprint, f.manifest, r.url, r.product, r.version, "
        "r.commit_sha, r.created, r.library, s.context, s.selection, s.run, s.trace, s.executor "
        "FROM release r LEFT JOIN flow f ON f.fingerprint = r.flow "
        "LEFT JOIN start s ON s.release = r.number WHERE r.number = ?",
        number_of(release));
    query.step();
    if (query.is_null(1)) { throw damaged(release, "the table 'flow' has no row of it"); }
    if (query.is_null(9)) { throw damaged(release, "the table 'start' has no row of it"); }
    return StoreStart{.info = {.id = std::string(release),
                               .url = query.text(3),
                               .product = query.text(4),
                               .version = query.text(5),
                               .commit_sha = query.text(6)},
                      .flow_name = query.text(0),
                      .fingerprint = query.text(1),
                      .manifest = query.text(2),
                      .context = query.text(9),
                      .selection = selection_of(release, query.text(10)),
                      .at = query.time(7),
                      .library_version = query.text(8),
                      .executor = query.text(13),
                      .run = query.text(11),
                      .trace = query.text(12)};
  });
}

Result<StoredHistory> SqliteStore::history(std::string_view release, std::uint32_t skip) noexcept {
  return guarded_store([&]() -> Result<StoredHistory> {
    const std::scoped_lock guard(mutex_);
    const std::int64_t number = number_of(release);
    StoredHistory history;
    Query snapshot(database_,
                   "SELECT sequence, state FROM snapshot WHERE release = ? "
                   "ORDER BY sequence DESC LIMIT 1 OFFSET ?",
                   number, std::int64_t{skip});
    if (snapshot.step()) {
      history.snapshot_sequence = snapshot.count(0);
      history.snapshot = snapshot.text(1);
    }
    Query query(database_,
                "SELECT sequence, at, event, trace, hash FROM event "
                "WHERE release = ? AND sequence > ? ORDER BY sequence",
                number, history.snapshot_sequence);
    while (query.step()) { history.entries.push_back(entry_at(query)); }
    return history;
  });
}

Result<std::vector<StoredEntry>> SqliteStore::entries(std::string_view release, std::uint64_t after,
                                                      std::uint32_t limit) noexcept {
  return guarded_store([&]() -> Result<std::vector<StoredEntry>> {
    const std::scoped_lock guard(mutex_);
    Query query(database_,
                "SELECT sequence, at, event, trace, hash FROM event "
                "WHERE release = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                number_of(release), after, std::int64_t{limit});
    std::vector<StoredEntry> found;
    while (query.step()) { found.push_back(entry_at(query)); }
    return found;
  });
}

Result<std::vector<StoredCommand>> SqliteStore::commands(std::string_view release) noexcept {
  return guarded_store([&]() -> Result<std::vector<StoredCommand>> {
    const std::scoped_lock guard(mutex_);
    Query query(database_,
                "SELECT ticket, hook, environment, point, attempt, state, issued, handed, ended, "
                "stopped, succeeded, reference, message, context FROM command "
                "WHERE release = ? ORDER BY ticket",
                number_of(release));
    std::vector<StoredCommand> found;
    while (query.step()) { found.push_back(command_at(query)); }
    return found;
  });
}

Result<StoredRequest> SqliteStore::request(std::uint64_t id) noexcept {
  return guarded_store([&]() -> Result<StoredRequest> {
    const std::scoped_lock guard(mutex_);
    Query query(database_,
                "SELECT q.id, r.id, q.event, q.by, q.asked, q.decided, q.applied, q.message "
                "FROM request q JOIN release r ON r.number = q.release WHERE q.id = ?",
                id);
    if (!query.step()) {
      return tl::unexpected(
          Error{ErrorCode::InvalidArgument, "id", fmt::format("the store has no request {}", id)});
    }
    return request_at(query);
  });
}

Result<std::vector<StoredRequest>> SqliteStore::open_requests(std::string_view owner_id) noexcept {
  return guarded_store([&]() -> Result<std::vector<StoredRequest>> {
    const std::scoped_lock guard(mutex_);
    Query query(database_,
                "SELECT q.id, r.id, q.event, q.by, q.asked, q.decided, q.applied, q.message "
                "FROM request q JOIN release r ON r.number = q.release "
                "WHERE q.decided IS NULL AND r.owner = ? ORDER BY q.id",
                owner_id);
    std::vector<StoredRequest> found;
    while (query.step()) { found.push_back(request_at(query)); }
    return found;
  });
}

Result<std::vector<std::string>> SqliteStore::ended_before(Instant before,
                                                           std::uint32_t limit) noexcept {
  return guarded_store([&]() -> Result<std::vector<std::string>> {
    const std::scoped_lock guard(mutex_);
    Query query(database_,
                "SELECT id FROM release WHERE ended IS NOT NULL AND ended < ? "
                "ORDER BY ended, number LIMIT ?",
                before, std::int64_t{limit});
    std::vector<std::string> found;
    while (query.step()) { found.push_back(query.text(0)); }
    return found;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The store in one SQLite file. docs/store.md has the schema, what a backup is, and what survives.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "promoflow/result.hpp"
#include "promoflow/store.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What a store is opened for.
enum class StoreAccess : std::int32_t {
  Drive = 1,  ///< For an engine: the file is made if it does not exist, or brought up to date.
  Ask = 2,    ///< To read, and to leave requests; the file must exist. Never checkpoints.
};

/// How it is opened.
struct SqliteStoreOptions {
  StoreAccess access = StoreAccess::Drive;
  bool check = true;  ///< PRAGMA quick_check when it is opened (D7); costs a read of the file.
  /// How long a call waits for another process that writes, before it fails with StoreFailed.
  std::chrono::milliseconds patience{10'000};
  /// Another file system for SQLite, by the name it was registered under; for tests. Then nothing
  /// but SQLite's own locks keeps other processes out.
  std::string vfs{};
};

/// Opens or makes the store at `path`. One connection, WAL, synchronous=FULL.
/// Errors: InvalidArgument (no such directory; a network file system), StoreForeign, StoreTooNew,
/// StoreDamaged, StoreFailed (read-only, full, no permission). After each of them
/// the file is as it was. A forked child must neither use nor destroy its copy of a store: SQLite's
/// connections and locks are of one process.
[[nodiscard]] PROMOFLOW_API Result<std::unique_ptr<Store>> open_sqlite_store(
    std::string_view path, const SqliteStoreOptions& options = {}) noexcept;

/// The version of SQLite that is linked, such as `3.40.1`. Static storage.
PROMOFLOW_API std::string_view sqlite_version() noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
/// @file
/// SqliteStore: the store in one SQLite file. Invariant: a row of `release` says the state after
/// the last row of `event` of that release; both change in one transaction.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "promoflow/sqlite_store.hpp"
#include "store/sqlite.hpp"
#include "store/writer_lock.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class SqliteStore final : public Store {
 public:
  /// Throws StoreFault.
  SqliteStore(const std::string& path, const SqliteStoreOptions& options);
  ~SqliteStore() override;

  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override;
  Result<void> renew(const StoreOwner& owner) noexcept override;
  Result<void> leave(std::string_view owner_id) noexcept override;
  Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                      const OwnerCheck& check) noexcept override;
  Result<std::vector<Result<Claim>>> claim_all(std::span<const std::string> releases,
                                               const StoreOwner& owner,
                                               const OwnerCheck& check) noexcept override;

  Result<StoredRelease> find(std::string_view release) noexcept override;
  Result<std::vector<StoredRelease>> list(const ReleaseFilter& filter) noexcept override;
  Result<StoreStart> start_of(std::string_view release) noexcept override;
  Result<StoredHistory> history(std::string_view release, std::uint32_t skip) noexcept override;
  Result<std::vector<StoredEntry>> entries(std::string_view release, std::uint64_t after,
                                           std::uint32_t limit) noexcept override;
  Result<std::vector<StoredCommand>> commands(std::string_view release) noexcept override;

  Result<std::uint64_t> ask(const StoredRequest& request) noexcept override;
  Result<StoredRequest> request(std::uint64_t id) noexcept override;
  Result<std::vector<StoredRequest>> open_requests(std::string_view owner_id) noexcept override;

  Result<std::vector<std::string>> ended_before(Instant before,
                                                std::uint32_t limit) noexcept override;
  Result<void> remove(std::string_view release) noexcept override;

 private:
  /// The row of a release, as far as writes need it.
  struct Row {
    std::int64_t number = 0;
    std::string owner;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    bool is_final = false;
  };

  /// Runs `body` in one transaction under the writers' lock, then checkpoints if the WAL is long.
  template <class Body>
  auto write(Body&& body);
  void checkpoint_if_due() noexcept;

  Result<void> write_one(const ReleaseWrite& write);
  std::optional<std::int64_t> advance(const ReleaseWrite& write);
  /// The release's number.
  Result<std::int64_t> check_and_write_state(const ReleaseWrite& write);
  Result<Claim> claim_one(std::string_view release, const StoreOwner& owner,
                          const OwnerCheck& check);
  std::int64_t write_start(const ReleaseWrite& write);
  void write_state(const Row& row, const ReleaseWrite& write, std::uint64_t sequence);
  void write_entries(std::int64_t number, const ReleaseWrite& write);
  void write_commands(std::int64_t number, const ReleaseWrite& write);
  bool insert_command(std::int64_t number, const StoredCommand& command);
  bool update_command(std::int64_t number, const StoredCommand& command);
  void write_snapshot(std::int64_t number, const std::string& state);

  std::optional<Row> row_of(std::string_view release);
  std::int64_t number_of(std::string_view release);  ///< Throws StoreFault: UnknownRelease.
  std::optional<StoreOwner> owner_of(std::string_view owner_id);
  StoredRelease release_at(const Query& query);

  std::mutex mutex_;  ///< Guards all below.
  std::string path_;  ///< Without symbolic links.
  WriterLock lock_;
  Database database_;
  StoreAccess access_;
  /// Of the releases that go on, as this object has written them: spares a look at their ids. May
  /// be out of date, which each use checks.
  std::map<std::string, std::int64_t, std::less<>> numbers_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Store: the journal of many releases. An engine writes to it before it acts, so that a process
/// may be killed at any moment.
///
/// open_sqlite_store() (sqlite_store.hpp) is the implementation to use; make_memory_store() serves
/// tests; a host may implement the interface on its own database and check it with the conformance
/// suite (docs/store.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// The process that drives a release. `id` is drawn at random by each engine.
struct StoreOwner {
  std::string id;                    ///< 32 hexadecimal digits.
  std::string host{};                ///< Its name, for people.
  std::string boot_id{};             ///< Of the machine's present boot, and its PID namespace.
  std::int64_t process = 0;          ///< Its process id.
  std::int64_t process_started = 0;  ///< In the units of the system: tells a reused id apart.
  Instant since{};                   ///< When its engine began.
  Instant heartbeat{};               ///< When it was last renewed (D4).
};

/// What is known of a release when it starts; it never changes.
struct StoreStart {
  ReleaseInfo info{};
  std::string flow_name{};
  std::string fingerprint{};  ///< Key of its flow (M8).
  std::string manifest{};     ///< The flow's canonical text (M8); stored once per fingerprint.
  std::string context{};      ///< Initial promotion context; empty: none.
  EnvironmentSelection selection{};
  Instant at{};
  std::string library_version{};  ///< Of the library that wrote it.
  std::string executor{};         ///< The name of the executor that carries its commands out.
  std::string run{};              ///< The host's own text: kept for whoever resumes it.
  std::string trace{};            ///< The trace lines (S5) of the start.
};

/// One applied event. Its hash covers the hash before it, its number, its time and its text (D5).
struct StoredEntry {
  std::uint64_t sequence = 0;  ///< From 1 in each release, without gaps.
  Instant at{};
  std::string event{};  ///< One line of to_json(Event).
  std::string trace{};  ///< The trace lines (S5) that it gave; may be empty.
  std::string hash{};   ///< 64 hexadecimal digits; see chain_hash().
};

/// What became of a command so far.
enum class StoredCommandState : std::int32_t {
  Issued = 1,     ///< Not given to an executor yet.
  Handed = 2,     ///< Given to an executor, or about to be: it may have begun.
  Ended = 3,      ///< Answered.
  Cancelled = 4,  ///< Ended by the release; it runs on until `stopped` (D15).
};

/// The state's name as the schema has it, such as `handed`. Static storage.
PROMOFLOW_API std::string_view to_string(StoredCommandState state) noexcept;

/// One command: a hook, or the promotion of an environment.
struct StoredCommand {
  Ticket ticket{};
  std::string hook{};                        ///< Empty: a promotion.
  std::optional<std::string> environment{};  ///< None: a hook of the release.
  Point point{};                             ///< Of hooks.
  std::uint32_t attempt = 1;
  StoredCommandState state{};
  Instant issued{};
  std::optional<Instant> handed{};
  std::optional<Instant> ended{};        ///< When it was answered or cancelled.
  std::optional<Instant> stopped{};      ///< When what was cancelled no longer ran.
  std::optional<bool> succeeded{};       ///< Of Ended; false of what has expired.
  std::string reference{};               ///< The executor's own: a directory, a Workflow's name.
  std::string message{};                 ///< Why it failed.
  std::optional<std::string> context{};  ///< What it exported.
};

/// One release as lists show it.
struct StoredRelease {
  std::string id{};
  std::string flow_name{};
  std::string fingerprint{};
  ReleaseInfo info{};
  ReleaseStatus status{};
  std::string phase{};
  Instant created{};
  Instant updated{};
  std::optional<Instant> ended{};  ///< Given once the status is final.
  std::optional<StoreOwner> owner{};
  std::uint64_t epoch = 0;     ///< Grows with each change of owner.
  std::uint64_t sequence = 0;  ///< Of its last event; 0: none yet.
  std::string head{};          ///< Hash of its last event, or of its start.
};

/// What another process asks the owner of a release to do (D6).
struct StoredRequest {
  std::uint64_t id = 0;  ///< Given by the store.
  std::string release{};
  std::string event{};  ///< One line of to_json(Event).
  std::string by{};
  Instant asked{};
  std::optional<Instant> decided{};
  bool applied = false;   ///< Once decided.
  std::string message{};  ///< Why it was refused.
};

/// A snapshot, and the events after it: what a restart reads.
struct StoredHistory {
  std::optional<std::string> snapshot{};
  std::uint64_t snapshot_sequence = 0;  ///< The last event that the snapshot contains.
  std::vector<StoredEntry> entries{};   ///< Those after it, in order.
};

/// What is written of one release in one step, whole or not at all.
struct ReleaseWrite {
  std::string release{};
  std::string owner{};      ///< Refused unless this is its owner ...
  std::uint64_t epoch = 0;  ///< ... in this epoch (D4). A start begins with epoch 1.

  std::optional<StoreStart> start{};       ///< Of a new release.
  std::vector<StoredEntry> entries{};      ///< Follow what is stored; without gaps.
  std::vector<StoredCommand> commands{};   ///< By ticket: added, or replaced.
  std::vector<StoredRequest> decisions{};  ///< Requests that were decided; by id.
  ReleaseStatus status{};                  ///< After the last entry.
  std::string phase{};
  std::string head{};  ///< Hash of the last entry, or of the start.
  Instant updated{};
  std::optional<std::string> snapshot{};  ///< Of the state after the last entry.
  bool give_up = false;                   ///< It has no owner afterwards.
};

/// Which releases list() returns.
struct ReleaseFilter {
  std::optional<ReleaseStatus> status{};
  std::optional<std::string> product{};
  std::optional<Instant> since{};  ///< Created then or later.
  bool unfinished = false;         ///< Only those whose status is not final.
  std::uint32_t limit = 100;       ///< 1 to 10,000.
  std::string after{};             ///< Id of the last release of the page before.
};

/// The answer to claim(): the new epoch, or who has the release.
struct Claim {
  std::uint64_t epoch = 0;            ///< 0: refused.
  std::optional<StoreOwner> owner{};  ///< Who has it, when refused; or who had it.
};

/// Decides whether the owner of a release is gone (D4).
class PROMOFLOW_API OwnerCheck {
 public:
  virtual ~OwnerCheck() = default;
  /// May throw std::bad_alloc: then claim() answers OutOfMemory.
  [[nodiscard]] virtual bool is_gone(const StoreOwner& owner) const = 0;
};

/// The interface. Every function is thread-safe, blocks until it is done, and throws nothing.
/// Errors that all have: StoreFailed (an I/O error or a full disk: nothing was written, trying
/// again may help), StoreDamaged, OutOfMemory. What commit() and the others acknowledge is on
/// stable storage when they return (D1).
class PROMOFLOW_API Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  /// Writes all in one transaction. A write that is refused leaves the others of its batch alone.
  /// Per write: NotOwner (another one has the release, or the epoch has passed), ReleaseExists,
  /// UnknownRelease, InvalidArgument (entries that do not follow what is stored).
  [[nodiscard]] virtual Result<std::vector<Result<void>>> commit(
      std::span<const ReleaseWrite> writes) noexcept = 0;

  /// Adds or renews an owner. Errors: none of its own.
  [[nodiscard]] virtual Result<void> renew(const StoreOwner& owner) noexcept = 0;
  /// Removes an owner, and its ownership of every release.
  [[nodiscard]] virtual Result<void> leave(std::string_view owner_id) noexcept = 0;
  /// Takes a release that nobody has or whose owner is gone. Errors: UnknownRelease.
  [[nodiscard]] virtual Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                                            const OwnerCheck& check) noexcept = 0;
  /// claim() for each of these; a store should take them in one step. The default calls claim().
  [[nodiscard]] virtual Result<std::vector<Result<Claim>>> claim_all(
      std::span<const std::string> releases, const StoreOwner& owner,
      const OwnerCheck& check) noexcept;

  /// Errors: UnknownRelease. (Likewise below where a release is named.)
  [[nodiscard]] virtual Result<StoredRelease> find(std::string_view release) noexcept = 0;
  /// Newest first.
  [[nodiscard]] virtual Result<std::vector<StoredRelease>> list(
      const ReleaseFilter& filter) noexcept = 0;
  [[nodiscard]] virtual Result<StoreStart> start_of(std::string_view release) noexcept = 0;
  /// The newest snapshot but `skip`, and the events after it; without a snapshot all events.
  [[nodiscard]] virtual Result<StoredHistory> history(std::string_view release,
                                                      std::uint32_t skip) noexcept = 0;
  /// At most `limit` events after that number.
  [[nodiscard]] virtual Result<std::vector<StoredEntry>> entries(std::string_view release,
                                                                 std::uint64_t after,
                                                                 std::uint32_t limit) noexcept = 0;
  /// In the order of tickets.
  [[nodiscard]] virtual Result<std::vector<StoredCommand>> commands(
      std::string_view release) noexcept = 0;

  /// Leaves a request for the owner of the release and returns its number.
  [[nodiscard]] virtual Result<std::uint64_t> ask(const StoredRequest& request) noexcept = 0;
  [[nodiscard]] virtual Result<StoredRequest> request(std::uint64_t id) noexcept = 0;
  /// Undecided ones of releases that this owner has, in their order.
  [[nodiscard]] virtual Result<std::vector<StoredRequest>> open_requests(
      std::string_view owner_id) noexcept = 0;

  /// Ids of releases with a final status that ended before `before`, oldest first, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<std::string>> ended_before(
      Instant before, std::uint32_t limit) noexcept = 0;
  /// Removes one release with all that belongs to it. Errors: NotAllowed (it is not final, or it
  /// has an owner).
  [[nodiscard]] virtual Result<void> remove(std::string_view release) noexcept = 0;
};

/// A store in memory, for tests and simulations: it lives as long as the object.
/// Errors: OutOfMemory.
[[nodiscard]] PROMOFLOW_API Result<std::unique_ptr<Store>> make_memory_store() noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// The store in memory: the meaning of the interface in plain containers.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/guard.hpp"
#include "promoflow/store.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::guarded;

tl::unexpected<Error> refusal(ErrorCode code, std::string_view where, std::string message) {
  return tl::unexpected(Error{code, std::string(where), std::move(message)});
}

class MemoryStore final : public Store {
 public:
  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    return guarded([&]() -> Result<std::vector<Result<void>>> {
      const std::scoped_lock lock(mutex_);
      std::vector<Result<void>> results;
      results.reserve(writes.size());
      // On a copy, so that memory that runs out leaves all as it was.
      std::map<std::string, Entry, std::less<>> changed;
      std::map<std::uint64_t, StoredRequest> requests = requests_;
      std::uint64_t last_number = last_number_;
      for (const ReleaseWrite& write : writes) {
        results.push_back(write_one(write, changed, requests, last_number));
      }
      for (auto& [id, entry] : changed) { releases_.insert_or_assign(id, std::move(entry)); }
      requests_ = std::move(requests);
      last_number_ = last_number;
      return results;
    });
  }

  Result<void> renew(const StoreOwner& owner) noexcept override {
    return guarded([&]() -> Result<void> {
      const std::scoped_lock lock(mutex_);
      const auto [place, is_new] = owners_.try_emplace(owner.id, owner);
      if (!is_new) { place->second.heartbeat = owner.heartbeat; }
      return {};
    });
  }

  Result<void> leave(std::string_view owner_id) noexcept override {
    return guarded([&]() -> Result<void> {
      const std::scoped_lock lock(mutex_);
      for (auto& [id, entry] : releases_) {
        if (entry.owner == owner_id) { entry.owner.clear(); }
      }
      if (const auto place = owners_.find(owner_id); place != owners_.end()) {
        owners_.erase(place);
      }
      return {};
    });
  }

  Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                      const OwnerCheck& check) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<Claim> {
      Claim claim{.owner = owner_of(entry)};
      if (claim.owner && claim.owner->id != owner.id && !check.is_gone(*claim.owner)) {
        return claim;
      }
      std::string taken_by = owner.id;
      claim.epoch = ++entry.row.epoch;
      entry.owner = std::move(taken_by);
      return claim;
    });
  }

  Result<StoredRelease> find(std::string_view release) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<StoredRelease> { return row(entry); });
  }

  Result<std::vector<StoredRelease>> list(const ReleaseFilter& filter) noexcept override {
    return guarded([&]() -> Result<std::vector<StoredRelease>> {
      const std::scoped_lock lock(mutex_);
      std::uint64_t before = last_number_ + 1;
      if (!filter.after.empty()) {
        const auto place = releases_.find(filter.after);
        if (place == releases_.end()) { return unknown(filter.after); }
        before = place->second.number;
      }
      std::vector<const Entry*> found;
      for (const auto& [id, entry] : releases_) {
        if (entry.number < before && matches(entry.row, filter)) { found.push_back(&entry); }
      }
      std::sort(found.begin(), found.end(),
                [](const Entry* a, const Entry* b) { return a->number > b->number; });
      found.resize(std::min<std::size_t>(found.size(), filter.limit));
      std::vector<StoredRelease> rows;
      rows.reserve(found.size());
      for (const Entry* entry : found) { rows.push_back(row(*entry)); }
      return rows;
    });
  }

  Result<StoreStart> start_of(std::string_view release) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<StoreStart> { return entry.start; });
  }

  Result<StoredHistory> history(std::string_view release, std::uint32_t skip) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<StoredHistory> {
      StoredHistory history;
      if (skip < entry.snapshots.size()) {
        const auto place = std::next(entry.snapshots.rbegin(), skip);
        history.snapshot_sequence = place->first;
        history.snapshot = place->second;
      }
      history.entries = entries_after(entry, history.snapshot_sequence, entry.entries.size());
      return history;
    });
  }

  Result<std::vector<StoredEntry>> entries(std::string_view release, std::uint64_t after,
                                           std::uint32_t limit) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<std::vector<StoredEntry>> {
      return entries_after(entry, after, limit);
    });
  }

  Result<std::vector<StoredCommand>> commands(std::string_view release) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<std::vector<StoredCommand>> {
      std::vector<StoredCommand> found;
      for (const auto& [ticket, command] : entry.commands) { found.push_back(command); }
      return found;
    });
  }

  Result<std::uint64_t> ask(const StoredRequest& request) noexcept override {
    return with_release(request.release, [&](Entry&) -> Result<std::uint64_t> {
      StoredRequest kept = request;
      kept.id = last_request_ + 1;
      kept.decided.reset();
      requests_.emplace(kept.id, std::move(kept));
      return ++last_request_;
    });
  }

  Result<StoredRequest> request(std::uint64_t id) noexcept override {
    return guarded([&]() -> Result<StoredRequest> {
      const std::scoped_lock lock(mutex_);
      const auto place = requests_.find(id);
      if (place != requests_.end()) { return place->second; }
      return refusal(ErrorCode::InvalidArgument, "id",
                     fmt::format("the store has no request {}", id));
    });
  }

  Result<std::vector<StoredRequest>> open_requests(std::string_view owner_id) noexcept override {
    return guarded([&]() -> Result<std::vector<StoredRequest>> {
      const std::scoped_lock lock(mutex_);
      std::vector<StoredRequest> found;
      for (const auto& [id, request] : requests_) {
        if (request.decided) { continue; }
        const auto place = releases_.find(request.release);
        if (place != releases_.end() && place->second.owner == owner_id) {
          found.push_back(request);
        }
      }
      return found;
    });
  }

  Result<std::vector<std::string>> ended_before(Instant before,
                                                std::uint32_t limit) noexcept override {
    return guarded([&]() -> Result<std::vector<std::string>> {
      const std::scoped_lock lock(mutex_);
      std::vector<const Entry*> found;
      for (const auto& [id, entry] : releases_) {
        if (entry.row.ended && *entry.row.ended < before) { found.push_back(&entry); }
      }
      std::sort(found.begin(), found.end(), [](const Entry* a, const Entry* b) {
        return std::pair(*a->row.ended, a->number) < std::pair(*b->row.ended, b->number);
      });
      found.resize(std::min<std::size_t>(found.size(), limit));
      std::vector<std::string> ids;
      ids.reserve(found.size());
      for (const Entry* entry : found) { ids.push_back(entry->row.id); }
      return ids;
    });
  }

  Result<void> remove(std::string_view release) noexcept override {
    return with_release(release, [&](Entry& entry) -> Result<void> {
      if (!entry.row.ended || !entry.owner.empty()) {
        return refusal(ErrorCode::NotAllowed, release,
                       "only a release that has ended and that nobody drives can be removed");
      }
      std::erase_if(requests_, [&](const auto& item) { return item.second.release == release; });
      releases_.erase(releases_.find(release));
      return {};
    });
  }

 private:
  struct Entry {
    std::uint64_t number = 0;  ///< In the order of their starts.
    StoredRelease row{};       ///< Without its owner.
    std::string owner{};       ///< Empty: none.
    StoreStart start{};
    std::vector<std::shared_ptr<const StoredEntry>> entries{};  ///< Shared by copies of this.
    std::map<std::uint64_t, std::string> snapshots{};
    std::map<Ticket, StoredCommand> commands{};
  };
  using Releases = std::map<std::string, Entry, std::less<>>;

  static constexpr std::size_t kSnapshotsKept = 2;

  static tl::unexpected<Error> unknown(std::string_view release) {
    return refusal(ErrorCode::UnknownRelease, release, "the store has no such release");
  }

  template <class Body>
  auto with_release(std::string_view release, Body&& body) noexcept
      -> decltype(body(std::declval<Entry&>())) {
    return guarded([&]() -> decltype(body(std::declval<Entry&>())) {
      const std::scoped_lock lock(mutex_);
      const auto place = releases_.find(release);
      if (place == releases_.end()) { return unknown(release); }
      return body(place->second);
    });
  }

  static bool matches(const StoredRelease& row, const ReleaseFilter& filter) {
    return (!filter.status || row.status == *filter.status) &&
           (!filter.product || row.info.product == *filter.product) &&
           (!filter.since || row.created >= *filter.since) && !(filter.unfinished && row.ended);
  }

  static std::vector<StoredEntry> entries_after(const Entry& entry, std::uint64_t after,
                                                std::size_t limit) {
    const std::size_t begin = std::min<std::size_t>(after, entry.entries.size());
    const std::size_t end = begin + std::min(limit, entry.entries.size() - begin);
    std::vector<StoredEntry> found;
    for (std::size_t i = begin; i < end; ++i) { found.push_back(*entry.entries[i]); }
    return found;
  }

  std::optional<StoreOwner> owner_of(const Entry& entry) const {
    const auto place = owners_.find(entry.owner);
    return place == owners_.end() ? std::nullopt : std::optional(place->second);
  }

  StoredRelease row(const Entry& entry) const {
    StoredRelease copy = entry.row;
    copy.owner = owner_of(entry);
    return copy;
  }

  Result<void> write_one(const ReleaseWrite& write, Releases& changed,
                         std::map<std::uint64_t, StoredRequest>& requests,
                         std::uint64_t& last_number) {
    const Entry* known = nullptr;
    const auto in_batch = changed.find(write.release);
    const auto stored = releases_.find(write.release);
    if (in_batch != changed.end()) {
      known = &in_batch->second;
    } else if (stored != releases_.end()) {
      known = &stored->second;
    }
    if (write.start && known != nullptr) {
      return refusal(ErrorCode::ReleaseExists, write.release,
                     "the store has a release of this id; use another id");
    }
    if (!write.start && known == nullptr) { return unknown(write.release); }
    if (known != nullptr && (known->owner != write.owner || known->row.epoch != write.epoch)) {
      return refusal(ErrorCode::NotOwner, write.release,
                     "another engine has taken this release over; nothing more is written here");
    }
    std::uint64_t sequence = known != nullptr ? known->row.sequence : 0;
    for (const StoredEntry& next : write.entries) {
      if (next.sequence != ++sequence) {
        return refusal(
            ErrorCode::InvalidArgument, write.release,
            fmt::format("event {} does not follow event {}", next.sequence, sequence - 1));
      }
    }
    // Nothing has been changed so far: what is refused leaves no trace.
    Entry& entry =
        in_batch != changed.end()
            ? in_batch->second
            : changed.emplace(write.release, known != nullptr ? *known : begin(write, last_number))
                  .first->second;
    update(entry, write, sequence);
    for (const StoredRequest& decision : write.decisions) {
      if (const auto request = requests.find(decision.id); request != requests.end()) {
        request->second.decided = decision.decided;
        request->second.applied = decision.applied;
        request->second.message = decision.message;
      }
    }
    return {};
  }

  static Entry begin(const ReleaseWrite& write, std::uint64_t& last_number) {
    Entry entry;
    entry.number = ++last_number;
    entry.start = *write.start;
    entry.owner = write.owner;
    entry.row = {.id = write.release,
                 .flow_name = write.start->flow_name,
                 .fingerprint = write.start->fingerprint,
                 .info = write.start->info,
                 .created = write.start->at,
                 .epoch = write.epoch};
    return entry;
  }

  static void update(Entry& entry, const ReleaseWrite& write, std::uint64_t sequence) {
    for (const StoredEntry& next : write.entries) {
      entry.entries.push_back(std::make_shared<const StoredEntry>(next));
    }
    for (const StoredCommand& command : write.commands) {
      entry.commands.insert_or_assign(command.ticket, command);
    }
    if (write.snapshot) {
      entry.snapshots.insert_or_assign(sequence, *write.snapshot);
      while (entry.snapshots.size() > kSnapshotsKept) {
        entry.snapshots.erase(entry.snapshots.begin());
      }
    }
    entry.row.status = write.status;
    entry.row.phase = write.phase;
    entry.row.updated = write.updated;
    entry.row.ended = is_final(write.status) ? std::optional(write.updated) : std::nullopt;
    entry.row.sequence = sequence;
    entry.row.head = write.head;
    if (write.give_up) { entry.owner.clear(); }
  }

  mutable std::mutex mutex_;
  Releases releases_;
  std::map<std::string, StoreOwner, std::less<>> owners_;
  std::map<std::uint64_t, StoredRequest> requests_;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_request_ = 0;
};

}  // namespace

std::string_view to_string(StoredCommandState state) noexcept {
  switch (state) {
    case StoredCommandState::Issued: return "issued";
    case StoredCommandState::Handed: return "handed";
    case StoredCommandState::Ended: return "ended";
    case StoredCommandState::Cancelled: return "cancelled";
  }
  return "unknown";
}

Result<std::unique_ptr<Store>> make_memory_store() noexcept {
  return guarded(
      []() -> Result<std::unique_ptr<Store>> { return std::make_unique<MemoryStore>(); });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
/// @file
/// ForwardingStore: passes all calls on to another store. Tests derive from it, and change one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/store.hpp"

namespace promoflow::test {

class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& store) : store_(&store) {}

  Result<std::vector<Result<void>>> commit(std::span<const ReleaseWrite> writes) noexcept override {
    return store_->commit(writes);
  }
  Result<void> renew(const StoreOwner& owner) noexcept override { return store_->renew(owner); }
  Result<void> leave(std::string_view owner_id) noexcept override {
    return store_->leave(owner_id);
  }
  Result<Claim> claim(std::string_view release, const StoreOwner& owner,
                      const OwnerCheck& check) noexcept override {
    return store_->claim(release, owner, check);
  }
  Result<std::vector<Result<Claim>>> claim_all(std::span<const std::string> releases,
                                               const StoreOwner& owner,
                                               const OwnerCheck& check) noexcept override {
    return store_->claim_all(releases, owner, check);
  }
  Result<StoredRelease> find(std::string_view release) noexcept override {
    return store_->find(release);
  }
  Result<std::vector<StoredRelease>> list(const ReleaseFilter& filter) noexcept override {
    return store_->list(filter);
  }
  Result<StoreStart> start_of(std::string_view release) noexcept override {
    return store_->start_of(release);
  }
  Result<StoredHistory> history(std::string_view release, std::uint32_t skip) noexcept override {
    return store_->history(release, skip);
  }
  Result<std::vector<StoredEntry>> entries(std::string_view release, std::uint64_t after,
                                           std::uint32_t limit) noexcept override {
    return store_->entries(release, after, limit);
  }
  Result<std::vector<StoredCommand>> commands(std::string_view release) noexcept override {
    return store_->commands(release);
  }
  Result<std::uint64_t> ask(const StoredRequest& request) noexcept override {
    return store_->ask(request);
  }
  Result<StoredRequest> request(std::uint64_t id) noexcept override { return store_->request(id); }
  Result<std::vector<StoredRequest>> open_requests(std::string_view owner_id) noexcept override {
    return store_->open_requests(owner_id);
  }
  Result<std::vector<std::string>> ended_before(Instant before,
                                                std::uint32_t limit) noexcept override {
    return store_->ended_before(before, limit);
  }
  Result<void> remove(std::string_view release) noexcept override {
    return store_->remove(release);
  }

 protected:
  Store& inner() const noexcept { return *store_; }

 private:
  Store* store_;
};

}  // namespace promoflow::test

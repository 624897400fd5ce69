// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of stores share: stores of each kind, and releases written to them.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "promoflow/promoflow.hpp"
#include "promoflow/sqlite_store.hpp"
#include "promoflow/store.hpp"
#include "promoflow/store_history.hpp"
#include "release_support.hpp"

namespace promoflow::test {

/// A directory that is gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "promoflow-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string fingerprint_text(const Flow& flow) {
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << flow.fingerprint();
  return digits.str();
}

inline std::unique_ptr<Store> opened(const std::string& path,
                                     const SqliteStoreOptions& options = {}) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(path, options);
  INFO((store ? std::string() : store.error().message));
  REQUIRE(store);
  return std::move(*store);
}

/// A release that writes itself to a store, as an engine does, one event in each transaction.
class StoredRun {
 public:
  StoredRun(Store& store, Flow flow, ReleaseInfo info, std::string owner, Instant at)
      : store_(&store), origin_(at) {
    StoreStart start{.info = info,
                     .flow_name = std::string(flow.name()),
                     .fingerprint = fingerprint_text(flow),
                     .manifest = *write_manifest(flow),
                     .context = R"({"A":1})",
                     .at = at,
                     .library_version = "0.2.0",
                     .run = "{}"};
    release_ = std::make_unique<Release>(*Release::start(flow, info, at, start.context));
    head_ = chain_hash(start);
    start.trace = take_trace();
    ReleaseWrite write = next_write(at);
    write.owner = owner_ = std::move(owner);
    write.start = std::move(start);
    started = commit(write);
  }

  /// Applies the event and writes it.
  Result<void> apply(const Event& event, bool with_snapshot = false) {
    REQUIRE(release_->apply(event));
    StoredEntry entry{.sequence = ++sequence_, .at = event.at, .event = *to_json(event)};
    entry.trace = take_trace();
    head_ = entry.hash = chain_hash(head_, entry.sequence, entry.at, entry.event);
    ReleaseWrite write = next_write(event.at);
    write.entries.push_back(std::move(entry));
    if (with_snapshot) { write.snapshot = *release_->snapshot(); }
    return commit(write);
  }

  ReleaseWrite next_write(Instant at) const {
    return {.release = release_->info().id,
            .owner = owner_,
            .epoch = epoch,
            .status = release_->status(),
            .phase = std::string(release_->phase()),
            .head = head_,
            .updated = at};
  }
  Result<void> commit(const ReleaseWrite& write) {
    const auto results = store_->commit({&write, 1});
    if (!results) { return tl::unexpected(results.error()); }
    return results->front();
  }
  Release& release() { return *release_; }

  Result<void> started{};
  std::uint64_t epoch = 1;

 private:
  std::string take_trace() {
    std::string trace;
    while (const auto record = release_->next_record()) {
      trace += *to_json(*record, origin_) + '\n';
    }
    return trace;
  }

  Store* store_;
  Instant origin_;
  std::unique_ptr<Release> release_;
  std::string owner_;
  std::string head_;
  std::uint64_t sequence_ = 0;
};

/// Says of every owner what it was told to.
class FixedCheck final : public OwnerCheck {
 public:
  explicit FixedCheck(bool gone) : gone_(gone) {}
  bool is_gone(const StoreOwner& /*owner*/) const override { return gone_; }

 private:
  bool gone_;
};

}  // namespace promoflow::test

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Writer: a release that writes itself to a store as an engine does, one event in each write, and
/// remembers what it wrote, so that it can be compared with what the store says.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/release.hpp"
#include "promoflow/store.hpp"
#include "store_conformance/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

inline Instant at(std::int64_t ms) { return Instant(std::chrono::milliseconds(ms)); }

/// An owner of this id, whose heartbeat is at `heartbeat` ms.
StoreOwner owner(std::string_view id, std::int64_t heartbeat = 0);

/// Says of every owner what it was told to.
class FixedCheck final : public OwnerCheck {
 public:
  explicit FixedCheck(bool gone) : gone_(gone) {}
  bool is_gone(const StoreOwner& /*owner*/) const override { return gone_; }

 private:
  bool gone_;
};

/// Commits one write; its own result.
Result<void> commit(Store& store, const ReleaseWrite& write);

class Writer {
 public:
  /// `product` and the time of the start are for lists.
  explicit Writer(std::string_view id, std::string_view owner = "one",
                  std::string_view product = "shop", std::int64_t start = 1000);

  const std::string& id() const noexcept { return id_; }
  /// The next write: first the start, then an event each; every fourth event with a snapshot.
  const ReleaseWrite& next();
  /// A write that ends the release: it is terminated, and nobody owns it afterwards.
  const ReleaseWrite& last();
  /// The writes so far, the start first.
  const std::vector<ReleaseWrite>& writes() const noexcept { return writes_; }
  /// From the next write on another engine writes.
  void take_over(std::string_view owner, std::uint64_t epoch);

  /// Makes and commits `count` writes; the check ends if one fails.
  void write(Check& check, int count = 1);
  /// Makes and commits the last write.
  void write_last(Check& check);

  /// Compares all that the store says with the first `count` writes (D2).
  void compare(Check& check, std::size_t count) const;
  void compare(Check& check) const { compare(check, writes_.size()); }

 private:
  ReleaseWrite begin(std::int64_t now) const;
  const ReleaseWrite& apply(const Event& event);
  std::string take_trace();
  StoredCommand command(std::int64_t now, std::uint64_t event) const;

  std::string id_;
  std::string owner_;
  std::uint64_t epoch_ = 1;
  StoreStart start_{};
  std::unique_ptr<Release> release_;
  std::string head_;
  std::uint64_t sequence_ = 0;
  std::vector<ReleaseWrite> writes_;
};

// Texts by which values are compared, and shown where they differ.
std::string text_of(const StoreStart& start);
std::string text_of(const StoredEntry& entry);
std::string text_of(const StoredCommand& command);
std::string text_of(const StoredRequest& request);
std::string text_of(const StoreOwner& owner);
std::string text_of(const StoredRelease& release);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance

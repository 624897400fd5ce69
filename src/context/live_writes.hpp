// SPDX-License-Identifier: Apache-2.0
/// @file
/// LiveWrites: for each key, the writes that a later one may still conflict with (C5).
///
/// A write is live until it is superseded: by a write of the same environment, by one of an
/// environment that depends on its environment, or by a release hook's. Most keys have one live
/// write, and its value is the key's value: those are not kept here, for the context's rows say who
/// wrote a key last. Writes by the start and by release hooks are never kept: they are superseded
/// by every later write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "context/row_tree.hpp"
#include "flow/flow_data.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// So many live writes of one key are kept: the latest ones (C5).
inline constexpr std::size_t kLiveWritesMax = 64;

/// Whether the order of two writes of one key matters (C5): compact JSON texts of what is written.
/// May throw std::bad_alloc.
bool order_matters(std::string_view left, std::string_view right, ContextMerge merge);

/// Which environments one environment depends on, found out as far as it is asked. Environments
/// without a path between them are mostly told apart by their levels.
class Dependencies {
 public:
  Dependencies(const FlowData& flow, std::uint32_t environment)
      : flow_(&flow), environment_(environment) {}

  /// Whether it depends on `other`, directly or through others. May throw std::bad_alloc.
  bool include(std::uint32_t other);

 private:
  bool search(std::uint32_t other);

  const FlowData* flow_;
  std::uint32_t environment_;
  std::uint32_t last_asked_ = 0xFFFFFFFF;  ///< The members of one export have few writers.
  bool last_answer_ = false;
  std::vector<bool> seen_;
  std::vector<std::uint32_t> open_;  ///< Seen, but not what they depend on: a heap by level.
};

class LiveWrites {
 public:
  struct Write {
    Writer writer;
    /// What was written, as compact JSON text; `null` with deep: the key was removed.
    std::shared_ptr<const std::string> json;
  };
  using ByKey = std::map<std::string, std::vector<Write>, std::less<>>;

  /// What one merge changes, made beforehand: new lists of writes; an empty one: none is kept.
  struct Changes {
    std::unique_ptr<ByKey> lists;  ///< Null: nothing changes.
  };

  /// A write that is about to happen.
  struct NewWrite {
    std::string_view key;
    std::string_view json;  ///< What is written.
    const Row* row_before;  ///< The key's row until now; null: it has none.
    bool becomes_value;     ///< What is written is the key's value from then on.
    Writer writer;
    ContextMerge merge;
  };

  /// Plans a write: appends to `changes` what it supersedes and adds, and returns the ticket of the
  /// live write that it conflicts with. 0: there is none (what the start wrote never conflicts).
  /// `dependencies` are those of the writer's environment. Each key must be written once. May throw
  /// std::bad_alloc.
  Ticket plan(const NewWrite& write, Dependencies& dependencies, Changes& changes) const;
  void commit(Changes& changes) noexcept;

  /// The lists that are kept, by key; null: none ever was.
  const ByKey* lists() const noexcept { return lists_.get(); }
  LiveWrites() = default;
  explicit LiveWrites(std::unique_ptr<ByKey> lists) noexcept : lists_(std::move(lists)) {}

 private:
  /// Null: no list is kept.
  const std::vector<Write>* find(std::string_view key) const noexcept;

  std::unique_ptr<ByKey> lists_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

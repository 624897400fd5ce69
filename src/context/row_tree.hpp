// SPDX-License-Identifier: Apache-2.0
/// @file
/// RowTree: the rows of one state of the promotion context, in a tree whose nodes are shared by
/// many states.
///
///     RowTree --> Branch --> Branch --> Leaf      the root is a leaf while one leaf is enough
///                    |          \----> Leaf
///                    \----> Branch --> Leaf       rows 0, 1, 2, ... from left to right
///
///     Leaf   | users, capacity, made_for | Argument x capacity | Entry x capacity |
///     Branch | users, made_for           | RowNode* x kBranchChildren             |
///
/// A row is an argument (what hooks are handed) and an entry (the rest) at the same place. The
/// arguments of a leaf lie behind one another, so that they are handed as one span.
///
/// Invariant: a state never changes a row that another state can see. A row is changed in a copy of
/// its leaf and of the branches above it; `made_for` says which nodes are copies made for the state
/// that is being built. Appending is cheaper: a state sees the first rows of its last leaf only, so
/// the newest state's successor writes behind them into the same leaf, and nothing is copied.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "promoflow/context.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Who wrote a key: a hook of the release itself (or the start), or of an environment.
struct Writer {
  Ticket ticket{};
  std::uint32_t environment = kRelease;

  static constexpr std::uint32_t kRelease = 0xFFFFFFFF;
};

/// A row but for its argument. The texts are kept by the states that have the row.
struct Entry {
  const char* member = nullptr;   ///< `"key":json`.
  std::uint32_t json_offset = 0;  ///< Within the member.
  std::uint32_t json_size = 0;
  Ticket ticket{};  ///< Of the writer, as is `environment`.
  std::uint32_t environment = 0;
  bool is_string = false;  ///< The value is a string, and the argument its characters.
  bool shadowed = false;   ///< Named as a default argument: never handed (C6).
};
static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_copyable_v<Argument>,
              "so that many are copied as one piece");

/// A row, as it is read.
struct Row {
  const Argument* argument;
  const Entry* entry;

  std::string_view key() const noexcept { return argument->name; }
  /// As arguments have it: a string's characters, any other value's JSON text (A6).
  std::string_view text() const noexcept { return argument->value; }
  std::string_view json() const noexcept {
    return {entry->member + entry->json_offset, entry->json_size};
  }
  std::string_view member() const noexcept { return {entry->member, member_size()}; }
  std::size_t member_size() const noexcept {
    return std::size_t{entry->json_offset} + entry->json_size;
  }
  Writer writer() const noexcept { return {entry->ticket, entry->environment}; }
  bool is_string() const noexcept { return entry->is_string; }
  bool shadowed() const noexcept { return entry->shadowed; }
};

inline constexpr std::uint32_t kLeafRows = 64;
inline constexpr unsigned kBranchBits = 5;
inline constexpr std::uint32_t kBranchChildren = 1U << kBranchBits;

/// What leaves and branches have in common.
struct RowNode {
  explicit RowNode(std::uint64_t state) noexcept : made_for(state) {}

  std::uint64_t made_for;  ///< The serial number of the state for which it was made.
  std::atomic<std::uint32_t> users{1};
};

struct Leaf : RowNode {
  Leaf(std::uint64_t state, std::uint32_t rows_max) noexcept : RowNode(state), capacity(rows_max) {}

  std::uint32_t capacity;

  Argument* arguments() noexcept { return reinterpret_cast<Argument*>(this + 1); }
  const Argument* arguments() const noexcept { return reinterpret_cast<const Argument*>(this + 1); }
  Entry* entries() noexcept { return reinterpret_cast<Entry*>(arguments() + capacity); }
  const Entry* entries() const noexcept {
    return reinterpret_cast<const Entry*>(arguments() + capacity);
  }
};
static_assert(sizeof(Leaf) % alignof(Argument) == 0 && sizeof(Leaf) % alignof(Entry) == 0 &&
                  sizeof(Argument) % alignof(Entry) == 0,
              "so that what is behind a leaf is aligned");

struct Branch : RowNode {
  using RowNode::RowNode;

  std::array<RowNode*, kBranchChildren> children{};
};

/// Copying it shares all nodes. Reading is thread-safe, also while the newest state's successor is
/// built. It does not know how many rows there are: each state does.
class RowTree {
 public:
  RowTree() noexcept = default;
  RowTree(const RowTree& other) noexcept;
  RowTree(RowTree&& other) noexcept { swap(other); }
  RowTree& operator=(RowTree other) noexcept {
    swap(other);
    return *this;
  }
  ~RowTree();

  /// The leaf of a row that is there; the row is at `position % kLeafRows`.
  const Leaf& leaf(std::uint32_t position) const noexcept {
    const RowNode* node = root_;
    for (unsigned level = levels_; level != 0; --level) {
      node = static_cast<const Branch*>(node)->children[child_index(position, level)];
    }
    return static_cast<const Leaf&>(*node);
  }
  Row operator[](std::uint32_t position) const noexcept {
    const Leaf& found = leaf(position);
    const std::uint32_t place = position % kLeafRows;
    return {found.arguments() + place, found.entries() + place};
  }

  /// The leaf in which the row behind the first `size` is to be written; `more` rows will follow.
  /// `state` is the serial number of the state that is being built. May throw std::bad_alloc; then
  /// nothing is changed that a state sees.
  Leaf& leaf_to_append(std::uint32_t size, std::uint32_t more, std::uint64_t state);
  /// The leaf in which a row can be changed, of `size` rows in all; likewise.
  Leaf& leaf_to_change(std::uint32_t position, std::uint32_t size, std::uint64_t state);

 private:
  static std::uint32_t child_index(std::uint32_t position, unsigned level) noexcept {
    return (position / kLeafRows >> (kBranchBits * (level - 1))) % kBranchChildren;
  }
  void swap(RowTree& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(levels_, other.levels_);
  }
  /// Where the leaf of a row hangs; all branches above it are the state's own.
  RowNode*& own_place(std::uint32_t position, std::uint64_t state);

  RowNode* root_ = nullptr;
  unsigned levels_ = 0;  ///< Of branches above the leaves.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// ContextData: one state of the promotion context. States are immutable; each is made from the one
/// before it, and shares with it all that an export did not change.
///
///     state 7 --+--> RowTree ------> leaf: | A | B | C |   |      state 7 has 3 rows,
///     state 8 --+      (rows)               ^   ^   ^   ^         state 8 the same and D
///         |     |                           |   |   |   D
///         |     +--> ContextTexts: | "A":1,"B":"x","C":[2],"D":3,      | --> block before it
///         |     |      (what rows point into)            ^ text_used   ^ capacity
///         |     +--> KeyIndex       key -> position, from 17 rows on
///         |     +--> Gaps           positions that were removed, or are not handed to hooks
///         +--> row_count, bytes, ...
///
/// A key keeps its position until rows that were removed are dropped by ContextBuilder, which then
/// makes new rows, texts and index. So N exports of one new key each cost N rows and N texts, also
/// while each of the N states is still in use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "context/key_index.hpp"
#include "context/row_tree.hpp"
#include "promoflow/context.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A block of what rows point into, and the blocks before it. The newest state's successor writes
/// behind what that state uses.
struct ContextTexts {
  std::shared_ptr<const ContextTexts> before;
  std::size_t bytes_before = 0;  ///< Of all blocks before this one.
  std::size_t capacity = 0;
  std::unique_ptr<char[]> bytes;
};

/// Positions of rows that are passed over, in ascending order.
struct Gaps {
  std::vector<std::uint32_t> removed;
  std::vector<std::uint32_t> not_handed;  ///< Those that are removed, and the shadowed ones (C6).
};

/// One state. Reading allocates nothing and is thread-safe.
struct ContextData {
  static constexpr std::uint32_t kNoRow = KeyIndex::kNone;

  RowTree rows;
  std::shared_ptr<const ContextTexts> texts;
  std::shared_ptr<KeyIndex> index;   ///< Null: few rows, which are searched one by one.
  std::shared_ptr<const Gaps> gaps;  ///< Null: there is none.
  std::uint64_t serial = 0;          ///< Greater than that of each state before it.
  std::size_t text_used = 0;         ///< Bytes of the last block, by this state and those before.
  std::size_t bytes = 0;             ///< Of all members, each with a comma.
  std::size_t own_bytes = 0;         ///< Memory that it shares with no state before it; from above.
  std::uint32_t row_count = 0;       ///< Those that are removed included.
  std::uint32_t merge_hint = 0;  ///< Position that the last export wrote first: the next may, too.

  std::size_t size() const noexcept { return row_count - (gaps ? gaps->removed.size() : 0); }
  /// Bytes of the whole object as compact JSON.
  std::size_t json_size() const noexcept { return bytes == 0 ? 2 : bytes + 1; }
  /// How many rows are handed as arguments (A5, C6).
  std::size_t argument_count() const noexcept {
    return row_count - (gaps ? gaps->not_handed.size() : 0);
  }
  /// The index-th row of those that are not removed, in the order in which keys first appeared.
  Row operator[](std::size_t row_index) const noexcept { return rows[position_of(row_index)]; }
  std::uint32_t position_of(std::size_t row_index) const noexcept;
  /// The position of a key, or kNoRow.
  std::uint32_t find(std::string_view key) const noexcept;
  bool is_removed(std::uint32_t position) const noexcept;

  /// The arguments from a position on that lie behind one another; the position is moved behind
  /// them. Empty: there are no more.
  std::span<const Argument> next_arguments(std::uint32_t& position) const noexcept {
    const std::uint32_t limit = gaps ? pass_gaps(position) : row_count;
    if (position >= limit) { return {}; }
    const std::uint32_t place = position % kLeafRows;
    const std::uint32_t count = std::min(kLeafRows - place, limit - position);
    const Argument* const first = rows.leaf(position).arguments() + place;
    position += count;
    return {first, count};
  }

  /// Calls `visit` with each row that is not removed, in order.
  template <class Visit>
  void each_row(const Visit& visit) const {
    const std::span<const std::uint32_t> removed =
        gaps ? std::span<const std::uint32_t>(gaps->removed) : std::span<const std::uint32_t>();
    std::size_t passed = 0;
    for (std::uint32_t base = 0; base < row_count; base += kLeafRows) {
      const Leaf& leaf = rows.leaf(base);
      const Argument* const arguments = leaf.arguments();
      const Entry* const entries = leaf.entries();
      for (std::uint32_t i = 0; i < kLeafRows && base + i < row_count; ++i) {
        if (passed < removed.size() && removed[passed] == base + i) {
          ++passed;
        } else {
          visit(Row{arguments + i, entries + i});
        }
      }
    }
  }
  /// Appends `"key":json` and a comma for each row of which `wanted` says so.
  template <class Wanted>
  void append_members(std::string& out, const Wanted& wanted) const {
    std::string_view run;  // Members that were written one after another have commas between them.
    const auto append_run = [&out](std::string_view members) {
      if (members.empty()) { return; }
      out += members;
      out += ',';
    };
    each_row([&](const Row& row) {
      if (!wanted(row)) { return; }
      if (!run.empty() && run.data() + run.size() + 1 == row.member().data()) {
        run = {run.data(), run.size() + 1 + row.member_size()};
      } else {
        append_run(run);
        run = row.member();
      }
    });
    append_run(run);
  }

 private:
  /// Moves a position behind rows that are not handed; returns that of the next such row, or the
  /// number of rows.
  std::uint32_t pass_gaps(std::uint32_t& position) const noexcept;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// Context: reading one state.
#include "promoflow/context.hpp"

#include <algorithm>

#include "base/guard.hpp"
#include "context/context_data.hpp"

namespace promoflow {

namespace detail {

std::uint32_t ContextData::position_of(std::size_t row_index) const noexcept {
  auto position = static_cast<std::uint32_t>(row_index);
  if (!gaps) { return position; }
  // So many rows that are not removed are before the n-th removed one: its position minus n.
  const auto& removed = gaps->removed;
  std::size_t low = 0;
  for (std::size_t high = removed.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (removed[middle] - middle <= row_index) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  position += static_cast<std::uint32_t>(low);
  return position;
}

bool ContextData::is_removed(std::uint32_t position) const noexcept {
  return gaps && std::binary_search(gaps->removed.begin(), gaps->removed.end(), position);
}

std::uint32_t ContextData::find(std::string_view key) const noexcept {
  const auto is_it = [this, key](std::uint32_t position) {
    return position < row_count && rows[position].key() == key && !is_removed(position);
  };
  if (index) { return index->find(key, is_it); }
  for (std::uint32_t position = 0; position < row_count; ++position) {
    if (is_it(position)) { return position; }
  }
  return kNoRow;
}

std::span<const Argument> ContextData::next_arguments(std::uint32_t& position) const noexcept {
  std::uint32_t limit = row_count;
  if (gaps) {
    const auto& skipped = gaps->not_handed;
    auto next = std::lower_bound(skipped.begin(), skipped.end(), position);
    for (; next != skipped.end() && *next == position; ++next) { ++position; }
    if (next != skipped.end()) { limit = *next; }
  }
  if (position >= limit) { return {}; }
  const Leaf& leaf = rows.leaf(position);
  const std::uint32_t place = position % kLeafRows;
  const std::uint32_t count = std::min(kLeafRows - place, limit - position);
  position += count;
  return {leaf.arguments() + place, count};
}

}  // namespace detail

namespace {

ContextEntry to_public(const detail::Row& row) {
  return {row.key(), row.json(), row.text(), row.writer().ticket, row.shadowed()};
}

}  // namespace

std::size_t Context::size() const noexcept { return data_->size(); }

ContextEntry Context::operator[](std::size_t index) const noexcept {
  return to_public((*data_)[index]);
}

std::optional<ContextEntry> Context::find(std::string_view key) const noexcept {
  const std::uint32_t position = data_->find(key);
  if (position == detail::ContextData::kNoRow) { return std::nullopt; }
  return to_public(data_->rows[position]);
}

Result<std::string> Context::to_json() const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    out.reserve(data_->bytes + 2);
    out += '{';
    data_->append_members(out, [](const auto&) { return true; });
    if (out.size() > 1) { out.pop_back(); }
    out += '}';
    return out;
  });
}

}  // namespace promoflow

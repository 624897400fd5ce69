// SPDX-License-Identifier: Apache-2.0
// Context: reading one state.
#include "promoflow/context.hpp"

#include <algorithm>

#include "base/guard.hpp"
#include "context/context_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

std::uint32_t ContextData::position_of(std::size_t row_index) const noexcept {
  const auto position = static_cast<std::uint32_t>(row_index);
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
  return position + static_cast<std::uint32_t>(low);
}

bool ContextData::is_removed(std::uint32_t position) const noexcept {
  return gaps && std::binary_search(gaps->removed.begin(), gaps->removed.end(), position);
}

std::uint32_t ContextData::find(std::string_view key) const noexcept {
  if (index) {
    return index->find(key, [this, key](std::uint32_t position) {
      return position < row_count && rows[position].key() == key && !is_removed(position);
    });
  }
  if (row_count == 0) { return kNoRow; }
  const Argument* const first = rows.leaf(0).arguments();  // Few rows are in one leaf.
  for (std::uint32_t position = 0; position < row_count; ++position) {
    if (first[position].name == key && !is_removed(position)) { return position; }
  }
  return kNoRow;
}

std::uint32_t ContextData::pass_gaps(std::uint32_t& position) const noexcept {
  const auto& gaps_passed = gaps->not_handed;
  auto next = std::lower_bound(gaps_passed.begin(), gaps_passed.end(), position);
  for (; next != gaps_passed.end() && *next == position; ++next) { ++position; }
  return next == gaps_passed.end() ? row_count : *next;
}

}  // namespace detail

namespace {

ContextEntry to_public(const detail::Row& row) {
  return {row.key(), row.json(), row.text(), row.writer().ticket, row.shadowed()};
}

}  // namespace

Context::Context() noexcept {
  static const detail::ContextData kEmpty{};
  data_ = &kEmpty;
}

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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// Context: reading one state.
#include "promoflow/context.hpp"

#include <algorithm>
#include <new>

#include "context/context_data.hpp"

namespace promoflow {

namespace detail {

const ContextData::Entry* ContextData::find(std::string_view key) const noexcept {
  const auto place = std::lower_bound(
      sorted.begin(), sorted.end(), key,
      [this](auto index, auto wanted) { return view(entries[index].key) < wanted; });
  if (place == sorted.end() || view(entries[*place].key) != key) { return nullptr; }
  return &entries[*place];
}

}  // namespace detail

namespace {

ContextEntry to_public(const detail::ContextData& data, const detail::ContextData::Entry& entry) {
  return {data.view(entry.key), data.view(entry.json), data.view(entry.text), entry.writer.ticket,
          entry.shadowed};
}

}  // namespace

std::size_t Context::size() const noexcept { return data_->entries.size(); }

ContextEntry Context::operator[](std::size_t index) const noexcept {
  return to_public(*data_, data_->entries[index]);
}

std::optional<ContextEntry> Context::find(std::string_view key) const noexcept {
  const auto* entry = data_->find(key);
  if (entry == nullptr) { return std::nullopt; }
  return to_public(*data_, *entry);
}

Result<std::string> Context::to_json() const noexcept {
  try {
    std::string out;
    out.reserve(data_->bytes.size() + 2);
    out += '{';
    data_->append_members(out, [](const auto&) { return true; });
    if (out.size() > 1) { out.pop_back(); }
    out += '}';
    return out;
  } catch (const std::bad_alloc&) {
    return tl::unexpected(Error{ErrorCode::OutOfMemory, {}, "out of memory"});
  }
}

}  // namespace promoflow

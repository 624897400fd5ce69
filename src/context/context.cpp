// SPDX-License-Identifier: Apache-2.0
// Context: reading one state.
#include "promoflow/context.hpp"

#include <algorithm>

#include "base/guard.hpp"
#include "context/context_data.hpp"

namespace promoflow {

namespace detail {

const ContextData::Entry* ContextData::find(std::string_view key) const noexcept {
  const auto place = std::lower_bound(
      entries.begin(), entries.end(), key,
      [this](const Entry& at, auto wanted) { return entries[at.nth].key() < wanted; });
  if (place == entries.end()) { return nullptr; }
  const Entry& found = entries[place->nth];
  return found.key() == key ? &found : nullptr;
}

bool ContextData::keys_differ() const noexcept {
  return std::adjacent_find(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
           return entries[a.nth].key() == entries[b.nth].key();
         }) == entries.end();
}

}  // namespace detail

namespace {

ContextEntry to_public(const detail::ContextData::Entry& entry) {
  return {entry.key(), entry.json(), entry.text(), entry.ticket, entry.shadowed()};
}

}  // namespace

std::size_t Context::size() const noexcept { return data_->entries.size(); }

ContextEntry Context::operator[](std::size_t index) const noexcept {
  return to_public(data_->entries[index]);
}

std::optional<ContextEntry> Context::find(std::string_view key) const noexcept {
  const auto* entry = data_->find(key);
  if (entry == nullptr) { return std::nullopt; }
  return to_public(*entry);
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

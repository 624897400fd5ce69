// SPDX-License-Identifier: Apache-2.0
// NameTable: names to indices.
#include <functional>

#include "flow/flow_data.hpp"

namespace promoflow::detail {

namespace {

std::uint32_t hash_of(std::string_view name) noexcept {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
}

constexpr std::uint64_t slot_value(std::uint32_t hash, std::uint32_t index) noexcept {
  return (std::uint64_t{hash} << 32U) | (index + 1);
}

}  // namespace

/// Where the name is, or the empty slot where it would go.
std::size_t NameTable::slot_of(std::string_view name, std::uint32_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const std::uint64_t value = slots_[slot];
    if (value == 0) { return slot; }
    if ((value >> 32U) == hash && (*this)[static_cast<std::uint32_t>(value) - 1] == name) {
      return slot;
    }
  }
}

void NameTable::grow() {
  std::vector<std::uint64_t> old(slots_.empty() ? 16 : slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const std::uint64_t value : old) {
    if (value != 0) {
      std::size_t slot = (value >> 32U) & mask;
      while (slots_[slot] != 0) { slot = (slot + 1) & mask; }
      slots_[slot] = value;
    }
  }
}

std::uint32_t NameTable::intern(std::string_view name) {
  if (size() * 4 >= slots_.size() * 3) { grow(); }
  const std::uint32_t hash = hash_of(name);
  const std::size_t slot = slot_of(name, hash);
  if (slots_[slot] != 0) { return static_cast<std::uint32_t>(slots_[slot]) - 1; }
  const auto added = static_cast<std::uint32_t>(size());
  bytes_.append(name);
  offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  slots_[slot] = slot_value(hash, added);
  return added;
}

std::uint32_t NameTable::find(std::string_view name) const noexcept {
  if (slots_.empty()) { return kNone; }
  const std::uint64_t value = slots_[slot_of(name, hash_of(name))];
  return value == 0 ? kNone : static_cast<std::uint32_t>(value) - 1;
}

void NameTable::shrink() {
  bytes_.shrink_to_fit();
  offsets_.shrink_to_fit();
}

}  // namespace promoflow::detail

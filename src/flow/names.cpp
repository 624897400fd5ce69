// SPDX-License-Identifier: Apache-2.0
// NameTable: maps names to indices.
#include <functional>
#include <utility>

#include "flow/flow_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::uint32_t hash_of(std::string_view name) noexcept {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
}

}  // namespace

/// The slot that holds the name, or the empty one where it belongs.
std::size_t NameTable::slot_of(std::string_view name, std::uint32_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) { return slot; }
    const std::uint32_t index = slots_[slot] - 1;
    if ((hashes_.empty() || hashes_[index] == hash) && (*this)[index] == name) { return slot; }
  }
}

void NameTable::grow() {
  // Not assign(): where that runs out of memory, it may have emptied the vector (libc++ does so).
  std::vector<std::uint32_t> grown(slots_.empty() ? 16 : slots_.size() * 2, 0);
  const std::size_t mask = grown.size() - 1;
  for (std::size_t index = 0; index < size(); ++index) {
    std::size_t slot = hashes_[index] & mask;
    while (grown[slot] != 0) { slot = (slot + 1) & mask; }
    grown[slot] = static_cast<std::uint32_t>(index + 1);
  }
  slots_ = std::move(grown);
}

std::uint32_t NameTable::intern(std::string_view name) {
  if (size() * 4 >= slots_.size() * 3) { grow(); }
  const std::uint32_t hash = hash_of(name);
  const std::size_t slot = slot_of(name, hash);
  if (slots_[slot] != 0) { return slots_[slot] - 1; }
  const auto added = static_cast<std::uint32_t>(size());
  hashes_.resize(added);  // Drops what an attempt that ran out of memory has left behind.
  hashes_.push_back(hash);
  bytes_.resize(offsets_.back());
  bytes_.append(name);
  offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  slots_[slot] = added + 1;
  return added;
}

std::uint32_t NameTable::find(std::string_view name) const noexcept {
  if (slots_.empty()) { return kNone; }
  const std::uint32_t value = slots_[slot_of(name, hash_of(name))];
  return value == 0 ? kNone : value - 1;
}

void NameTable::shrink() {
  bytes_.shrink_to_fit();
  offsets_.shrink_to_fit();
  hashes_ = std::vector<std::uint32_t>();  // Assigning {} would keep the memory.
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

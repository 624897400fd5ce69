// SPDX-License-Identifier: Apache-2.0
#include "exploration/state_store.hpp"

#include <cstring>
#include <string_view>

#include "base/text_index.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::uint64_t hash_code(StateStore::Code code) noexcept {
  constexpr std::uint64_t kSeed = 0x9E3779B97F4A7C15;
  return hash_text({reinterpret_cast<const char*>(code.data()), code.size()}, kSeed);
}

}  // namespace

void StateStore::grow() {
  std::vector<Slot> larger(slots_.empty() ? 1024 : slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.number == 0) { continue; }
    std::size_t at = hash_code((*this)[slot.number - 1]) & mask;
    while (larger[at].number != 0) { at = (at + 1) & mask; }
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

std::pair<StateNumber, bool> StateStore::add(Code code) {
  if ((entries_.size() + 1) * 4 > slots_.size() * 3) { grow(); }
  const std::uint64_t hash = hash_code(code);
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].number != 0; at = (at + 1) & mask) {
    if (slots_[at].tag != tag) { continue; }
    const Code known = (*this)[slots_[at].number - 1];
    if (known.size() == code.size() && std::memcmp(known.data(), code.data(), code.size()) == 0) {
      return {slots_[at].number - 1, false};
    }
  }
  if (used_ + code.size() > chunks_.size() * kChunkBytes) {
    used_ = chunks_.size() * kChunkBytes;
    chunks_.push_back(std::make_unique<std::uint8_t[]>(kChunkBytes));
  }
  std::memcpy(chunks_.back().get() + used_ % kChunkBytes, code.data(), code.size());
  entries_.push_back(used_ << kLengthBits | code.size());
  used_ += code.size();
  slots_[at] = {tag, static_cast<std::uint32_t>(entries_.size())};
  return {static_cast<StateNumber>(entries_.size() - 1), true};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

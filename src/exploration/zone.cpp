// SPDX-License-Identifier: Apache-2.0
#include "exploration/zone.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

Millis sum(Millis left, Millis right) noexcept {
  return left >= Zone::kNoBound || right >= Zone::kNoBound ? Zone::kNoBound : left + right;
}

}  // namespace

bool Zone::add_step(Millis gap, const std::vector<Limit>& limits) {
  const std::size_t step = size_;
  Zone larger(step);
  for (std::size_t i = 0; i < step; ++i) {
    for (std::size_t j = 0; j < step; ++j) { larger.most(i, j) = most(i, j); }
  }
  for (std::size_t i = 0; i < step; ++i) {
    larger.most(step, i) = kNoBound;
    larger.most(i, step) = sum(most(i, 0), -gap);
  }
  for (std::size_t clock = 1; clock < step; ++clock) {
    const Limit& limit = limits[clock - 1];
    for (std::size_t i = 0; i < step; ++i) {
      larger.most(step, i) = std::min(larger.most(step, i), sum(limit.most, most(clock, i)));
      if (limit.is_exact) {
        larger.most(i, step) = std::min(larger.most(i, step), sum(most(i, clock), -limit.most));
      }
    }
  }
  for (std::size_t i = 0; i < step; ++i) {
    if (sum(larger.most(step, i), larger.most(i, step)) < 0) { return false; }
  }
  for (std::size_t i = 0; i < step; ++i) {
    for (std::size_t j = 0; j < step; ++j) {
      larger.most(i, j) =
          std::min(larger.most(i, j), sum(larger.most(i, step), larger.most(step, j)));
    }
  }
  *this = std::move(larger);
  return true;
}

void Zone::keep(const std::vector<std::uint32_t>& moments) {
  std::vector<std::size_t> kept(1, size_ - 1);
  kept.insert(kept.end(), moments.begin(), moments.end());
  Zone smaller(moments.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t j = 0; j < kept.size(); ++j) { smaller.most(i, j) = most(kept[i], kept[j]); }
  }
  *this = std::move(smaller);
}

bool Zone::includes(const Zone& other) const noexcept {
  return std::equal(other.most_.begin(), other.most_.end(), most_.begin(), most_.end(),
                    [](Millis theirs, Millis ours) { return theirs <= ours; });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

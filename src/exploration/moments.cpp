// SPDX-License-Identifier: Apache-2.0
// Bounds on differences: the longest paths from moment 0 (Bellman and Ford).
#include "exploration/moments.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

std::uint32_t Moments::add_length(std::string words) {
  const auto known = std::find(lengths_.begin(), lengths_.end(), words);
  if (known != lengths_.end()) { return static_cast<std::uint32_t>(known - lengths_.begin()); }
  lengths_.push_back(std::move(words));
  return static_cast<std::uint32_t>(lengths_.size() - 1);
}

bool Moments::solve(std::uint32_t count, const std::vector<Order>& orders) {
  std::vector<Bound> bounds = bounds_;
  for (const Order& order : orders) {
    bounds.push_back({order.from, order.to, order.gap, kNoLength});
  }
  times_.assign(count, 0);
  why_.assign(count, kNoLength);
  circle_.clear();
  for (std::uint32_t round = 0;; ++round) {
    bool changed = false;
    for (std::uint32_t i = 0; i < bounds.size(); ++i) {
      const Bound& bound = bounds[i];
      const Millis least = after(times_[bound.from], bound.least);
      if (least <= times_[bound.to]) { continue; }
      times_[bound.to] = least;
      why_[bound.to] = i;
      changed = true;
      if (bound.to == 0 || round > count) {
        find_circle(bound.to, bounds);
        return false;
      }
    }
    if (!changed) { return true; }
  }
}

void Moments::find_circle(std::uint32_t moment, const std::vector<Bound>& bounds) {
  for (std::size_t i = 0; i <= times_.size(); ++i) {
    const Bound& bound = bounds[why_[moment]];
    if (bound.length != kNoLength &&
        std::find(circle_.begin(), circle_.end(), bound.length) == circle_.end()) {
      circle_.push_back(bound.length);
    }
    moment = bound.from;
    if (why_[moment] == kNoLength) { break; }
  }
  std::sort(circle_.begin(), circle_.end());
}

std::string Moments::forbidden_by() const {
  std::string words;
  for (std::size_t i = 0; i < circle_.size(); ++i) {
    if (i > 0) { words += i + 1 == circle_.size() ? " and " : ", "; }
    words += lengths_[circle_[i]];
  }
  return words;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

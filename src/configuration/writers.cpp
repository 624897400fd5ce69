// SPDX-License-Identifier: Apache-2.0
#include "configuration/writers.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

void Writers::add(const FlowFacts& facts, const std::vector<HookRow>& hooks, std::uint32_t row) {
  const HookRow& self = hooks[row];
  rows_.push_back(row);
  if (is_release_point(self.point)) {
    ++first_of_environments_;
    if (self.point == Point::ReleaseOnStart) {
      any_on_start_ = true;
      any_on_start_counts_ = any_on_start_counts_ || self.hook->on_error == OnError::Fail;
    }
    any_on_fail_ = any_on_fail_ || self.point == Point::ReleaseOnFail;
    return;
  }
  const HookRow release_fails{self.hook, 0, 0, Point::ReleaseOnFail};
  any_before_release_fails_ = any_before_release_fails_ || precedes(facts, self, release_fails).may;
}

/// Whether `wanted` holds for one of those of the release, or of the hook's own environment.
template <class Wanted>
bool Writers::any_nearby(const FlowFacts& facts, const std::vector<HookRow>& hooks,
                         std::uint32_t hook, const Wanted& wanted) const {
  const HookRow& self = hooks[hook];
  const auto of_release = rows_.begin() + static_cast<std::ptrdiff_t>(first_of_environments_);
  const auto holds = [&](std::uint32_t row) {
    return row != hook && wanted(precedes(facts, hooks[row], self));
  };
  if (is_release_point(self.point)) { return std::any_of(rows_.begin(), of_release, holds); }
  const auto begin = std::lower_bound(of_release, rows_.end(), self.environment,
                                      [&](std::uint32_t row, std::uint32_t environment) {
                                        return hooks[row].environment < environment;
                                      });
  const auto end = std::find_if(begin, rows_.end(), [&](std::uint32_t row) {
    return hooks[row].environment != self.environment;
  });
  return std::any_of(begin, end, holds);
}

bool Writers::must_precede(const FlowFacts& facts, const std::vector<HookRow>& hooks,
                           std::uint32_t hook) const {
  const Point point = hooks[hook].point;
  if (any_on_start_counts_ && point != Point::ReleaseOnStart && point != Point::ReleaseOnFail) {
    return true;
  }
  return any_nearby(facts, hooks, hook, [](const Precedes& answer) { return answer.must; });
}

bool Writers::may_precede(const FlowFacts& facts, const std::vector<HookRow>& hooks,
                          std::uint32_t hook) const {
  const HookRow& self = hooks[hook];
  if (any_nearby(facts, hooks, hook, [](const Precedes& answer) { return answer.may; })) {
    return true;
  }
  switch (self.point) {
    case Point::ReleaseOnStart: return false;
    case Point::ReleaseOnSuccess: return first_of_environments_ < rows_.size();
    case Point::ReleaseOnFail: return any_before_release_fails_;
    case Point::EnvironmentOnStart:
    case Point::EnvironmentOnSuccess:
    case Point::EnvironmentOnFail: break;
  }
  if (any_on_start_ || any_on_fail_) { return true; }
  return std::any_of(rows_.begin() + static_cast<std::ptrdiff_t>(first_of_environments_),
                     rows_.end(), [&](std::uint32_t row) {
                       const std::uint32_t other = hooks[row].environment;
                       return other != self.environment &&
                              !depends_directly(facts.flow, other, self.environment);
                     });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

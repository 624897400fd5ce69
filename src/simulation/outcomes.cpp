// SPDX-License-Identifier: Apache-2.0
// Outcomes by the properties that their rules ask for (S1).
#include "simulation/outcomes.hpp"

#include <algorithm>
#include <bit>

#include "base/text_index.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Properties of commands; sets of them are sums.
constexpr unsigned kHook = 1;
constexpr unsigned kEnvironment = 2;
constexpr unsigned kPoint = 4;
constexpr unsigned kAttempt = 8;
constexpr unsigned kPlace = 16;

constexpr std::uint32_t kNone = UINT32_MAX;
constexpr std::size_t kFewRules = 8;  // To compare with so many takes less time than a hash.

unsigned asked_by(const Outcome& rule) noexcept {
  if (!rule.hook) { return rule.environment ? kEnvironment | (rule.attempt ? kAttempt : 0) : 0; }
  return kHook | (rule.environment ? kEnvironment : 0) | (rule.point ? kPoint : 0) |
         (rule.attempt ? kAttempt : 0) | (rule.place ? kPlace : 0);
}

RuleKey key_of(const Outcome& rule) noexcept {
  return {rule.hook ? *rule.hook : std::string_view(),
          rule.environment ? *rule.environment : std::string_view(), rule.point.value_or(Point{}),
          rule.attempt.value_or(0), rule.place.value_or(0)};
}

/// Whether the rule, which asks for these properties, asks for these values of them.
bool matches(const Outcome& rule, const RuleKey& key, unsigned asked) noexcept {
  return ((asked & kHook) == 0 || *rule.hook == key.hook) &&
         ((asked & kEnvironment) == 0 || *rule.environment == key.environment) &&
         ((asked & kPoint) == 0 || *rule.point == key.point) &&
         ((asked & kAttempt) == 0 || *rule.attempt == key.attempt) &&
         ((asked & kPlace) == 0 || *rule.place == key.place);
}

}  // namespace

Outcomes::Outcomes(const Scenario& scenario)
    : outcomes_(&scenario.outcomes),
      seed_(reinterpret_cast<std::uintptr_t>(this)) {  // No scenario chooses collisions.
  for (std::uint32_t i = 0; i < outcomes_->size(); ++i) {
    const unsigned asked = asked_by((*outcomes_)[i]);
    if (asked == 0) { continue; }
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [asked](const Group& each) { return each.asked == asked; });
    if (group == groups_.end()) { group = groups_.insert(group, {asked}); }
    group->rules.push_back(i);
  }
  for (Group& group : groups_) { add_slots(group); }
}

void Outcomes::add_slots(Group& group) const {
  if (group.rules.size() <= kFewRules) { return; }
  group.slots.assign(std::bit_ceil(2 * group.rules.size()), kNone);
  for (const std::uint32_t rule : group.rules) {
    std::uint32_t& slot = group.slots[slot_of(group, key_of((*outcomes_)[rule]))];
    if (slot == kNone) { slot = rule; }
  }
}

std::uint64_t Outcomes::hash(const RuleKey& key, unsigned asked) const noexcept {
  std::uint64_t hash = seed_;
  if ((asked & kPoint) != 0) { hash ^= static_cast<std::uint64_t>(key.point); }
  if ((asked & kPlace) != 0) { hash ^= std::uint64_t{key.place} << 3U; }
  if ((asked & kAttempt) != 0) { hash ^= std::uint64_t{key.attempt} << 32U; }
  if ((asked & kHook) != 0) { hash = hash_text(key.hook, hash); }
  if ((asked & kEnvironment) != 0) { hash = hash_text(key.environment, hash); }
  return hash;
}

std::size_t Outcomes::slot_of(const Group& group, const RuleKey& key) const {
  const std::size_t mask = group.slots.size() - 1;
  std::size_t at = hash(key, group.asked) & mask;
  while (group.slots[at] != kNone && !matches((*outcomes_)[group.slots[at]], key, group.asked)) {
    at = (at + 1) & mask;
  }
  return at;
}

std::uint32_t Outcomes::first_in(const Group& group, const RuleKey& key) const {
  if (!group.slots.empty()) { return group.slots[slot_of(group, key)]; }
  for (const std::uint32_t rule : group.rules) {
    if (matches((*outcomes_)[rule], key, group.asked)) { return rule; }
  }
  return kNone;
}

const Outcome* Outcomes::first_of(const RuleKey& key, unsigned offered) const {
  std::uint32_t first = kNone;
  for (const Group& group : groups_) {
    const bool is_for_it =
        (group.asked & ~offered) == 0 && (group.asked & kHook) == (offered & kHook);
    if (is_for_it) { first = std::min(first, first_in(group, key)); }
  }
  return first != kNone ? &(*outcomes_)[first] : nullptr;
}

const Outcome* Outcomes::find_hook(std::string_view hook, Point point,
                                   std::optional<std::string_view> environment,
                                   std::uint32_t attempt,
                                   std::optional<std::uint32_t> place) const {
  const unsigned offered =
      kHook | kPoint | kAttempt | (environment ? kEnvironment : 0) | (place ? kPlace : 0);
  return first_of(
      {hook, environment.value_or(std::string_view()), point, attempt, place.value_or(0)}, offered);
}

const Outcome* Outcomes::find_promotion(std::string_view environment, std::uint32_t attempt) const {
  return first_of({{}, environment, {}, attempt, 0}, kEnvironment | kAttempt);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

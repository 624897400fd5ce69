// SPDX-License-Identifier: Apache-2.0
// The structure of two flows compared: environments, dependencies, policies and options.
#include "exploration/flow_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/guard.hpp"
#include "base/printable.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

std::string name_in(const Flow& flow, EnvironmentId environment) {
  return printable(flow.environment_name(environment));
}

std::string words(const std::optional<std::chrono::milliseconds>& duration) {
  return duration ? value_or_throw(format_duration(*duration)) : std::string("none");
}

std::string words(const RetryPolicy& retry) {
  if (retry == RetryPolicy{}) { return "none"; }
  std::string text = fmt::format("{} more attempt{}", retry.limit, retry.limit == 1 ? "" : "s");
  if (retry.duration.count() > 0) {
    text += fmt::format(", {} apart", words(std::optional(retry.duration)));
  }
  if (retry.factor != 1.0) { text += fmt::format(", factor {}", retry.factor); }
  if (retry.max_duration) { text += fmt::format(", at most {}", words(retry.max_duration)); }
  return text;
}

std::string words(const Policy& policy) {
  std::string text = policy.action ? std::string(to_string(*policy.action)) : "none given";
  if (policy.pre_action) { text += ", preAction " + printable(*policy.pre_action); }
  if (policy.post_action) { text += ", postAction " + printable(*policy.post_action); }
  return text;
}

class Comparison {
 public:
  Comparison(const Flow& before, const Flow& after)
      : before_(before), after_(after), pairs_(before, after) {}

  FlowDifference compare(const ExplorationOptions& options) {
    FlowDifference difference;
    difference.equal = before_ == after_;
    if (difference.equal) { return difference; }
    compare_environments();
    diff_order(after_, pairs_, changes_);
    compare_flows();
    diff_hooks(before_, after_, pairs_, changes_);
    difference.changes = std::move(changes_);
    diff_behaviour(before_, after_, pairs_, options, difference);
    std::stable_sort(difference.changes.begin(), difference.changes.end(),
                     [](const FlowChange& left, const FlowChange& right) {
                       return place_of(left.kind) < place_of(right.kind);
                     });
    return difference;
  }

 private:
  void add(FlowChangeKind kind, std::string environment, std::string text) {
    changes_.push_back({kind, std::move(environment), std::move(text)});
  }
  void changed(FlowChangeKind kind, const std::string& of, std::string_view what,
               const std::string& was, const std::string& is) {
    if (was == is) { return; }
    const std::string whose = of.empty() ? std::string() : of + ": ";
    add(kind, of, fmt::format("{}{} was {}, is {}", whose, what, was, is));
  }

  void compare_environments() {
    for (std::uint32_t e = 0; e < before_.environment_count(); ++e) {
      if (!pairs_.after_of(EnvironmentId{e})) {
        const std::string name = name_in(before_, EnvironmentId{e});
        add(FlowChangeKind::EnvironmentRemoved, name, name + " is gone");
      }
    }
    for (std::uint32_t e = 0; e < after_.environment_count(); ++e) {
      const EnvironmentId id{e};
      const std::string name = name_in(after_, id);
      const auto was = pairs_.before_of(id);
      if (!was) {
        add(FlowChangeKind::EnvironmentAdded, name, name + " is new, " + waits_words(id));
        continue;
      }
      if (pairs_.is_renamed(id)) {
        add(FlowChangeKind::EnvironmentRenamed, name,
            fmt::format("{} is called {} now", name_in(before_, *was), name));
      }
      compare_waits(*was, id);
      compare_steps(before_.step(*was), after_.step(id), name);
    }
  }

  std::string waits_words(EnvironmentId environment) const {
    std::vector<std::string> names;
    for (const EnvironmentId on : after_.dependencies(environment)) {
      names.push_back(name_in(after_, on));
    }
    return "behind " + names_words(names);
  }

  void compare_waits(EnvironmentId was, EnvironmentId is) {
    const std::set<EnvironmentId> old_waits = waits_for(before_, was);
    const std::set<EnvironmentId> new_waits = waits_for(after_, is);
    std::vector<std::string> no_longer;
    for (const EnvironmentId on : old_waits) {
      const auto now = pairs_.after_of(on);
      if (!now || !new_waits.contains(*now)) { no_longer.push_back(name_in(before_, on)); }
    }
    std::vector<std::string> from_now;
    for (const EnvironmentId on : new_waits) {
      const auto then = pairs_.before_of(on);
      if (!then || !old_waits.contains(*then)) { from_now.push_back(name_in(after_, on)); }
    }
    const std::string name = name_in(after_, is);
    if (!from_now.empty()) {
      add(FlowChangeKind::Waits, name, name + " now waits for " + names_words(from_now));
    }
    if (!no_longer.empty()) {
      add(FlowChangeKind::WaitsNoLonger, name,
          name + " no longer waits for " + names_words(no_longer));
    }
    if (from_now.empty() && no_longer.empty()) { compare_dependencies(was, is); }
  }

  /// `dependsOn` as it is written, where what it leads to is the same.
  void compare_dependencies(EnvironmentId was, EnvironmentId is) {
    std::vector<std::string> old_names;
    for (const EnvironmentId on : before_.dependencies(was)) {  // Each has a partner, as all waits.
      old_names.push_back(name_in(after_, pairs_.after_of(on).value_or(kTriggerEnvironment)));
    }
    std::vector<std::string> new_names;
    for (const EnvironmentId on : after_.dependencies(is)) {
      new_names.push_back(name_in(after_, on));
    }
    changed(FlowChangeKind::StepChanged, name_in(after_, is), "dependsOn", names_words(old_names),
            names_words(new_names));
  }

  void compare_steps(const StepOptions& was, const StepOptions& is, const std::string& name) {
    constexpr FlowChangeKind kKind = FlowChangeKind::StepChanged;
    changed(kKind, name, "the policy", words(was.policy), words(is.policy));
    changed(kKind, name, "the timeout", words(was.timeout), words(is.timeout));
    changed(kKind, name, "the retry", words(was.retry), words(is.retry));
    changed(kKind, name, "the soak", words(was.soak), words(is.soak));
  }

  void compare_flows() {
    constexpr FlowChangeKind kKind = FlowChangeKind::FlowChanged;
    const FlowOptions& was = before_.options();
    const FlowOptions& is = after_.options();
    changed(kKind, {}, "the flow's name", printable(before_.name()), printable(after_.name()));
    changed(kKind, {}, "failurePolicy", std::string(to_string(was.failure_policy)),
            std::string(to_string(is.failure_policy)));
    changed(kKind, {}, "contextMerge", std::string(to_string(was.context_merge)),
            std::string(to_string(is.context_merge)));
    changed(kKind, {}, "promotionTimeoutLimit",
            words(std::optional<std::chrono::milliseconds>(was.promotion_timeout_limit)),
            words(std::optional<std::chrono::milliseconds>(is.promotion_timeout_limit)));
    changed(kKind, {}, "hookTimeout", words(was.hook_timeout), words(is.hook_timeout));
    changed(kKind, {}, "terminationGracePeriod", words(was.termination_grace_period),
            words(is.termination_grace_period));
    changed(kKind, {}, "postTrigger", printable(was.post_trigger.value_or("none")),
            printable(is.post_trigger.value_or("none")));
    if (was.annotations != is.annotations) { add(kKind, {}, "the annotations differ"); }
  }

  const Flow& before_;
  const Flow& after_;
  Pairs pairs_;
  std::vector<FlowChange> changes_;
};

}  // namespace

std::set<EnvironmentId> waits_for(const Flow& flow, EnvironmentId environment) {
  std::set<EnvironmentId> found;
  std::vector<EnvironmentId> todo(1, environment);
  while (!todo.empty()) {
    const EnvironmentId at = todo.back();
    todo.pop_back();
    for (const EnvironmentId on : flow.dependencies(at)) {
      if (found.insert(on).second) { todo.push_back(on); }
    }
  }
  return found;
}

// --- Pairs ---------------------------------------------------------------------------------------

Pairs::Pairs(const Flow& before, const Flow& after) : before_(before), after_(after) {
  pair(kTriggerEnvironment, kTriggerEnvironment);
  for (std::uint32_t e = 1; e < before.environment_count(); ++e) {
    const auto same = after.find_environment(before.environment_name(EnvironmentId{e}));
    if (same && *same != kTriggerEnvironment) { pair(EnvironmentId{e}, *same); }
  }
  while (find_renamed()) {}
}

void Pairs::pair(EnvironmentId before, EnvironmentId after) {
  to_after_[before] = after;
  to_before_[after] = before;
}

/// Finds one pair that differs in its names only, and of which each has no other such partner.
bool Pairs::find_renamed() {
  for (std::uint32_t b = 1; b < before_.environment_count(); ++b) {
    if (to_after_.contains(EnvironmentId{b})) { continue; }
    std::vector<EnvironmentId> partners;
    for (std::uint32_t a = 1; a < after_.environment_count(); ++a) {
      const bool is_free = !to_before_.contains(EnvironmentId{a});
      if (is_free && is_same_but_for_its_name(EnvironmentId{b}, EnvironmentId{a})) {
        partners.push_back(EnvironmentId{a});
      }
    }
    if (partners.size() != 1) { continue; }
    std::size_t others = 0;
    for (std::uint32_t other = 1; other < before_.environment_count(); ++other) {
      others += !to_after_.contains(EnvironmentId{other}) &&
                        is_same_but_for_its_name(EnvironmentId{other}, partners.front())
                    ? 1U
                    : 0U;
    }
    if (others != 1) { continue; }
    pair(EnvironmentId{b}, partners.front());
    return true;
  }
  return false;
}

bool Pairs::is_same_but_for_its_name(EnvironmentId before, EnvironmentId after) const {
  if (!(before_.step(before) == after_.step(after))) { return false; }
  const auto same = [&](std::span<const EnvironmentId> was, std::span<const EnvironmentId> is) {
    std::set<EnvironmentId> mapped;
    for (const EnvironmentId one : was) {
      const auto found = to_after_.find(one);
      if (found == to_after_.end()) { return false; }
      mapped.insert(found->second);
    }
    return mapped == std::set<EnvironmentId>(is.begin(), is.end());
  };
  return same(before_.dependencies(before), after_.dependencies(after)) &&
         same(before_.dependents(before), after_.dependents(after));
}

std::optional<EnvironmentId> Pairs::after_of(EnvironmentId before) const {
  const auto found = to_after_.find(before);
  return found == to_after_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<EnvironmentId> Pairs::before_of(EnvironmentId after) const {
  const auto found = to_before_.find(after);
  return found == to_before_.end() ? std::nullopt : std::optional(found->second);
}

bool Pairs::is_renamed(EnvironmentId after) const {
  const auto before = before_of(after);
  return before && before_.environment_name(*before) != after_.environment_name(after);
}

std::string names_words(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) { text += i + 1 == names.size() ? " and " : ", "; }
    text += names[i];
  }
  return text;
}

}  // namespace detail

Result<FlowDifference> diff_flows(const Flow& before, const Flow& after,
                                  const ExplorationOptions& options,
                                  const std::vector<Property>& properties) noexcept {
  return detail::guarded([&]() -> Result<FlowDifference> {
    FlowDifference difference = detail::Comparison(before, after).compare(options);
    auto checked = detail::diff_properties(before, after, options, properties);
    if (!checked) { return tl::unexpected(std::move(checked.error())); }
    difference.properties = std::move(*checked);
    return difference;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

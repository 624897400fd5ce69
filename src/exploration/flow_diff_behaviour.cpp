// SPDX-License-Identifier: Apache-2.0
// What a difference does to behaviour: both flows are explored, and their answers compared.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/guard.hpp"
#include "base/printable.hpp"
#include "exploration/flow_diff.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Outcomes that are listed one by one.
constexpr std::size_t kListedMax = 20;

/// An outcome on the environments that both flows have, in the new one's order.
struct SharedOutcome {
  ReleaseStatus release{};
  std::vector<EnvironmentStatus> environments{};
  std::uint32_t failures = 0;  ///< The fewest that lead to it.
};

/// By what they say in full.
using Outcomes = std::map<std::string, SharedOutcome>;

/// How many statuses differ; that of the release above all.
std::size_t distance(const SharedOutcome& a, const SharedOutcome& b) {
  std::size_t count = a.release == b.release ? 0 : a.environments.size() + 1;
  for (std::size_t i = 0; i < a.environments.size(); ++i) {
    if (a.environments[i] != b.environments[i]) { ++count; }
  }
  return count;
}

bool is_stopped(EnvironmentStatus status) {
  return status == EnvironmentStatus::Failed || status == EnvironmentStatus::Terminated;
}

class Behaviour {
 public:
  Behaviour(const Flow& before, const Flow& after, const Pairs& pairs, FlowDifference& difference)
      : before_(before), after_(after), pairs_(pairs), difference_(difference) {}

  void compare(const ExplorationOptions& options) {
    const Result<Exploration> was = explore(before_, options);
    const Result<Exploration> is = explore(after_, options);
    throw_if_out_of_memory(was);
    throw_if_out_of_memory(is);
    if (!was || !is || !was->complete || !is->complete) {
      const bool is_old = !was || !was->complete;
      const Result<Exploration>& first = is_old ? was : is;
      difference_.not_explored = fmt::format("the {} flow is too large: {}", is_old ? "old" : "new",
                                             first ? first->bound : first.error().message);
      return;
    }
    difference_.explored = true;
    compare_hooks(*was, *is);
    compare_outcomes(outcomes_of(*was, true), outcomes_of(*is, false));
  }

 private:
  void add(FlowChangeKind kind, std::string environment, std::string text,
           std::string summary = {}) {
    difference_.changes.push_back(
        {kind, std::move(environment), std::move(text), std::move(summary)});
  }

  std::string new_name(EnvironmentId environment) const {
    return printable(after_.environment_name(environment));
  }

  Outcomes outcomes_of(const Exploration& found, bool is_old) const {
    Outcomes outcomes;
    for (const ReleaseOutcome& outcome : found.outcomes) {
      std::string line(to_string(outcome.release));
      SharedOutcome shared{outcome.release, {}, outcome.failures};
      for (std::uint32_t a = 0; a < after_.environment_count(); ++a) {
        const auto before = pairs_.before_of(EnvironmentId{a});
        if (!before) { continue; }
        const auto at = is_old ? static_cast<std::uint32_t>(*before) : a;
        line += fmt::format("{} {} {}", shared.environments.empty() ? ":" : ",",
                            new_name(EnvironmentId{a}), to_string(outcome.environments[at]));
        shared.environments.push_back(outcome.environments[at]);
      }
      const auto [known, added] = outcomes.emplace(std::move(line), std::move(shared));
      if (!added) { known->second.failures = std::min(known->second.failures, outcome.failures); }
    }
    return outcomes;
  }

  /// What differs from the most similar outcome of the other flow, and what failed:
  /// `Failed: security Failed, production Successful (before: Pending), and 2 others as before`.
  std::string summary(const SharedOutcome& outcome, const Outcomes& others,
                      std::string_view when) const {
    const auto nearest =
        std::min_element(others.begin(), others.end(), [&](const auto& a, const auto& b) {
          return distance(a.second, outcome) < distance(b.second, outcome);
        });
    if (nearest == others.end()) { return {}; }
    const SharedOutcome& other = nearest->second;
    const auto unlike = [&](std::string_view status) {
      return fmt::format(" ({}: {})", when, status);
    };
    std::string line(to_string(outcome.release));
    if (outcome.release != other.release) { line += unlike(to_string(other.release)); }
    std::size_t named = 0;
    std::size_t position = 0;
    for (std::uint32_t a = 0; a < after_.environment_count(); ++a) {
      if (!pairs_.before_of(EnvironmentId{a})) { continue; }
      const EnvironmentStatus status = outcome.environments[position];
      const EnvironmentStatus otherwise = other.environments[position++];
      if (status == otherwise && !is_stopped(status)) { continue; }
      line += fmt::format("{} {} {}", named++ == 0 ? ":" : ",", new_name(EnvironmentId{a}),
                          to_string(status));
      if (status != otherwise) { line += unlike(to_string(otherwise)); }
    }
    const std::size_t rest = position - named;
    if (rest == 0) { return line; }
    return line + fmt::format("{} {} other{} as before", named == 0 ? ":" : ", and", rest,
                              rest == 1 ? "" : "s");
  }

  void list(const Outcomes& outcomes, const Outcomes& others, FlowChangeKind kind) {
    const bool is_new = kind == FlowChangeKind::OutcomeAdded;
    const auto sentence = [&](std::string_view line, std::uint32_t failures) {
      return fmt::format("{} {}, with {} failure{} or more",
                         is_new ? "can end now:" : "can no longer end:", line, failures,
                         failures == 1 ? "" : "s");
    };
    std::size_t listed = 0;
    std::size_t more = 0;
    for (const auto& [line, outcome] : outcomes) {
      if (others.contains(line)) { continue; }
      if (listed++ >= kListedMax) {
        ++more;
        continue;
      }
      const std::string brief = summary(outcome, others, is_new ? "before" : "now");
      add(kind, {}, sentence(line, outcome.failures),
          brief.empty() ? std::string() : sentence(brief, outcome.failures));
    }
    if (more > 0) { add(kind, {}, fmt::format("and {} more outcomes", more)); }
  }

  void compare_outcomes(const Outcomes& was, const Outcomes& is) {
    list(is, was, FlowChangeKind::OutcomeAdded);
    list(was, is, FlowChangeKind::OutcomeRemoved);
  }

  void compare_hooks(const Exploration& was, const Exploration& is) {
    for (const HookFinding& hook : is.hooks) {
      const auto same = std::find_if(was.hooks.begin(), was.hooks.end(), [&](const auto& other) {
        const bool is_in_same_place = other.hook == hook.hook && other.point == hook.point &&
                                      other.environment.has_value() == hook.environment.has_value();
        return is_in_same_place &&
               (!hook.environment || pairs_.before_of(*hook.environment) == other.environment);
      });
      if (same == was.hooks.end() || same->runs.occurrence == hook.runs.occurrence) { continue; }
      const bool never = hook.runs.occurrence == Occurrence::Never;
      const std::string environment = hook.environment ? new_name(*hook.environment) : "";
      const std::string where =
          std::string(to_string(hook.point)) + (environment.empty() ? "" : " of " + environment);
      add(never ? FlowChangeKind::HookNeverRuns : FlowChangeKind::HookRuns, environment,
          never ? fmt::format("hook {} at {} can no longer run", printable(hook.hook), where)
                : fmt::format("hook {} at {} ran {}, runs {} now", printable(hook.hook), where,
                              to_string(same->runs.occurrence), to_string(hook.runs.occurrence)));
    }
  }

  const Flow& before_;
  const Flow& after_;
  const Pairs& pairs_;
  FlowDifference& difference_;
};

}  // namespace

void diff_behaviour(const Flow& before, const Flow& after, const Pairs& pairs,
                    const ExplorationOptions& options, FlowDifference& difference) {
  Behaviour(before, after, pairs, difference).compare(options);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

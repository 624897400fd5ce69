// SPDX-License-Identifier: Apache-2.0
// Checks properties: each is a small automaton that watches a run, and a violation is a shortest
// path to a state in which the automaton says so.
//
//   never   0 --first--> violated
//   before  0 --second--> dead (nothing can go wrong any more)     0 --first--> violated
//   after   0 --first, and not second--> 1 --second--> 0           1, and the run ends: violated
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "exploration/property_check.hpp"
#include "exploration/run_search.hpp"
#include "exploration/schedule.hpp"
#include "exploration/timed_search.hpp"
#include "promoflow/properties.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

/// Patterns, as facts and as states: where in a step one of them happens.
class Watch {
 public:
  Watch(StateGraph& graph, const FlowData& flow, const std::vector<Pattern>& patterns)
      : graph_(graph), flow_(flow), facts_(graph.places().fact_count() + 8, false) {
    for (const Pattern& pattern : patterns) { add(pattern); }
    if (!statuses_.empty()) { look_at_states(); }
  }

  /// The first place in a step's facts at which a pattern happens: a status that is taken on behind
  /// all of them, if only the state after the step shows it. kNowhere: it does not.
  std::size_t first_in(std::uint32_t label, StateNumber from, StateNumber to) const {
    const std::span<const Fact> facts = graph_.labels()[label];
    const auto found =
        std::find_if(facts.begin(), facts.end(), [this](Fact fact) { return facts_[fact]; });
    if (found != facts.end()) { return static_cast<std::size_t>(found - facts.begin()); }
    const bool was = from != StateGraph::kNoState && holds(from);
    return holds(to) && !was ? facts.size() : kNowhere;
  }

 private:
  bool holds(StateNumber state) const { return !holds_.empty() && holds_[state]; }

  void add(const Pattern& pattern) {
    if (!pattern.status.empty() || !pattern.release.empty()) {
      statuses_.push_back(&pattern);
      if (pattern.meanwhile.empty()) { add_statuses(pattern); }
      return;
    }
    const Places& places = graph_.places();
    for (std::uint32_t i = 0; i < places.size(); ++i) {
      if (!is_of(pattern, places[i])) { continue; }
      for (const CommandEvent event : {CommandEvent::Issued, CommandEvent::Succeeded,
                                       CommandEvent::Failed, CommandEvent::Cancelled}) {
        const bool is_meant =
            pattern.events.empty() ||
            std::find(pattern.events.begin(), pattern.events.end(), event) != pattern.events.end();
        if (is_meant) {
          facts_[Places::fact(i, static_cast<PlaceEvent>(static_cast<int>(event) - 1))] = true;
        }
      }
    }
  }

  /// A status may be taken on and left again within one step.
  void add_statuses(const Pattern& pattern) {
    for (const ReleaseStatus status : pattern.release) {
      facts_[graph_.places().status(flow_.size(), static_cast<std::uint8_t>(status))] = true;
    }
    if (pattern.status.empty()) { return; }
    const std::uint32_t environment = flow_.names.find(*pattern.environment);
    for (const EnvironmentStatus status : pattern.status) {
      facts_[graph_.places().status(environment, static_cast<std::uint8_t>(status))] = true;
    }
  }

  bool is_of(const Pattern& pattern, const Place& place) const {
    const bool is_release = place.entity == flow_.size();
    if (pattern.promotion) {
      return !place.is_hook() && flow_.names[place.entity] == *pattern.promotion;
    }
    if (!place.is_hook()) { return false; }
    const Hook& hook = flow_.chains_of(place.entity).of[chain_of(place.state)][place.hook];
    return hook.name == *pattern.hook &&
           (!pattern.point || *pattern.point == point_of(place.state, is_release)) &&
           (!pattern.environment ||
            (!is_release && flow_.names[place.entity] == *pattern.environment));
  }

  bool is_case(const Pattern& pattern, const ReleaseState& state) const {
    const auto has = [](const auto& list, auto status) {
      return std::find(list.begin(), list.end(), status) != list.end();
    };
    const bool own =
        pattern.status.empty()
            ? has(pattern.release, state.status)
            : has(pattern.status, state.entities[flow_.names.find(*pattern.environment)].status());
    return own && (pattern.meanwhile.empty() ||
                   std::any_of(pattern.meanwhile.begin(), pattern.meanwhile.end(),
                               [&](const Pattern& other) { return is_case(other, state); }));
  }

  void look_at_states() {
    holds_.assign(graph_.nodes().size(), false);
    for (StateNumber state = 0; state < graph_.nodes().size(); ++state) {
      graph_.stepper().load(graph_.code(state));
      const ReleaseState& release = graph_.stepper().machine().state();
      holds_[state] = std::any_of(statuses_.begin(), statuses_.end(), [&](const Pattern* pattern) {
        return is_case(*pattern, release);
      });
    }
  }

  StateGraph& graph_;
  const FlowData& flow_;
  std::vector<bool> facts_;  ///< Those that are events of a pattern.
  std::vector<const Pattern*> statuses_;
  std::vector<bool> holds_;  ///< States in which one of these is the case.
};

/// A property, as an automaton that watches runs.
class Automaton {
 public:
  Automaton(StateGraph& graph, const FlowData& flow, const Property& property)
      : form_(property.form),
        first_(graph, flow, property.first),
        second_(graph, flow, property.second) {}

  /// What the automaton makes of a step.
  int next(int phase, std::uint32_t label, StateNumber from, StateNumber to) const {
    const std::size_t first = first_.first_in(label, from, to);
    if (form_ == PropertyForm::Never) { return first != kNowhere ? RunSearch::kFound : 0; }
    const std::size_t second = second_.first_in(label, from, to);
    if (form_ == PropertyForm::Before) {
      if (first != kNowhere && (second == kNowhere || second >= first)) {
        return RunSearch::kFound;
      }
      return second != kNowhere ? RunSearch::kDead : 0;
    }
    if (second != kNowhere) { return 0; }
    return phase == 1 || first != kNowhere ? 1 : 0;
  }

 private:
  PropertyForm form_;
  Watch first_;
  Watch second_;
};

PropertyFinding check(StateGraph& graph, const Flow& flow, const Property& property,
                      const ExplorationOptions& options, const Exports& exports,
                      TimedSearch& timed) {
  PropertyFinding finding;
  finding.name = property.name;
  const Automaton automaton(graph, flow.data(), property);
  const auto next = [&automaton](int phase, std::uint32_t label, StateNumber from, StateNumber to) {
    return automaton.next(phase, label, from, to);
  };
  const auto run = RunSearch(graph, options, next, property.form == PropertyForm::After).run();
  if (!run) {
    finding.verdict = graph.bound().empty() ? Verdict::Holds : Verdict::Undecided;
    return finding;
  }
  finding.verdict = Verdict::Violated;
  Scheduled scheduled = schedule(flow, run->choices, run->statuses, Reordering::Forbidden, exports);
  finding.scenario = std::move(scheduled.scenario);
  finding.impossible = std::move(scheduled.forbidden_by);
  if (!finding.scenario) {
    TimedGoal goal{next, property.form == PropertyForm::After};
    goal.failures_max = options.failures_max.value_or(kNone32);
    const bool is_sure = timed.find(goal, finding.scenario);
    if (!is_sure && !finding.scenario) { finding.verdict = Verdict::Undecided; }
    if (!is_sure || finding.scenario) { finding.impossible.clear(); }
  }
  return finding;
}

}  // namespace

}  // namespace detail

Result<std::vector<PropertyFinding>> check_properties(const Flow& flow,
                                                      const std::vector<Property>& properties,
                                                      const ExplorationOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::vector<PropertyFinding>> {
    ExplorationOptions all_orders = options;
    all_orders.all_orders = true;  // A property may tell orders apart.
    const detail::Exports exports(options.exports);
    if (std::string problem = exports.problem(); !problem.empty()) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "exports", std::move(problem)});
    }
    for (const Property& property : properties) {
      if (std::string problem = detail::problem_of(flow.data(), property); !problem.empty()) {
        return tl::unexpected(
            Error{ErrorCode::InvalidArgument, "properties",
                  fmt::format("{}: {}", detail::in_quotes(property.name), problem)});
      }
    }
    detail::StateGraph graph(flow, all_orders);
    if (const Result<bool> explored = graph.explore(); !explored) {
      return tl::unexpected(explored.error());
    }
    detail::TimedSearch timed(graph, flow, all_orders, exports);
    std::vector<PropertyFinding> findings;
    findings.reserve(properties.size());
    for (const Property& property : properties) {
      findings.push_back(detail::check(graph, flow, property, all_orders, exports, timed));
    }
    return findings;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// explore(): the states, then what they say of outcomes, hooks and environments.
#include "promoflow/exploration.hpp"

#include <algorithm>
#include <tuple>

#include "base/guard.hpp"
#include "exploration/conflicts.hpp"
#include "exploration/findings.hpp"
#include "exploration/graph.hpp"
#include "exploration/next_moves.hpp"
#include "exploration/schedule.hpp"
#include "exploration/timed_search.hpp"
#include "exploration/waits.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// Finds the outcomes of a graph, each with a scenario that shows it.
class OutcomeFinder {
 public:
  OutcomeFinder(StateGraph& graph, const Flow& flow, const ExplorationOptions& options,
                const Exports& exports)
      : graph_(graph), flow_(flow), options_(options), exports_(exports) {}

  /// The outcome of the best run to an ended state.
  ReleaseOutcome find(const StateGraph::Ending& ending) {
    ReleaseOutcome outcome;
    const StateGraph::Node& node = graph_.nodes()[ending.state];
    outcome.release = static_cast<ReleaseStatus>(ending.statuses[0]);
    for (std::size_t i = 1; i < ending.statuses.size(); ++i) {
      outcome.environments.push_back(static_cast<EnvironmentStatus>(ending.statuses[i]));
    }
    outcome.failures = node.failures;
    outcome.steps = node.steps;
    Scheduled scheduled = schedule(flow_, graph_.way_to(ending.state), ending.statuses,
                                   Reordering::Allowed, exports_);
    outcome.scenario = std::move(scheduled.scenario);
    outcome.impossible = std::move(scheduled.forbidden_by);
    if (!outcome.scenario) { search_other_runs(ending.statuses, outcome); }
    outcome.next = next_moves(graph_, ending.state);
    return outcome;
  }

 private:
  /// The best run contradicts the flow's durations: another one to the same outcome may not.
  void search_other_runs(const std::string& statuses, ReleaseOutcome& outcome) {
    if (!timed_) {
      orders_ = options_;
      orders_.all_orders = true;
      all_orders_.emplace(flow_, orders_);
      (void)all_orders_->explore();
      timed_.emplace(*all_orders_, flow_, orders_, exports_);
    }
    TimedGoal goal;
    goal.failures_max = options_.failures_max.value_or(kNone32);
    goal.accepts = [&](StateNumber state) { return all_orders_->ends_in(state, statuses); };
    outcome.undecided = !timed_->find(goal, outcome.scenario);
    if (!outcome.scenario) { return; }
    outcome.impossible.clear();
    outcome.failures = timed_->failures();
    outcome.steps = timed_->steps();
  }

  StateGraph& graph_;
  const Flow& flow_;
  const ExplorationOptions& options_;
  const Exports& exports_;
  ExplorationOptions orders_{};
  std::optional<StateGraph> all_orders_{};  ///< Made when it is needed.
  std::optional<TimedSearch> timed_{};
};

/// About as much as an outcome takes: its scenario has a rule for each command.
std::size_t memory_of(const ReleaseOutcome& outcome) {
  const std::size_t ids = outcome.environments.capacity() + outcome.next.environments.capacity() +
                          outcome.next.skips.capacity();
  std::size_t bytes = sizeof(outcome) + ids * sizeof(EnvironmentStatus);
  if (!outcome.scenario) { return bytes; }
  bytes += outcome.scenario->actions.capacity() * sizeof(Action);
  for (const Outcome& rule : outcome.scenario->outcomes) {
    bytes += sizeof(rule);
    for (const auto* const text : {&rule.hook, &rule.environment, &rule.context}) {
      if (*text) { bytes += (*text)->size(); }
    }
  }
  return bytes;
}

/// Each outcome of the graph, as long as there is memory for them (X5). Endings come by failures.
void find_outcomes(StateGraph& graph, const Flow& flow, const ExplorationOptions& options,
                   const Exports& exports, Exploration& exploration) {
  OutcomeFinder finder(graph, flow, options, exports);
  std::size_t memory = graph.memory_bytes();
  for (const StateGraph::Ending& ending : graph.endings()) {
    ReleaseOutcome outcome = finder.find(ending);
    memory += memory_of(outcome);
    if (memory > options.memory_bytes_max) {
      graph.end_below(graph.nodes()[ending.state].failures);
      break;
    }
    exploration.outcomes.push_back(std::move(outcome));
  }
  std::stable_sort(exploration.outcomes.begin(), exploration.outcomes.end(),
                   [](const ReleaseOutcome& one, const ReleaseOutcome& other) {
                     return std::tie(one.failures, one.steps) <
                            std::tie(other.failures, other.steps);
                   });
}

}  // namespace

}  // namespace detail

std::string_view to_string(Occurrence occurrence) noexcept {
  switch (occurrence) {
    case Occurrence::Unknown: return "unknown";
    case Occurrence::Always: return "always";
    case Occurrence::Sometimes: return "sometimes";
    case Occurrence::Never: return "never";
  }
  return "unknown";
}

Result<Exploration> explore(const Flow& flow, const ExplorationOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Exploration> {
    const detail::Exports exports(options.exports);
    if (std::string problem = exports.problem(); !problem.empty()) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "exports", std::move(problem)});
    }
    Exploration exploration;
    detail::StateGraph graph(flow, options);
    if (const Result<bool> explored = graph.explore(); !explored) {
      return tl::unexpected(explored.error());
    }
    detail::find_outcomes(graph, flow, options, exports, exploration);
    exploration.complete = graph.bound().empty();
    exploration.states = graph.nodes().size();
    exploration.transitions = graph.step_count();
    exploration.complete_below = graph.complete_below();
    exploration.bound = graph.bound();
    detail::find_occurrences(graph, flow.data(), options, exploration);
    exploration.longest_wait = detail::longest_wait(flow.data(), options.failures_max);
    detail::find_conflicts(flow, options, exports, exploration);
    return exploration;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

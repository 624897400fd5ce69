// SPDX-License-Identifier: Apache-2.0
// The states of the graph times the phases of the automaton, best ways first.
#include "exploration/run_search.hpp"

#include <algorithm>

#include "exploration/next_moves.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

RunSearch::RunSearch(StateGraph& graph, const ExplorationOptions& options, Next next, bool at_end)
    : graph_(graph),
      options_(options),
      next_(std::move(next)),
      at_end_(at_end),
      ways_(graph.nodes().size() * kPhases) {}

std::optional<RunSearch::Run> RunSearch::run() {
  const int phase = next_(0, graph_.start_label(), StateGraph::kNoState, 0);
  if (phase == kFound) { return finish({}, 0, 0); }
  if (phase == kDead) { return std::nullopt; }
  put({0, phase}, {0, 0, 0, 0, true});
  search();
  if (!best_) { return std::nullopt; }
  std::vector<Choice> choices = run_to(best_->at);
  StateNumber state = best_->at.state;
  if (best_->step != kNoStep) {
    choices.push_back(graph_.choices_of(state)[best_->step]);
    state = graph_.steps_of(state)[best_->step].to;
  }
  return finish(std::move(choices), state, best_->failures);
}

void RunSearch::put(const At& at, const Way& way) {
  Way& known = ways_[index(at)];
  if (known.known && std::tie(known.failures, known.steps) <= std::tie(way.failures, way.steps)) {
    return;
  }
  known = way;
  todo_.push({way.failures, way.steps, at});
}

void RunSearch::search() {
  while (!todo_.empty()) {
    const auto [failures, steps, at] = todo_.top();
    todo_.pop();
    const Way& way = ways_[index(at)];
    if (way.failures != failures || way.steps != steps) { continue; }
    if (best_ && std::tie(best_->failures, best_->steps) <= std::tie(failures, steps)) { return; }
    if (at_end_ && at.phase == 1 && graph_.nodes()[at.state].ended) {
      best_ = Place{failures, steps, at, kNoStep};
      return;
    }
    follow(at, way);
  }
}

void RunSearch::follow(const At& at, const Way way) {
  std::uint32_t number = 0;
  for (const GraphStep& step : graph_.steps_of(at.state)) {
    const std::uint32_t failures = way.failures + (step.fails() ? 1U : 0U);
    const std::uint32_t choice = number++;
    if (options_.failures_max && failures > *options_.failures_max) { continue; }
    const int phase = next_(at.phase, step.label(), at.state, step.to);
    if (phase == kFound) {
      const std::uint32_t steps = way.steps + 1;
      if (!best_ || std::tie(failures, steps) < std::tie(best_->failures, best_->steps)) {
        best_ = Place{failures, steps, at, choice};
      }
    } else if (phase != kDead) {
      put({step.to, phase},
          {failures, way.steps + 1, static_cast<std::uint32_t>(index(at)), choice, true});
    }
  }
}

std::vector<Choice> RunSearch::run_to(const At& at) {
  std::vector<Choice> run;
  for (std::size_t i = index(at); ways_[i].steps != 0; i = ways_[i].from) {
    const auto before = static_cast<StateNumber>(ways_[i].from / kPhases);
    run.push_back(graph_.choices_of(before)[ways_[i].choice]);
  }
  std::reverse(run.begin(), run.end());
  return run;
}

/// Behind the states that were visited the release machine alone says how the run goes on.
std::optional<RunSearch::Run> RunSearch::finish(std::vector<Choice> choices, StateNumber state,
                                                std::uint32_t failures) {
  Run run{std::move(choices), failures, {}};
  Stepper& stepper = graph_.stepper();
  stepper.load(graph_.code(state));
  if (!run_to_end(stepper, run.choices)) { return std::nullopt; }
  run.statuses = stepper.statuses();
  return run;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

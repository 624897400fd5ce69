// SPDX-License-Identifier: Apache-2.0
#include "exploration/timed_search.hpp"

#include <algorithm>

#include "release/backoff.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

int TimedSearch::next_phase(int phase, std::uint32_t label, StateNumber from,
                            StateNumber to) const {
  if (!goal_->next || phase == kFoundPhase) { return phase; }
  const int next = goal_->next(phase, label, from, to);
  return next == RunSearch::kFound ? kFoundPhase : next;
}

bool TimedSearch::is_end(StateNumber state, int phase) const {
  if (!graph_.nodes()[state].ended) { return false; }
  if (!goal_->next) { return goal_->accepts(state); }
  return phase == kFoundPhase || (goal_->at_end && phase == 1);
}

// --- What is left to do from each state ----------------------------------------------------------

/// The fewest failures, and with these the fewest steps, from each state and phase to the goal.
void TimedSearch::measure_rest() {
  rest_.assign(graph_.nodes().size() * kPhases, {});
  const auto is_less = [](const Rest& one, const Rest& other) {
    return one.failures != other.failures ? one.failures < other.failures : one.steps < other.steps;
  };
  for (const StateNumber state : graph_.order()) {
    for (int phase = 0; phase < kPhases; ++phase) {
      if (is_end(state, phase)) { rest_[index(state, phase)] = {0, 0}; }
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = graph_.order().size(); i-- > 0;) {
      const StateNumber state = graph_.order()[i];
      for (const GraphStep& step : graph_.steps_of(state)) {
        for (int phase = 0; phase < kPhases; ++phase) {
          const int next = next_phase(phase, step.label(), state, step.to);
          if (next == RunSearch::kDead) { continue; }
          Rest rest = rest_[index(step.to, next)];
          if (rest.failures == kNoNode) { continue; }
          rest.failures += step.fails() ? 1U : 0U;
          ++rest.steps;
          Rest& known = rest_[index(state, phase)];
          if (!is_less(rest, known)) { continue; }
          known = rest;
          changed = true;
        }
      }
    }
  }
}

// --- Clocks --------------------------------------------------------------------------------------

Millis TimedSearch::length_of(const Machine& machine, const CommandSlot& slot) const {
  if (slot.status != SlotStatus::AwaitingAttempt) { return machine.length_of(slot); }
  const RetryPolicy& retry = slot.is_hook()
                                 ? machine.chain(slot.entity, slot.state)[slot.hook].retry
                                 : machine.flow().step(slot.entity).retry;
  return backoff(retry, slot.retries + 1);
}

/// By entity, the deadline last.
std::vector<TimedSearch::Clock> TimedSearch::clocks_of(
    const Machine& machine, const std::vector<EntityIndex>& fresh) const {
  std::vector<Clock> clocks;
  const ReleaseState& state = machine.state();
  state.commands.each_alive([&](const CommandSlot& slot) {
    const Millis length = length_of(machine, slot);
    if (length != kNever) {
      clocks.push_back({slot.entity, slot.ticket, slot.status, false, length});
    }
    if (std::find(fresh.begin(), fresh.end(), slot.entity) != fresh.end()) {
      clocks.push_back({slot.entity, slot.ticket, slot.status, true, kNever});
    }
  });
  if (state.deadline != kNever) {
    const FlowOptions& options = machine.flow().options;
    const std::chrono::milliseconds limit = options.promotion_timeout_limit;
    const Millis length =
        (state.ending ? options.termination_grace_period.value_or(limit) : limit).count();
    clocks.push_back(
        {machine.flow().size() + 1, state.ending ? 1U : 0U, SlotStatus::Free, false, length});
  }
  std::sort(clocks.begin(), clocks.end(), [](const Clock& left, const Clock& right) {
    return left.entity != right.entity ? left.entity < right.entity
                                       : left.is_issue < right.is_issue;
  });
  return clocks;
}

/// Adds the step of a choice to the times of a node; false: there is no time for it.
bool TimedSearch::fits(const Node& from, const Choice& choice, const std::vector<Clock>& clocks,
                       Node& to) const {
  const int kind = order_of(choice.kind);
  const EntityIndex deadline = flow_.data().size() + 1;
  const auto place = std::find(from.by_ticket.begin(), from.by_ticket.end(), choice.entity);
  const auto position = static_cast<std::uint32_t>(place - from.by_ticket.begin());
  std::vector<Zone::Limit> limits(clocks.size());
  bool may_suspend = choice.kind != ChoiceKind::Suspend;
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    const Clock& clock = clocks[i];
    const bool is_own = clock.entity == choice.entity;
    if (clock.is_issue) {
      if (choice.kind != ChoiceKind::Suspend || !is_own) { continue; }
      limits[i].most = 0;
      may_suspend = true;
      continue;
    }
    const bool fires = kind == 0 ? clock.entity == deadline : kind == 1 && is_own;
    // At one time timers come before all else, a deadline before them, and they come by ticket.
    bool is_before = kind >= 2 || clock.entity == deadline;
    if (is_exact_ && kind == 1 && clock.entity != deadline) {
      is_before = std::find(from.by_ticket.begin(), place, clock.entity) != place;
    }
    const Millis length = std::min(clock.length, Zone::kNoBound);
    limits[i] = {fires || !is_before ? length : length - 1, fires};
  }
  const bool may_be_at_once =
      !is_exact_ || from.last.kind < kind ||
      (from.last.kind == kind && (kind == 2 || position >= from.last.before));
  to.zone = from.zone;
  return may_suspend && to.zone.add_step(may_be_at_once ? 0 : 1, limits);
}

/// After the choice was taken: which commands are alive, in the order of their tickets. What was
/// alive before has the tickets 1, 2, ... by entity, and new commands have later ones.
void TimedSearch::follow_tickets(const Node& from, const Choice& choice, Node& to) const {
  const ReleaseState& state = graph_.stepper().machine().state();
  std::vector<std::pair<std::uint64_t, EntityIndex>> alive;
  state.commands.each_alive(
      [&](const CommandSlot& slot) { alive.emplace_back(slot.ticket, slot.entity); });
  std::sort(alive.begin(), alive.end());
  to.last = {order_of(choice.kind), 0};
  for (const EntityIndex entity : from.by_ticket) {
    const auto still = std::find_if(alive.begin(), alive.end(), [&](const auto& one) {
      return one.second == entity && one.first <= from.by_ticket.size();
    });
    if (entity == choice.entity && to.last.kind % 2 == 1) {
      to.last.before = static_cast<std::uint32_t>(to.by_ticket.size());
    }
    if (still == alive.end()) { continue; }
    to.by_ticket.push_back(entity);
    alive.erase(still);
  }
  for (const auto& [ticket, entity] : alive) { to.by_ticket.push_back(entity); }
}

// --- The search ----------------------------------------------------------------------------------

std::string TimedSearch::key_of(const Node& node) const {
  std::string key;
  const auto put = [&key](std::uint32_t number) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  put(static_cast<std::uint32_t>(index(node.state, node.phase)));
  for (const EntityIndex entity : node.fresh) { put(entity); }
  if (!is_exact_) { return key; }
  put(kNoNode);
  put(static_cast<std::uint32_t>(node.last.kind));
  put(node.last.before);
  for (const EntityIndex entity : node.by_ticket) { put(entity); }
  return key;
}

/// Whether a node that was visited before, at no more cost, has all of its times.
bool TimedSearch::is_known(const Node& node) const {
  const auto found = known_.find(key_of(node));
  return found != known_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](std::uint32_t known) { return nodes_[known].zone.includes(node.zone); });
}

void TimedSearch::push(Node node) {
  const Rest& rest = rest_[index(node.state, node.phase)];
  if (rest.failures == kNoNode || node.failures + rest.failures > goal_->failures_max ||
      is_known(node)) {
    return;
  }
  // Of two nodes that lack equally much, the one that is further on comes first.
  todo_.push({{node.failures + rest.failures, node.steps + rest.steps},
              {rest.steps, static_cast<std::uint32_t>(nodes_.size())}});
  nodes_.push_back(std::move(node));
}

TimedSearch::Node TimedSearch::first_node() {
  Node node;
  node.phase = next_phase(0, graph_.start_label(), StateGraph::kNoState, 0);
  Stepper& stepper = graph_.stepper();
  stepper.load(graph_.code(0));
  const Machine& machine = stepper.machine();
  machine.state().commands.each_alive([&](const CommandSlot& slot) {
    if (options_.suspend) { node.fresh.push_back(slot.entity); }
    node.by_ticket.push_back(slot.entity);
  });
  node.zone = Zone(clocks_of(machine, node.fresh).size());
  return node;
}

void TimedSearch::take(std::uint32_t number, std::uint32_t step, const Choice& choice) {
  const GraphStep& to = graph_.steps_of(nodes_[number].state)[step];
  Node next;
  next.phase = next_phase(nodes_[number].phase, to.label(), nodes_[number].state, to.to);
  if (next.phase == RunSearch::kDead) { return; }
  Stepper& stepper = graph_.stepper();
  stepper.load(graph_.code(nodes_[number].state));
  const Machine& machine = stepper.machine();
  const std::vector<Clock> before = clocks_of(machine, nodes_[number].fresh);
  if (!fits(nodes_[number], choice, before, next)) { return; }
  std::vector<std::pair<EntityIndex, std::uint64_t>> old;
  machine.state().commands.each_alive(
      [&](const CommandSlot& slot) { old.emplace_back(slot.entity, slot.ticket); });
  (void)stepper.take(choice);
  next.state = to.to;
  next.from = number;
  next.choice = choice;
  next.failures = nodes_[number].failures + (to.fails() ? 1U : 0U);
  next.steps = nodes_[number].steps + 1;
  if (options_.suspend) {
    machine.state().commands.each_alive([&](const CommandSlot& slot) {
      const bool is_new =
          std::find(old.begin(), old.end(), std::pair(slot.entity, slot.ticket)) == old.end();
      const auto& fresh = nodes_[number].fresh;
      const bool was_fresh = std::find(fresh.begin(), fresh.end(), slot.entity) != fresh.end();
      if (slot.status == SlotStatus::Outstanding && !slot.suspended &&
          (is_new || (was_fresh && choice.entity != slot.entity))) {
        next.fresh.push_back(slot.entity);
      }
    });
    std::sort(next.fresh.begin(), next.fresh.end());
  }
  if (is_exact_) { follow_tickets(nodes_[number], choice, next); }
  const int kind = order_of(choice.kind);
  std::vector<std::uint32_t> kept;
  for (const Clock& clock : clocks_of(machine, next.fresh)) {
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const Clock& other) { return clock.is_same(other); });
    const bool is_deadline = clock.entity == machine.flow().size() + 1;
    const bool goes_on =
        same != before.end() && !(is_deadline && (kind == 0 || choice.kind == ChoiceKind::Retry));
    kept.push_back(static_cast<std::uint32_t>(
        goes_on ? same - before.begin() + 1 : static_cast<std::ptrdiff_t>(next.zone.size()) - 1));
  }
  next.zone.keep(kept);
  push(std::move(next));
}

void TimedSearch::expand(std::uint32_t number) {
  const std::vector<Choice> choices = graph_.choices_of(nodes_[number].state);
  for (std::uint32_t step = 0; step < choices.size(); ++step) { take(number, step, choices[step]); }
}

std::vector<Choice> TimedSearch::run_to(std::uint32_t number) {
  std::vector<Choice> run;
  for (; nodes_[number].from != kNoNode; number = nodes_[number].from) {
    run.push_back(nodes_[number].choice);
  }
  std::reverse(run.begin(), run.end());
  return run;
}

TimedSearch::Answer TimedSearch::search(bool is_exact, std::optional<Scenario>& scenario) {
  is_exact_ = is_exact;
  nodes_.clear();
  known_.clear();
  todo_ = {};
  bool is_sure = graph_.bound().empty();
  push(first_node());
  while (!todo_.empty()) {
    const std::uint32_t number = todo_.top().second.second;
    todo_.pop();
    if (is_known(nodes_[number])) { continue; }
    if (++looked_at_ > kNodesMax) { return Answer::Undecided; }
    known_[key_of(nodes_[number])].push_back(number);
    const StateNumber state = nodes_[number].state;
    if (is_end(state, nodes_[number].phase)) {
      graph_.stepper().load(graph_.code(state));
      const std::string statuses = graph_.stepper().statuses();
      Scheduled scheduled =
          schedule(flow_, run_to(number), statuses, Reordering::Forbidden, exports_);
      if (scheduled.scenario) {
        scenario = std::move(scheduled.scenario);
        failures_ = nodes_[number].failures;
        steps_ = nodes_[number].steps;
        return Answer::Found;
      }
      if (!is_exact) { return search(true, scenario); }
      is_sure = false;
    }
    expand(number);
  }
  return is_sure ? Answer::None : Answer::Undecided;
}

bool TimedSearch::find(const TimedGoal& goal, std::optional<Scenario>& scenario) {
  goal_ = &goal;
  measure_rest();
  return search(false, scenario) != Answer::Undecided;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "exploration/reduction.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// What the next choice of a slot's environment may lead to, beyond the environment itself.
struct Reach {
  bool may_fail = false;  ///< The environment may fail for good.
  bool may_end = false;   ///< Its chain may end, or the environment may be done.
};

Reach reach_of(const Machine& machine, const CommandSlot& slot) {
  Reach reach;
  if (slot.status == SlotStatus::AwaitingAttempt) { return reach; }
  const State state = machine.state().entities[slot.entity].state;
  const auto chain =
      slot.is_hook() ? machine.chain(slot.entity, slot.state) : std::span<const Hook>();
  const bool is_last = !slot.is_hook() || std::size_t{slot.hook} + 1 == chain.size();
  const auto present = machine.flow().chains_of(slot.entity).present;
  const State next = advance(state, Input::Complete, present);
  reach.may_end = is_last && (next == State::Done || next == State::Stopped);
  const RetryPolicy& retry =
      slot.is_hook() ? chain[slot.hook].retry : machine.flow().step(slot.entity).retry;
  const bool is_noted = slot.is_hook() && (slot.state == State::Failing ||
                                           chain[slot.hook].on_error == OnError::Ignore);
  reach.may_fail = slot.retries >= retry.limit && !is_noted;
  return reach;
}

}  // namespace

Reduction::Reduction(const FlowData& flow, const ExplorationOptions& options)
    : flow_(flow),
      options_(options),
      enabled_(!options.all_orders && !options.suspend && !options.timeouts) {}

/// Whether every Pending environment waits for this one, also through others that are Pending. What
/// was skipped keeps nothing waiting.
bool Reduction::all_pending_wait_for(const Machine& machine, EntityIndex environment) const {
  const Entities& entities = machine.state().entities;
  std::vector<bool> waits(flow_.size(), false);
  std::vector<EntityIndex> todo(1, environment);
  while (!todo.empty()) {
    const EntityIndex at = todo.back();
    todo.pop_back();
    for (const EnvironmentId dependent : flow_.dependents_of(at)) {
      const EntityIndex next = index(dependent);
      if (waits[next] || entities[next].state != State::Pending) { continue; }
      waits[next] = true;
      todo.push_back(next);
    }
  }
  for (EntityIndex e = 0; e < flow_.size(); ++e) {
    if (entities[e].state == State::Pending && !waits[e]) { return false; }
  }
  return true;
}

/// Under failFast, before any failure: whether failures, of this environment or of others, and what
/// else happens can come in either order.
bool Reduction::is_independent_of_failures(const Machine& machine, const CommandSlot& slot) const {
  const Reach reach = reach_of(machine, slot);
  if (reach.may_fail && !all_pending_wait_for(machine, slot.entity)) { return false; }
  if (!reach.may_end) { return true; }
  const auto dependents = flow_.dependents_of(slot.entity);
  return std::none_of(dependents.begin(), dependents.end(), [&](EnvironmentId dependent) {
    return machine.state().entities[index(dependent)].state == State::Pending;
  });
}

bool Reduction::stands_for_all(const Machine& machine, const CommandSlot& slot,
                               bool may_fail) const {
  const Entities& entities = machine.state().entities;
  switch (flow_.options.failure_policy) {
    case FailurePolicy::Continue: return true;
    case FailurePolicy::FailFast:
      // After a failure nothing begins any more, so nothing else is seen.
      return !may_fail || entities.stopped() != 0 || is_independent_of_failures(machine, slot);
    case FailurePolicy::Abort: return !may_fail || entities.active() == 0;
  }
  return false;  // GCOV_EXCL_LINE: behind a switch over all.
}

void Reduction::reduce(const Stepper& stepper, bool may_fail, std::vector<Choice>& choices) const {
  const bool operator_may_act = (options_.terminate && stepper.used().terminations < 2) ||
                                (options_.skip && stepper.used().skips == 0);
  const Machine& machine = stepper.machine();
  if (!enabled_ || operator_may_act || stepper.is_ended()) { return; }
  EntityIndex chosen = kNone32;
  machine.state().commands.each_alive([&](const CommandSlot& slot) {
    const bool is_environment = slot.entity != flow_.size();
    if (chosen == kNone32 && is_environment && stands_for_all(machine, slot, may_fail)) {
      chosen = slot.entity;
    }
  });
  if (chosen == kNone32) { return; }
  choices.erase(std::remove_if(choices.begin(), choices.end(),
                               [chosen](const Choice& choice) { return choice.entity != chosen; }),
                choices.end());
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

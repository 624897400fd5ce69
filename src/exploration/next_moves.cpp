// SPDX-License-Identifier: Apache-2.0
// The release goes on in the real machine, and nothing fails any more.
#include "exploration/next_moves.hpp"

#include <algorithm>

#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

bool run_to_end(Stepper& stepper, std::vector<Choice>& taken) {
  std::vector<Choice> choices;
  while (!stepper.is_ended()) {
    stepper.choices(choices);
    const auto well = std::find_if(choices.begin(), choices.end(), [](const Choice& choice) {
      return !choice.is_failure() && choice.kind < ChoiceKind::Deadline &&
             choice.kind != ChoiceKind::Suspend;
    });
    if (well == choices.end() || !stepper.take(*well)) { return false; }
    taken.push_back(*well);
  }
  return true;
}

NextMoves next_moves(StateGraph& graph, StateNumber ended) {
  NextMoves moves;
  Stepper& stepper = graph.stepper();
  stepper.load(graph.code(ended));
  const ReleaseState& state = stepper.machine().state();
  const EntityIndex environments = stepper.machine().flow().size();
  if (acceptance(state.status).skip) {
    for (EntityIndex e = 0; e < environments; ++e) {
      if (next_state(state.entities[e].state, Input::Skip)) {
        moves.skips.push_back(EnvironmentId{e});
      }
    }
  }
  std::vector<Choice> taken;
  moves.retry = stepper.take({ChoiceKind::Retry}) && run_to_end(stepper, taken);
  if (!moves.retry) { return moves; }
  moves.release = state.status;
  for (EntityIndex e = 0; e < environments; ++e) {
    moves.environments.push_back(state.entities[e].status());
  }
  return moves;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

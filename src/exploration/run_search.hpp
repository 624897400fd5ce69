// SPDX-License-Identifier: Apache-2.0
/// @file
/// RunSearch: the best run in which something happens: the one with the fewest failures and, among
/// those, the fewest steps. A small automaton watches runs, step by step, and says what it is.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include "exploration/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class RunSearch {
 public:
  /// Phases of an automaton are 0, in which it begins, and 1.
  static constexpr int kPhases = 2;
  static constexpr int kDead = -1;   ///< It cannot happen any more.
  static constexpr int kFound = -2;  ///< It has happened.
  /// The phase after a step with the facts of `label`. `from` is StateGraph::kNoState for what
  /// happens as the release starts.
  using Next = std::function<int(int phase, std::uint32_t label, StateNumber from, StateNumber to)>;

  /// A run to an end, without further failures behind what was looked for. It ends, too, where a
  /// bound was reached before the states behind that were visited.
  struct Run {
    std::vector<Choice> choices;
    std::uint32_t failures = 0;
    std::string statuses;  ///< As StateGraph::Ending has them.
  };

  /// `at_end`: also found, if a run ends in phase 1. The graph must have been explored.
  RunSearch(StateGraph& graph, const ExplorationOptions& options, Next next, bool at_end);

  /// None: there is no such run through the states of the graph. May throw.
  std::optional<Run> run();

 private:
  struct At {
    StateNumber state = 0;
    int phase = 0;
    bool operator<(const At& other) const noexcept {
      return state != other.state ? state < other.state : phase < other.phase;
    }
  };
  /// The best way to a state in a phase.
  struct Way {
    std::uint32_t failures = 0;
    std::uint32_t steps = 0;
    std::uint32_t from = 0;    ///< The state and phase before it, as an index of ways_.
    std::uint32_t choice = 0;  ///< The step taken there.
    bool known = false;
  };
  static constexpr std::uint32_t kNoStep = 0xFFFFFFFF;
  struct Place {
    std::uint32_t failures = 0;
    std::uint32_t steps = 0;
    At at{};
    std::uint32_t step = kNoStep;  ///< The step in which it happens; none: the run ends here.
  };
  using Todo = std::tuple<std::uint32_t, std::uint32_t, At>;

  static std::size_t index(const At& at) noexcept {
    return std::size_t{at.state} * kPhases + static_cast<std::size_t>(at.phase);
  }
  void put(const At& at, const Way& way);
  void search();
  void follow(const At& at, Way way);
  std::vector<Choice> run_to(const At& at);
  std::optional<Run> finish(std::vector<Choice> choices, StateNumber state, std::uint32_t failures);

  StateGraph& graph_;
  const ExplorationOptions& options_;
  Next next_;
  bool at_end_;
  std::vector<Way> ways_;
  std::priority_queue<Todo, std::vector<Todo>, std::greater<>> todo_;
  std::optional<Place> best_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

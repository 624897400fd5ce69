// SPDX-License-Identifier: Apache-2.0
/// @file
/// TimedSearch: a run that the durations of the flow allow, among all runs to what is looked for.
///
/// The states of an exploration have no times. Here each state comes with a Zone: when its timers
/// may have been armed, for all ways to take the same steps. The steps that are tried are those of
/// the graph, so it must have been explored in all orders; runs that lead nowhere are left out.
///
/// First, steps at one time may come in any order, whatever the simulation's rules say (S3): if
/// there is no run then, there is none. Otherwise it is looked for by those rules, which need to
/// know the order in which commands were issued.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "exploration/run_search.hpp"
#include "exploration/schedule.hpp"
#include "exploration/zone.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Added to why there is no scenario, where not every run was looked at.
constexpr std::string_view kNotAllRuns = "; not every run was looked at";

/// What runs are looked for.
struct TimedGoal {
  /// Given: an automaton as of a RunSearch watches the runs, which end in its phase 1 if `at_end`,
  /// or after it has found something.
  RunSearch::Next next{};
  bool at_end = false;
  /// Without an automaton: the state in which runs end.
  std::function<bool(StateNumber ended)> accepts{};
  std::uint32_t failures_max = 0;
};

class TimedSearch {
 public:
  /// The graph is that of all orders, explored.
  TimedSearch(StateGraph& graph, const Flow& flow, const ExplorationOptions& options,
              const Exports& exports)
      : graph_(graph), flow_(flow), options_(options), exports_(exports) {}

  /// Gives the scenario of a best run: with the fewest failures and, among those, the fewest steps.
  /// False: without one, not every run was looked at. May throw.
  bool find(const TimedGoal& goal, std::optional<Scenario>& scenario);
  /// Of the run that the latest find() gave a scenario of.
  std::uint32_t failures() const noexcept { return failures_; }
  std::uint32_t steps() const noexcept { return steps_; }

 private:
  enum class Answer : std::uint8_t { Found, None, Undecided };
  /// A timer, or (`is_issue`) the issue of a command that may still be suspended.
  struct Clock {
    EntityIndex entity = 0;  ///< One more than the release's: the deadline.
    std::uint64_t ticket = 0;
    SlotStatus status = SlotStatus::Free;
    bool is_issue = false;
    Millis length = 0;
    bool is_same(const Clock& other) const noexcept {
      return entity == other.entity && ticket == other.ticket && status == other.status &&
             is_issue == other.is_issue;
    }
  };
  /// What came last at the present time (S3): of what kind, and how many commands of those that are
  /// alive come before it.
  struct Last {
    int kind = -1;
    std::uint32_t before = 0;
  };
  struct Node {
    StateNumber state = 0;
    int phase = 0;
    std::uint32_t failures = 0;
    std::uint32_t steps = 0;
    std::uint32_t from = kNoNode;
    Choice choice{};                       ///< The one that led here.
    std::vector<EntityIndex> fresh{};      ///< Whose commands were issued and never suspended.
    std::vector<EntityIndex> by_ticket{};  ///< Whose commands are alive, in order; only if exact.
    Last last{};
    Zone zone{0};
  };
  struct Rest {
    std::uint32_t failures = 0xFFFFFFFF;
    std::uint32_t steps = 0;
  };
  static constexpr std::uint32_t kNoNode = 0xFFFFFFFF;
  static constexpr int kPhases = 3;
  static constexpr int kFoundPhase = 2;  ///< The automaton has found what it looks for.
  /// Nodes that one exploration looks at, at most, for all that it looks for.
  static constexpr std::size_t kNodesMax = 300'000;

  std::size_t index(StateNumber state, int phase) const noexcept {
    return std::size_t{state} * kPhases + static_cast<std::size_t>(phase);
  }
  int next_phase(int phase, std::uint32_t label, StateNumber from, StateNumber to) const;
  bool is_end(StateNumber state, int phase) const;
  void measure_rest();
  Answer search(bool is_exact, std::optional<Scenario>& scenario);
  Node first_node();
  void expand(std::uint32_t number);
  void take(std::uint32_t number, std::uint32_t step, const Choice& choice);
  bool is_known(const Node& node) const;
  std::string key_of(const Node& node) const;
  void push(Node node);
  std::vector<Choice> run_to(std::uint32_t number);

  std::vector<Clock> clocks_of(const Machine& machine, const std::vector<EntityIndex>& fresh) const;
  Millis length_of(const Machine& machine, const CommandSlot& slot) const;
  bool fits(const Node& from, const Choice& choice, const std::vector<Clock>& clocks,
            Node& to) const;
  void follow_tickets(const Node& from, const Choice& choice, Node& to) const;

  using Todo =
      std::pair<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::uint32_t, std::uint32_t>>;

  StateGraph& graph_;
  const Flow& flow_;
  const ExplorationOptions& options_;
  const Exports& exports_;
  std::size_t looked_at_ = 0;
  const TimedGoal* goal_ = nullptr;
  bool is_exact_ = false;
  std::uint32_t failures_ = 0;
  std::uint32_t steps_ = 0;
  std::vector<Rest> rest_;
  std::vector<Node> nodes_;
  std::priority_queue<Todo, std::vector<Todo>, std::greater<>> todo_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> known_;  ///< Nodes that were visited.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

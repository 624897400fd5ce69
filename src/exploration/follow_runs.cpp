// SPDX-License-Identifier: Apache-2.0
#include "exploration/follow_runs.hpp"

#include <algorithm>
#include <bit>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Numbers that are to be looked at, the smallest first. A bit of a higher row says that a word of
/// the row below is not 0, so neither putting nor taking passes over what is empty.
class NumberQueue {
 public:
  explicit NumberQueue(std::size_t numbers) {
    do {
      numbers = (numbers + 63) / 64;
      rows_.emplace_back(numbers, 0);
    } while (numbers > 1);
  }

  bool empty() const noexcept { return rows_.back()[0] == 0; }
  void put(std::size_t number) noexcept {
    for (std::vector<std::uint64_t>& row : rows_) {
      std::uint64_t& word = row[number / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (number % 64);
      if (!was_empty) { return; }
      number /= 64;
    }
  }
  /// It is not empty.
  std::size_t take() noexcept {
    std::size_t number = 0;
    for (std::size_t row = rows_.size(); row-- > 0;) {
      number = number * 64 + static_cast<std::size_t>(std::countr_zero(rows_[row][number]));
    }
    std::size_t left = number;
    for (std::vector<std::uint64_t>& row : rows_) {
      std::uint64_t& word = row[left / 64];
      word &= word - 1;  // It was the smallest.
      if (word != 0) { break; }
      left /= 64;
    }
    return number;
  }

 private:
  std::vector<std::vector<std::uint64_t>> rows_;
};

class Follower {
 public:
  Follower(const StateGraph& graph, const LabelEffects& effects,
           std::optional<std::uint32_t> failures_max)
      : graph_(graph),
        effects_(effects),
        states_(graph.nodes().size()),
        words_(effects.words),
        failures_max_(failures_max.value_or(kNone32)),
        queue_(states_) {
    sort();
    if (failures_max) { measure_failures_left(); }
  }

  RunsFollowed follow() {
    follow_avoided();
    if (is_acyclic_ && graph_.bound().empty()) { found_.commands_max = most_commands(); }
    return std::move(found_);
  }

 private:
  /// Sorts the states so that steps lead to later ones. What is suspended and resumed makes
  /// circles; then some steps lead back.
  void sort() {
    std::vector<std::uint32_t> before(states_, 0);
    for (const StateNumber state : graph_.order()) {
      for (const GraphStep& step : graph_.steps_of(state)) { ++before[step.to]; }
    }
    sorted_.reserve(states_);
    sorted_.push_back(0);
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      for (const GraphStep& step : graph_.steps_of(sorted_[i])) {
        if (--before[step.to] == 0) { sorted_.push_back(step.to); }
      }
    }
    is_acyclic_ = sorted_.size() == states_;
    if (!is_acyclic_) {
      sorted_ = graph_.order();
      for (StateNumber state = 0; state < states_; ++state) {
        if (!graph_.nodes()[state].visited) { sorted_.push_back(state); }
      }
    }
    place_.resize(states_);
    for (std::uint32_t i = 0; i < states_; ++i) { place_[sorted_[i]] = i; }
  }

  /// The most failures of a run from each state, if that may be more than are allowed.
  void measure_failures_left() {
    constexpr int kRoundsMax = 16;  // A circle with a failure would never come to an end.
    failures_left_.assign(states_, 0);
    bool is_changed = true;
    for (int round = 0; is_changed && round < (is_acyclic_ ? 1 : kRoundsMax); ++round) {
      is_changed = false;
      for (std::size_t i = states_; i-- > 0;) {
        std::uint32_t& most = failures_left_[sorted_[i]];
        for (const GraphStep& step : graph_.steps_of(sorted_[i])) {
          const std::uint32_t left = failures_left_[step.to] + (step.fails() ? 1U : 0U);
          is_changed = is_changed || left > most;
          most = std::max(most, left);
        }
      }
    }
    const bool is_known = is_acyclic_ || !is_changed;
    if (!is_known) { failures_left_.assign(states_, kNone32); }
    if (is_known && failures_left_[0] <= failures_max_) { failures_left_.clear(); }
  }

  /// Whether no run has more failures than are allowed.
  bool is_any_allowed() const noexcept { return failures_left_.empty(); }
  /// Whether none has from this state on, after so many failures.
  bool is_free(std::uint32_t failures, StateNumber state) const noexcept {
    return failures_left_[state] <= failures_max_ - failures;
  }

  // --- What runs avoid ---------------------------------------------------------------------------

  ThingBits* bits_of(std::vector<ThingBits>& bits, StateNumber state) const noexcept {
    return &bits[std::size_t{state} * words_];
  }

  void follow_avoided() {
    avoided_.assign(states_ * words_, 0);
    if (!is_any_allowed()) { entering_.assign(states_ * words_, 0); }
    for (std::vector<ThingBits>& avoided : found_.avoided) { avoided.assign(words_, 0); }
    const auto start =
        effects_.left_out.begin() + static_cast<std::ptrdiff_t>(graph_.start_label() * words_);
    std::copy_n(start, words_, avoided_.begin());
    queue_.put(place_[0]);
    for (std::uint32_t failures = 0; !queue_.empty(); ++failures) {
      while (!queue_.empty()) { follow_steps(sorted_[queue_.take()], failures); }
      for (const StateNumber state : entered_) { enter(state); }
      entered_.clear();
    }
  }

  /// Follows all runs with at most so many failures from a state.
  void follow_steps(StateNumber state, std::uint32_t failures) {
    const ThingBits* const from = bits_of(avoided_, state);
    if (graph_.nodes()[state].ended) { note_end(state, from); }
    for (const GraphStep& step : graph_.steps_of(state)) {
      const bool enters = step.fails() && !is_any_allowed();
      if (enters && failures == failures_max_) { continue; }
      const ThingBits* const kept = &effects_.left_out[step.label() * words_];
      const ThingBits* const known = bits_of(avoided_, step.to);
      ThingBits* const to = bits_of(enters ? entering_ : avoided_, step.to);
      ThingBits news = 0;
      for (std::size_t i = 0; i < words_; ++i) {
        const ThingBits more = from[i] & kept[i] & ~known[i];
        to[i] |= more;
        news |= more;
      }
      if (news == 0) { continue; }
      if (enters) {
        entered_.push_back(step.to);
      } else {
        queue_.put(place_[step.to]);
      }
    }
  }

  /// What is known of the runs that have one more failure becomes known of the state.
  void enter(StateNumber state) {
    ThingBits* const known = bits_of(avoided_, state);
    ThingBits* const entering = bits_of(entering_, state);
    ThingBits news = 0;
    for (std::size_t i = 0; i < words_; ++i) {
      news |= entering[i] & ~known[i];
      known[i] |= entering[i];
      entering[i] = 0;
    }
    if (news != 0) { queue_.put(place_[state]); }
  }

  void note_end(StateNumber state, const ThingBits* avoided) {
    const std::size_t kinds = graph_.nodes()[state].succeeded ? 1 : 2;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      found_.ends[kind] = true;
      for (std::size_t i = 0; i < words_; ++i) { found_.avoided[kind][i] |= avoided[i]; }
    }
  }

  // --- The longest run ---------------------------------------------------------------------------

  /// Of each state, 1 more than the most commands of some runs to it; 0: there is none.
  struct Longest {
    explicit Longest(std::size_t states) : commands(states, 0) {}

    void note(StateNumber state, std::uint64_t count) {
      if (commands[state] == 0) { reached.push_back(state); }
      commands[state] = std::max(commands[state], count);
    }
    void forget() noexcept {
      for (const StateNumber state : reached) { commands[state] = 0; }
      reached.clear();
    }

    std::vector<std::uint64_t> commands;
    std::vector<StateNumber> reached{};
  };

  std::uint64_t count_of(const Longest& from, StateNumber state,
                         const GraphStep& step) const noexcept {
    return from.commands[state] + effects_.commands[step.label()];
  }

  std::optional<std::uint64_t> most_commands() {
    Longest any(states_);  // Of runs that need not be told apart by their failures any more.
    const std::uint64_t first = std::uint64_t{effects_.commands[graph_.start_label()]} + 1;
    std::uint64_t most = 1;
    if (is_any_allowed()) {
      any.note(0, first);
    } else if (!count_by_failures(first, any, most)) {
      return std::nullopt;
    }
    for (const StateNumber state : sorted_) {
      if (any.commands[state] == 0) { continue; }
      if (graph_.nodes()[state].ended) { most = std::max(most, any.commands[state]); }
      for (const GraphStep& step : graph_.steps_of(state)) {
        any.note(step.to, count_of(any, state, step));
      }
    }
    return most - 1;
  }

  /// Tells runs apart by their failures, until they cannot exceed those that are allowed any more.
  /// False: there are too many states times failures.
  bool count_by_failures(std::uint64_t first, Longest& any, std::uint64_t& most) {
    const std::uint64_t taken_max =
        std::max<std::uint64_t>(10'000'000, 66 * std::uint64_t{states_});  // 64 failures, or more.
    Longest now(states_);
    Longest next(states_);
    now.note(0, first);
    std::uint64_t taken = 0;
    for (std::uint32_t failures = 0; !now.reached.empty(); ++failures) {
      for (const StateNumber state : now.reached) { queue_.put(place_[state]); }
      while (!queue_.empty()) {
        if (++taken > taken_max) { return false; }
        const StateNumber state = sorted_[queue_.take()];
        if (graph_.nodes()[state].ended) { most = std::max(most, now.commands[state]); }
        for (const GraphStep& step : graph_.steps_of(state)) {
          if (step.fails() && failures == failures_max_) { continue; }
          const bool frees = is_free(failures + (step.fails() ? 1U : 0U), step.to);
          Longest& to = frees ? any : step.fails() ? next : now;
          to.note(step.to, count_of(now, state, step));
          if (&to == &now) { queue_.put(place_[step.to]); }
        }
      }
      now.forget();
      std::swap(now, next);
    }
    return true;
  }

  const StateGraph& graph_;
  const LabelEffects& effects_;
  std::size_t states_;
  std::size_t words_;
  std::uint32_t failures_max_;
  std::vector<StateNumber> sorted_;
  std::vector<std::uint32_t> place_;  ///< Of each state, in `sorted_`.
  bool is_acyclic_ = true;
  std::vector<std::uint32_t> failures_left_;  ///< Empty: any number is allowed.
  NumberQueue queue_;                         ///< Of places.

  std::vector<ThingBits> avoided_;    ///< By some run to each state, with so many failures at most.
  std::vector<ThingBits> entering_;   ///< By one that has one more.
  std::vector<StateNumber> entered_;  ///< Where that is not empty.
  RunsFollowed found_;
};

}  // namespace

RunsFollowed follow_runs(const StateGraph& graph, const LabelEffects& effects,
                         std::optional<std::uint32_t> failures_max) {
  return Follower(graph, effects, failures_max).follow();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

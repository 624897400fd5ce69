// SPDX-License-Identifier: Apache-2.0
// For each thing that may happen: is there a run without it? A run with at most F failures must
// not be pieced together from two that have F each, so runs are told apart by their failures.
#include "exploration/findings.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Things that may happen, as bits. Bit 0 never does: it says that there is a run at all.
class Things {
 public:
  /// An onFail hook succeeds: somebody is told of a failure.
  static constexpr std::uint32_t kTold = 1;

  Things(const Places& places, std::uint32_t environments) : of_fact_(places.fact_count() + 8, 0) {
    for (std::uint32_t place = 0; place < places.size(); ++place) {
      of_fact_[Places::fact(place, PlaceEvent::Issued)] = ++count_;
      if (places[place].state == State::Failing) {
        of_fact_[Places::fact(place, PlaceEvent::Succeeded)] = kTold;
      }
    }
    for (EntityIndex e = 0; e < environments; ++e) {
      const auto note = [&](EnvironmentStatus status) {
        of_fact_[places.status(e, static_cast<std::uint8_t>(status))] = ++count_;
      };
      note(EnvironmentStatus::Successful);
      note(EnvironmentStatus::Failed);
      note(EnvironmentStatus::Terminated);
      note(EnvironmentStatus::Running);
    }
  }
  std::uint32_t count() const noexcept { return count_ + 1; }
  /// 0: nothing that is looked for.
  std::uint32_t of(Fact fact) const noexcept { return of_fact_[fact]; }

 private:
  std::vector<std::uint32_t> of_fact_;
  std::uint32_t count_ = kTold;
};

constexpr std::uint32_t kNever32 = 0xFFFFFFFF;

class Finder {
 public:
  Finder(const StateGraph& graph, const FlowData& flow, const ExplorationOptions& options)
      : graph_(graph),
        options_(options),
        things_(graph.places(), flow.size()),
        words_((things_.count() + 63) / 64) {
    sort();
    find_fewest();
    find_masks();
    for (std::vector<Word>& avoided : avoided_) { avoided.assign(words_, 0); }
    follow_runs();
  }

  Finding finding(Fact fact) const { return finding(things_.of(fact), 0); }
  Finding finding_unless_succeeded(Fact fact) const { return finding(things_.of(fact), 1); }
  /// In which of the runs that do not succeed nobody is told.
  Finding untold() const {
    if (untold_ == kNever32) { return {none(), 0}; }
    const bool is_ever_told = fewest_[Things::kTold] != kNever32 && ends_[1];
    return {is_ever_told || !is_complete() ? Occurrence::Sometimes : Occurrence::Always, untold_};
  }
  std::optional<std::uint64_t> commands_max() const {
    return is_acyclic_ && is_complete() ? std::optional(commands_max_) : std::nullopt;
  }

 private:
  using Word = std::uint64_t;

  bool is_complete() const noexcept { return graph_.bound().empty(); }
  Occurrence none() const noexcept {
    return is_complete() ? Occurrence::Never : Occurrence::Unknown;
  }

  /// `of`: 0, of all runs; 1, of those that do not succeed.
  Finding finding(std::uint32_t thing, std::size_t of) const {
    // What was seen before a bound was reached is part of runs, which all end some time.
    const bool any_run = ends_[of] || (of == 0 && !is_complete());
    const bool happens = fewest_[thing] != kNever32 && any_run;
    if (!happens) { return {none(), 0}; }
    const bool is_avoided = (avoided_[of][thing / 64] >> (thing % 64) & 1U) != 0;
    return {is_avoided || !is_complete() ? Occurrence::Sometimes : Occurrence::Always,
            fewest_[thing]};
  }

  template <class Visit>
  void each_thing(std::uint32_t label, const Visit& visit) const {
    for (const Fact fact : graph_.labels()[label]) {
      if (const std::uint32_t thing = things_.of(fact); thing != 0) { visit(thing); }
    }
  }

  /// Sorts the states so that steps lead to later ones. What is suspended and resumed makes
  /// circles; then some steps lead back.
  void sort() {
    std::vector<std::uint32_t> before(graph_.nodes().size(), 0);
    for (const StateNumber state : graph_.order()) {
      for (const GraphStep& step : graph_.steps_of(state)) { ++before[step.to]; }
    }
    sorted_.reserve(graph_.nodes().size());
    sorted_.push_back(0);
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      for (const GraphStep& step : graph_.steps_of(sorted_[i])) {
        if (--before[step.to] == 0) { sorted_.push_back(step.to); }
      }
    }
    is_acyclic_ = sorted_.size() == graph_.nodes().size();
    if (!is_acyclic_) { sorted_ = graph_.order(); }
  }

  /// The fewest failures with which each thing happens.
  void find_fewest() {
    fewest_.assign(things_.count(), kNever32);
    each_thing(graph_.start_label(), [&](std::uint32_t thing) { fewest_[thing] = 0; });
    for (const StateNumber state : graph_.order()) {
      for (const GraphStep& step : graph_.steps_of(state)) {
        const std::uint32_t failures = graph_.nodes()[state].failures + (step.fails() ? 1U : 0U);
        each_thing(step.label(), [&](std::uint32_t thing) {
          fewest_[thing] = std::min(fewest_[thing], failures);
        });
      }
    }
  }

  /// For each label, all things but those that it does; and how many commands it issues.
  void find_masks() {
    masks_.assign(graph_.labels().size() * words_, ~Word{0});
    commands_.assign(graph_.labels().size(), 0);
    for (std::uint32_t label = 0; label < graph_.labels().size(); ++label) {
      each_thing(label, [&](std::uint32_t thing) {
        masks_[label * words_ + thing / 64] &= ~(Word{1} << (thing % 64));
      });
      for (const Fact fact : graph_.labels()[label]) {
        commands_[label] += graph_.places().is_issued(fact) ? 1U : 0U;
      }
    }
  }

  /// What is known of the runs with one number of failures that lead to each state.
  struct Ways {
    std::vector<Word> avoided;           ///< What some of them does not do.
    std::vector<std::uint64_t> longest;  ///< The most commands that one of them issues.
  };

  bool leads_to(const Ways& ways, StateNumber state) const noexcept {
    return ways.avoided[std::size_t{state} * words_] != 0;  // Bit 0.
  }

  /// Adds the runs that go on by one step. Whether that told more than was known.
  bool add(const Ways& from, StateNumber state, const GraphStep& step, Ways& to) const {
    bool is_more = false;
    for (std::size_t i = 0; i < words_; ++i) {
      const Word more =
          from.avoided[std::size_t{state} * words_ + i] & masks_[step.label() * words_ + i];
      Word& known = to.avoided[std::size_t{step.to} * words_ + i];
      is_more = is_more || (more & ~known) != 0;
      known |= more;
    }
    to.longest[step.to] =
        std::max(to.longest[step.to], from.longest[state] + commands_[step.label()]);
    return is_more;
  }

  /// Follows the steps that are within one number of failures, as often as that tells more.
  void spread(Ways& ways, bool all_steps) const {
    for (bool is_more = true; is_more;) {
      is_more = false;
      for (const StateNumber state : sorted_) {
        if (!leads_to(ways, state)) { continue; }
        for (const GraphStep& step : graph_.steps_of(state)) {
          if (!step.fails() || all_steps) { is_more = add(ways, state, step, ways) || is_more; }
        }
      }
      if (is_acyclic_) { return; }
    }
  }

  void note_ends(const Ways& ways, std::uint32_t failures) {
    for (StateNumber state = 0; state < graph_.nodes().size(); ++state) {
      if (!graph_.nodes()[state].ended || !leads_to(ways, state)) { continue; }
      const Word* const avoided = &ways.avoided[std::size_t{state} * words_];
      const std::size_t kinds = graph_.nodes()[state].succeeded ? 1 : 2;
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        ends_[kind] = true;
        for (std::size_t i = 0; i < words_; ++i) { avoided_[kind][i] |= avoided[i]; }
      }
      if (kinds == 2 && (avoided[0] >> Things::kTold & 1U) != 0) {
        untold_ = std::min({untold_, std::max(failures, graph_.nodes()[state].failures)});
      }
      commands_max_ = std::max(commands_max_, ways.longest[state]);
    }
  }

  void follow_runs() {
    const std::size_t states = graph_.nodes().size();
    const bool all_steps = !options_.failures_max.has_value();
    const std::uint32_t most = all_steps ? 0 : *options_.failures_max;
    Ways ways{std::vector<Word>(states * words_, 0), std::vector<std::uint64_t>(states, 0)};
    for (std::size_t i = 0; i < words_; ++i) {
      ways.avoided[i] = masks_[graph_.start_label() * words_ + i];
    }
    ways.longest[0] = commands_[graph_.start_label()];
    for (std::uint32_t failures = 0;; ++failures) {
      spread(ways, all_steps);
      note_ends(ways, failures);
      if (failures == most) { return; }
      Ways next{std::vector<Word>(states * words_, 0), std::vector<std::uint64_t>(states, 0)};
      bool is_any = false;
      for (const StateNumber state : sorted_) {
        if (!leads_to(ways, state)) { continue; }
        for (const GraphStep& step : graph_.steps_of(state)) {
          if (!step.fails()) { continue; }
          add(ways, state, step, next);
          is_any = true;
        }
      }
      if (!is_any) { return; }
      ways = std::move(next);
    }
  }

  const StateGraph& graph_;
  const ExplorationOptions& options_;
  Things things_;
  std::size_t words_;
  std::vector<StateNumber> sorted_;
  bool is_acyclic_ = true;
  std::vector<std::uint32_t> fewest_;
  std::vector<Word> masks_;
  std::vector<std::uint32_t> commands_;  ///< Of each label.
  std::vector<Word> avoided_[2];         ///< By some run; by one that does not succeed.
  bool ends_[2] = {};                    ///< Whether there is such a run.
  std::uint32_t untold_ = kNever32;
  std::uint64_t commands_max_ = 0;
};

/// The environment's first sign of life is its success where nothing is run in it.
Finding earlier(const Finding& begun, const Finding& succeeded) {
  const auto rank = [](Occurrence occurrence) {
    switch (occurrence) {
      case Occurrence::Always: return 0;
      case Occurrence::Sometimes: return 1;
      case Occurrence::Unknown: return 2;
      case Occurrence::Never: return 3;
    }
    return 3;  // GCOV_EXCL_LINE: behind a switch over all.
  };
  return rank(begun.occurrence) <= rank(succeeded.occurrence) ? begun : succeeded;
}

}  // namespace

void find_occurrences(const StateGraph& graph, const FlowData& flow,
                      const ExplorationOptions& options, Exploration& exploration) {
  const Finder finder(graph, flow, options);
  const Places& places = graph.places();
  exploration.untold = finder.untold();
  exploration.commands_max = finder.commands_max();
  const auto add_hooks = [&](EntityIndex entity) {
    for (std::uint32_t i = 0; i < places.size(); ++i) {
      const Place& place = places[i];
      if (place.entity != entity || !place.is_hook()) { continue; }
      HookFinding finding;
      const bool is_release = entity == flow.size();
      finding.hook = flow.chains_of(entity).of[chain_of(place.state)][place.hook].name;
      finding.point = point_of(place.state, is_release);
      if (!is_release) { finding.environment = EnvironmentId{entity}; }
      finding.place = place.hook + 1;
      const Fact issued = Places::fact(i, PlaceEvent::Issued);
      finding.runs = finder.finding(issued);
      finding.runs_unless_succeeded = finder.finding_unless_succeeded(issued);
      exploration.hooks.push_back(std::move(finding));
    }
  };
  add_hooks(flow.size());
  for (EntityIndex e = 0; e < flow.size(); ++e) { add_hooks(e); }
  for (EntityIndex e = 0; e < flow.size(); ++e) {
    const auto of = [&](EnvironmentStatus status) {
      return finder.finding(places.status(e, static_cast<std::uint8_t>(status)));
    };
    EnvironmentFinding finding;
    finding.environment = EnvironmentId{e};
    finding.succeeded = of(EnvironmentStatus::Successful);
    finding.failed = of(EnvironmentStatus::Failed);
    finding.terminated = of(EnvironmentStatus::Terminated);
    finding.begun = earlier(of(EnvironmentStatus::Running), finding.succeeded);
    exploration.environments.push_back(finding);
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

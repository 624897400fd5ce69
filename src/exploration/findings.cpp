// SPDX-License-Identifier: Apache-2.0
// For each thing that may happen: is there a run without it, and with how few failures does it?
#include "exploration/findings.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "exploration/follow_runs.hpp"

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
      : graph_(graph), options_(options), things_(graph.places(), flow.size()) {
    find_fewest();
    find_effects();
    find_untold();
    runs_ = follow_runs(graph, effects_, options.failures_max);
  }

  Finding finding(Fact fact) const { return finding(things_.of(fact), 0); }
  Finding finding_unless_succeeded(Fact fact) const { return finding(things_.of(fact), 1); }
  /// In which of the runs that do not succeed nobody is told.
  Finding untold() const {
    if (untold_ == kNever32) { return {none(), 0}; }
    const bool is_ever_told = fewest_[Things::kTold] != kNever32 && runs_.ends[1];
    return {is_ever_told || !is_complete() ? Occurrence::Sometimes : Occurrence::Always, untold_};
  }
  std::optional<std::uint64_t> commands_max() const { return runs_.commands_max; }

 private:
  bool is_complete() const noexcept { return graph_.bound().empty(); }
  Occurrence none() const noexcept {
    return is_complete() ? Occurrence::Never : Occurrence::Unknown;
  }

  /// `of`: 0, of all runs; 1, of those that do not succeed.
  Finding finding(std::uint32_t thing, std::size_t of) const {
    // What was seen before a bound was reached is part of runs, which all end some time.
    const bool any_run = runs_.ends[of] || (of == 0 && !is_complete());
    const bool happens = fewest_[thing] != kNever32 && any_run;
    if (!happens) { return {none(), 0}; }
    const bool is_avoided = has(runs_.avoided[of].data(), thing);
    return {is_avoided || !is_complete() ? Occurrence::Sometimes : Occurrence::Always,
            fewest_[thing]};
  }

  static bool has(const ThingBits* bits, std::uint32_t thing) noexcept {
    return (bits[thing / 64] >> (thing % 64) & 1U) != 0;
  }

  template <class Visit>
  void each_thing(std::uint32_t label, const Visit& visit) const {
    for (const Fact fact : graph_.labels()[label]) {
      if (const std::uint32_t thing = things_.of(fact); thing != 0) { visit(thing); }
    }
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

  void find_effects() {
    const std::size_t labels = graph_.labels().size();
    const std::size_t words = (things_.count() + 63) / 64;
    effects_ = {words, std::vector<ThingBits>(labels * words, ~ThingBits{0}),
                std::vector<std::uint32_t>(labels, 0)};
    for (std::uint32_t label = 0; label < labels; ++label) {
      each_thing(label, [&](std::uint32_t thing) {
        effects_.left_out[label * words + thing / 64] &= ~(ThingBits{1} << (thing % 64));
      });
      for (const Fact fact : graph_.labels()[label]) {
        effects_.commands[label] += graph_.places().is_issued(fact) ? 1U : 0U;
      }
    }
  }

  bool tells(std::uint32_t label) const noexcept {
    return !has(&effects_.left_out[label * effects_.words], Things::kTold);
  }

  /// The fewest failures of a run that does not succeed and in which nobody is told. The best way
  /// to a state may be one in which somebody is, so the ways without are looked for, best first.
  void find_untold() {
    if (tells(graph_.start_label())) { return; }
    std::vector<std::uint32_t> fewest(graph_.nodes().size(), kNever32);
    std::deque<std::pair<StateNumber, std::uint32_t>> due{{0, 0}};
    fewest[0] = 0;
    while (!due.empty()) {
      const auto [state, failures] = due.front();
      due.pop_front();
      if (fewest[state] != failures) { continue; }
      const StateGraph::Node& node = graph_.nodes()[state];
      if (node.ended && !node.succeeded) {
        untold_ = failures;
        return;
      }
      for (const GraphStep& step : graph_.steps_of(state)) {
        const std::uint32_t then = failures + (step.fails() ? 1U : 0U);
        if (then > options_.failures_max.value_or(kNever32 - 1) || then >= fewest[step.to] ||
            tells(step.label())) {
          continue;
        }
        fewest[step.to] = then;
        if (step.fails()) {
          due.emplace_back(step.to, then);
        } else {
          due.emplace_front(step.to, then);
        }
      }
    }
  }

  const StateGraph& graph_;
  const ExplorationOptions& options_;
  Things things_;
  std::vector<std::uint32_t> fewest_;
  LabelEffects effects_;
  RunsFollowed runs_;
  std::uint32_t untold_ = kNever32;
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

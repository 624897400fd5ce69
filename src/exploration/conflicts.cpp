// SPDX-License-Identifier: Apache-2.0
// For two hooks that write one key: is there a run in which the write of the one is live, and the
// latest whose order matters, as the other writes? States have no context, since nothing that a
// release decides depends on it; so each pair is looked for by an automaton that watches runs.
#include "exploration/conflicts.hpp"

#include <algorithm>
#include <map>

#include "context/export.hpp"
#include "context/live_writes.hpp"
#include "exploration/run_search.hpp"
#include "exploration/schedule.hpp"
#include "exploration/timed_search.hpp"
#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// A hook that writes a key.
struct KeyWriter {
  std::uint32_t place = 0;
  std::string json{};  ///< What it writes.
};

class ConflictFinder {
 public:
  ConflictFinder(const Flow& flow, const ExplorationOptions& options, const Exports& exports,
                 StateGraph& graph)
      : flow_(flow),
        options_(options),
        exports_(exports),
        graph_(graph),
        timed_(graph, flow, options, exports) {
    for (std::uint32_t place = 0; place < graph.places().size(); ++place) { add_writer(place); }
  }

  std::vector<ConflictFinding> find() {
    std::vector<ConflictFinding> found;
    for (const auto& [key, writers] : writers_) {
      for (std::size_t i = 0; i < writers.size(); ++i) {
        for (std::size_t j = i + 1; j < writers.size(); ++j) {
          if (!may_conflict(writers[i], writers[j])) { continue; }
          auto one = search(key, writers, writers[i], writers[j]);
          auto other = search(key, writers, writers[j], writers[i]);
          const bool takes_other = other && (!one || other->failures < one->failures);
          if (takes_other) { one = std::move(other); }
          if (one) { found.push_back(std::move(*one)); }
        }
      }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
      return left.failures < right.failures;
    });
    return found;
  }

 private:
  using Writers = std::vector<KeyWriter>;

  const FlowData& data() const noexcept { return flow_.data(); }
  EntityIndex entity_of(const KeyWriter& writer) const {
    return graph_.places()[writer.place].entity;
  }

  void add_writer(std::uint32_t place) {
    const std::string* const text = exports_.of(data(), graph_.places()[place]);
    if (text == nullptr) { return; }
    Export exported;
    if (!read_export(*text, exported).empty()) { return; }
    for (const Export::Member& member : exported.members) {
      writers_[std::string(exported.key(member))].push_back(
          {place, std::string(exported.json(member))});
    }
  }

  /// Whether a write supersedes an earlier one: by a release hook, by the same environment, or by
  /// one that depends on its environment.
  bool supersedes(const KeyWriter& write, const KeyWriter& earlier) const {
    const EntityIndex release = data().size();
    const EntityIndex by = entity_of(write);
    const EntityIndex of = entity_of(earlier);
    if (by == release || of == release || by == of) { return true; }
    return Dependencies(data(), by).include(of);
  }
  bool matters(const KeyWriter& left, const KeyWriter& right) const {
    return order_matters(left.json, right.json, data().options.context_merge);
  }
  bool may_conflict(const KeyWriter& left, const KeyWriter& right) const {
    return !supersedes(left, right) && !supersedes(right, left) && matters(left, right);
  }

  /// What a success at each place does while the write of `first` is live and the latest that
  /// `second` would conflict with.
  enum class Does : std::uint8_t { Nothing, Writes, Conflicts, Hides };

  std::vector<Does> deeds_of(const Writers& writers, const KeyWriter& first,
                             const KeyWriter& second) const {
    std::vector<Does> does(graph_.places().size(), Does::Nothing);
    for (const KeyWriter& writer : writers) {
      const bool is_first = writer.place == first.place;
      const bool is_second = writer.place == second.place;
      const bool hides =
          supersedes(writer, first) || (!supersedes(second, writer) && matters(writer, second));
      does[writer.place] = is_first    ? Does::Writes
                           : is_second ? Does::Conflicts
                           : hides     ? Does::Hides
                                       : Does::Nothing;
    }
    return does;
  }

  std::optional<ConflictFinding> search(const std::string& key, const Writers& writers,
                                        const KeyWriter& first, const KeyWriter& second) {
    const std::vector<Does> does = deeds_of(writers, first, second);
    const auto next = [&](int phase, std::uint32_t label, StateNumber, StateNumber) {
      for (const Fact fact : graph_.labels()[label]) {
        if (!graph_.places().is_success(fact)) { continue; }
        switch (does[Places::place_of(fact)]) {
          case Does::Nothing: break;
          case Does::Writes: phase = 1; break;
          case Does::Hides: phase = 0; break;
          case Does::Conflicts:
            if (phase == 1) { return RunSearch::kFound; }
            break;
        }
      }
      return phase;
    };
    auto run = RunSearch(graph_, options_, next, false).run();
    if (!run) { return std::nullopt; }
    ConflictFinding finding{key, place_of(first), place_of(second), run->failures, {}, {}};
    Scheduled scheduled =
        schedule(flow_, run->choices, run->statuses, Reordering::Forbidden, exports_);
    finding.scenario = std::move(scheduled.scenario);
    finding.impossible = std::move(scheduled.forbidden_by);
    if (!finding.scenario) {
      TimedGoal goal{next};
      goal.failures_max = run->failures;
      if (!timed_.find(goal, finding.scenario)) { finding.impossible += kNotAllRuns; }
      if (finding.scenario) { finding.impossible.clear(); }
    }
    return finding;
  }

  HookPlace place_of(const KeyWriter& writer) const {
    const Place& at = graph_.places()[writer.place];
    HookPlace place;
    place.hook = data().chains_of(at.entity).of[chain_of(at.state)][at.hook].name;
    place.point = point_of(at.state, at.entity == data().size());
    if (at.entity != data().size()) { place.environment = EnvironmentId{at.entity}; }
    place.place = at.hook + 1;
    return place;
  }

  const Flow& flow_;
  const ExplorationOptions& options_;
  const Exports& exports_;
  StateGraph& graph_;
  TimedSearch timed_;
  std::map<std::string, Writers> writers_;  ///< By key.
};

}  // namespace

void find_conflicts(const Flow& flow, const ExplorationOptions& options, const Exports& exports,
                    Exploration& exploration) {
  if (exports.empty()) { return; }
  ExplorationOptions all_orders = options;
  all_orders.all_orders = true;  // Which of two writes comes first is what is asked.
  StateGraph graph(flow, all_orders);
  const Result<bool> explored = graph.explore();
  if (!explored || !*explored) {
    exploration.complete = false;
    exploration.complete_below = std::min(exploration.complete_below, graph.complete_below());
    exploration.bound = (explored ? graph.bound() : explored.error().message) +
                        " in the search for conflicts of the context";
  }
  exploration.conflicts = ConflictFinder(flow, all_orders, exports, graph).find();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

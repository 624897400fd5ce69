// SPDX-License-Identifier: Apache-2.0
#include "run_graph.hpp"

#include <bit>
#include <deque>
#include <string>

#include "promises.hpp"
#include "release/start.hpp"

namespace promoflow::prove {

using detail::Choice;
using detail::ChoiceKind;
using detail::HookRow;
using detail::PlaceEvent;
using detail::State;

namespace {

// What the last byte of a state's code says was done.
constexpr std::uint8_t kTerminated = 1;
constexpr std::uint8_t kRetried = 2;

State state_of(Point point) {
  switch (point) {
    case Point::ReleaseOnStart:
    case Point::EnvironmentOnStart: return State::Starting;
    case Point::ReleaseOnSuccess:
    case Point::EnvironmentOnSuccess: return State::Finishing;
    case Point::ReleaseOnFail:
    case Point::EnvironmentOnFail: return State::Failing;
  }
  return State::Pending;
}

HookSet bit(std::size_t hook) { return HookSet{1} << hook; }

}  // namespace

RunGraph::RunGraph(const Flow& flow, const std::vector<HookRow>& hooks)
    : flow_(flow), hooks_(hooks), stepper_(flow_, options_) {
  expect(hooks.size() <= kHooksMax, "a flow with too many hooks");
  hook_of_place_.assign(stepper_.places().size(), -1);
  const auto release = stepper_.machine().state().entities.release_index();
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    const HookRow& row = hooks[i];
    const auto entity = detail::is_release_point(row.point) ? release : row.environment;
    hook_of_place_[stepper_.places().find(entity, state_of(row.point), row.index)] =
        static_cast<std::int8_t>(i);
  }
  for (std::uint32_t skipped = 0; skipped < 1U << flow.environment_count(); ++skipped) {
    start(skipped);
  }
  for (std::uint32_t state = 0; state < store_.size(); ++state) {
    first_edge_.push_back(edges_.size());
    visit(state);
  }
  first_edge_.push_back(edges_.size());
}

void RunGraph::start(std::uint32_t skipped) {
  EnvironmentSelection selection;
  if (skipped != 0) { selection.skip.emplace(); }
  for (std::uint32_t i = 0; i < flow_.environment_count(); ++i) {
    if ((skipped >> i & 1U) != 0) {
      selection.skip->emplace_back(flow_.environment_name(EnvironmentId{i}));
    }
  }
  const auto machine =
      value_of(detail::start_machine(flow_.data(), {.id = "r"}, Instant{}, {}, selection), "start");
  code_.clear();
  machine->encode(code_);
  code_.push_back(0);
  HookSet issued = 0;
  machine->state().commands.each_alive([&](const detail::CommandSlot& slot) {
    const std::int8_t hook = hook_of_place_[stepper_.places().find(slot)];
    if (hook >= 0) { issued |= bit(static_cast<std::size_t>(hook)); }
  });
  starts_.push_back({store_.add(code_).first, issued, skipped});
}

void RunGraph::visit(std::uint32_t state) {
  const std::uint8_t budget = store_[state].back();
  stepper_.load(store_[state]);
  stepper_.choices(choices_);
  std::vector<Choice> all = choices_;
  const bool ended = stepper_.is_ended();
  if ((budget & kTerminated) == 0 && !ended) {
    all.push_back({ChoiceKind::Terminate});
    all.push_back({ChoiceKind::Force});
  }
  if ((budget & kRetried) == 0 && ended) { all.push_back({ChoiceKind::Retry}); }
  for (std::uint32_t i = 0; i < flow_.environment_count(); ++i) {
    if (next_state(stepper_.machine().state().entities[i].state, detail::Input::Skip)) {
      all.push_back({ChoiceKind::Skip, i});
    }
  }
  for (const Choice& choice : all) { take(state, choice); }
}

void RunGraph::take(std::uint32_t from, const Choice& choice) {
  std::uint8_t budget = store_[from].back();
  stepper_.load(store_[from]);
  if (!stepper_.take(choice)) { return; }
  if (choice.kind == ChoiceKind::Terminate || choice.kind == ChoiceKind::Force) {
    budget |= kTerminated;
  }
  if (choice.kind == ChoiceKind::Retry) { budget |= kRetried; }
  Edge edge{0, 0, -1, Kind::Goes, 0};
  stepper_.facts(facts_);
  bool failed = false;
  for (const detail::Fact fact : facts_) {
    if (fact >= stepper_.places().size() * 4) { continue; }  // A status.
    const std::int8_t hook = hook_of_place_[fact / 4];
    const auto event = static_cast<PlaceEvent>(fact % 4);
    if (event == PlaceEvent::Failed && !failed) {
      failed = true;
      edge.kind = hook >= 0 ? Kind::HookFails : Kind::PromotionFails;
      edge.what = static_cast<std::uint8_t>(
          hook >= 0 ? hook : static_cast<int>(stepper_.places()[fact / 4].entity));
    }
    if (hook < 0) { continue; }
    if (event == PlaceEvent::Succeeded) { edge.succeeded = hook; }
    if (event == PlaceEvent::Issued) { edge.issued |= bit(static_cast<std::size_t>(hook)); }
  }
  if (choice.kind == ChoiceKind::Skip) {
    edge.kind = Kind::Skipped;
    edge.what = static_cast<std::uint8_t>(choice.entity);
  }
  if (choice.kind == ChoiceKind::Terminate || choice.kind == ChoiceKind::Force) {
    edge.kind = Kind::Terminated;
  }
  if (choice.kind == ChoiceKind::Retry) { edge.kind = Kind::Retried; }
  stepper_.encode(code_);
  code_.push_back(budget);
  edge.to = store_.add(code_).first;
  edges_.push_back(edge);
}

/// The sets of hooks that have succeeded on the ways to each state, joined; and so on for issues.
template <class Join>
std::vector<HookSet> RunGraph::before_issues(HookSet first, const Join& join) const {
  std::vector<HookSet> at(states(), first);
  std::vector<HookSet> found(hooks_.size(), first);
  std::vector<bool> is_open(states());
  std::deque<std::uint32_t> open;
  const auto reach = [&](std::uint32_t state, HookSet done, HookSet issued, bool starts) {
    for (HookSet left = issued; left != 0; left &= left - 1) {
      HookSet& before = found[static_cast<std::size_t>(std::countr_zero(left))];
      before = join(before, done);
    }
    const HookSet joined = join(at[state], done);
    if ((joined == at[state] && !starts) || is_open[state]) {
      at[state] = joined;
      return;
    }
    at[state] = joined;
    is_open[state] = true;
    open.push_back(state);
  };
  for (const Start& start : starts_) { reach(start.state, 0, start.issued, true); }
  std::vector<bool> seen(states());
  while (!open.empty()) {
    const std::uint32_t state = open.front();
    open.pop_front();
    is_open[state] = false;
    const bool is_new = !seen[state];
    seen[state] = true;
    for (std::size_t i = first_edge_[state]; i < first_edge_[state + 1]; ++i) {
      const Edge& edge = edges_[i];
      const HookSet done =
          at[state] | (edge.succeeded < 0 ? 0 : bit(static_cast<std::size_t>(edge.succeeded)));
      reach(edge.to, done, edge.issued, is_new && !seen[edge.to]);
    }
  }
  return found;
}

std::vector<HookSet> RunGraph::may() const {
  return before_issues(0, [](HookSet a, HookSet b) { return a | b; });
}

std::vector<HookSet> RunGraph::must() const {
  return before_issues(~HookSet{0}, [](HookSet a, HookSet b) { return a & b; });
}

/// `follow`: whether a run may take an edge. Starts: those that skip at most `skipped_at_start`.
template <class Follow>
std::vector<std::uint32_t> RunGraph::shortest(HookSet writers, std::uint32_t skipped_at_start,
                                              const Follow& follow) const {
  std::vector<std::uint32_t> best(hooks_.size(), UINT32_MAX);
  std::vector<std::uint32_t> lengths(states(), UINT32_MAX);
  std::vector<std::vector<std::uint32_t>> open(1);  // By length.
  const auto reach = [&](std::uint32_t state, std::uint32_t length, HookSet issued) {
    for (HookSet left = issued; left != 0; left &= left - 1) {
      std::uint32_t& of = best[static_cast<std::size_t>(std::countr_zero(left))];
      of = std::min(of, length);
    }
    if (length >= lengths[state]) { return; }
    lengths[state] = length;
    if (open.size() <= length) { open.resize(length + 1); }
    open[length].push_back(state);
  };
  for (const Start& start : starts_) {
    if ((start.skipped & ~skipped_at_start) != 0) { continue; }
    reach(start.state, static_cast<std::uint32_t>(std::popcount(start.skipped)), start.issued);
  }
  for (std::uint32_t length = 0; length < open.size(); ++length) {
    for (std::size_t next = 0; next < open[length].size(); ++next) {
      const std::uint32_t state = open[length][next];
      if (lengths[state] != length) { continue; }
      for (std::size_t i = first_edge_[state]; i < first_edge_[state + 1]; ++i) {
        const Edge& edge = edges_[i];
        if (edge.succeeded >= 0 && (writers & bit(static_cast<std::size_t>(edge.succeeded))) != 0) {
          continue;
        }
        if (!follow(edge)) { continue; }
        reach(edge.to, length + (edge.kind == Kind::Goes ? 0 : 1), edge.issued);
      }
    }
  }
  return best;
}

std::vector<std::uint32_t> RunGraph::shortest_without(HookSet writers) const {
  return shortest(writers, UINT32_MAX, [](const Edge&) { return true; });
}

bool RunGraph::is_possible(const detail::MissingRun& run, std::uint32_t hook,
                           HookSet writers) const {
  using What = detail::Deviation::What;
  HookSet hooks = 0;
  std::uint32_t promotions = 0;
  std::uint32_t skipped = 0;
  bool terminated = false;
  for (const detail::Deviation& deviation : run.deviations) {
    switch (deviation.what) {
      case What::HookFails: hooks |= bit(deviation.hook); break;
      case What::PromotionFails: promotions |= 1U << deviation.environment; break;
      case What::PostTriggerFails: promotions |= 1U; break;
      case What::Skipped: skipped |= 1U << deviation.environment; break;
      case What::Terminated: terminated = true; break;
    }
  }
  const auto follow = [&](const Edge& edge) {
    switch (edge.kind) {
      case Kind::Goes: return true;
      case Kind::HookFails: return (hooks & bit(edge.what)) != 0;
      case Kind::PromotionFails: return (promotions >> edge.what & 1U) != 0;
      case Kind::Skipped: return (skipped >> edge.what & 1U) != 0;
      case Kind::Terminated: return terminated;
      case Kind::Retried: return false;
    }
    return false;
  };
  return shortest(writers, skipped, follow)[hook] <= run.length;
}

}  // namespace promoflow::prove

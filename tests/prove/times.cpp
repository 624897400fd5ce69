// SPDX-License-Identifier: Apache-2.0
// Which outcomes a scenario can show, with the durations of the flow: against every run in real
// time.
#include "times.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <queue>
#include <random>
#include <set>

#include "promises.hpp"
#include "small_flows.hpp"

namespace promoflow::prove {

namespace {

using Json = nlohmann::json;
using Outcomes = std::map<std::string, std::uint32_t>;

Instant at(std::int64_t ms) { return Instant(std::chrono::milliseconds(ms)); }

constexpr std::int64_t kMinute = 60'000;

/// Every run that a scenario can bring about, by Release's public functions and the rules of
/// simulations (S2, S3) only. All lengths of the flow are whole minutes, so if a run is possible,
/// it is with steps at whole minutes and a few milliseconds: the least times that keep the lengths.
class TimedEnumeration {
 public:
  TimedEnumeration(const Flow& flow, const ExplorationOptions& options, std::size_t states_max)
      : flow_(flow), options_(options), states_max_(states_max) {
    State first;
    Release release = *Release::start(flow, {.id = "simulated"}, at(0));
    put(release, std::move(first));
    for (; !open_.empty() && is_complete(); open_.erase(open_.begin())) {
      const State state = open_.begin()->second;
      visit(state);
    }
  }
  bool is_complete() const { return seen_.size() <= states_max_; }
  /// The fewest failures of a run that a scenario can show.
  Outcomes outcomes;

 private:
  struct State {
    std::string snapshot;
    std::int64_t now = 0;
    std::uint64_t answered = 0;  ///< At this time, the latest command; 0: none.
    std::uint32_t failures = 0;
    std::uint32_t retries = 0;
    std::uint32_t terminations = 0;
    bool skipped = false;
  };
  static constexpr std::int64_t kMillisMax = 4;
  static constexpr std::int64_t kMinutesMax = 9;

  static std::int64_t next_time(std::int64_t now) {
    return now % kMinute < kMillisMax ? now + 1 : (now / kMinute + 1) * kMinute;
  }

  /// The state as it is seen from its own time.
  static std::string key_of(const State& state, Json snapshot) {
    const auto shift = [&state](Json& time) {
      if (!time.is_null()) { time = time.get<std::int64_t>() - state.now; }
    };
    for (Json& command : snapshot["commands"]) { shift(command["due"]); }
    shift(snapshot["deadline"]);
    snapshot.erase("now");
    return snapshot.dump() + Json{state.now,     state.answered,     state.failures,
                                  state.retries, state.terminations, state.skipped}
                                 .dump();
  }

  void put(Release& release, State state) {
    while (release.next_record()) {}
    state.snapshot = *release.snapshot();
    const Json snapshot = Json::parse(state.snapshot);
    if (!seen_.insert(key_of(state, snapshot)).second) { return; }
    if (is_final(release.status())) {
      std::string line(to_string(release.status()));
      for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
        line += " " + std::string(to_string(release.environment(EnvironmentId{e}).status));
      }
      const auto [known, added] = outcomes.emplace(line, state.failures);
      if (!added) { known->second = std::min(known->second, state.failures); }
    }
    open_.emplace(std::tuple(state.failures, seen_.size()), std::move(state));
  }

  void take(const State& from, const Event::What& what, State to) {
    Release release = *Release::restore(flow_, from.snapshot);
    while (release.next_record()) {}
    if (!release.apply({at(from.now), what})) { return; }
    put(release, std::move(to));
  }
  void answer(const State& from, std::uint64_t ticket, const Event::What& what, bool fails) {
    if (fails && options_.failures_max && from.failures >= *options_.failures_max) { return; }
    State to = from;
    to.answered = ticket;
    to.failures += fails ? 1U : 0U;
    take(from, what, std::move(to));
  }

  /// A deadline or a timeout that must not come due is due.
  bool is_too_late(const Json& snapshot, std::int64_t now) const {
    if (options_.timeouts) { return false; }
    const auto is_due = [now](const Json& due) {
      return !due.is_null() && due.get<std::int64_t>() <= now;
    };
    for (const Json& command : snapshot["commands"]) {
      const bool may_come = command["waiting"] == true || command["soaking"] == true;
      if (!may_come && is_due(command["due"])) { return true; }
    }
    return is_due(snapshot["deadline"]);
  }

  void visit(const State& state) {
    const Json snapshot = Json::parse(state.snapshot);
    const Release release = *Release::restore(flow_, state.snapshot);
    if (state.answered == 0) { operate(state); }
    const std::vector<OutstandingCommand> commands = *release.outstanding();
    for (const OutstandingCommand& command : commands) {
      if (const auto* hook = std::get_if<RunHook>(&command.command)) {
        const auto ticket = static_cast<std::uint64_t>(hook->ticket);
        if (ticket < state.answered) { continue; }
        answer(state, ticket, HookSucceeded{hook->ticket, std::nullopt}, false);
        answer(state, ticket, HookFailed{hook->ticket, "no", std::nullopt}, true);
      } else if (const auto* promote = std::get_if<Promote>(&command.command)) {
        const auto ticket = static_cast<std::uint64_t>(promote->ticket);
        if (ticket < state.answered) { continue; }
        answer(state, ticket, PromotionSucceeded{promote->ticket}, false);
        answer(state, ticket, PromotionFailed{promote->ticket, "no"}, true);
      }
    }
    for (const Json& command : snapshot["commands"]) {
      const auto ticket = command["ticket"].get<std::uint64_t>();
      if (command["soaking"] == true && ticket >= state.answered) {
        answer(state, ticket, PromotionFailed{Ticket{ticket}, "no"}, true);
      }
    }
    wait(state, snapshot);
  }

  void wait(const State& state, const Json& snapshot) {
    State later = state;
    later.now = next_time(state.now);
    later.answered = 0;
    if (later.now > kMinutesMax * kMinute || is_too_late(snapshot, later.now)) { return; }
    Release release = *Release::restore(flow_, state.snapshot);
    while (release.next_record()) {}
    expect(release.apply({at(later.now), Tick{}}).has_value(), "a tick is refused");
    while (auto record = release.next_record()) {
      const bool fails = std::holds_alternative<HookFailed>(record->what) ||
                         std::holds_alternative<PromotionFailed>(record->what);
      later.failures += fails ? 1U : 0U;
    }
    if (options_.failures_max && later.failures > *options_.failures_max) { return; }
    put(release, std::move(later));
  }

  void operate(const State& state) {
    State to = state;
    if (options_.terminate && state.terminations < 2) {
      ++to.terminations;
      take(state, Terminate{"stop", state.terminations == 1}, to);
      to = state;
    }
    if (state.retries < options_.retries_max) {
      ++to.retries;
      take(state, Retry{}, to);
      to = state;
    }
    if (options_.skip && !state.skipped) {
      to.skipped = true;
      for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
        take(state, Skip{flow_.environment_name(EnvironmentId{e}), "known"}, to);
      }
    }
  }

  Flow flow_;
  ExplorationOptions options_;
  std::size_t states_max_;
  std::set<std::string> seen_;
  std::map<std::tuple<std::uint32_t, std::size_t>, State> open_;
};

/// A small flow with lengths of a few minutes: soaks, waits, timeouts and limits.
Flow timed_flow(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  const auto minutes = [&](std::uint32_t most) {
    return std::chrono::milliseconds(kMinute * (1 + below(most)));
  };
  FlowOptions options;
  options.failure_policy = static_cast<FailurePolicy>(1 + below(3));
  options.promotion_timeout_limit = std::chrono::minutes(1 + below(3));
  if (below(3) == 0) { options.termination_grace_period = minutes(2); }
  if (below(3) == 0) { options.hooks.on_fail = {{.name = "tell"}}; }
  if (below(4) == 0) { options.hook_timeout = minutes(2); }
  FlowBuilder builder("timed", "dev");
  builder.options(options);
  const std::uint32_t steps = 1 + below(3);
  for (std::uint32_t i = 0; i < steps; ++i) {
    StepOptions step;
    if (below(2) == 0) { step.soak = minutes(3); }
    if (below(4) == 0) { step.timeout = minutes(2); }
    if (below(3) == 0) {
      step.retry.limit = 1;
      step.retry.duration = minutes(2);
    }
    if (below(5) == 0) { step.hooks.on_success = {{.name = "check"}}; }
    if (below(5) == 0) { step.hooks.on_fail = {{.name = "undo"}}; }
    std::vector<std::string> on;
    for (std::uint32_t k = 0; k < i; ++k) {
      if (below(3) == 0) { on.push_back("e" + std::to_string(k)); }
    }
    if (on.empty()) { on.emplace_back("dev"); }
    const std::vector<std::string_view> views(on.begin(), on.end());
    builder.step("e" + std::to_string(i), views, step);
  }
  return test::flow_of(builder);
}

ExplorationOptions options_of(std::uint32_t seed) {
  ExplorationOptions options;
  options.failures_max = 1 + seed % 2;
  options.timeouts = seed % 3 == 0;
  options.terminate = seed % 5 == 0;
  options.skip = seed % 7 == 0;
  options.retries_max = seed % 11 == 0 ? 1 : 0;
  return options;
}

/// Every outcome has a scenario if a run in real time has it, with as few failures, else none.
bool compare(std::uint32_t seed, TimesCounts& counts) {
  constexpr std::size_t kStatesMax = 20'000;
  const Flow flow = timed_flow(seed);
  const ExplorationOptions options = options_of(seed);
  const TimedEnumeration enumeration(flow, options, kStatesMax);
  if (!enumeration.is_complete()) { return false; }
  const auto exploration = explore(flow, options);
  expect(exploration && exploration->complete, "an exploration is not complete");
  for (const ReleaseOutcome& outcome : exploration->outcomes) {
    std::string line(to_string(outcome.release));
    for (const EnvironmentStatus status : outcome.environments) {
      line += " " + std::string(to_string(status));
    }
    const auto found = enumeration.outcomes.find(line);
    const bool is_shown = found != enumeration.outcomes.end();
    const std::string where = "seed " + std::to_string(seed) + ": " + line + " with " +
                              std::to_string(outcome.failures) + " failures ";
    expect(outcome.scenario.has_value() || !is_shown, where + "has no scenario");
    expect(!outcome.scenario.has_value() || is_shown, where + "is shown by a wrong scenario");
    expect(!is_shown || found->second == outcome.failures, where + "takes others in real time");
    ++(is_shown ? counts.shown : counts.impossible);
  }
  return true;
}

}  // namespace

TimesCounts times(std::uint32_t from, std::uint32_t count,
                  const std::function<bool()>& out_of_time) {
  TimesCounts counts;
  for (std::uint32_t seed = from; seed < from + count && !out_of_time(); ++seed) {
    ++(compare(seed, counts) ? counts.flows : counts.too_large);
  }
  return counts;
}

}  // namespace promoflow::prove

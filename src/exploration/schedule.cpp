// SPDX-License-Identifier: Apache-2.0
// A run is carried out once more, to see which commands it issues and which timers run in it; then
// its moments are found, and the scenario is written down.
#include "exploration/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/guard.hpp"
#include "exploration/moments.hpp"
#include "promoflow/manifest.hpp"
#include "release/start.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

int order_of(ChoiceKind choice) noexcept {
  switch (choice) {
    case ChoiceKind::Deadline: return 0;
    case ChoiceKind::Attempt:
    case ChoiceKind::SoakEnds:
    case ChoiceKind::Expire: return 1;
    case ChoiceKind::Terminate:
    case ChoiceKind::Force:
    case ChoiceKind::Retry:
    case ChoiceKind::Skip: return 2;
    case ChoiceKind::Succeed:
    case ChoiceKind::Fail:
    case ChoiceKind::FailInSoak:
    case ChoiceKind::Suspend:
    case ChoiceKind::Resume: return 3;
  }
  return 3;  // GCOV_EXCL_LINE: behind a switch over all.
}

namespace {

using Moment = std::uint32_t;
constexpr Moment kNotYet = 0xFFFFFFFF;

/// A command of the run.
struct Issued {
  Place place{};
  std::uint32_t attempt = 1;
  Moment issued = 0;
  Moment ended = kNotYet;  ///< When it ended, was cancelled or expired.
  Moment suspended = kNotYet;
  Moment resumed = kNotYet;
  Moment failed_in_soak = kNotYet;
  bool answered = false;
  bool fails = false;
};

/// A timer that runs in some state. Timers of one key follow one another.
struct Armed {
  Moment since = 0;
  Millis length = 0;
  std::string words{};
};
/// A ticket and what its slot does; ticket 0: the deadline, and which of them.
using TimerKey = std::pair<std::uint64_t, std::uint32_t>;

std::string duration_words(Millis length) {
  return value_or_throw(format_duration(std::chrono::milliseconds(length)));
}

/// Which of several things at one time comes first in a simulation (S3).
struct Rank {
  int kind = 0;  ///< Deadlines, other timers, actions, answers.
  std::uint64_t ticket = 0;

  /// Of one ticket, each step comes after those that came before it.
  bool may_be_before(const Rank& next) const noexcept {
    if (kind != next.kind) { return kind < next.kind; }
    return kind == 2 || ticket <= next.ticket;
  }
};

/// What a step does to environments.
struct Effect {
  bool stops = false;
  bool begins = false;
  bool done = false;

  void note(EnvironmentStatus status) noexcept {
    stops = stops || status == EnvironmentStatus::Failed || status == EnvironmentStatus::Terminated;
    begins = begins || status == EnvironmentStatus::Running;
    done = done || status == EnvironmentStatus::Successful;
  }
};

/// Whether the simulation of a scenario ends with these statuses, after so many failures.
bool ends_with(const Flow& flow, const Scenario& scenario, const std::string& statuses,
               std::ptrdiff_t failures) {
  const Result<Trace> trace = simulate(flow, scenario);
  throw_if_out_of_memory(trace);
  if (!trace || static_cast<char>(trace->status()) != statuses[0]) { return false; }
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    if (static_cast<char>(trace->environment(EnvironmentId{e}).status) != statuses[e + 1]) {
      return false;
    }
  }
  const std::vector<RecordItem>& items = trace->data().items;
  return failures == std::count_if(items.begin(), items.end(), [](const RecordItem& item) {
           return item.kind == RecordKind::HookFailed || item.kind == RecordKind::PromotionFailed;
         });
}

class Scheduler {
 public:
  Scheduler(const Flow& flow, std::span<const Choice> run, const Exports& exports)
      : flow_(flow), run_(run), exports_(exports) {
    auto machine = start_machine(flow_.data(), {.id = "simulated"}, Instant{}, {}, {});
    machine_ = std::move(*machine);
    note_records(0);
    note_timers(0, nullptr);
    for (Moment i = 1; i <= run.size(); ++i) { carry_out_step(i, run[i - 1]); }
  }

  Scheduled schedule(const std::string& statuses, Reordering reordering) {
    Scheduled scheduled;
    const auto failures = std::count_if(run_.begin(), run_.end(),
                                        [](const Choice& choice) { return choice.is_failure(); });
    // Steps are a minute apart, if the flow's lengths allow that; else they are as near to one
    // another as can be told apart.
    for (const Millis gap : {Millis{60'000}, Millis{1000}, Millis{1}, Millis{0}}) {
      if (!solve(orders_of_run(gap))) { continue; }
      scheduled.scenario = write_down();
      if (ends_with(flow_, *scheduled.scenario, statuses, failures)) { return scheduled; }
    }
    scheduled.forbidden_by = moments_.forbidden_by();
    scheduled.scenario.reset();
    if (reordering == Reordering::Forbidden) { return scheduled; }
    for (const Millis gap : {Millis{1000}, Millis{1}, Millis{0}}) {
      if (run_.size() > kPairsMax || !solve(orders_that_matter(gap))) { continue; }
      scheduled.scenario = write_down();
      if (ends_with(flow_, *scheduled.scenario, statuses, failures)) { return scheduled; }
    }
    scheduled.scenario.reset();
    return scheduled;
  }

 private:
  /// Runs of more steps are not looked at in another order than their own.
  static constexpr std::size_t kPairsMax = 2000;

  bool solve(const std::vector<Moments::Order>& orders) {
    return moments_.solve(static_cast<std::uint32_t>(run_.size() + 1), orders);
  }
  /// `gap`, or as little as keeps two steps in order.
  Millis gap_between(Moment earlier, Moment later, Millis gap) const {
    const bool may_be_at_once =
        earlier == 0 || ranks_[earlier - 1].may_be_before(ranks_[later - 1]);
    return gap == 0 && !may_be_at_once ? 1 : gap;
  }
  std::vector<Moments::Order> orders_of_run(Millis gap) const {
    std::vector<Moments::Order> orders;
    for (Moment i = 0; i < run_.size(); ++i) {
      orders.push_back({i, i + 1, gap_between(i, i + 1, gap)});
    }
    return orders;
  }
  std::vector<Moments::Order> orders_that_matter(Millis gap) const {
    std::vector<Moments::Order> orders;
    for (Moment later = 1; later <= run_.size(); ++later) {
      orders.push_back({0, later, 0});
      for (Moment earlier = 1; earlier < later; ++earlier) {
        if (matters(earlier, later)) {
          orders.push_back({earlier, later, gap_between(earlier, later, gap)});
        }
      }
    }
    return orders;
  }
  /// Whether another order of two steps may have other effects. What is found to be a scenario of
  /// another order is simulated, so this need not be exact.
  bool matters(Moment earlier, Moment later) const {
    const Choice& first = run_[earlier - 1];
    const Choice& second = run_[later - 1];
    const Effect& one = effects_[earlier];
    const Effect& other = effects_[later];
    const EntityIndex release = data().size();
    if (first.kind >= ChoiceKind::Deadline || second.kind >= ChoiceKind::Deadline ||
        first.entity == release || second.entity == release || first.entity == second.entity ||
        (one.done && other.done)) {
      return true;
    }
    switch (data().options.failure_policy) {
      case FailurePolicy::Continue: return false;
      case FailurePolicy::FailFast:
        return (one.stops && other.begins) || (one.begins && other.stops);
      case FailurePolicy::Abort: return one.stops || other.stops;
    }
    return true;  // GCOV_EXCL_LINE: behind a switch over all.
  }

  const ReleaseState& state() const noexcept { return machine_->state(); }
  const FlowData& data() const noexcept { return machine_->flow(); }

  void carry_out_step(Moment moment, const Choice& choice) {
    const SlotIndex slot = state().entities[choice.entity].slot;
    const std::uint64_t ticket =
        order_of(choice.kind) % 2 == 1 ? state().commands[slot].ticket : std::uint64_t{0};
    ranks_.push_back({order_of(choice.kind), ticket});
    if (Issued* const command = find(ticket)) {
      moments_.at_least(command->issued, moment, 0);
      note_answer(*command, moment, choice.kind);
    }
    const TimerKey fired =
        choice.kind == ChoiceKind::Deadline
            ? deadline_key()
            : TimerKey{ticket, static_cast<std::uint32_t>(
                                   ticket == 0 ? SlotStatus::Free : state().commands[slot].status)};
    (void)carry_out(*machine_, choice);
    retries_ += choice.kind == ChoiceKind::Retry ? 1 : 0;
    note_records(moment);
    note_timers(moment, order_of(choice.kind) <= 1 ? &fired : nullptr);
  }

  Issued* find(std::uint64_t ticket) noexcept {
    const auto found = issued_.find(ticket);
    return found == issued_.end() ? nullptr : &found->second;
  }

  void note_answer(Issued& command, Moment moment, ChoiceKind choice) {
    if (choice == ChoiceKind::Suspend) {  // A scenario suspends a command as it is issued (S2).
      command.suspended = moment;
      moments_.at_most(command.issued, moment, 0, Moments::kNoLength);
    }
    if (choice == ChoiceKind::Resume) { command.resumed = moment; }
    if (choice == ChoiceKind::FailInSoak) { command.failed_in_soak = moment; }
    if (choice == ChoiceKind::Succeed || choice == ChoiceKind::Fail) {
      command.answered = true;
      command.fails = choice == ChoiceKind::Fail;
      command.ended = moment;
    }
    if (choice == ChoiceKind::Expire) { command.ended = moment; }
  }

  void note_records(Moment moment) {
    effects_.resize(std::size_t{moment} + 1);
    for (RecordItem item{}; machine_->take(item);) {
      if (item.kind == RecordKind::EnvironmentStatus) {
        effects_[moment].note(static_cast<EnvironmentStatus>(item.status));
      } else if (item.kind == RecordKind::Command) {
        const CommandSlot& slot = state().commands[item.ref];
        issued_[slot.ticket] = {{slot.entity, slot.state, slot.hook}, slot.attempt, moment};
      } else if (item.kind == RecordKind::Cancel) {
        find(item.ticket)->ended = moment;
      }
    }
  }

  TimerKey deadline_key() const noexcept { return {0, retries_ * 2 + (state().ending ? 1U : 0U)}; }

  /// Compares the timers that run now with those that ran before. `fired`: the one that was due.
  void note_timers(Moment moment, const TimerKey* fired) {
    std::map<TimerKey, Armed> now;
    state().commands.each_alive([&](const CommandSlot& slot) {
      if (slot.due == kNever) { return; }
      now[{slot.ticket, static_cast<std::uint32_t>(slot.status)}] = {moment, slot.due - state().now,
                                                                     words_for(slot)};
    });
    if (state().deadline != kNever) {
      const Millis length = state().deadline - state().now;
      now[deadline_key()] = {moment, length,
                             (state().ending ? "the time that the release has for its end ("
                                             : "promotionTimeoutLimit (") +
                                 duration_words(length) + ")"};
    }
    for (const auto& [key, timer] : timers_) {
      const auto still = now.find(key);
      if (still != now.end() && (fired == nullptr || *fired != key)) {
        still->second.since = timer.since;
        continue;
      }
      const std::uint32_t length = moments_.add_length(timer.words);
      const bool was_due = fired != nullptr && *fired == key;
      if (was_due) { moments_.at_least(timer.since, moment, timer.length, length); }
      // Due at the same time, it may still come too late: deadlines come first, then by ticket.
      const bool may_be_due = was_due || (fired != nullptr && fired->first < key.first);
      moments_.at_most(timer.since, moment, timer.length - (may_be_due ? 0 : 1), length);
    }
    timers_ = std::move(now);
  }

  std::string words_for(const CommandSlot& slot) const {
    const Millis length = slot.due - state().now;
    const std::string in = slot.entity == data().size()
                               ? std::string("the release")
                               : "'" + std::string(data().names[slot.entity]) + "'";
    if (slot.status == SlotStatus::Soaking) {
      return fmt::format("the soak of {} ({})", in, duration_words(length));
    }
    const std::string what =
        slot.is_hook() ? fmt::format("hook '{}' of {}",
                                     machine_->chain(slot.entity, slot.state)[slot.hook].name, in)
                       : "the promotion into " + in;
    return fmt::format("the {} of {} ({})",
                       slot.status == SlotStatus::AwaitingAttempt ? "retry's wait" : "timeout",
                       what, duration_words(length));
  }

  Scenario write_down() {
    Scenario scenario;
    std::map<std::tuple<EntityIndex, State, std::uint32_t>, int> attempts;
    for (const auto& [ticket, command] : issued_) {
      ++attempts[{command.place.entity, command.place.state, command.place.hook}];
    }
    for (const auto& [ticket, command] : issued_) {
      const Place& place = command.place;
      Outcome rule = rule_for(command);
      const bool is_default = rule.after.count() == 0 && !rule.fail && !rule.suspend &&
                              !rule.fail_in_soak && !rule.context;
      if (is_default) { continue; }
      if (attempts[{place.entity, place.state, place.hook}] > 1) { rule.attempt = command.attempt; }
      scenario.outcomes.push_back(std::move(rule));
    }
    for (Moment i = 1; i <= run_.size(); ++i) { add_action(scenario, run_[i - 1], moments_[i]); }
    return scenario;
  }

  Outcome rule_for(const Issued& command) const {
    using std::chrono::milliseconds;
    const Place& place = command.place;
    Outcome rule;
    if (place.entity != data().size()) {
      rule.environment = std::string(data().names[place.entity]);
    }
    std::string what = "the promotion failed";
    if (place.is_hook()) {
      const auto list = machine_->chain(place.entity, place.state);
      rule.hook = list[place.hook].name;
      rule.point = point_of(place.state, place.entity == data().size());
      what = "the hook failed";
      const auto same = std::count_if(list.begin(), list.end(), [&](const Hook& other) {
        return other.name == list[place.hook].name;
      });
      if (same > 1) { rule.place = place.hook + 1; }
    }
    const Millis begin = moments_[command.issued];
    const Millis end = command.ended == kNotYet ? begin : moments_[command.ended];
    Millis suspended = 0;
    if (command.suspended != kNotYet) {
      suspended = (command.resumed == kNotYet ? end : moments_[command.resumed]) - begin;
      rule.suspend = milliseconds(suspended);
    }
    constexpr Millis kLater = 60'000;  // What is cut or expires is not answered before that.
    const bool is_cut = command.ended != kNotYet && !command.answered;
    rule.after = milliseconds(end - begin - suspended + (is_cut ? kLater : 0));
    if (command.fails) {
      rule.fail = what;
    } else if (const std::string* const exported = exports_.of(data(), place)) {
      rule.context = *exported;
    }
    if (command.failed_in_soak != kNotYet) {
      rule.fail_in_soak =
          FailInSoak{milliseconds(moments_[command.failed_in_soak] - end), "it failed in its soak"};
    }
    return rule;
  }

  void add_action(Scenario& scenario, const Choice& choice, Millis at) const {
    if (order_of(choice.kind) != 2) { return; }
    Action action;
    action.at = std::chrono::milliseconds(at);
    if (choice.kind == ChoiceKind::Terminate) { action.what = TerminateAction{"stopped", false}; }
    if (choice.kind == ChoiceKind::Force) {
      action.what = TerminateAction{"stopped at once", true};
    }
    if (choice.kind == ChoiceKind::Retry) { action.what = RetryAction{}; }
    if (choice.kind == ChoiceKind::Skip) {
      action.what = SkipAction{std::string(data().names[choice.entity]), "not needed"};
    }
    scenario.actions.push_back(std::move(action));
  }

  Flow flow_;
  std::span<const Choice> run_;
  const Exports& exports_;
  std::unique_ptr<Machine> machine_;
  std::map<std::uint64_t, Issued> issued_;  ///< By ticket.
  std::map<TimerKey, Armed> timers_;        ///< That run after the latest step.
  std::vector<Rank> ranks_;                 ///< Of each step.
  std::vector<Effect> effects_;             ///< Of each moment.
  std::uint32_t retries_ = 0;
  Moments moments_;
};

}  // namespace

Scheduled schedule(const Flow& flow, std::span<const Choice> run, const std::string& statuses,
                   Reordering reordering, const Exports& exports) {
  return Scheduler(flow, run, exports).schedule(statuses, reordering);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

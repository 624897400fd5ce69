// SPDX-License-Identifier: Apache-2.0
// Runs a release in virtual time (S1 to S4). What comes next is the earliest of the machine's next
// timer, the scenario's next action and the next answer; at equal times they come in this order
// (S3).
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "release/machine.hpp"
#include "release/start.hpp"
#include "simulation/answers.hpp"
#include "simulation/outcomes.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow {

namespace detail {

namespace {

/// The event of an operator's action. `names` keeps the views of Retry's environments.
Event::What event_of(const Action& action, std::vector<std::string_view>& names) {
  if (const auto* terminate = std::get_if<TerminateAction>(&action.what)) {
    return Terminate{terminate->reason, terminate->force, action.by};
  }
  if (const auto* skip = std::get_if<SkipAction>(&action.what)) {
    return Skip{skip->environment, skip->reason, action.by};
  }
  Retry retry;
  retry.by = action.by;
  if (const auto& environments = std::get<RetryAction>(action.what).environments) {
    names.assign(environments->begin(), environments->end());
    retry.environments = std::span<const std::string_view>(names);
  }
  return retry;
}

/// The words for Action::what's alternatives, in their order.
constexpr std::string_view kActions[] = {"retry", "skip", "terminate"};
static_assert(std::size(kActions) == std::variant_size_v<decltype(Action::what)>);

/// Runs one release through one scenario.
class Simulator {
 public:
  Simulator(const Scenario& scenario, const SimulationOptions& options,
            std::unique_ptr<Machine> machine)
      : outcomes_(scenario),
        records_max_(options.records_max),
        data_(std::make_unique<TraceData>(std::move(machine))),
        machine_(*data_->machine) {
    for (const Action& action : scenario.actions) { actions_.push_back(&action); }
    std::stable_sort(actions_.begin(), actions_.end(),
                     [](const Action* a, const Action* b) { return a->at < b->at; });
  }

  std::optional<Error> run() {
    drain(0);
    while (data_->items.size() <= records_max_) {
      const auto timer = machine_.next_timer();
      const Millis timer_at = timer ? millis(*timer) : kNever;
      const Millis action_at =
          next_action_ < actions_.size() ? actions_[next_action_]->at.count() : kNever;
      const Answer* const next = next_answer();
      const Millis answer_at = next == nullptr ? kNever : next->at;
      if (timer_at <= action_at && timer_at <= answer_at) {
        if (timer_at == kNever) {
          return std::nullopt;  // S4: final, or nothing can happen any more.
        }
        apply(timer_at, Tick{});
      } else if (action_at <= answer_at) {
        act(action_at, *actions_[next_action_++]);
      } else {
        const Answer answer = *next;
        answers_.pop(next);
        deliver(answer);
      }
    }
    return Error{ErrorCode::LimitExceeded, "records_max",
                 fmt::format("the simulation has more than {} records", records_max_)};
  }

  Trace finish() { return Trace(std::move(data_)); }

 private:
  /// Null: no answer will come. Those for commands that were cancelled never come, and are dropped.
  /// A soak may begin anew under the same ticket, so what is to happen in one is looked at when it
  /// is due.
  const Answer* next_answer() {
    for (;;) {
      const Answer* const next = answers_.first();
      if (next == nullptr || next->step == Step::FailInSoak ||
          machine_.state().commands.find(next->ticket) != kNone32) {
        return next;
      }
      answers_.pop(next);
    }
  }

  std::optional<Error> apply(Millis at, const Event::What& what) {
    std::optional<Error> refused;
    machine_.apply({instant(at), what}, refused);
    drain(at);
    return refused;
  }

  void act(Millis at, const Action& action) {
    std::vector<std::string_view> names;
    if (const auto refused = apply(at, event_of(action, names))) {
      data_->refused.push_back({static_cast<std::uint32_t>(data_->items.size()),
                                kActions[action.what.index()], refused->code, action.by});
      data_->items.push_back({at, 0, kNone32, RecordKind::Retry, 0});
    }
  }

  void deliver(const Answer& answer) {
    const Ticket ticket{answer.ticket};
    const Outcome* outcome = answer.outcome;
    const auto text = [](const std::optional<std::string>& given) {
      return given ? std::optional<std::string_view>(*given) : std::nullopt;
    };
    switch (answer.step) {
      case Step::Suspend: apply(answer.at, Suspended{ticket}); return;
      case Step::Resume: apply(answer.at, Resumed{ticket}); return;
      case Step::FailInSoak:
        if (machine_.state().commands.find_soak(answer.ticket) != kNone32) {
          apply(answer.at, PromotionFailed{ticket, outcome->fail_in_soak->message});
        }
        return;
      case Step::End: break;
    }
    const bool fails = outcome != nullptr && outcome->fail;
    if (answer.is_hook && fails) {
      apply(answer.at, HookFailed{ticket, *outcome->fail, text(outcome->context)});
    } else if (answer.is_hook) {
      apply(answer.at,
            HookSucceeded{ticket, outcome != nullptr ? text(outcome->context) : std::nullopt});
    } else if (fails) {
      apply(answer.at, PromotionFailed{ticket, *outcome->fail});
    } else {
      if (outcome != nullptr && outcome->fail_in_soak) {
        const Millis length = outcome->fail_in_soak->after.count();
        answers_.push({after(answer.at, length), answer.ticket, Step::FailInSoak, false, outcome},
                      length);
      }
      apply(answer.at, PromotionSucceeded{ticket});
    }
  }

  /// The rule that decides a command (S1), or null.
  const Outcome* find_outcome(const CommandSlot& slot) const {
    const FlowData& flow = machine_.flow();
    const bool is_release = slot.entity == flow.size();
    if (!slot.is_hook()) { return outcomes_.find_promotion(flow.names[slot.entity], slot.attempt); }
    return outcomes_.find_hook(
        machine_.chain(slot.entity, slot.state)[slot.hook].name, point_of(slot.state, is_release),
        is_release ? std::nullopt : std::optional<std::string_view>(flow.names[slot.entity]),
        slot.attempt, slot.hook + 1);
  }

  /// Schedules what the command will do, from the moment of its issue (S2).
  void schedule(const CommandSlot& slot, Millis at) {
    const Outcome* const outcome = find_outcome(slot);
    Answer answer{at, slot.ticket, Step::End, slot.is_hook(), outcome};
    if (outcome != nullptr && outcome->suspend) {
      const Millis length = outcome->suspend->count();
      answer.step = Step::Suspend;
      answers_.push(answer, 0);
      answer.step = Step::Resume;
      answer.at = after(answer.at, length);
      answers_.push(answer, length);
      answer.step = Step::End;
    }
    answer.at = after(answer.at, outcome != nullptr ? outcome->after.count() : 0);
    answers_.push(answer, answer.at - at);
  }

  /// Takes the machine's records into the trace.
  void drain(Millis at) {
    const Records& records = machine_.state().records;
    for (RecordItem item; machine_.take(item);) {
      if (item.kind == RecordKind::Command) {
        const CommandSlot& slot = machine_.state().commands[item.ref];
        schedule(slot, at);
        item.ref = keep(slot);
      } else if (item.ref != kNone32 && refers_to_text(item.kind)) {
        data_->texts.push_back(records.text(item.ref));
        item.ref = static_cast<std::uint32_t>(data_->texts.size() - 1);
      } else if (item.ref != kNone32 && refers_to_request(item.kind)) {
        data_->requests.push_back(records.request(item.ref));
        item.ref = static_cast<std::uint32_t>(data_->requests.size() - 1);
      }
      data_->items.push_back(item);
    }
  }

  std::uint32_t keep(const CommandSlot& slot) {
    const HookInputs inputs =
        slot.inputs == kNone32 ? HookInputs{} : machine_.state().inputs[slot.inputs];
    data_->commands.push_back({slot.entity, slot.hook, slot.attempt, slot.state,
                               keep(data_->contexts, inputs.context),
                               keep(data_->failures, inputs.failure)});
    return static_cast<std::uint32_t>(data_->commands.size() - 1);
  }

  template <class T>
  static std::uint32_t keep(std::vector<std::shared_ptr<const T>>& kept,
                            const std::shared_ptr<const T>& shared) {
    if (!shared) { return kNone32; }
    if (kept.empty() || kept.back() != shared) { kept.push_back(shared); }
    return static_cast<std::uint32_t>(kept.size() - 1);
  }

  Outcomes outcomes_;
  std::size_t records_max_;
  std::unique_ptr<TraceData> data_;
  Machine& machine_;
  std::vector<const Action*> actions_;
  std::size_t next_action_ = 0;
  Answers answers_;
};

}  // namespace

}  // namespace detail

Result<Trace> simulate(const Flow& flow, const Scenario& scenario,
                       const SimulationOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Trace> {
    auto machine = detail::start_machine(Flow(flow), ReleaseInfo(scenario.release), Instant{},
                                         scenario.context, scenario.selection);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    detail::Simulator simulator(scenario, options, std::move(*machine));
    if (auto stopped = simulator.run()) { return tl::unexpected(std::move(*stopped)); }
    return simulator.finish();
  });
}

}  // namespace promoflow

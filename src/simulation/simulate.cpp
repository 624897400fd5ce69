// SPDX-License-Identifier: Apache-2.0
// S1 to S4: a release in virtual time. What comes next is the earliest of the machine's timer, the
// scenario's next action and the next answer; at equal times in this order (S3).
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "release/machine.hpp"
#include "simulation/answers.hpp"
#include "simulation/outcomes.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow {

namespace detail {

/// Runs one release through one scenario.
class Simulator {
 public:
  Simulator(const Scenario& scenario, const SimulationOptions& options, Release release)
      : outcomes_(scenario),
        records_max_(options.records_max),
        data_(std::make_unique<TraceData>(std::move(release))),
        machine_(data_->release.machine_.get()) {
    data_->defaults = machine_->defaults_;
    for (const Action& action : scenario.actions) { actions_.push_back(&action); }
    std::stable_sort(actions_.begin(), actions_.end(),
                     [](const Action* a, const Action* b) { return a->at < b->at; });
  }

  std::optional<Error> run() {
    drain(0);
    while (data_->items.size() <= records_max_) {
      const auto timer = machine_->next_timer();
      const Millis timer_at = timer ? millis(*timer) : kNever;
      const Millis action_at =
          next_action_ < actions_.size() ? actions_[next_action_]->at.count() : kNever;
      drop_settled();
      const Millis answer_at = next_answer_ == nullptr ? kNever : next_answer_->at;
      if (timer_at <= action_at && timer_at <= answer_at) {
        if (timer_at == kNever) {
          return std::nullopt;  // S4: final, or nothing can happen any more.
        }
        apply(timer_at, Tick{});
      } else if (action_at <= answer_at) {
        act(action_at, *actions_[next_action_++]);
      } else {
        const Answer answer = *next_answer_;
        answers_.pop(next_answer_);
        give(answer);
      }
    }
    return Error{ErrorCode::LimitExceeded, "records_max",
                 fmt::format("the simulation has more than {} records", records_max_)};
  }

  Trace finish() { return Trace(std::move(data_)); }

 private:
  /// Answers for commands that were cancelled never come.
  void drop_settled() {
    for (;;) {
      next_answer_ = answers_.first();
      if (next_answer_ == nullptr || machine_->is_outstanding(Ticket{next_answer_->ticket})) {
        return;
      }
      answers_.pop(next_answer_);
    }
  }

  std::optional<Error> apply(Millis at, const Event::What& what) {
    const Event event{instant(at), what};
    std::optional<Error> refused;
    if (!machine_->apply_plain(event)) { refused = machine_->apply(event); }
    drain(at);
    return refused;
  }

  void act(Millis at, const Action& action) {
    const std::string* reason = std::get_if<std::string>(&action.what);
    const auto refused = reason != nullptr ? apply(at, Terminate{*reason}) : apply(at, Retry{});
    if (refused) {
      data_->refused.push_back(
          {static_cast<std::uint32_t>(data_->items.size()), reason == nullptr, refused->code});
      data_->items.push_back({at, 0, kNone32, ItemKind::Retry, 0});
    }
  }

  void give(const Answer& answer) {
    const Ticket ticket{answer.ticket};
    const Outcome* outcome = answer.outcome;
    const auto text = [](const std::optional<std::string>& given) {
      return given ? std::optional<std::string_view>(*given) : std::nullopt;
    };
    switch (answer.step) {
      case Step::Suspend: apply(answer.at, Suspended{ticket}); return;
      case Step::Resume: apply(answer.at, Resumed{ticket}); return;
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
      apply(answer.at, PromotionSucceeded{ticket});
    }
  }

  /// S2: what the command will do, from the moment of its issue.
  void schedule(const Slot& slot, Millis at) {
    const Command command = machine_->to_command(slot);
    const bool is_hook = std::holds_alternative<RunHook>(command);
    const Outcome* outcome = is_hook ? outcomes_.find(std::get<RunHook>(command))
                                     : outcomes_.find(std::get<Promote>(command));
    Answer answer{at, slot.ticket, Step::End, is_hook, outcome};
    if (outcome != nullptr && outcome->suspend) {
      answer.step = Step::Suspend;
      answers_.push(answer, 0);
      answer.step = Step::Resume;
      answer.at = after(answer.at, outcome->suspend->count());
      answers_.push(answer, outcome->suspend->count());
      answer.step = Step::End;
    }
    answer.at = after(answer.at, outcome != nullptr ? outcome->after.count() : 0);
    answers_.push(answer, answer.at - at);
  }

  /// Takes the machine's records into the trace.
  void drain(Millis at) {
    for (Item item; machine_->take(item);) {
      if (item.kind == ItemKind::Command) {
        const Slot& slot = machine_->slots_[item.ref];
        schedule(slot, at);
        item.ref = keep(slot);
      } else if (item.kind >= ItemKind::HookSucceeded && item.ref != kNone32) {
        data_->texts.push_back(machine_->texts_[item.ref]);
        item.ref = static_cast<std::uint32_t>(data_->texts.size() - 1);
      }
      data_->items.push_back(item);
    }
  }

  std::uint32_t keep(const Slot& slot) {
    const Source source = slot.source == kNone32 ? Source{} : machine_->sources_[slot.source];
    data_->commands.push_back({slot.lane, slot.hook, slot.attempt, slot.stage,
                               keep(data_->contexts, source.context),
                               keep(data_->failures, source.failure)});
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
  Machine* machine_;
  std::vector<const Action*> actions_;
  std::size_t next_action_ = 0;
  Answers answers_;
  const Answer* next_answer_ = nullptr;
};

}  // namespace detail

Result<Trace> simulate(const Flow& flow, const Scenario& scenario,
                       const SimulationOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Trace> {
    auto release = Release::start(flow, scenario.release, Instant{}, scenario.context);
    if (!release) { return tl::unexpected(std::move(release.error())); }
    detail::Simulator simulator(scenario, options, std::move(*release));
    if (auto stopped = simulator.run()) { return tl::unexpected(std::move(*stopped)); }
    return simulator.finish();
  });
}

}  // namespace promoflow

// SPDX-License-Identifier: Apache-2.0
// Runs a release in virtual time (S1 to S4). What comes next is the earliest of the machine's next
// timer, the scenario's next action and the next answer; at equal times they come in this order
// (S3).
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/attributes.hpp"
#include "base/guard.hpp"
#include "base/limit_hint.hpp"
#include "base/position.hpp"
#include "context/export.hpp"
#include "promoflow/manifest.hpp"
#include "release/machine.hpp"
#include "release/start.hpp"
#include "simulation/answers.hpp"
#include "simulation/outcomes.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

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

/// `1024 MiB`, or `1000 bytes`.
std::string size_words(std::size_t bytes) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  return bytes % kMiB == 0 ? fmt::format("{} MiB", bytes / kMiB) : fmt::format("{} bytes", bytes);
}

/// The memory that a trace needs, from above: its vectors grow by doubling, and while one grows
/// both the old and the new array are there.
class TraceMemory {
 public:
  std::size_t bytes() const noexcept { return records_ + contexts_; }
  /// Whether most of it is contexts and exports.
  bool is_mostly_contexts() const noexcept { return contexts_ > records_; }

  template <class T>
  void add_element() noexcept {
    records_ += 3 * sizeof(T);
  }
  void add_text(std::string_view text) noexcept {
    records_ += kSharedBytes + 3 * sizeof(Text) + text.size();
  }
  void add_request(const OperatorRequest& request) noexcept {
    records_ += kSharedBytes + sizeof request + request.reason.size();
    for (const std::string& name : request.environments) {
      records_ += sizeof(std::string) + sizeof(std::string_view) + name.size();
    }
  }
  void add_failure(const FailureArguments& failure) noexcept {
    records_ += kSharedBytes + sizeof failure;
    for (const Argument& argument : failure.list) { records_ += argument.value.size(); }
  }
  /// A state, and the export that it was made of: that is kept for its record and among live
  /// writes.
  void add_export(const ContextData& state, std::size_t text_bytes) noexcept {
    contexts_ += state.own_bytes + 2 * text_bytes;
  }

 private:
  static constexpr std::size_t kSharedBytes = 80;  ///< Of a text or request that is shared.

  std::size_t records_ = 0;
  std::size_t contexts_ = 0;
};

/// Runs one release through one scenario.
class Simulator {
 public:
  Simulator(const Flow& flow, const Scenario& scenario, const SimulationOptions& options,
            std::unique_ptr<Machine> machine)
      : outcomes_(scenario),
        options_(options),
        data_(std::make_unique<TraceData>(flow, std::move(machine))),
        machine_(*data_->machine) {
    constexpr std::size_t kRecordsUsual = 8;  // Of an environment with a few hooks.
    data_->items.reserve(
        std::min<std::size_t>(kRecordsUsual * machine_.flow().size(), options_.records_max));
    for (const Action& action : scenario.actions) { actions_.push_back(&action); }
    std::stable_sort(actions_.begin(), actions_.end(),
                     [](const Action* a, const Action* b) { return a->at < b->at; });
  }

  std::optional<Error> run() {
    drain(0);
    while (is_within_bounds()) {
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
    return past_bounds();
  }

  Trace finish() { return Trace(std::move(data_)); }

 private:
  bool is_within_bounds() const noexcept {
    return data_->items.size() <= options_.records_max &&
           memory_.bytes() <= options_.memory_bytes_max;
  }

  /// Says which bound was reached, what was repeated most often, and what to do about it.
  PROMOFLOW_COLD Error past_bounds() const {
    const bool by_records = data_->items.size() > options_.records_max;
    const std::string_view where = by_records ? "records_max" : "memory_bytes_max";
    std::string message =
        by_records ? fmt::format("the simulation has more than {} records", options_.records_max)
                   : fmt::format("the trace needs more than {} of memory, after {} records",
                                 size_words(options_.memory_bytes_max), data_->items.size());
    const std::chrono::milliseconds reached(data_->items.back().at);
    message += fmt::format(", at {} of virtual time", value_or_throw(format_duration(reached)));
    const auto most = std::max_element(
        data_->commands.begin(), data_->commands.end(),
        [](const TracedCommand& a, const TracedCommand& b) { return a.attempt < b.attempt; });
    if (!by_records && memory_.is_mostly_contexts()) {
      message += "; most of it is promotion contexts: let hooks export less";
    } else if (most != data_->commands.end() && most->attempt > 1) {
      message += fmt::format(
          "; {} was issued {} times: lower its retry.limit, raise its retry.backoff.duration, "
          "shorten promotionTimeoutLimit, or let a rule of the scenario end it",
          words_for(*most), most->attempt);
    } else {
      message += "; simulate a part of the flow, with 'until' or 'only'";
    }
    return {ErrorCode::LimitExceeded, std::string(where),
            limit_hint(message, fmt::format("SimulationOptions::{}", where))};
  }

  /// `the promotion into 'eu'`, `the hook 'smoke' (environment.onSuccess of 'eu')`.
  std::string words_for(const TracedCommand& command) const {
    const FlowData& flow = machine_.flow();
    const bool is_release = command.entity == flow.size();
    if (!runs_chain(command.state)) {
      return fmt::format("the promotion into {}", in_quotes(flow.names[command.entity]));
    }
    const Hook& hook = machine_.chain(command.entity, command.state)[command.hook];
    const std::string of =
        is_release ? std::string() : fmt::format(" of {}", in_quotes(flow.names[command.entity]));
    return fmt::format("the hook {} ({}{})", in_quotes(hook.name),
                       to_string(point_of(command.state, is_release)), of);
  }

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
    Result<void> applied = machine_.apply({instant(at), what});
    drain(at);
    return applied ? std::nullopt : std::optional(std::move(applied.error()));
  }

  PROMOFLOW_WASM_NOINLINE void act(Millis at, const Action& action) {
    std::vector<std::string_view> names;
    if (const auto refused = apply(at, event_of(action, names))) {
      data_->refused.push_back({static_cast<std::uint32_t>(data_->items.size()),
                                kActions[action.what.index()], refused->code, action.by});
      data_->items.push_back({at, 0, kNone32, RecordKind::Retry, 0});
    }
  }

  PROMOFLOW_WASM_NOINLINE void deliver(const Answer& answer) {
    const Ticket ticket{answer.ticket};
    const Outcome* outcome = answer.outcome;
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
    if (answer.is_hook && !fails && outcome != nullptr && outcome->context) {
      deliver_export(answer.at, ticket, *outcome->context);
    } else if (answer.is_hook && fails) {  // What it exported is in no trace.
      apply(answer.at, HookFailed{ticket, *outcome->fail, std::nullopt});
    } else if (answer.is_hook) {
      apply(answer.at, HookSucceeded{ticket, std::nullopt});
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

  /// `text` is of a rule: a long one is read once, however many hooks the rule decides.
  PROMOFLOW_WASM_NOINLINE void deliver_export(Millis at, Ticket ticket, const std::string& text) {
    constexpr std::size_t kLong = 4096;
    std::string_view exported = text;
    if (text.size() > kLong) {
      const auto [found, is_new] = long_exports_.try_emplace(&text);
      LongExport& known = found->second;
      if (is_new && !is_no_export(text)) {
        Export read;
        const std::string invalid = read_export(text, read);
        (invalid.empty() ? known.compact : known.refusal) =
            invalid.empty() ? *read.text : invalid_export(invalid);
      }
      if (!known.refusal.empty()) {
        apply(at, HookFailed{ticket, known.refusal, std::nullopt});
        return;
      }
      exported = known.compact;
    }
    const ContextData* const before = machine_.state().context.state().get();
    apply(at, HookSucceeded{ticket, exported});
    const ContextData* const state = machine_.state().context.state().get();
    if (state != before) { memory_.add_export(*state, exported.size()); }
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
  PROMOFLOW_WASM_NOINLINE void schedule(const CommandSlot& slot, Millis at) {
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
  PROMOFLOW_WASM_NOINLINE void drain(Millis at) {
    const Records& records = machine_.state().records;
    for (RecordItem item{}; machine_.take(item);) {
      if (item.kind == RecordKind::Command) {
        const CommandSlot& slot = machine_.state().commands[item.ref];
        schedule(slot, at);
        item.ref = keep(slot);
      } else if (item.ref != kNone32 && refers_to_text(item.kind)) {
        const Text& text = records.text(item.ref);
        memory_.add_text(*text);
        data_->texts.push_back(text);
        item.ref = static_cast<std::uint32_t>(data_->texts.size() - 1);
      } else if (item.ref != kNone32 && refers_to_request(item.kind)) {
        const Request& request = records.request(item.ref);
        memory_.add_request(*request);
        data_->requests.push_back(request);
        item.ref = static_cast<std::uint32_t>(data_->requests.size() - 1);
      }
      memory_.add_element<RecordItem>();
      if (item.kind == RecordKind::Conflict) { memory_.add_element<ContextNote>(); }
      data_->items.push_back(item);
    }
  }

  std::uint32_t keep(const CommandSlot& slot) {
    static const HookInputs kNothing;
    const HookInputs& inputs =
        slot.inputs == kNone32 ? kNothing : machine_.state().inputs[slot.inputs];
    memory_.add_element<TracedCommand>();
    if (inputs.failure && failures_seen_.insert(inputs.failure.get()).second) {
      memory_.add_failure(*inputs.failure);
    }
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

  /// What a long text of a rule is worth. Both empty: nothing is exported.
  struct LongExport {
    std::string refusal;  ///< The message of a hook with it (C4).
    std::string compact;
  };

  Outcomes outcomes_;
  SimulationOptions options_;
  TraceMemory memory_;
  std::unordered_set<const FailureArguments*> failures_seen_;  ///< All of them are in the trace.
  std::unique_ptr<TraceData> data_;
  Machine& machine_;
  std::vector<const Action*> actions_;
  std::size_t next_action_ = 0;
  Answers answers_;
  std::unordered_map<const std::string*, LongExport> long_exports_;
};

}  // namespace

}  // namespace detail

Result<Trace> simulate(const Flow& flow, const Scenario& scenario,
                       const SimulationOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Trace> {
    auto machine = detail::start_machine(flow.data(), ReleaseInfo(scenario.release), Instant{},
                                         scenario.context, scenario.selection);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    detail::Simulator simulator(flow, scenario, options, std::move(*machine));
    if (auto stopped = simulator.run()) { return tl::unexpected(std::move(*stopped)); }
    return simulator.finish();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

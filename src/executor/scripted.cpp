// SPDX-License-Identifier: Apache-2.0
// S2 in the time of a clock. One answer a wake, the earliest first and at equal times by ticket,
// as the simulator gives them (S3): what it causes comes before the next.
#include <map>
#include <tuple>

#include "promoflow/scripted_executor.hpp"
#include "simulation/outcomes.hpp"

namespace promoflow {

namespace {

enum class Step : std::uint8_t { Suspend, Resume, End };
using Due = std::tuple<Instant, Ticket, Step>;

struct Pending {
  Reply reply;
  const Outcome* outcome = nullptr;
};

}  // namespace

struct ScriptedExecutor::Impl {
  Impl(Scenario given, Clock* clock_given)
      : scenario(std::move(given)),
        outcomes(scenario),
        clock(clock_given != nullptr ? *clock_given : system_clock()) {}

  void schedule(Ticket ticket, const Reply& reply, const Outcome* outcome) {
    Instant at = clock.now();
    const Pending pending{reply, outcome};
    if (outcome != nullptr && outcome->suspend) {
      answers.emplace(Due{at, ticket, Step::Suspend}, pending);
      at += *outcome->suspend;
      answers.emplace(Due{at, ticket, Step::Resume}, pending);
    }
    if (outcome != nullptr) { at += outcome->after; }
    answers.emplace(Due{at, ticket, Step::End}, pending);
  }

  static void give(Step step, const Pending& pending) {
    switch (step) {
      case Step::Suspend: pending.reply.suspended(); return;
      case Step::Resume: pending.reply.resumed(); return;
      case Step::End: break;
    }
    const Outcome* outcome = pending.outcome;
    const std::optional<std::string> context = outcome != nullptr ? outcome->context : std::nullopt;
    if (outcome != nullptr && outcome->fail) {
      pending.reply.failed(*outcome->fail, context);
    } else {
      pending.reply.succeeded(context);
    }
  }

  Scenario scenario;
  detail::Outcomes outcomes;  // Borrows the scenario.
  Clock& clock;
  std::map<Due, Pending> answers;
};

ScriptedExecutor::ScriptedExecutor(Scenario scenario, Clock* clock)
    : impl_(std::make_unique<Impl>(std::move(scenario), clock)) {}
ScriptedExecutor::~ScriptedExecutor() = default;

void ScriptedExecutor::run_hook(HookCall call, Reply reply) {
  impl_->schedule(call.ticket, reply,
                  impl_->outcomes.find_hook(call.hook, call.point, call.environment, call.attempt));
}

void ScriptedExecutor::promote(PromotionCall call, Reply reply) {
  impl_->schedule(call.ticket, reply,
                  impl_->outcomes.find_promotion(call.environment, call.attempt));
}

void ScriptedExecutor::cancel(std::string_view /*release_id*/, Ticket ticket) {
  for (auto at = impl_->answers.begin(); at != impl_->answers.end();) {
    at = std::get<Ticket>(at->first) == ticket ? impl_->answers.erase(at) : std::next(at);
  }
}

std::optional<Instant> ScriptedExecutor::next_wake() {
  if (impl_->answers.empty()) { return std::nullopt; }
  return std::get<Instant>(impl_->answers.begin()->first);
}

void ScriptedExecutor::wake(Instant now) {
  const auto first = impl_->answers.begin();
  if (first == impl_->answers.end() || std::get<Instant>(first->first) > now) { return; }
  const auto answer = impl_->answers.extract(first);
  Impl::give(std::get<Step>(answer.key()), answer.mapped());
}

}  // namespace promoflow

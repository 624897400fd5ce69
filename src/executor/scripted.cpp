// SPDX-License-Identifier: Apache-2.0
// A scenario's outcomes (S2) in the time of a clock. Each wake() gives one answer, the earliest
// first and at equal times by ticket, as the simulator does (S3), so that what an answer causes
// comes before the next answer.
#include <map>
#include <tuple>

#include "promoflow/scripted_executor.hpp"
#include "simulation/outcomes.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

enum class AnswerKind : std::uint8_t { Suspend, Resume, End, FailInSoak };
using DueAnswer = std::tuple<Instant, Ticket, AnswerKind>;

struct ScriptedAnswer {
  Reply reply;
  const Outcome* outcome = nullptr;  ///< Null: success.
};

}  // namespace

struct ScriptedExecutor::Impl {
  Impl(Scenario scenario_given, Clock* clock_given)
      : scenario(std::move(scenario_given)),
        outcomes(scenario),
        clock(clock_given != nullptr ? *clock_given : system_clock()) {}

  void schedule(Ticket ticket, const Reply& reply, const Outcome* outcome) {
    const ScriptedAnswer answer{reply, outcome};
    Instant at = clock.now();
    const auto add = [&](AnswerKind kind) { answers.emplace(DueAnswer{at, ticket, kind}, answer); };
    if (outcome == nullptr) {
      add(AnswerKind::End);
      return;
    }
    if (outcome->suspend) {
      add(AnswerKind::Suspend);
      at += *outcome->suspend;
      add(AnswerKind::Resume);
    }
    at += outcome->after;
    add(AnswerKind::End);
    if (outcome->fail_in_soak && !outcome->fail) {
      at += outcome->fail_in_soak->after;
      add(AnswerKind::FailInSoak);
    }
  }

  static void send(AnswerKind kind, const ScriptedAnswer& answer) {
    const Outcome* outcome = answer.outcome;
    switch (kind) {
      case AnswerKind::Suspend: answer.reply.suspended(); return;
      case AnswerKind::Resume: answer.reply.resumed(); return;
      // If the environment does not soak at this time, the answer is dropped or refused.
      case AnswerKind::FailInSoak: answer.reply.failed(outcome->fail_in_soak->message); return;
      case AnswerKind::End: break;
    }
    if (outcome == nullptr) {
      answer.reply.succeeded();
    } else if (outcome->fail) {
      answer.reply.failed(*outcome->fail, outcome->context);
    } else {
      answer.reply.succeeded(outcome->context);
    }
  }

  Scenario scenario;
  detail::Outcomes outcomes;  // Borrows the scenario.
  Clock& clock;
  std::map<DueAnswer, ScriptedAnswer> answers;
};

ScriptedExecutor::ScriptedExecutor(Scenario scenario, Clock* clock)
    : impl_(std::make_unique<Impl>(std::move(scenario), clock)) {}
ScriptedExecutor::~ScriptedExecutor() = default;

void ScriptedExecutor::run_hook(HookCall call, Reply reply) {
  impl_->schedule(
      call.ticket, reply,
      impl_->outcomes.find_hook(call.hook, call.point, call.environment, call.attempt, call.place));
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
  Impl::send(std::get<AnswerKind>(answer.key()), answer.mapped());
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
#include "argo/promotions.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include "argo/applications.hpp"
#include "argo/names.hpp"
#include "executor/joined_stop.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr const char* kNobody = "nothing promotes: ArgoOptions::promotions was not given";
constexpr const char* kLost =
    "the promotion was started, and what ran it is gone: nobody knows how it ended";

WorkflowPart part_of(bool is_before) {
  return is_before ? WorkflowPart::PreAction : WorkflowPart::PostAction;
}

WorkflowRole role_of(const PromotionCall& call, bool is_before) {
  return {part_of(is_before), call.application};
}

/// What a workflow beside the promotion is run with: it looks like a hook.
HookCall workflow_call(const PromotionCall& call, bool is_before) {
  const auto& name = is_before ? call.policy.pre_action : call.policy.post_action;
  return {.ticket = call.ticket,
          .release_id = call.release_id,
          .hook = name.value_or(""),
          .environment = call.environment,
          .attempt = call.attempt,
          .arguments = call.arguments,
          .context = "{}"};
}

}  // namespace

// --- A promotion and its sequences ---------------------------------------------------------------

Promotions::Whole Promotions::make(const PromotionCall& call, const Reply& reply) const {
  auto whole = std::make_shared<Promotion>(Promotion{reply});
  const auto* const applications = applications_of(applications_, call.environment);
  if (applications == nullptr) {
    whole->sequences.push_back({whole.get(), call});
  } else {
    whole->sequences.reserve(applications->size());
    for (const ArgoApplication& application : *applications) {
      Sequence& sequence = whole->sequences.emplace_back(Sequence{whole.get(), call});
      sequence.call.application = application.name;
      add_application(application, sequence.call.arguments);
    }
  }
  whole->running = whole->sequences.size();
  return whole;
}

Promotions::Place Promotions::place(const Whole& whole, std::size_t index) {
  return {whole, &whole->sequences[index]};
}

Promotions::Key Promotions::key_of(const Promotion& promotion) {
  const PromotionCall& call = promotion.sequences.front().call;
  return {call.release_id, call.ticket};
}

/// Whether it is nothing but the promotion of the other executor.
bool Promotions::is_plain(const PromotionCall& call) const {
  const Policy& policy = call.policy;
  return !policy.pre_action && !policy.post_action && policy.action != PolicyAction::None &&
         applications_of(applications_, call.environment) == nullptr;
}

void Promotions::close() noexcept {
  const std::lock_guard lock(link_->mutex);
  link_->worker = nullptr;
}

void Promotions::promote(PromotionCall call, const Reply& reply) {
  // One that waits for a lease is a sequence, too.
  if (is_plain(call) && !worker_->has_leases()) {
    if (own_ == nullptr) { return reply.failed(kNobody); }
    if (!own_->reports().started) { reply.started(); }
    return own_->promote(std::move(call), reply);
  }
  reply.started();
  worker_->post([this, whole = make(call, reply)](Moment) {
    promotions_.insert_or_assign(key_of(*whole), whole);
    for (std::size_t i = 0; i < whole->sequences.size(); ++i) {
      begin(place(whole, i), Step::Before);
    }
  });
}

/// Goes on with that step, or with the first one behind it that is there.
void Promotions::begin(const Place& sequence, Step step) {
  const PromotionCall& call = sequence->call;
  if (sequence->of->is_cancelled) { return end(sequence); }
  if (std::exchange(sequence->is_suspended, false)) { report_suspended(*sequence->of); }
  if (step == Step::Before && !call.policy.pre_action) { step = Step::Own; }
  if (step == Step::Own && call.policy.action == PolicyAction::None) { step = Step::Behind; }
  sequence->step = step;
  if (step == Step::Own) {
    return worker_->post_permitted(call.release_id, [this, sequence](Moment) {
      if (!sequence->of->is_cancelled) { begin_own(sequence); }
    });
  }
  if (step == Step::Behind && !call.policy.post_action) { return end(sequence); }
  const bool is_before = step == Step::Before;
  worker_->run_now(workflow_call(call, is_before), role_of(call, is_before), listener_of(sequence));
}

void Promotions::begin_own(const Place& sequence) {
  if (own_ == nullptr) { return fail(sequence, kNobody); }
  const Ticket ticket = sequence->call.ticket;
  const std::weak_ptr<Sequence> weak = sequence;
  const auto listen = [this, weak, link = link_] {
    const std::lock_guard lock(link->mutex);
    if (link->worker == nullptr) { return; }
    try {  // The lock of the inbox is held: it is looked at later.
      link->worker->post([this, weak](Moment) {
        if (const Place found = weak.lock()) { take_own(found); }
      });
    } catch (const std::exception&) {  // The next message brings this one, too.
    }
  };
  if (own_->reports().stopped) { sequence->cancelled = std::make_shared<SharedCancelledCalls>(); }
  sequence->inbox = std::make_shared<Inbox>(sequence->cancelled, listen);
  if (sequence->cancelled) { sequence->cancelled->attach(sequence->inbox); }
  sequence->inbox->open(ticket, {CommandKind::Promotion, std::nullopt});
  const Reply reply(sequence->inbox, ticket);
  try {
    Recovery recovery = Recovery::Unknown;
    if (sequence->of->is_recovered) {
      recovery = own_->recover(sequence->call, sequence->of->reference, reply);
    }
    if (recovery == Recovery::Unknown) { own_->promote(sequence->call, reply); }
    if (recovery == Recovery::Lost) { reply.failed(kLost); }
  } catch (const std::exception& error) { reply.failed(error.what()); }
}

/// What the other executor has answered.
void Promotions::take_own(const Place& sequence) {
  if (sequence->step != Step::Own) { return; }
  if (sequence->inbox->take_stop()) { return end(sequence); }
  while (std::optional<Message> message = sequence->inbox->take()) {
    switch (message->kind) {
      case Message::Kind::Succeeded:
        if (message->context) { add_commit(*message->context, sequence->call.arguments); }
        return begin(sequence, Step::Behind);
      case Message::Kind::Failed: return fail(sequence, std::move(message->text));
      case Message::Kind::Suspended: suspend(sequence, true); break;
      case Message::Kind::Resumed: suspend(sequence, false, std::move(message->by)); break;
      case Message::Kind::Queued:  // The sequence has begun, whatever this part waits for.
      case Message::Kind::Started:
      case Message::Kind::Stopped:
      case Message::Kind::Terminate:
      case Message::Kind::Retry:
      case Message::Kind::Skip: break;
    }
  }
}

Worker::Listener Promotions::listener_of(const Place& sequence) {
  return [this, sequence](const CallAnswer& answer) { take_workflow(sequence, answer); };
}

void Promotions::take_workflow(const Place& sequence, const CallAnswer& answer) {
  const bool is_before = answer.key.role.part == WorkflowPart::PreAction;
  const Policy& policy = sequence->call.policy;
  switch (answer.kind) {
    case CallAnswer::Kind::Suspended: return suspend(sequence, true);
    case CallAnswer::Kind::Resumed: return suspend(sequence, false);
    case CallAnswer::Kind::Stopped: return end(sequence);
    case CallAnswer::Kind::Succeeded: return is_before ? begin(sequence, Step::Own) : end(sequence);
    case CallAnswer::Kind::Failed:
      return fail(sequence, (is_before ? "preAction '" + *policy.pre_action
                                       : "postAction '" + *policy.post_action) +
                                "' failed: " + answer.message);
  }
}

void Promotions::suspend(const Place& sequence, bool is_suspended, std::string by) {
  sequence->is_suspended = is_suspended;
  report_suspended(*sequence->of, std::move(by));
}

/// It waits for a person exactly while nothing else of it runs.
void Promotions::report_suspended(Promotion& promotion, std::string by) {
  const bool is_suspended =
      std::all_of(promotion.sequences.begin(), promotion.sequences.end(),
                  [](const Sequence& one) { return one.step == Step::Over || one.is_suspended; });
  if (std::exchange(promotion.is_suspended, is_suspended) == is_suspended) { return; }
  if (is_suspended) {
    promotion.reply.suspended();
  } else {
    promotion.reply.resumed(std::move(by));
  }
}

void Promotions::fail(const Place& sequence, std::string message) {
  sequence->failure = std::move(message);
  end(sequence);
}

/// It has succeeded, unless it has a failure or was cancelled. With the last one all is over.
void Promotions::end(const Place& sequence) {
  if (std::exchange(sequence->step, Step::Over) == Step::Over) { return; }
  Promotion& promotion = *sequence->of;
  if (--promotion.running > 0) { return report_suspended(promotion); }
  answer(promotion);
  forget(promotion);
}

void Promotions::answer(Promotion& promotion) {
  if (promotion.is_cancelled) { return promotion.reply.stopped(); }
  std::vector<ApplicationFailure> failures;
  for (Sequence& one : promotion.sequences) {
    if (!one.failure) { continue; }
    if (one.call.application.empty()) { return promotion.reply.failed(std::move(*one.failure)); }
    failures.push_back({one.call.application, std::move(*one.failure)});
  }
  if (failures.empty()) { return promotion.reply.succeeded(); }
  promotion.reply.failed(failure_message(failures, promotion.sequences.size()));
}

void Promotions::forget(const Promotion& promotion) {
  const auto found = promotions_.find(key_of(promotion));
  if (found != promotions_.end() && found->second.get() == &promotion) { promotions_.erase(found); }
}

// --- Its cancellation ----------------------------------------------------------------------------

void Promotions::cancel(std::string_view release_id, Ticket ticket) {
  worker_->post([this, key = Key(release_id, ticket)](Moment) {
    const auto found = promotions_.find(key);
    const Whole whole = found == promotions_.end() ? nullptr : found->second;
    const bool is_of_own =
        whole == nullptr ||  // Of the other executor alone, or of a process before this.
        std::any_of(whole->sequences.begin(), whole->sequences.end(), [](const Sequence& one) {
          return one.step == Step::Own && one.inbox != nullptr;
        });
    if (whole) {
      whole->is_cancelled = true;
      for (Sequence& one : whole->sequences) {
        if (one.step == Step::Own && one.inbox) { one.inbox->close_cancelled(key.second); }
      }
    }
    if (is_of_own && own_ != nullptr) { own_->cancel(key.first, key.second); }
    for (std::size_t i = 0; whole && i < whole->sequences.size(); ++i) { cancel(place(whole, i)); }
  });
}

void Promotions::cancel(const Place& sequence) {
  const PromotionCall& call = sequence->call;
  switch (sequence->step) {
    case Step::Over: return;
    case Step::Before:
    case Step::Behind:
      return worker_->cancel_now(
          {call.release_id, call.ticket, role_of(call, sequence->step == Step::Before)});
    case Step::Own: break;
  }
  // It has not begun, has answered just now, or never says that it has ended.
  if (!sequence->inbox || !sequence->cancelled || !sequence->cancelled->runs(call.ticket)) {
    end(sequence);
  }
}

// --- After a restart -----------------------------------------------------------------------------

std::string Promotions::reference(std::string_view release_id, Ticket ticket,
                                  std::uint32_t attempt) {
  std::string text = workflow_name(release_id, ticket, attempt) + ' ';
  if (own_ != nullptr) { text += own_->reference(release_id, ticket, attempt); }
  return text;
}

Recovery Promotions::recover(const PromotionCall& call, std::string_view reference,
                             const Reply& reply) {
  const std::size_t blank = reference.find(' ');
  const std::string_view own =
      blank == std::string_view::npos ? reference : reference.substr(blank + 1);
  if (is_plain(call)) { return own_ == nullptr ? Recovery::Lost : own_->recover(call, own, reply); }
  const Whole whole = make(call, reply);
  whole->reference = own;
  whole->is_recovered = true;
  worker_->post([this, whole](Moment) { promotions_.insert_or_assign(key_of(*whole), whole); });
  if (call.policy.pre_action) { return recover_before(whole); }
  worker_->post([this, whole](Moment) {
    for (std::size_t i = 0; i < whole->sequences.size(); ++i) { begin(place(whole, i), Step::Own); }
  });
  return Recovery::Attached;
}

/// Of the workflows in front: whether nothing of the promotion has begun, or all of it is lost.
/// Else it goes on.
Recovery Promotions::recover_before(const Whole& whole) {
  std::vector<Recovery> found;
  for (std::size_t i = 0; i < whole->sequences.size(); ++i) {
    const PromotionCall& call = whole->sequences[i].call;
    found.push_back(worker_->recover(workflow_call(call, true), role_of(call, true),
                                     listener_of(place(whole, i))));
  }
  for (const Recovery all : {Recovery::Unknown, Recovery::Lost}) {
    if (std::count(found.begin(), found.end(), all) != static_cast<std::ptrdiff_t>(found.size())) {
      continue;
    }
    worker_->post([this, whole](Moment) { forget(*whole); });
    return all;
  }
  worker_->post([this, whole, found](Moment) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] == Recovery::Unknown) { begin(place(whole, i), Step::Before); }
      if (found[i] == Recovery::Lost) { fail(place(whole, i), kLost); }
    }
  });
  return Recovery::Attached;
}

/// Nobody knows the environment: the workflows of all applications are looked for.
bool Promotions::recover_cancelled(std::string_view release_id, Ticket ticket,
                                   std::string_view reference, const Reply& reply) {
  const std::size_t blank = reference.find(' ');
  const auto attempt = attempt_of(reference.substr(0, blank), release_id, ticket);
  std::set<WorkflowRole> roles;
  for (const bool is_before : {true, false}) {
    if (!attempt) { break; }
    roles.insert({part_of(is_before), {}});
    for (const auto& [environment, list] : applications_) {
      for (const ArgoApplication& one : list) { roles.insert({part_of(is_before), one.name}); }
    }
  }
  const auto all = std::make_shared<JoinedStop>(reply, ticket);
  for (const WorkflowRole& role : roles) {
    all->add([&](const Reply& one) {
      const auto listener = [one](const CallAnswer& answer) {
        if (answer.kind == CallAnswer::Kind::Stopped) { one.stopped(); }
      };
      const std::string name = workflow_name(release_id, ticket, *attempt, suffix_of(role));
      return worker_->recover_cancelled({std::string(release_id), ticket, role}, name, listener);
    });
  }
  const std::string_view own =
      blank == std::string_view::npos ? reference : reference.substr(blank + 1);
  if (own_ != nullptr) {
    all->add(
        [&](const Reply& one) { return own_->recover_cancelled(release_id, ticket, own, one); });
  }
  return all->close();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

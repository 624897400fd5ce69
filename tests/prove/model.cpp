// SPDX-License-Identifier: Apache-2.0
// Events and timers: what the model takes, what it refuses, and what each means at first.
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace promoflow::prove {

namespace {

std::uint64_t number(Ticket ticket) { return static_cast<std::uint64_t>(ticket); }

Ms ms_of(Instant instant) { return instant.time_since_epoch().count(); }

std::string ticket_field(std::uint64_t ticket) { return "\"ticket\":" + std::to_string(ticket); }

/// R5: a message, or the reason of a termination, as it arrives.
std::string arrived(std::string_view message) {
  return message.empty() ? "no message was given" : shortened(message, kMessageBytesMax);
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

/// R10: a deadline of R7 has no ticket.
struct Model::Timer {
  Ms due = 0;
  std::uint64_t ticket = 0;
  enum class Kind { Deadline, Command, Attempt, Soak } kind = Kind::Deadline;

  /// Deadlines before all others, then by time, then by ticket.
  auto order() const { return std::tuple(kind != Kind::Deadline, due, ticket); }
};

// --- events
// ---------------------------------------------------------------------------------------

std::string Model::apply(const Event& event) {
  const Ms time = std::max(now, ms_of(event.at));  // R10: time never runs backwards.
  fire_timers(time);
  const std::string why = refusal(event.what);
  if (!why.empty()) { return why; }
  now = time;
  take(event.what);
  decide_suspended();
  return "ok";
}

void Model::take(const Event::What& what) {
  std::visit(
      Overloaded{
          [](const Tick&) {}, [](const ReleaseStarted&) {},
          [&](const HookSucceeded& event) { succeeded(number(event.ticket), event.context); },
          [&](const PromotionSucceeded& event) { succeeded(number(event.ticket), std::nullopt); },
          [&](const HookFailed& event) {
            if (event.context && !is_blank(*event.context)) {  // C1: recorded, not merged.
              reject({number(event.ticket), "", std::string(*event.context)});
            }
            failed(number(event.ticket), arrived(event.message));
          },
          [&](const PromotionFailed& event) {
            failed(number(event.ticket), arrived(event.message));
          },
          [&](const Queued& event) { switch_queue(number(event.ticket), true); },
          [&](const Started& event) { switch_queue(number(event.ticket), false); },
          [&](const Suspended& event) { suspend(number(event.ticket)); },
          [&](const Resumed& event) { resume(event); },
          [&](const Terminate& event) {
            const std::string reason = arrived(event.reason);
            event.force ? force(reason, event.by) : terminate(reason, event.by);
          },
          [&](const Retry& event) { retry(event); }, [&](const Skip& event) { skip(event); }},
      what);
}

/// R13. `hook`: the event is a hook's answer, a promotion's, or (not given) of either kind.
std::string Model::ticket_refusal(std::uint64_t ticket, std::optional<bool> hook) const {
  if (ticket == 0 || ticket > tickets) { return "unknown-ticket"; }
  const auto found = outstanding.find(ticket);
  if (found == outstanding.end()) { return "settled-ticket"; }
  if (hook && *hook != (hook_of(found->second.place) != nullptr)) { return "wrong-kind"; }
  return "";
}

std::string Model::refusal(const Event::What& what) const {
  const auto unless = [&](Ticket ticket, auto allowed) {
    std::string why = ticket_refusal(number(ticket), std::nullopt);
    if (why.empty() && !allowed(outstanding.at(number(ticket)))) { why = "not-allowed"; }
    return why;
  };
  return std::visit(
      Overloaded{
          [](const Tick&) { return std::string(); },
          [](const ReleaseStarted&) { return std::string(); },  // The release's own one.
          [&](const HookSucceeded& event) { return ticket_refusal(number(event.ticket), true); },
          [&](const HookFailed& event) { return ticket_refusal(number(event.ticket), true); },
          [&](const PromotionSucceeded& e) { return ticket_refusal(number(e.ticket), false); },
          [&](const PromotionFailed& e) {  // R18: the ticket is not settled for this event alone.
            return soaking(number(e.ticket)) ? "" : ticket_refusal(number(e.ticket), false);
          },
          [&](const Queued& e) {
            return unless(e.ticket, [](const Issued& i) { return !i.queued && !i.started; });
          },
          [&](const Started& e) {
            return unless(e.ticket, [](const Issued& i) { return i.queued; });
          },
          [&](const Suspended& e) {
            return unless(e.ticket, [](const Issued& i) { return !i.suspended; });
          },
          [&](const Resumed& e) {
            return unless(e.ticket, [](const Issued& i) { return i.suspended; });
          },
          [&](const Terminate& e) { return std::string(can_terminate(e) ? "" : "not-allowed"); },
          [&](const Retry& event) { return retry_refusal(event); },
          [&](const Skip& event) { return skip_refusal(event); }},
      what);
}

bool Model::is_final() const {
  return release.status == "Succeeded" || release.status == "Failed" ||
         release.status == "Terminated";
}

/// R6.
bool Model::can_terminate(const Terminate& event) const {
  if (event.force) { return !is_final(); }
  return (release.status == "Running" || release.status == "Suspended") && !release.runs_on_fail;
}

/// R12, R16: when the operator may act on single environments.
bool Model::can_change_some() const {
  if (release.status == "Failed" || release.status == "Terminated") { return true; }
  const bool ends =
      release.runs_on_fail || (release.reached && release.reached->phase == Phase::OnSuccess);
  return (release.status == "Running" || release.status == "Suspended") && !ends;
}

bool Model::has_stopped(Scope scope) const {
  const ScopeState& environment = state_of(scope);
  return (environment.status == "Failed" || environment.status == "Terminated") &&
         !environment.runs_on_fail;
}

std::string Model::retry_refusal(const Retry& event) const {
  if (!event.environments) {
    const bool can = release.status == "Failed" || release.status == "Terminated";
    return can ? "" : "not-allowed";
  }
  bool can = can_change_some() && !event.environments->empty();
  for (const std::string_view one : *event.environments) {
    const auto environment = flow_.find_environment(one);
    if (!environment) { return "unknown-environment"; }
    can = can && has_stopped(static_cast<Scope>(*environment));
  }
  return can ? "" : "not-allowed";
}

std::string Model::skip_refusal(const Skip& event) const {
  const auto environment = flow_.find_environment(event.environment);
  if (!environment) { return "unknown-environment"; }
  const auto scope = static_cast<Scope>(*environment);
  const bool can = state_of(scope).status == "Pending" || has_stopped(scope);
  return can && can_change_some() ? "" : "not-allowed";
}

// --- timers
// ---------------------------------------------------------------------------------------

/// The first of the timers that are due by a time; not given: of all, whatever they forbid.
std::optional<Model::Timer> Model::first_timer(std::optional<Ms> by) const {
  using Kind = Timer::Kind;
  std::vector<Timer> timers;
  if (const auto due = deadline()) { timers.push_back({*due, 0, Kind::Deadline}); }
  for (const auto& [ticket, command] : outstanding) {
    if (command.due) { timers.push_back({*command.due, ticket, Kind::Command}); }
  }
  for (const auto& [ticket, command] : waiting) {
    timers.push_back({*command.due, ticket, Kind::Attempt});
  }
  for (const ScopeState& environment : environments) {
    const auto& soak = environment.soak;
    if (soak && soak->due) { timers.push_back({*soak->due, soak->ticket, Kind::Soak}); }
  }
  std::optional<Timer> first;
  for (const Timer& timer : timers) {
    if (by && timer.due > *by) { continue; }
    const bool sooner =
        by ? !first || timer.order() < first->order() : !first || timer.due < first->due;
    if (sooner) { first = timer; }
  }
  return first;
}

std::optional<Ms> Model::next_timer() const {
  const auto timer = first_timer(std::nullopt);
  return timer ? std::optional(timer->due) : std::nullopt;
}

/// R10: each timer is an event of its own and takes effect at the event's time.
void Model::fire_timers(Ms time) {
  while (const auto timer = first_timer(time)) {
    now = time;
    fire(*timer);
    decide_suspended();
  }
}

void Model::fire(const Timer& timer) {
  switch (timer.kind) {
    case Timer::Kind::Deadline:
      if (flow_deadline_) {
        const auto limit = std::chrono::milliseconds(flow_.options().promotion_timeout_limit);
        terminate("promotion flow timed out after " + duration_text(limit.count()), "");
      } else {
        const auto grace = flow_.options().termination_grace_period.value_or(
            std::chrono::milliseconds(flow_.options().promotion_timeout_limit));
        force("termination grace period of " + duration_text(grace.count()) + " is over", "");
      }
      break;
    case Timer::Kind::Command: expire(timer.ticket); break;
    case Timer::Kind::Attempt: {
      const Place place = waiting.at(timer.ticket).place;
      waiting.erase(timer.ticket);
      issue(place, true);
      break;
    }
    case Timer::Kind::Soak: {
      const Scope scope = *soaking(timer.ticket);
      state_of(scope).soak.reset();
      add_line("soaked", ticket_field(timer.ticket));
      chain(scope, Phase::OnSuccess, 0);
      break;
    }
  }
}

/// R8.
void Model::expire(std::uint64_t ticket) {
  const Ms limit = timeout_of(outstanding.at(ticket).place).value();
  add_line("cancel", ticket_field(ticket));
  failed(ticket, "timed out after " + duration_text(limit));
}

// --- answers
// --------------------------------------------------------------------------------------

std::optional<Scope> Model::soaking(std::uint64_t ticket) const {
  for (const Scope scope : scopes()) {
    const auto& soak = state_of(scope).soak;
    if (soak && soak->due && soak->ticket == ticket) { return scope; }
  }
  return std::nullopt;
}

/// C4: the latest 256 are kept, of 16 MiB in all, and always the latest one.
void Model::reject(Rejected what) {
  rejected.push_back(std::move(what));
  std::size_t bytes = 0;
  for (const Rejected& each : rejected) { bytes += each.text.size(); }
  while (rejected.size() > 1 && (rejected.size() > 256 || bytes > (std::size_t{16} << 20))) {
    bytes -= rejected.front().text.size();
    rejected.erase(rejected.begin());
  }
}

/// A command ended well, unless what it exported says otherwise (C4).
void Model::succeeded(std::uint64_t ticket, std::optional<std::string_view> exported) {
  if (exported && is_blank(*exported)) { exported.reset(); }
  const std::string error = exported ? merge_error(*exported) : "";
  if (!error.empty()) {
    reject({ticket, error, std::string(*exported)});
    failed(ticket, "exported an invalid promotion context: " + error);
    return;
  }
  const Issued command = outstanding.at(ticket);
  const Place& place = command.place;
  add_line(hook_of(place) != nullptr ? "hook-succeeded" : "promotion-succeeded",
           ticket_field(ticket) + (exported ? ",\"context\":" + compact(*exported) : ""));
  outstanding.erase(ticket);
  if (exported) { merge(place.scope, ticket, *exported); }
  end_suspension(command);
  if (place.phase != Phase::Promotion) {
    chain(place.scope, place.phase, place.hook + 1);
  } else if (flow_.step(EnvironmentId(place.scope)).soak) {
    begin_soak(place.scope, ticket);
  } else {
    chain(place.scope, Phase::OnSuccess, 0);
  }
}

/// A command failed: a further attempt (R9), or onError, or the end of its scope (R5).
void Model::failed(std::uint64_t ticket, const std::string& message) {
  if (soaking(ticket)) {
    soak_failed(ticket, message);
    return;
  }
  const Issued command = outstanding.at(ticket);
  add_line(hook_of(command.place) != nullptr ? "hook-failed" : "promotion-failed",
           ticket_field(ticket) + ",\"message\":" + in_quotes(message));
  outstanding.erase(ticket);
  end_suspension(command);
  try_again_or_fail(ticket, command.place, message);
}

/// R18: as if the promotion had failed now.
void Model::soak_failed(std::uint64_t ticket, const std::string& message) {
  const Scope scope = *soaking(ticket);
  add_line("promotion-failed", ticket_field(ticket) + ",\"message\":" + in_quotes(message));
  state_of(scope).soak.reset();
  try_again_or_fail(ticket, {scope, Phase::Promotion, 0}, message);
}

void Model::try_again_or_fail(std::uint64_t ticket, const Place& place,
                              const std::string& message) {
  const RetryPolicy& policy = retry_policy(place);
  const Hook* hook = hook_of(place);
  if (retries_[place] < policy.limit) {
    const double wait =
        static_cast<double>(policy.duration.count()) * std::pow(policy.factor, retries_[place]);
    const double longest = policy.max_duration ? static_cast<double>(policy.max_duration->count())
                                               : static_cast<double>(INT64_MAX / 2);
    ++retries_[place];
    waiting[ticket] = {.place = place, .due = now + static_cast<Ms>(std::min(wait, longest))};
  } else if (hook == nullptr) {
    fail(place.scope, message);
  } else if (place.phase == Phase::OnFail || hook->on_error == OnError::Ignore) {
    chain(place.scope, place.phase, place.hook + 1);
  } else {
    const std::string point = place.phase == Phase::OnStart ? "onStart" : "onSuccess";
    const std::string why = point + " hook '" + hook->name + "' failed: " + message;
    if (place.scope == kRelease) {
      release.message = why;
      end("Failed");
    } else {
      fail(place.scope, why);
    }
  }
}

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
// The normative algorithm and the rules R1 to R14, one function for each of their words.
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace promoflow::prove {

namespace {

std::uint64_t number(Ticket ticket) { return static_cast<std::uint64_t>(ticket); }

Ms ms_of(Instant instant) { return instant.time_since_epoch().count(); }

const char* word(Phase phase) {
  switch (phase) {
    case Phase::OnStart: return "onStart";
    case Phase::Promotion: return "promotion";
    case Phase::OnSuccess: return "onSuccess";
    case Phase::OnFail: return "onFail";
  }
  return "";
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

/// R10: by time, then by ticket, the flow deadline last.
struct Model::Timer {
  Ms due = 0;
  std::uint64_t ticket = UINT64_MAX;  // The flow deadline's, so that it sorts last.
  bool waiting = false;
};

// --- start
// ----------------------------------------------------------------------------------------

Model::Model(const Flow& flow, ReleaseInfo info, Ms time, std::string_view given)
    : now(time), environments(flow.environment_count()), flow_(flow), info_(std::move(info)) {
  merge({}, 0, given.empty() ? "{}" : given);
  become(kRelease, "Running");
  deadline_ = now + std::chrono::milliseconds(flow_.options().promotion_timeout_limit).count();
  chain(kRelease, Phase::OnStart, 0);
  decide_suspended();
}

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
          [](const Tick&) {},
          [&](const HookSucceeded& event) { answer(number(event.ticket), event.context); },
          [&](const PromotionSucceeded& event) { answer(number(event.ticket), std::nullopt); },
          [&](const HookFailed& event) {
            if (event.context) {  // C1: recorded, not merged.
              rejected.push_back({number(event.ticket), "", std::string(*event.context)});
            }
            failed(number(event.ticket), std::string(event.message));
          },
          [&](const PromotionFailed& event) {
            failed(number(event.ticket), std::string(event.message));
          },
          [&](const Suspended& event) { suspend(number(event.ticket)); },
          [&](const Resumed& event) {
            say("\"event\":\"resumed\",\"ticket\":" + std::to_string(number(event.ticket)));
            Issued& command = outstanding.at(number(event.ticket));
            wake(command);
            command.suspended = false;
          },
          [&](const Terminate& event) { terminate(std::string(event.reason)); },
          [&](const Retry&) { retry(); }},
      what);
}

/// R13. `hook`: the event is a hook's answer, a promotion's, or (not given) either's.
std::string Model::ticket_refusal(std::uint64_t ticket, std::optional<bool> hook) const {
  if (ticket == 0 || ticket > tickets) { return "unknown-ticket"; }
  const auto found = outstanding.find(ticket);
  if (found == outstanding.end()) { return "settled-ticket"; }
  if (hook && *hook != (hook_of(found->second.place) != nullptr)) { return "wrong-kind"; }
  return "";
}

std::string Model::refusal(const Event::What& what) const {
  const auto switched = [&](Ticket ticket, bool suspended) {
    std::string why = ticket_refusal(number(ticket), std::nullopt);
    if (why.empty() && outstanding.at(number(ticket)).suspended == suspended) {
      why = "not-allowed";
    }
    return why;
  };
  return std::visit(
      Overloaded{
          [](const Tick&) { return std::string(); },
          [&](const HookSucceeded& event) { return ticket_refusal(number(event.ticket), true); },
          [&](const HookFailed& event) { return ticket_refusal(number(event.ticket), true); },
          [&](const PromotionSucceeded& e) { return ticket_refusal(number(e.ticket), false); },
          [&](const PromotionFailed& e) { return ticket_refusal(number(e.ticket), false); },
          [&](const Suspended& event) { return switched(event.ticket, true); },
          [&](const Resumed& event) { return switched(event.ticket, false); },
          [&](const Terminate&) { return std::string(is_final() ? "not-allowed" : ""); },
          [&](const Retry&) {
            const bool can = release.status == "Failed" || release.status == "Terminated";
            return std::string(can ? "" : "not-allowed");
          }},
      what);
}

bool Model::is_final() const {
  return std::set<std::string>{"Succeeded", "Failed", "Terminated"}.contains(release.status);
}

std::optional<Model::Timer> Model::first_timer() const {
  std::optional<Timer> first;
  const auto consider = [&](const Timer& timer) {
    if (!first || std::pair(timer.due, timer.ticket) < std::pair(first->due, first->ticket)) {
      first = timer;
    }
  };
  for (const auto& [ticket, command] : outstanding) {
    if (command.due) { consider({*command.due, ticket, false}); }
  }
  for (const auto& [ticket, command] : waiting) { consider({*command.due, ticket, true}); }
  if (deadline_) { consider({*deadline_}); }
  return first;
}

std::optional<Ms> Model::next_timer() const {
  const auto timer = first_timer();
  return timer ? std::optional(timer->due) : std::nullopt;
}

/// R7 to R10: each timer is an event of its own and takes effect at the event's time.
void Model::fire_timers(Ms time) {
  for (auto timer = first_timer(); timer && timer->due <= time; timer = first_timer()) {
    now = time;
    if (timer->ticket == UINT64_MAX) {
      const auto limit = std::chrono::milliseconds(flow_.options().promotion_timeout_limit);
      terminate("promotion flow timed out after " + duration_text(limit.count()));
    } else if (timer->waiting) {
      const Issued attempt = waiting.at(timer->ticket);
      waiting.erase(timer->ticket);
      issue(attempt.place, true);
    } else {
      const Place place = outstanding.at(timer->ticket).place;
      const Hook* hook = hook_of(place);
      const auto own =
          hook != nullptr ? hook->timeout : flow_.step(EnvironmentId(place.scope)).timeout;
      const auto limit = own.value_or(flow_.options().promotion_timeout_limit);
      say("\"event\":\"cancel\",\"ticket\":" + std::to_string(timer->ticket));
      failed(timer->ticket, "timed out after " + duration_text(limit.count()));
    }
    decide_suspended();
  }
}

/// A command ended well, unless what it exported says otherwise (C4).
void Model::answer(std::uint64_t ticket, std::optional<std::string_view> exported) {
  const Issued command = outstanding.at(ticket);
  const std::string flaw = exported ? flaw_of(*exported) : "";
  if (!flaw.empty()) {
    rejected.push_back({ticket, flaw, std::string(*exported)});
    failed(ticket, "exported an invalid promotion context: " + flaw);
    return;
  }
  const std::string kind = hook_of(command.place) != nullptr ? "hook" : "promotion";
  say("\"event\":\"" + kind + "-succeeded\",\"ticket\":" + std::to_string(ticket) +
      (exported ? ",\"context\":" + std::string(*exported) : ""));
  outstanding.erase(ticket);
  wake(command);
  if (exported) { merge(command, ticket, *exported); }
  const Place& place = command.place;
  if (place.phase == Phase::Promotion) {
    chain(place.scope, Phase::OnSuccess, 0);
  } else {
    chain(place.scope, place.phase, place.hook + 1);
  }
}

/// A command failed: a further attempt (R9), or onError, or the end of its scope (R5).
void Model::failed(std::uint64_t ticket, std::string message) {
  const Issued command = outstanding.at(ticket);
  const Place place = command.place;
  const Hook* hook = hook_of(place);
  say(std::string("\"event\":\"") + (hook != nullptr ? "hook" : "promotion") +
      "-failed\",\"ticket\":" + std::to_string(ticket) + ",\"message\":\"" + message + "\"");
  outstanding.erase(ticket);
  wake(command);
  const RetryPolicy& policy =
      hook != nullptr ? hook->retry : flow_.step(EnvironmentId(place.scope)).retry;
  if (retries_[place] < policy.limit) {
    const double wait =
        static_cast<double>(policy.duration.count()) * std::pow(policy.factor, retries_[place]);
    const double longest = policy.max_duration ? static_cast<double>(policy.max_duration->count())
                                               : static_cast<double>(INT64_MAX);
    ++retries_[place];
    waiting[ticket] = {place, now + static_cast<Ms>(std::min(wait, longest))};
  } else if (hook == nullptr) {
    fail(place.scope, message);
  } else if (place.phase == Phase::OnFail || hook->on_error == OnError::Ignore) {
    chain(place.scope, place.phase, place.hook + 1);
  } else {
    const std::string why =
        std::string(word(place.phase)) + " hook '" + hook->name + "' failed: " + message;
    if (place.scope == kRelease) {
      release.message = why;
      end("Failed");
    } else {
      fail(place.scope, why);
    }
  }
}

/// R11.
void Model::suspend(std::uint64_t ticket) {
  say("\"event\":\"suspended\",\"ticket\":" + std::to_string(ticket));
  Issued& command = outstanding.at(ticket);
  command.suspended = true;
  const Scope scope = command.place.scope;
  if (scope != kRelease && standing(scope).status == "Running") { become(scope, "Suspended"); }
}

/// R11: a suspended command goes on or has ended; its environment runs again.
void Model::wake(const Issued& command) {
  const Scope scope = command.place.scope;
  if (command.suspended && scope != kRelease && standing(scope).status == "Suspended") {
    become(scope, "Running");
  }
}

/// R11: decided once after each event.
void Model::decide_suspended() {
  if (release.status != "Running" && release.status != "Suspended") { return; }
  bool all = !outstanding.empty() && waiting.empty();
  for (const auto& [ticket, command] : outstanding) { all = all && command.suspended; }
  const std::string status = all ? "Suspended" : "Running";
  if (release.status != status) { become(kRelease, status); }
}

/// R6.
void Model::terminate(const std::string& reason) {
  say("\"event\":\"terminate\",\"reason\":\"" + reason + "\"");
  if (release.status == "Terminating" || release.failing) {  // It forces.
    for (const auto& [ticket, command] : outstanding) {
      say("\"event\":\"cancel\",\"ticket\":" + std::to_string(ticket));
    }
    outstanding.clear();
    waiting.clear();
    for (Standing& environment : environments) { environment.failing = false; }
    finish();
    return;
  }
  terminated_ = true;
  admitting_ = false;
  deadline_.reset();
  release.message = reason;
  become(kRelease, "Terminating");
  if (release.at) {  // In release.onStart or release.onSuccess.
    drop(kRelease);
    end("Failed");
    return;
  }
  for (Scope scope = 0; at(scope) < environments.size(); ++scope) { cut(scope, reason); }
  settle();
}

/// R12.
void Model::retry() {
  say("\"event\":\"retry\"");
  release.message.reset();
  terminated_ = false;
  admitting_ = true;
  deadline_ = now + std::chrono::milliseconds(flow_.options().promotion_timeout_limit).count();
  become(kRelease, "Running");
  if (release.at) {
    const Place place = *release.at;
    issue(place, false);
    return;
  }
  for (Scope scope = 0; at(scope) < environments.size(); ++scope) {
    Standing& environment = standing(scope);
    if (environment.status != "Failed" && environment.status != "Terminated") { continue; }
    become(scope, "Running");
    environment.message.reset();
    const Place place = environment.at.value();
    issue(place, false);
  }
  begin_all();
}

// --- the words of the algorithm
// ---------------------------------------------------------------------

void Model::open() {
  release.at.reset();
  if (flow_.options().post_trigger) {
    become(0, "Running");
    issue({0, Phase::Promotion, 0}, false);
  } else {
    succeed(0);
  }
}

void Model::succeed(Scope scope) {
  become(scope, "Successful");
  begin_all();
  settle();
}

std::vector<Scope> Model::ready() const {
  std::vector<Scope> found;
  for (Scope scope = 1; at(scope) < environments.size() && admitting_; ++scope) {
    const auto needs = flow_.dependencies(EnvironmentId(scope));
    const bool met = std::all_of(needs.begin(), needs.end(), [&](EnvironmentId on) {
      return environments.at(static_cast<std::size_t>(on)).status == "Successful";
    });
    if (met && standing(scope).status == "Pending") { found.push_back(scope); }
  }
  return found;
}

void Model::begin_all() {
  for (const Scope scope : ready()) {
    become(scope, "Running");
    chain(scope, Phase::OnStart, 0);
  }
}

void Model::fail(Scope scope, const std::string& why) {
  become(scope, "Failed");
  standing(scope).message = why;
  if (!release.message) { release.message = why; }
  const FailurePolicy policy = flow_.options().failure_policy;
  if (policy != FailurePolicy::Continue) { admitting_ = false; }
  // The others are cut before it may settle: an empty chain has ended at once.
  const bool cuts = policy == FailurePolicy::Abort;
  standing(scope).failing = true;
  if (!hooks(scope, Phase::OnFail).empty()) { chain(scope, Phase::OnFail, 0); }
  for (Scope other = 0; cuts && at(other) < environments.size(); ++other) {
    cut(other, "aborted: environment '" + name(scope) + "' failed");
  }
  if (hooks(scope, Phase::OnFail).empty()) { standing(scope).failing = false; }
  settle();
}

/// Nothing for an environment that is neither Running nor Suspended. Who calls it settles.
void Model::cut(Scope scope, const std::string& why) {
  Standing& environment = standing(scope);
  if (environment.status != "Running" && environment.status != "Suspended") { return; }
  drop(scope);
  become(scope, "Terminated");
  environment.message = why;
  environment.failing = !hooks(scope, Phase::OnFail).empty();
  if (environment.failing) { chain(scope, Phase::OnFail, 0); }
}

void Model::settle() {
  bool all = true;
  for (const Standing& environment : environments) {
    if (environment.status == "Running" || environment.status == "Suspended") { return; }
    if (environment.failing) { return; }
    all = all && environment.status == "Successful";
  }
  if (!ready().empty()) { return; }
  if (!all) {
    end("Failed");
    return;
  }
  chain(kRelease, Phase::OnSuccess, 0);
}

void Model::end(const std::string& status) {
  outcome_ = status;
  deadline_.reset();  // R7: it counts until release.onFail begins.
  release.failing = true;
  chain(kRelease, Phase::OnFail, 0);
}

void Model::finish() {
  deadline_.reset();
  release.failing = false;
  become(kRelease, terminated_ ? "Terminated" : outcome_);
}

void Model::chain(Scope scope, Phase phase, std::size_t hook) {
  if (hook < hooks(scope, phase).size()) {
    issue({scope, phase, hook}, false);
    return;
  }
  if (scope == kRelease) {
    if (phase == Phase::OnSuccess) { outcome_ = "Succeeded"; }
    phase == Phase::OnStart ? open() : finish();
    return;
  }
  switch (phase) {
    case Phase::OnStart: issue({scope, Phase::Promotion, 0}, false); break;
    case Phase::Promotion: break;
    case Phase::OnSuccess: succeed(scope); break;
    case Phase::OnFail:
      standing(scope).failing = false;
      settle();
      break;
  }
}

/// R1, R4, R8. `again`: one of R9's further attempts.
void Model::issue(const Place& place, bool again) {
  ++tickets;
  ++attempts_[place];
  if (!again) { retries_[place] = 0; }
  if (place.phase != Phase::OnFail) { standing(place.scope).at = place; }
  const Hook* hook = hook_of(place);
  const std::string where =
      place.scope == kRelease ? "" : ",\"environment\":\"" + name(place.scope) + "\"";
  const std::string attempt = ",\"attempt\":" + std::to_string(attempts_[place]);
  std::string line = "\"ticket\":" + std::to_string(tickets);
  std::optional<Ms> due;
  if (hook != nullptr) {
    line += ",\"hook\":\"" + hook->name + "\",\"point\":\"" +
            (place.scope == kRelease ? "release." : "environment.") + word(place.phase) + "\"" +
            where + attempt + ",\"arguments\":" + arguments(place);
    due = now + hook->timeout.value_or(flow_.options().promotion_timeout_limit).count();
  } else {
    const StepOptions& step = flow_.step(EnvironmentId(place.scope));
    const Policy& policy = step.policy;
    std::string fields;
    const auto add = [&](const char* key, std::string_view value) {
      fields +=
          std::string(fields.empty() ? "" : ",") + "\"" + key + "\":\"" + std::string(value) + "\"";
    };
    if (policy.action) { add("action", to_string(*policy.action)); }
    if (policy.pre_action) { add("preAction", *policy.pre_action); }
    if (policy.post_action) { add("postAction", *policy.post_action); }
    line += where + attempt + ",\"policy\":{" + fields + "}";
    if (step.timeout) { due = now + step.timeout->count(); }
  }
  say(std::string("\"event\":\"") + (hook != nullptr ? "hook" : "promote") + "\"," + line);
  outstanding[tickets] = {place, due, false, line, hook != nullptr ? context_json() : ""};
}

/// Cancels the outstanding command of a scope, and drops its waiting attempt (R9).
void Model::drop(Scope scope) {
  const auto of_scope = [&](const auto& item) { return item.second.place.scope == scope; };
  for (const auto& [ticket, command] : outstanding) {
    if (command.place.scope == scope) {
      say("\"event\":\"cancel\",\"ticket\":" + std::to_string(ticket));
    }
  }
  std::erase_if(outstanding, of_scope);
  std::erase_if(waiting, of_scope);
}

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
// What suspends, queues, stops, retries and skips: hosts' and operators' events.
#include <algorithm>
#include <set>
#include <utility>

#include "model.hpp"

namespace promoflow::prove {

namespace {

std::string ticket_field(std::uint64_t ticket) { return "\"ticket\":" + std::to_string(ticket); }

std::string by_field(std::string_view by) { return by.empty() ? "" : ",\"by\":" + in_quotes(by); }

}  // namespace

// --- suspension and queues
// ------------------------------------------------------------------------

/// R11.
void Model::suspend(std::uint64_t ticket) {
  add_line("suspended", ticket_field(ticket));
  Issued& command = outstanding.at(ticket);
  command.suspended = true;
  const Scope scope = command.place.scope;
  if (scope != kRelease && state_of(scope).status == "Running") { set_status(scope, "Suspended"); }
}

void Model::resume(const Resumed& event) {
  const std::uint64_t ticket = static_cast<std::uint64_t>(event.ticket);
  add_line("resumed", ticket_field(ticket) + by_field(event.by));
  Issued& command = outstanding.at(ticket);
  end_suspension(command);
  command.suspended = false;
}

/// R11: a suspended command goes on or has ended; its environment runs again.
void Model::end_suspension(const Issued& command) {
  const Scope scope = command.place.scope;
  if (command.suspended && scope != kRelease && state_of(scope).status == "Suspended") {
    set_status(scope, "Running");
  }
}

/// R19: a queued command has no timeout; once started it has all of it.
void Model::switch_queue(std::uint64_t ticket, bool queued) {
  add_line(queued ? "queued" : "started", ticket_field(ticket));
  Issued& command = outstanding.at(ticket);
  command.queued = queued;
  command.started = !queued;
  command.due.reset();
  if (const auto timeout = timeout_of(command.place); timeout && !queued) {
    command.due = now + *timeout;
  }
}

/// R11: decided once after each event.
void Model::decide_suspended() {
  if (release.status != "Running" && release.status != "Suspended") { return; }
  bool all = !outstanding.empty() && waiting.empty();
  for (const auto& [ticket, command] : outstanding) {
    all = all && command.suspended && !command.queued;  // R19.
  }
  for (const ScopeState& environment : environments) {
    all = all && !(environment.soak && environment.soak->due);
  }
  const std::string status = all ? "Suspended" : "Running";
  if (release.status != status) { set_status(kRelease, status); }
}

// --- the operator
// ---------------------------------------------------------------------------------

/// R6.
void Model::terminate(const std::string& reason, std::string_view by) {
  add_line("terminate", "\"reason\":" + in_quotes(reason) + by_field(by));
  terminated_ = true;
  set_termination_message(reason);
  arm_end_deadline();
  set_status(kRelease, "Terminating");
  if (release.reached) {  // In release.onStart or release.onSuccess.
    drop(kRelease);
    end("Failed");
    return;
  }
  for (const Scope scope : scopes()) { cut(scope, reason); }
  settle();
}

/// R6: nothing is waited for, no hook runs.
void Model::force(const std::string& reason, std::string_view by) {
  add_line("terminate", "\"reason\":" + in_quotes(reason) + ",\"force\":true" + by_field(by));
  outcome_ = "Failed";
  if (release.status != "Terminating" && !release.runs_on_fail) {
    terminated_ = true;
    set_termination_message(reason);
  }
  for (const auto& [ticket, command] : outstanding) { add_line("cancel", ticket_field(ticket)); }
  outstanding.clear();
  waiting.clear();
  for (const Scope scope : scopes()) {
    ScopeState& environment = state_of(scope);
    environment.runs_on_fail = false;
    if (environment.status != "Running" && environment.status != "Suspended") { continue; }
    set_status(scope, "Terminated");
    environment.message = reason;
    if (environment.soak) { environment.soak->due.reset(); }
  }
  finish();
}

/// A4, R6: the reason, with the first failure's message.
void Model::set_termination_message(const std::string& reason) {
  release.message = reason + (release.message ? " (first failure: " + *release.message + ")" : "");
}

/// R12.
void Model::retry(const Retry& event) {
  std::string fields;
  std::set<Scope> chosen;
  if (event.environments) {
    for (const std::string_view one : *event.environments) {
      fields += std::string(fields.empty() ? "" : ",") + in_quotes(one);
      chosen.insert(static_cast<Scope>(*flow_.find_environment(one)));
    }
    fields = "\"environments\":[" + fields + "]";
  } else {
    for (const Scope scope : scopes()) { chosen.insert(scope); }
  }
  fields += by_field(event.by);
  add_line("retry", fields.starts_with(',') ? fields.substr(1) : fields);
  if (is_final()) {
    release.message.reset();
    for (const Scope scope : scopes()) {
      if (!release.message && has_stopped(scope) && !chosen.contains(scope)) {
        release.message = state_of(scope).message;
      }
    }
    terminated_ = false;
    end_deadline_.reset();
    arm_flow_deadline();
    set_status(kRelease, "Running");
    if (release.reached) {
      const Place place = *release.reached;
      issue(place, false);
      return;
    }
  }
  for (const Scope scope : chosen) {
    if (has_stopped(scope)) { retry_environment(scope); }
  }
  admit();
  settle();
}

void Model::retry_environment(Scope scope) {
  ScopeState& environment = state_of(scope);
  set_status(scope, "Running");
  environment.message.reset();
  const Place place = environment.reached.value();
  if (environment.soak) {
    retries_[place] = 0;
    begin_soak(scope, environment.soak->ticket);
  } else {
    issue(place, false);
  }
}

/// R16.
void Model::skip(const Skip& event) {
  const auto scope = static_cast<Scope>(*flow_.find_environment(event.environment));
  const std::string reason = shortened(event.reason, kMessageBytesMax);
  add_line("skip", "\"environment\":" + in_quotes(event.environment) +
                       (reason.empty() ? "" : ",\"reason\":" + in_quotes(reason)) +
                       by_field(event.by));
  set_status(scope, "Skipped");
  state_of(scope).message = reason;
  state_of(scope).soak.reset();
  if (!is_final()) {
    admit();
    settle();
  }
}

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
// The steps of the normative algorithm, one function for each of its words.
#include <algorithm>
#include <utility>

#include "model.hpp"

namespace promoflow::prove {

namespace {

/// The fields of a policy that are known (S5).
std::string policy_fields(const Policy& policy) {
  std::string fields;
  const auto add = [&](const char* key, std::string_view value) {
    fields += std::string(fields.empty() ? "" : ",") + in_quotes(key) + ":" + in_quotes(value);
  };
  if (policy.action) { add("action", to_string(*policy.action)); }
  if (policy.pre_action) { add("preAction", *policy.pre_action); }
  if (policy.post_action) { add("postAction", *policy.post_action); }
  return fields;
}

}  // namespace

Model::Model(const Flow& flow, ReleaseInfo info, Ms time, std::string_view given,
             const EnvironmentSelection& selection)
    : now(time), environments(flow.environment_count()), flow_(flow), info_(std::move(info)) {
  set_status(kRelease, "Running");
  if (!is_blank(given)) { merge(kRelease, 0, given); }
  arm_flow_deadline();
  const std::vector<bool> skipped = skipped_by(selection);
  for (const Scope scope : scopes()) {
    if (skipped[at(scope)]) { set_status(scope, "Skipped"); }
  }
  chain(kRelease, Phase::OnStart, 0);
  decide_suspended();
}

/// R16: which environments a selection skips, in step order.
std::vector<bool> Model::skipped_by(const EnvironmentSelection& selection) const {
  const auto named = [&](const std::vector<std::string>& names) {
    std::vector<bool> found(environments.size());
    for (const std::string& one : names) { found[at(Scope(*flow_.find_environment(one)))] = true; }
    return found;
  };
  if (selection.skip) { return named(*selection.skip); }
  std::vector<bool> kept(environments.size(), true);
  if (selection.only) { kept = named(*selection.only); }
  if (selection.until) {
    kept = named(*selection.until);
    const std::vector<bool> last = kept;
    for (const Scope scope : scopes()) {
      for (const Scope other : scopes()) {
        if (last[at(other)] && depends(other, scope)) { kept[at(scope)] = true; }
      }
    }
  }
  kept.flip();
  return kept;
}

void Model::open() {
  release.reached.reset();
  opened_ = true;
  if (state_of(0).status == "Skipped") {
    admit();
    settle();
  } else if (flow_.options().post_trigger) {
    set_status(0, "Running");
    issue({0, Phase::Promotion, 0}, false);
  } else {
    succeed(0);
  }
}

void Model::succeed(Scope scope) {
  set_status(scope, "Successful");
  admit();
  settle();
}

bool Model::has_failure() const {
  return std::any_of(environments.begin(), environments.end(), [](const ScopeState& one) {
    return one.status == "Failed" || one.status == "Terminated";
  });
}

bool Model::admits() const {
  const bool goes_on = flow_.options().failure_policy == FailurePolicy::Continue;
  return opened_ && release.status != "Terminating" && (goes_on || !has_failure());
}

bool Model::is_met(EnvironmentId dependency) const {
  const std::string& status = state_of(static_cast<Scope>(dependency)).status;
  return status == "Successful" || status == "Skipped";
}

/// The environments that can begin, in step order.
std::vector<Scope> Model::ready() const {
  std::vector<Scope> found;
  if (!admits()) { return found; }
  for (const Scope scope : scopes()) {
    const auto needs = flow_.dependencies(EnvironmentId(scope));
    const bool met =
        std::all_of(needs.begin(), needs.end(), [&](EnvironmentId on) { return is_met(on); });
    if (scope != 0 && met && state_of(scope).status == "Pending") { found.push_back(scope); }
  }
  return found;
}

void Model::admit() {
  for (const Scope scope : ready()) {  // Begin each.
    set_status(scope, "Running");
    chain(scope, Phase::OnStart, 0);
  }
}

void Model::fail(Scope scope, const std::string& why) {
  set_status(scope, "Failed");
  state_of(scope).message = why;
  if (!release.message) { release.message = why; }
  // The others are cut before anything may settle: an empty onFail chain has ended at once.
  const bool has_hooks = !hooks(scope, Phase::OnFail).empty();
  state_of(scope).runs_on_fail = true;
  if (has_hooks) { chain(scope, Phase::OnFail, 0); }
  if (flow_.options().failure_policy == FailurePolicy::Abort) {
    for (const Scope other : scopes()) {
      cut(other, "aborted: environment '" + name(scope) + "' failed");
    }
  }
  if (!has_hooks) { state_of(scope).runs_on_fail = false; }
  settle();
}

/// Leaves an environment alone that is neither Running nor Suspended. The caller settles.
void Model::cut(Scope scope, const std::string& why) {
  ScopeState& environment = state_of(scope);
  if (environment.status != "Running" && environment.status != "Suspended") { return; }
  drop(scope);
  if (environment.soak) { environment.soak->due.reset(); }
  set_status(scope, "Terminated");
  environment.message = why;
  environment.runs_on_fail = !hooks(scope, Phase::OnFail).empty();
  if (environment.runs_on_fail) { chain(scope, Phase::OnFail, 0); }
}

void Model::settle() {
  if (!opened_) { return; }
  bool all = true;
  for (const ScopeState& environment : environments) {
    if (environment.status == "Running" || environment.status == "Suspended") { return; }
    if (environment.runs_on_fail) { return; }
    all = all && (environment.status == "Successful" || environment.status == "Skipped");
  }
  if (!ready().empty()) {  // Only beside a trigger environment that failed: none may be left.
    admit();
    return;
  }
  if (!all) {
    end("Failed");
    return;
  }
  release.message.reset();
  chain(kRelease, Phase::OnSuccess, 0);
}

void Model::end(const std::string& status) {
  outcome_ = status;
  arm_end_deadline();
  release.runs_on_fail = true;
  chain(kRelease, Phase::OnFail, 0);
}

void Model::finish() {
  flow_deadline_.reset();
  end_deadline_.reset();
  release.runs_on_fail = false;
  set_status(kRelease, terminated_ ? "Terminated" : outcome_);
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
      state_of(scope).runs_on_fail = false;
      settle();
      break;
  }
}

/// R1, R4, R8. `again`: one of R9's further attempts.
void Model::issue(const Place& place, bool again) {
  ++tickets;
  ++attempts_[place];
  if (!again) { retries_[place] = 0; }
  if (place.phase != Phase::OnFail) {
    state_of(place.scope).reached = place;
    state_of(place.scope).soak.reset();
  }
  static constexpr const char* kPoints[] = {"onStart", "", "onSuccess", "onFail"};
  const Hook* hook = hook_of(place);
  const std::string where =
      place.scope == kRelease ? "" : ",\"environment\":" + in_quotes(name(place.scope));
  const std::string attempt = ",\"attempt\":" + std::to_string(attempts_[place]);
  std::string line = "\"ticket\":" + std::to_string(tickets);
  if (hook != nullptr) {
    line += ",\"hook\":" + in_quotes(hook->name) + ",\"point\":\"" +
            (place.scope == kRelease ? "release." : "environment.") +
            kPoints[static_cast<std::size_t>(place.phase)] + "\"" + where + attempt +
            ",\"arguments\":" + arguments(place);
  } else {
    line += where + attempt + ",\"policy\":{" +
            policy_fields(flow_.step(EnvironmentId(place.scope)).policy) + "}";
  }
  add_line(hook != nullptr ? "hook" : "promote", line);
  Issued issued{.place = place, .attempt = attempts_[place], .line = line};
  if (const auto timeout = timeout_of(place)) { issued.due = now + *timeout; }
  if (hook != nullptr) { issued.context = context_json(); }
  outstanding[tickets] = issued;
}

/// R18. Also anew: then the environment has reached its promotion already.
void Model::begin_soak(Scope scope, std::uint64_t ticket) {
  state_of(scope).soak = Soak{ticket, now + flow_.step(EnvironmentId(scope)).soak->count()};
}

/// Cancels the outstanding command of a scope, and drops its waiting attempt (R9).
void Model::drop(Scope scope) {
  const auto of_scope = [&](const auto& item) { return item.second.place.scope == scope; };
  for (const auto& [ticket, command] : outstanding) {
    if (command.place.scope == scope) {
      add_line("cancel", "\"ticket\":" + std::to_string(ticket));
    }
  }
  std::erase_if(outstanding, of_scope);
  std::erase_if(waiting, of_scope);
}

/// R7: from the start, and from the last Retry of a final release.
void Model::arm_flow_deadline() {
  const std::chrono::milliseconds limit(flow_.options().promotion_timeout_limit);
  flow_deadline_ = now + limit.count();
}

/// R7: instead of the flow's deadline; armed once.
void Model::arm_end_deadline() {
  flow_deadline_.reset();
  if (end_deadline_) { return; }
  const auto grace = flow_.options().termination_grace_period.value_or(
      std::chrono::milliseconds(flow_.options().promotion_timeout_limit));
  end_deadline_ = now + grace.count();
}

/// R8.
std::optional<Ms> Model::timeout_of(const Place& place) const {
  const Hook* hook = hook_of(place);
  auto timeout = hook != nullptr ? hook->timeout : flow_.step(EnvironmentId(place.scope)).timeout;
  if (hook != nullptr && !timeout) { timeout = flow_.options().hook_timeout; }
  return timeout ? std::optional<Ms>(timeout->count()) : std::nullopt;
}

const RetryPolicy& Model::retry_policy(const Place& place) const {
  const Hook* hook = hook_of(place);
  return hook != nullptr ? hook->retry : flow_.step(EnvironmentId(place.scope)).retry;
}

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
// What operators ask for: Terminate (R6), Retry (R12) and Skip (R16); and the deadlines, which
// terminate and force by themselves (R7). The plans of what stops are here, too.
#include <fmt/format.h>

#include <algorithm>

#include "release/failure_arguments.hpp"
#include "release/machine.hpp"
#include "release/message.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::optional<Error> refuse(std::string_view action, std::string why) {
  return Error{ErrorCode::NotAllowed, std::string(action), std::move(why)};
}

Request make_request(std::string_view reason, bool force, std::string_view by) {
  auto request = std::make_shared<OperatorRequest>();
  request->reason = reason;
  request->force = force;
  request->by = bounded_text(by);
  return request;
}

}  // namespace

// --- Plans ---------------------------------------------------------------------------------------

/// What an entity needs to stop, but for what its onFail hooks are handed.
PlannedStop Machine::plan_stop(EntityIndex entity) const {
  PlannedStop planned;
  planned.entity = entity;
  const StopRecord* record = state_.stops.find(entity);
  if (record == nullptr || record->on_fail_attempts.empty()) {
    planned.on_fail_attempts.assign(chain(entity, State::Failing).size(), 0);
  }
  return planned;
}

/// The environments that are Running or Suspended, in step order.
std::vector<EntityIndex> Machine::active_environments() const {
  std::vector<EntityIndex> active;
  active.reserve(state_.entities.active());
  state_.commands.each_alive([&](const CommandSlot& slot) {
    if (!is_release(slot.entity) && slot.state != State::Failing) { active.push_back(slot.entity); }
  });
  std::sort(active.begin(), active.end());
  return active;
}

/// Plans a cut of every active environment but `except`.
std::vector<PlannedStop> Machine::plan_cuts(EntityIndex except, std::string_view why) const {
  std::vector<PlannedStop> cuts;
  for (const EntityIndex environment : active_environments()) {
    if (environment == except) { continue; }
    cuts.push_back(plan_stop(environment));
    cuts.back().failure =
        environment_failure(*data_, environment, EnvironmentStatus::Terminated, why);
  }
  return cuts;
}

/// Plans the release's own end, with what its onFail hooks are handed (A2, A3, A4): besides the
/// environments that have stopped, `failing`, which fails with `why`, and `cuts`.
std::unique_ptr<PlannedStop> Machine::plan_release_end(std::string_view message,
                                                       const PlannedStop* failing,
                                                       std::string_view why,
                                                       std::span<const PlannedStop> cuts,
                                                       std::string_view cut_why) const {
  auto planned = std::make_unique<PlannedStop>(plan_stop(release_index()));
  if (!has_on_fail(release_index())) { return planned; }
  std::vector<FailedEnvironment> failed;
  for (const StopRecord& record : state_.stops.list()) {
    if (is_release(record.entity)) { continue; }
    const EntityState& stopped = state_.entities[record.entity];
    if (stopped.state == State::Failing || stopped.state == State::Stopped) {
      failed.push_back({record.entity, stopped.status(), *record.message});
    }
  }
  if (failing != nullptr) { failed.push_back({failing->entity, EnvironmentStatus::Failed, why}); }
  for (const PlannedStop& cut : cuts) {
    failed.push_back({cut.entity, EnvironmentStatus::Terminated, cut_why});
  }
  std::sort(failed.begin(), failed.end(),
            [](const FailedEnvironment& a, const FailedEnvironment& b) {
              return a.environment < b.environment;
            });
  planned->failure = failure_arguments(*data_, failed, message);
  return planned;
}

/// What the onFail hooks of an entity that has stopped are handed.
Failure Machine::failure_of(EntityIndex entity) const {
  if (is_release(entity)) {
    return plan_release_end(*state_.message, nullptr, {}, {}, {})->failure;
  }
  return environment_failure(*data_, entity, state_.entities[entity].status(),
                             *state_.stops.find(entity)->message);
}

// --- Terminate -----------------------------------------------------------------------------------

std::optional<Error> Machine::terminate(const Terminate& what, Millis at) {
  const Acceptance& accepts = acceptance(state_.status);
  if (!(what.force ? accepts.force : accepts.terminate)) {
    return refuse("terminate",
                  state_.status == ReleaseStatus::Terminating
                      ? std::string("the release is Terminating already; force ends it at once")
                      : fmt::format("the release is {} already", to_string(state_.status)));
  }
  if (!what.force && release_state() == State::Failing) {
    return refuse("terminate",
                  "the release runs its onFail hooks, its end has begun; force ends it at once");
  }
  const Text reason = make_message(what.reason);
  Request request = make_request(*reason, what.force, what.by);
  if (what.force) {
    force(reason, std::move(request), at);
  } else {
    terminate(reason, std::move(request), at);
  }
  return std::nullopt;
}

/// A deadline is due: it terminates the release, or forces it if it is ending already (R7).
void Machine::fire_deadline(Millis at) {
  if (state_.ending) {
    const Text reason = std::make_shared<const std::string>(
        fmt::format("termination grace period of {} is over", duration_text(grace_period())));
    force(reason, make_request(*reason, true, {}), at);
  } else {
    const Text reason = std::make_shared<const std::string>("promotion flow timed out after " +
                                                            duration_text(flow_limit()));
    terminate(reason, make_request(*reason, false, {}), at);
  }
}

/// Cuts all that runs; then the release ends (R6).
void Machine::terminate(const Text& reason, Request request, Millis at) {
  const bool in_own_chain = release_state() != State::Working;
  const Text message = termination_message(reason, state_.message);
  std::vector<PlannedStop> cuts;
  if (!in_own_chain) { cuts = plan_cuts(kNone32, *reason); }
  const bool ends =
      in_own_chain || (state_.entities.unfinished() == 0 &&
                       std::none_of(cuts.begin(), cuts.end(), [this](const PlannedStop& cut) {
                         return has_on_fail(cut.entity);
                       }));
  std::unique_ptr<PlannedStop> release_end;
  if (ends) { release_end = plan_release_end(*message, nullptr, {}, cuts, *reason); }
  Effects effects;
  effects.stops = 1 + cuts.size();
  effects.commands = effects.stops;
  effects.cancels = effects.stops;
  effects.statuses = 2 + cuts.size();
  effects.texts = 1;
  reserve(effects);

  begin_changes(at);
  emit(RecordKind::Terminate, 0, state_.records.keep(std::move(request)));
  set_status(ReleaseStatus::Terminating);
  state_.terminated = true;
  state_.message = message;
  begin_ending();
  if (in_own_chain) {
    cut(*release_end, message);
    return;
  }
  for (PlannedStop& planned : cuts) { cut(planned, reason); }
  settle(release_end.get());
}

/// Ends the release at once, without hooks (R6, R7). Commands are cancelled in ticket order, then
/// what was Running or Suspended is Terminated in step order, then the release takes its final
/// status.
void Machine::force(const Text& reason, Request request, Millis at) {
  const State state = release_state();
  const bool begins_ending = state_.status != ReleaseStatus::Terminating && state != State::Failing;
  const Text message = begins_ending ? termination_message(reason, state_.message) : state_.message;
  const std::vector<EntityIndex> active = active_environments();
  const std::vector<SlotIndex> waiting = state_.commands.waiting();
  Effects effects;
  effects.stops = 1 + active.size();
  effects.cancels = state_.commands.outstanding();
  effects.statuses = 1 + active.size();
  effects.texts = 1;
  reserve(effects);
  std::vector<EntityIndex> owners;
  owners.reserve(effects.cancels);
  state_.commands.each_outstanding(
      [&](const CommandSlot& slot, SlotIndex) { owners.push_back(slot.entity); });
  std::vector<EntityIndex> failing;
  for (const StopRecord& record : state_.stops.list()) {
    const bool runs_on_fail = state_.entities[record.entity].state == State::Failing;
    if (!is_release(record.entity) && runs_on_fail) { failing.push_back(record.entity); }
  }

  begin_changes(at);
  emit(RecordKind::Terminate, 0, state_.records.keep(std::move(request)));
  state_.message = message;
  state_.terminated = state_.terminated || begins_ending;
  for (const EntityIndex environment : active) {
    note_command(environment);
    state_.stops.at(environment).state = state_.entities[environment].state;
    state_.stops.at(environment).message = reason;
  }
  if (state != State::Failing) {
    if (state != State::Working) { note_command(release_index()); }
    state_.stops.find_or_add(release_index()).state = state;
  }
  for (const EntityIndex owner : owners) { cancel(owner); }
  for (const SlotIndex slot : waiting) { end_command(slot); }
  for (const EntityIndex environment : failing) {
    enter(environment, next_of(environment, Input::Force));
  }
  for (const EntityIndex environment : active) {
    set_status(environment, EnvironmentStatus::Terminated);
    enter(environment, next_of(environment, Input::Force));
  }
  enter(release_index(), next_of(release_index(), Input::Force));
}

// --- Retry ---------------------------------------------------------------------------------------

/// The environments of these names, in step order, each once.
std::optional<Error> Machine::find_environments(std::span<const std::string_view> names,
                                                std::vector<EntityIndex>& found) const {
  for (const std::string_view name : names) {
    const std::uint32_t environment = data_->names.find(name);
    if (environment == NameTable::kNone) {
      return Error{ErrorCode::UnknownEnvironment, "retry",
                   fmt::format("the flow has no environment '{}'", bounded_text(name))};
    }
    found.push_back(environment);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return std::nullopt;
}

std::optional<Error> Machine::retry(const Retry& what, Millis at) {
  std::vector<EntityIndex> environments;
  if (what.environments) {
    if (auto unknown = find_environments(*what.environments, environments)) { return unknown; }
  }
  const Acceptance& accepts = acceptance(state_.status);
  const bool is_ending = !is_final(state_.status) && release_state() == State::Failing;
  if (!(what.environments ? accepts.retry_some && !is_ending : accepts.retry_all)) {
    return refuse("retry",
                  fmt::format("the release is {}{}; {}", to_string(state_.status),
                              is_ending ? " and runs its onFail hooks" : "",
                              what.environments
                                  ? "environments are retried before its end has begun, or after it"
                                  : "only a Failed or Terminated release is retried as a whole"));
  }
  if (what.environments && environments.empty()) {
    return refuse("retry", "the list of environments is empty; name at least one, or give no list");
  }
  for (const EntityIndex environment : environments) {
    const State state = state_.entities[environment].state;
    if (state != State::Stopped) {
      return refuse("retry", fmt::format("environment '{}' is {}{}", data_->names[environment],
                                         to_string(state_.entities[environment].status()),
                                         state == State::Failing
                                             ? " and its onFail hooks still run"
                                             : "; only Failed and Terminated ones are retried"));
    }
  }
  auto request = std::make_shared<OperatorRequest>();
  request->by = bounded_text(what.by);
  if (what.environments) {
    request->has_environments = true;
    for (const std::string_view name : *what.environments) {
      request->environments.emplace_back(name);
    }
    for (const std::string& name : request->environments) {
      request->environment_views.push_back(name);
    }
  } else {
    for (const StopRecord& record : state_.stops.list()) {
      const bool is_stopped = state_.entities[record.entity].state == State::Stopped;
      if (!is_release(record.entity) && is_stopped) { environments.push_back(record.entity); }
    }
    std::sort(environments.begin(), environments.end());
  }
  resume(std::move(environments), is_final(state_.status), std::move(request), at);
  return std::nullopt;
}

/// These environments go on from the exact point of failure (R12). If the release was final and one
/// of its own chains was stopped, that chain goes on instead.
void Machine::resume(std::vector<EntityIndex> environments, bool was_final, Request request,
                     Millis at) {
  std::size_t resumed_soaks = 0;
  for (const EntityIndex environment : environments) {
    resumed_soaks += state_.stops.find(environment)->state == State::Soaking ? 1U : 0U;
  }
  Text remaining;  // The message of the first environment that stays Failed or Terminated.
  EntityIndex first = kNone32;
  for (const StopRecord& record : state_.stops.list()) {
    if (!is_release(record.entity) && record.entity < first &&
        state_.entities[record.entity].state == State::Stopped &&
        !std::binary_search(environments.begin(), environments.end(), record.entity)) {
      first = record.entity;
      remaining = record.message;
    }
  }
  Effects effects;
  effects.soaks = resumed_soaks;
  effects.waits = resumed_soaks;
  effects.commands = 1 + environments.size() + state_.entities.ready().size();
  effects.statuses = 3 + environments.size();
  effects.texts = 1;
  reserve(effects);

  begin_changes(at);
  emit(RecordKind::Retry, 0, state_.records.keep(std::move(request)));
  if (was_final) {
    state_.message = remaining;
    state_.terminated = false;
    state_.ending = false;
    arm_deadline(flow_limit());
    set_status(ReleaseStatus::Running);
    const StopRecord& record = state_.stops.at(release_index());
    state_.entities.enter(release_index(), record.state);
    if (record.state != State::Working) {
      issue(release_index(), record.hook, record.attempt + 1, 0);
      return;
    }
  }
  for (const EntityIndex environment : environments) {
    StopRecord& record = state_.stops.at(environment);
    record.message.reset();
    state_.entities.enter(environment, record.state);
    set_status(environment, EnvironmentStatus::Running);
    if (record.state == State::Soaking) {
      const Millis length = data_->soak_of(environment).count();
      const SlotIndex slot =
          state_.commands.soak_anew(environment, record.soaked, record.attempt, state_.now, length);
      state_.entities[environment].slot = slot;
      note_timer(state_.commands[slot].due);
    } else {
      issue(environment, record.hook, record.attempt + 1, 0);
    }
  }
  admit();
  settle(nullptr);  // Nothing fails.
  decide_suspended();
}

// --- Skip ----------------------------------------------------------------------------------------

std::optional<Error> Machine::skip(const Skip& what, Millis at) {
  const std::uint32_t environment = data_->names.find(what.environment);
  if (environment == NameTable::kNone) {
    return Error{ErrorCode::UnknownEnvironment, "skip",
                 fmt::format("the flow has no environment '{}'", bounded_text(what.environment))};
  }
  const bool is_ended = is_final(state_.status);
  const bool is_open =
      is_ended || release_state() == State::Starting || release_state() == State::Working;
  if (!acceptance(state_.status).skip || !is_open) {
    return refuse("skip", fmt::format("the release is {}{}", to_string(state_.status),
                                      is_ended || is_open ? "" : " and its end has begun"));
  }
  const State state = state_.entities[environment].state;
  if (!next_state(state, Input::Skip)) {
    const char* const hint = state == State::Failing ? " and its onFail hooks still run"
                             : state == State::Done
                                 ? "; only Pending, Failed and Terminated ones are skipped"
                                 : "; terminate or wait for it first";
    return refuse("skip", fmt::format("environment '{}' is {}{}", data_->names[environment],
                                      to_string(state_.entities[environment].status()), hint));
  }
  auto request = std::make_shared<OperatorRequest>();
  request->environment = what.environment;
  request->reason = bounded_text(what.reason);
  request->by = bounded_text(what.by);
  const Text reason =
      request->reason.empty() ? nullptr : std::make_shared<const std::string>(request->reason);
  const std::size_t dependents = data_->dependents_of(environment).size();
  Effects effects;
  effects.stops = 1;  // Its reason is kept in a stop record.
  effects.ready = dependents;
  effects.commands = 1 + dependents + state_.entities.ready().size();
  effects.statuses = 3;
  effects.texts = 1;
  reserve(effects);

  begin_changes(at);
  emit(RecordKind::Skip, 0, state_.records.keep(Request(std::move(request))));
  if (reason || state_.stops.find(environment) != nullptr) {
    state_.stops.find_or_add(environment).message = reason;
  }
  skip_environment(environment);
  state_.entities.drop_skipped_ready();
  admit();
  settle(nullptr);  // Nothing fails.
  decide_suspended();
  return std::nullopt;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

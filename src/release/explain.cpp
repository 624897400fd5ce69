// SPDX-License-Identifier: Apache-2.0
// What the state means to people: phases (R14), messages, and why an environment is Pending (R17).
#include <algorithm>

#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view to_string(AdmissionBlock block) noexcept {
  switch (block) {
    case AdmissionBlock::None: return "none";
    case AdmissionBlock::ReleaseStarting: return "release-starting";
    case AdmissionBlock::Failure: return "failure";
    case AdmissionBlock::Termination: return "termination";
    case AdmissionBlock::Final: return "final";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

namespace detail {

namespace {

EntityIndex index_or_trigger(const FlowData& flow, EnvironmentId environment) noexcept {
  const EntityIndex given = index(environment);
  return given < flow.size() ? given : index(kTriggerEnvironment);
}

}  // namespace

/// The finer word for a status (R14): it is derived, never stored.
std::string_view Machine::phase(EntityIndex entity) const noexcept {
  const EntityState& current = state_.entities[entity];
  const bool terminated =
      is_release(entity) ? state_.terminated : current.status() == EnvironmentStatus::Terminated;
  switch (current.state) {
    case State::Starting: return "Initializing";
    case State::Soaking: return "Soaking";
    case State::Finishing: return "Finalizing";
    case State::Failing: return terminated ? "FinalizingTermination" : "Finalizing";
    case State::Pending:
    case State::Working:
    case State::Done:
    case State::Stopped: break;
  }
  return is_release(entity) ? to_string(state_.status) : to_string(current.status());
}

std::string_view Machine::message(EntityIndex entity) const noexcept {
  const StopRecord* record = is_release(entity) ? nullptr : state_.stops.find(entity);
  const Text* text = is_release(entity) ? &state_.message : record ? &record->message : nullptr;
  return text != nullptr && *text ? std::string_view(**text) : std::string_view();
}

AdmissionBlock Machine::admission_block() const noexcept {
  if (is_final(state_.status)) { return AdmissionBlock::Final; }
  if (state_.status == ReleaseStatus::Terminating) { return AdmissionBlock::Termination; }
  if (release_state() == State::Starting) { return AdmissionBlock::ReleaseStarting; }
  return admitted() ? AdmissionBlock::None : AdmissionBlock::Failure;
}

EnvironmentState Machine::environment(EnvironmentId id) const noexcept {
  const EntityIndex environment = index_or_trigger(*data_, id);
  return {state_.entities[environment].status(), phase(environment), message(environment)};
}

PendingReason Machine::why_pending(EnvironmentId id) const {
  const EntityIndex environment = index_or_trigger(*data_, id);
  PendingReason reason;
  if (state_.entities[environment].state != State::Pending) { return reason; }
  reason.block = admission_block();
  const auto is_unmet = [this](EntityIndex e) { return state_.entities[e].state != State::Done; };
  // This walks down the unmet dependencies, through those that are Pending because of others.
  std::vector<EntityIndex> open{environment};
  std::vector<bool> seen(data_->size(), false);
  seen[environment] = true;
  while (!open.empty()) {
    const EntityIndex e = open.back();
    open.pop_back();
    for (const EnvironmentId dependency : data_->dependencies[e]) {
      const EntityIndex on = index(dependency);
      if (!is_unmet(on)) { continue; }
      if (e == environment) { reason.unmet.push_back(dependency); }
      if (seen[on]) { continue; }
      seen[on] = true;
      const bool passes_on =
          state_.entities[on].state == State::Pending && state_.entities.unmet(on) != 0;
      if (passes_on) {
        open.push_back(on);
      } else {
        reason.causes.push_back(dependency);
      }
    }
  }
  std::sort(reason.unmet.begin(), reason.unmet.end());
  std::sort(reason.causes.begin(), reason.causes.end());
  return reason;
}

}  // namespace detail

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

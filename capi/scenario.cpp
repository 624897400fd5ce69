// SPDX-License-Identifier: Apache-2.0
// Scenarios.
#include "capi.hpp"

using namespace promoflow::capi;

namespace {

constexpr promoflow_status kOk = PROMOFLOW_OK;

/// A rule from the caller's struct.
promoflow_status add_outcome(promoflow_error** error, const promoflow_outcome& in,
                             std::vector<promoflow::Outcome>& out) {
  if (const auto bad = need(error, {{"outcomes.hook", in.hook},
                                    {"outcomes.environment", in.environment},
                                    {"outcomes.fail", in.fail},
                                    {"outcomes.context", in.context},
                                    {"outcomes.fail_in_soak", in.fail_in_soak}})) {
    return bad;
  }
  const bool matches_nothing = in.hook.data == nullptr && in.environment.data == nullptr;
  if (!is_within(in.point, 0, PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL) || in.after_ms < 0 ||
      in.suspend_ms < 0 || in.fail_in_soak_after_ms < 0 || matches_nothing) {
    return invalid_argument(error, "outcomes");
  }
  if (!is_yes_or_no(in.has_suspend)) { return invalid_argument(error, "outcomes.has_suspend"); }
  promoflow::Outcome made;
  made.hook = optional_utf8_text(in.hook);
  if (in.point != 0) { made.point = static_cast<promoflow::Point>(in.point); }
  made.environment = optional_utf8_text(in.environment);
  if (in.attempt != 0) { made.attempt = in.attempt; }
  made.after = std::chrono::milliseconds(in.after_ms);
  if (in.has_suspend != 0) { made.suspend = std::chrono::milliseconds(in.suspend_ms); }
  made.fail = optional_utf8_text(in.fail);
  made.context = optional_text(in.context);  // As it is: other bytes are rejected (C4).
  if (in.place != 0) { made.place = in.place; }
  if (in.fail_in_soak.data != nullptr) {
    made.fail_in_soak = promoflow::FailInSoak{std::chrono::milliseconds(in.fail_in_soak_after_ms),
                                              utf8_text(in.fail_in_soak)};
  }
  out.push_back(std::move(made));
  return kOk;
}

promoflow_status add_action(promoflow_error** error, const promoflow_action& in,
                            std::vector<promoflow::Action>& out) {
  if (const auto bad = need(error, {{"actions.reason", in.reason},
                                    {"actions.by", in.by},
                                    {"actions.environment", in.environment}})) {
    return bad;
  }
  if (in.at_ms < 0) { return invalid_argument(error, "actions.at_ms"); }
  promoflow::Action made;
  made.at = std::chrono::milliseconds(in.at_ms);
  made.by = utf8_text(in.by);
  switch (in.kind) {
    case PROMOFLOW_EVENT_TERMINATE:
      if (!is_yes_or_no(in.force)) { return invalid_argument(error, "actions.force"); }
      made.what = promoflow::TerminateAction{utf8_text(in.reason), in.force != 0};
      break;
    case PROMOFLOW_EVENT_SKIP:
      made.what = promoflow::SkipAction{utf8_text(in.environment), utf8_text(in.reason)};
      break;
    case PROMOFLOW_EVENT_RETRY: {
      std::vector<std::string> names;
      if (const auto bad = read_names(error, "actions.environments", in.environments,
                                      in.environment_count, names)) {
        return bad;
      }
      promoflow::RetryAction retry;
      if (in.environments != nullptr) { retry.environments = std::move(names); }
      make_all_utf8(retry.environments);
      made.what = std::move(retry);
      break;
    }
    default: return invalid_argument(error, "actions.kind");
  }
  out.push_back(std::move(made));
  return kOk;
}

/// The scenario; null if its text has errors.
const promoflow::Scenario* scenario_of(const promoflow_scenario* scenario) noexcept {
  return scenario->report.scenario ? &*scenario->report.scenario : nullptr;
}

promoflow_outcome to_c(const promoflow::Outcome& in) noexcept {
  promoflow_outcome out{};
  out.point = in.point ? static_cast<std::int32_t>(*in.point) : 0;
  out.hook = out_text(in.hook);
  out.environment = out_text(in.environment);
  out.fail = out_text(in.fail);
  out.context = out_text(in.context);
  out.after_ms = in.after.count();
  out.suspend_ms = in.suspend ? in.suspend->count() : 0;
  out.has_suspend = in.suspend ? 1 : 0;
  out.attempt = in.attempt.value_or(0);
  out.place = in.place.value_or(0);
  if (in.fail_in_soak) {
    out.fail_in_soak = out_text(std::string_view(in.fail_in_soak->message));
    out.fail_in_soak_after_ms = in.fail_in_soak->after.count();
  }
  return out;
}

/// A list of names as callers borrow it: NULL says that there is no list, so an empty one is not
/// NULL.
const promoflow_str* names_of(const std::vector<promoflow_str>& names) noexcept {
  static constexpr promoflow_str kNone{nullptr, 0};
  return names.empty() ? &kNone : names.data();
}

/// `retried` are the names of a Retry's environments.
promoflow_action to_c(const promoflow::Action& in,
                      const std::vector<promoflow_str>& retried) noexcept {
  promoflow_action out{};
  out.at_ms = in.at.count();
  out.by = given_text(in.by);
  if (const auto* terminate = std::get_if<promoflow::TerminateAction>(&in.what)) {
    out.kind = PROMOFLOW_EVENT_TERMINATE;
    out.reason = out_text(std::string_view(terminate->reason));
    out.force = terminate->force ? 1 : 0;
  } else if (const auto* skip = std::get_if<promoflow::SkipAction>(&in.what)) {
    out.kind = PROMOFLOW_EVENT_SKIP;
    out.reason = given_text(skip->reason);
    out.environment = out_text(std::string_view(skip->environment));
  } else {
    out.kind = PROMOFLOW_EVENT_RETRY;
    if (std::get<promoflow::RetryAction>(in.what).environments) {
      out.environments = names_of(retried);
      out.environment_count = retried.size();
    }
  }
  return out;
}

}  // namespace

promoflow_scenario::promoflow_scenario(promoflow::ScenarioReport&& made) : report(std::move(made)) {
  if (!report.scenario) { return; }
  const promoflow::EnvironmentSelection& selection = report.scenario->selection;
  for (const auto* names : {&selection.skip, &selection.until, &selection.only}) {
    if (*names) { append_names(**names, selected); }
  }
  retried.resize(report.scenario->actions.size());
  for (std::size_t i = 0; i < retried.size(); ++i) {
    const auto* retry = std::get_if<promoflow::RetryAction>(&report.scenario->actions[i].what);
    if (retry != nullptr && retry->environments) { append_names(*retry->environments, retried[i]); }
  }
}

promoflow_status promoflow_scenario_read(promoflow_str text, const promoflow_flow* flow,
                                         const promoflow_read_options* options,
                                         promoflow_scenario** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"text", text}, {"out", out}})) { return bad; }
    promoflow::ReadOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    auto report =
        promoflow::read_scenario(view(text), flow != nullptr ? &flow->flow : nullptr, given);
    if (!report) { return fail(error, report.error()); }
    *out = new promoflow_scenario(std::move(*report));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_scenario_new(const promoflow_release_info* info, promoflow_str context,
                                        const promoflow_outcome* outcomes, size_t outcome_stride,
                                        size_t outcome_count, const promoflow_action* actions,
                                        size_t action_stride, size_t action_count,
                                        promoflow_scenario** out, promoflow_error** error) {
  return promoflow_scenario_new_with(info, context, nullptr, outcomes, outcome_stride,
                                     outcome_count, actions, action_stride, action_count, out,
                                     error);
}

promoflow_status promoflow_scenario_new_with(
    const promoflow_release_info* info, promoflow_str context, const promoflow_selection* selection,
    const promoflow_outcome* outcomes, size_t outcome_stride, size_t outcome_count,
    const promoflow_action* actions, size_t action_stride, size_t action_count,
    promoflow_scenario** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"context", context},
                                      {"outcomes", outcomes, outcome_count},
                                      {"actions", actions, action_count},
                                      {"out", out}})) {
      return bad;
    }
    promoflow::Scenario made;
    if (info != nullptr) {
      if (const auto bad = from_c(error, "info", info, made.release)) { return bad; }
    }
    made.context = view(context);
    if (const auto bad = from_c(error, "selection", selection, made.selection)) { return bad; }
    for (auto* names : {&made.selection.skip, &made.selection.until, &made.selection.only}) {
      make_all_utf8(*names);
    }
    const auto outcome = [&](std::size_t, const promoflow_outcome& one) {
      return add_outcome(error, one, made.outcomes);
    };
    if (const auto bad =
            each_struct(error, "outcomes", outcomes, outcome_stride, outcome_count, outcome)) {
      return bad;
    }
    const auto action = [&](std::size_t, const promoflow_action& one) {
      return add_action(error, one, made.actions);
    };
    if (const auto bad =
            each_struct(error, "actions", actions, action_stride, action_count, action)) {
      return bad;
    }
    *out = new promoflow_scenario({std::move(made), {}});
    return PROMOFLOW_OK;
  });
}

void promoflow_scenario_free(promoflow_scenario* scenario) { delete scenario; }

promoflow_status promoflow_scenario_diagnostics(const promoflow_scenario* scenario,
                                                promoflow_diagnostic* out, size_t stride,
                                                size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"scenario", scenario}})) { return bad; }
  return fill_diagnostics(scenario->report.diagnostics, out, stride, capacity, count);
}

promoflow_status promoflow_scenario_format(const promoflow_scenario* scenario, promoflow_str file,
                                           promoflow_str text, int32_t format,
                                           promoflow_buffer** out, promoflow_error** error) {
  if (error != nullptr) { *error = nullptr; }
  if (const auto bad = need(error, {{"scenario", scenario}})) { return bad; }
  return format_diagnostics_of(error, scenario->report.diagnostics, file, text, format, out);
}

promoflow_status promoflow_scenario_release(const promoflow_scenario* scenario,
                                            promoflow_release_info* info, promoflow_str* context) {
  if (const auto bad =
          need(nullptr, {{"scenario", scenario}, {"info", info}, {"context", context}})) {
    return bad;
  }
  const promoflow::Scenario* given = scenario_of(scenario);
  if (given == nullptr) { return PROMOFLOW_E_INVALID_SCENARIO; }
  if (const auto bad = fill_struct(info, [&] { return to_c(given->release); })) { return bad; }
  *context = out_text(given->context);
  return PROMOFLOW_OK;
}

promoflow_status promoflow_scenario_outcomes(const promoflow_scenario* scenario,
                                             promoflow_outcome* out, size_t stride, size_t capacity,
                                             size_t* count) {
  if (const auto bad =
          need(nullptr, {{"scenario", scenario}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const promoflow::Scenario* given = scenario_of(scenario);
  if (given == nullptr) { return PROMOFLOW_E_INVALID_SCENARIO; }
  return fill(out, stride, capacity, count, given->outcomes.size(),
              [&](std::size_t i) { return to_c(given->outcomes[i]); });
}

promoflow_status promoflow_scenario_actions(const promoflow_scenario* scenario,
                                            promoflow_action* out, size_t stride, size_t capacity,
                                            size_t* count) {
  if (const auto bad =
          need(nullptr, {{"scenario", scenario}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const promoflow::Scenario* given = scenario_of(scenario);
  if (given == nullptr) { return PROMOFLOW_E_INVALID_SCENARIO; }
  return fill(out, stride, capacity, count, given->actions.size(),
              [&](std::size_t i) { return to_c(given->actions[i], scenario->retried[i]); });
}

promoflow_status promoflow_scenario_selection(const promoflow_scenario* scenario,
                                              promoflow_selection* out) {
  if (const auto bad = need(nullptr, {{"scenario", scenario}, {"out", out}})) { return bad; }
  const promoflow::Scenario* given = scenario_of(scenario);
  if (given == nullptr) { return PROMOFLOW_E_INVALID_SCENARIO; }
  return fill_struct(out, [&] {
    promoflow_selection made{};
    const promoflow::EnvironmentSelection& selection = given->selection;
    if (selection.skip) { made.kind = PROMOFLOW_SELECT_SKIP; }
    if (selection.until) { made.kind = PROMOFLOW_SELECT_UNTIL; }
    if (selection.only) { made.kind = PROMOFLOW_SELECT_ONLY; }
    if (made.kind != PROMOFLOW_SELECT_ALL) {
      made.environments = names_of(scenario->selected);
      made.environment_count = scenario->selected.size();
    }
    return made;
  });
}

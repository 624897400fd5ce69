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
                                    {"outcomes.context", in.context}})) {
    return bad;
  }
  const bool speaks_of_nothing = in.hook.data == nullptr && in.environment.data == nullptr;
  if (!is_within(in.point, 0, PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL) || in.after_ms < 0 ||
      in.suspend_ms < 0 || speaks_of_nothing) {
    return meaningless(error, "outcomes");
  }
  promoflow::Outcome made;
  made.hook = optional_text(in.hook);
  if (in.point != 0) { made.point = static_cast<promoflow::Point>(in.point); }
  made.environment = optional_text(in.environment);
  if (in.attempt != 0) { made.attempt = in.attempt; }
  made.after = std::chrono::milliseconds(in.after_ms);
  if (in.has_suspend != 0) { made.suspend = std::chrono::milliseconds(in.suspend_ms); }
  made.fail = optional_text(in.fail);
  made.context = optional_text(in.context);
  out.push_back(std::move(made));
  return kOk;
}

promoflow_status add_action(promoflow_error** error, const promoflow_action& in,
                            std::vector<promoflow::Action>& out) {
  if (const auto bad = need(error, {{"actions.reason", in.reason}})) { return bad; }
  if (in.at_ms < 0) { return meaningless(error, "actions.at_ms"); }
  promoflow::Action made;
  made.at = std::chrono::milliseconds(in.at_ms);
  if (in.kind == PROMOFLOW_EVENT_TERMINATE) {
    made.what = std::string(view(in.reason));
  } else if (in.kind != PROMOFLOW_EVENT_RETRY) {
    return meaningless(error, "actions.kind");
  }
  out.push_back(std::move(made));
  return kOk;
}

/// The scenario, or null: its text has errors.
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
  return out;
}

promoflow_action to_c(const promoflow::Action& in) noexcept {
  promoflow_action out{};
  const std::string* reason = std::get_if<std::string>(&in.what);
  out.kind = reason != nullptr ? PROMOFLOW_EVENT_TERMINATE : PROMOFLOW_EVENT_RETRY;
  out.at_ms = in.at.count();
  if (reason != nullptr) { out.reason = out_text(*reason); }
  return out;
}

/// A list of the scenario as an array of structs.
template <class Entry, class T>
promoflow_status fill_list(const promoflow_scenario* scenario,
                           std::vector<Entry> promoflow::Scenario::*list, T* out,
                           std::size_t stride, std::size_t capacity, std::size_t* count) noexcept {
  if (const auto bad =
          need(nullptr, {{"scenario", scenario}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const promoflow::Scenario* given = scenario_of(scenario);
  if (given == nullptr) { return PROMOFLOW_E_INVALID_SCENARIO; }
  const std::vector<Entry>& entries = given->*list;
  return fill(out, stride, capacity, count, entries.size(),
              [&](std::size_t i) { return to_c(entries[i]); });
}

}  // namespace

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
    *out = new promoflow_scenario{std::move(*report)};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_scenario_new(const promoflow_release_info* info, promoflow_str context,
                                        const promoflow_outcome* outcomes, size_t outcome_stride,
                                        size_t outcome_count, const promoflow_action* actions,
                                        size_t action_stride, size_t action_count,
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
    *out = new promoflow_scenario{{std::move(made), {}}};
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
  if (const auto bad = put_struct(info, [&] { return to_c(given->release); })) { return bad; }
  *context = out_text(given->context);
  return PROMOFLOW_OK;
}

promoflow_status promoflow_scenario_outcomes(const promoflow_scenario* scenario,
                                             promoflow_outcome* out, size_t stride, size_t capacity,
                                             size_t* count) {
  return fill_list(scenario, &promoflow::Scenario::outcomes, out, stride, capacity, count);
}

promoflow_status promoflow_scenario_actions(const promoflow_scenario* scenario,
                                            promoflow_action* out, size_t stride, size_t capacity,
                                            size_t* count) {
  return fill_list(scenario, &promoflow::Scenario::actions, out, stride, capacity, count);
}

// SPDX-License-Identifier: Apache-2.0
// Flows.
#include "capi.hpp"

namespace promoflow::capi {

promoflow_status give_flow(promoflow_flow** out, const Flow& flow) {
  *out = new promoflow_flow{flow};
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const promoflow_render_options* in,
                        RenderOptions& out) noexcept {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_render_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (!is_within(given.format, 0, PROMOFLOW_RENDER_SVG)) {
    return invalid_argument(error, "options.format");
  }
  if (const char* const unclear =
          first_unclear({{given.color, "options.color"}, {given.ascii, "options.ascii"}})) {
    return invalid_argument(error, unclear);
  }
  if (given.format != 0) { out.format = static_cast<RenderFormat>(given.format); }
  out.color = given.color != 0;
  out.ascii = given.ascii != 0;
  if (given.width != 0) { out.width = std::max(given.width, 40U); }
  return PROMOFLOW_OK;
}

}  // namespace promoflow::capi

using namespace promoflow::capi;
using promoflow::EnvironmentId;

namespace {

promoflow_status fill_ids(std::span<const EnvironmentId> ids, std::uint32_t* out,
                          std::size_t capacity, std::size_t* count) noexcept {
  return fill_plain(out, capacity, count, ids.size(),
                    [&](std::size_t i) { return static_cast<std::uint32_t>(ids[i]); });
}

/// The hooks of a point; none if there is no such point or environment.
std::optional<std::span<const promoflow::Hook>> hooks_at(const promoflow_flow* flow,
                                                         std::int32_t point,
                                                         std::uint32_t environment) noexcept {
  if (!is_point(point)) { return std::nullopt; }
  if (!is_environment_point(point)) { environment = 0; }
  if (!is_environment(flow->flow, environment)) { return std::nullopt; }
  return flow->flow.hooks(static_cast<promoflow::Point>(point), EnvironmentId{environment});
}

/// 0: not given.
std::int64_t millis(const std::optional<std::chrono::milliseconds>& time) noexcept {
  return time ? time->count() : 0;
}

/// The fields that steps and hooks share.
template <class Out>
void fill_retry(Out& out, const promoflow::RetryPolicy& retry) noexcept {
  out.retry_limit = retry.limit;
  out.retry_duration_ms = retry.duration.count();
  out.retry_factor = retry.factor;
  out.has_retry_max_duration = retry.max_duration ? 1 : 0;
  out.retry_max_duration_ms = retry.max_duration ? retry.max_duration->count() : 0;
}

promoflow_hook to_c(const promoflow::Hook& hook) noexcept {
  promoflow_hook out{};
  out.on_error = static_cast<std::int32_t>(hook.on_error);
  out.name = out_text(hook.name);
  out.timeout_ms = millis(hook.timeout);
  fill_retry(out, hook.retry);
  out.argument_count = hook.arguments.size();
  return out;
}

}  // namespace

promoflow_status promoflow_flow_copy(const promoflow_flow* flow, promoflow_flow** out,
                                     promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    return give_flow(out, flow->flow);
  });
}

void promoflow_flow_free(promoflow_flow* flow) { delete flow; }

promoflow_status promoflow_flow_name(const promoflow_flow* flow, promoflow_str* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  *out = out_text(flow->flow.name());
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_environment_count(const promoflow_flow* flow, uint32_t* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  *out = flow->flow.environment_count();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_dependency_count(const promoflow_flow* flow, uint32_t* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  *out = flow->flow.dependency_count();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_environment_name(const promoflow_flow* flow, uint32_t environment,
                                                 promoflow_str* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  if (!is_environment(flow->flow, environment)) { return invalid_argument(nullptr, "environment"); }
  *out = out_text(flow->flow.environment_name(EnvironmentId{environment}));
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_find_environment(const promoflow_flow* flow, promoflow_str name,
                                                 uint32_t* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"name", name}, {"out", out}})) {
    return bad;
  }
  const auto found = flow->flow.find_environment(view(name));
  if (!found) { return PROMOFLOW_DONE; }
  *out = static_cast<std::uint32_t>(*found);
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_dependencies(const promoflow_flow* flow, uint32_t environment,
                                             uint32_t* out, size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  if (!is_environment(flow->flow, environment)) { return invalid_argument(nullptr, "environment"); }
  return fill_ids(flow->flow.dependencies(EnvironmentId{environment}), out, capacity, count);
}

promoflow_status promoflow_flow_dependents(const promoflow_flow* flow, uint32_t environment,
                                           uint32_t* out, size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  if (!is_environment(flow->flow, environment)) { return invalid_argument(nullptr, "environment"); }
  return fill_ids(flow->flow.dependents(EnvironmentId{environment}), out, capacity, count);
}

promoflow_status promoflow_flow_depends_on(const promoflow_flow* flow, uint32_t environment,
                                           uint32_t on, int32_t* out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    if (!is_environment(flow->flow, environment)) { return invalid_argument(error, "environment"); }
    if (!is_environment(flow->flow, on)) { return invalid_argument(error, "on"); }
    const auto depends = flow->flow.depends_on(EnvironmentId{environment}, EnvironmentId{on});
    if (!depends) { return fail(error, depends.error()); }
    *out = *depends ? 1 : 0;
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_flow_level(const promoflow_flow* flow, uint32_t environment,
                                      uint32_t* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  if (!is_environment(flow->flow, environment)) { return invalid_argument(nullptr, "environment"); }
  *out = flow->flow.level(EnvironmentId{environment});
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_options_of(const promoflow_flow* flow,
                                           promoflow_flow_options* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  const promoflow::FlowOptions& options = flow->flow.options();
  promoflow_flow_options made{};
  made.failure_policy = static_cast<std::int32_t>(options.failure_policy);
  made.context_merge = static_cast<std::int32_t>(options.context_merge);
  made.promotion_timeout_minutes = options.promotion_timeout_limit.count();
  made.post_trigger = out_text(options.post_trigger);
  made.hook_timeout_ms = millis(options.hook_timeout);
  made.termination_grace_period_ms = millis(options.termination_grace_period);
  return fill_struct(out, [&] { return made; });
}

promoflow_status promoflow_flow_annotations(const promoflow_flow* flow, promoflow_argument* out,
                                            size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const auto& all = flow->flow.options().annotations;
  return fill_plain(out, capacity, count, all.size(), [&](std::size_t i) {
    return promoflow_argument{out_text(all[i].first), out_text(all[i].second)};
  });
}

promoflow_status promoflow_flow_step(const promoflow_flow* flow, uint32_t environment,
                                     promoflow_step* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  if (!is_environment(flow->flow, environment)) { return invalid_argument(nullptr, "environment"); }
  const promoflow::StepOptions& step = flow->flow.step(EnvironmentId{environment});
  promoflow_step made{};
  made.policy_action = step.policy.action ? static_cast<std::int32_t>(*step.policy.action) : 0;
  made.policy_pre_action = out_text(step.policy.pre_action);
  made.policy_post_action = out_text(step.policy.post_action);
  made.timeout_ms = millis(step.timeout);
  fill_retry(made, step.retry);
  made.soak_ms = millis(step.soak);
  return fill_struct(out, [&] { return made; });
}

promoflow_status promoflow_flow_hooks(const promoflow_flow* flow, int32_t point,
                                      uint32_t environment, promoflow_hook* out, size_t stride,
                                      size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const auto hooks = hooks_at(flow, point, environment);
  if (!hooks) { return invalid_argument(nullptr, "point"); }
  return fill(out, stride, capacity, count, hooks->size(),
              [&](std::size_t i) { return to_c((*hooks)[i]); });
}

promoflow_status promoflow_flow_hook_arguments(const promoflow_flow* flow, int32_t point,
                                               uint32_t environment, size_t index,
                                               promoflow_assigned* out, size_t stride,
                                               size_t capacity, size_t* count) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const auto hooks = hooks_at(flow, point, environment);
  if (!hooks || index >= hooks->size()) { return invalid_argument(nullptr, "index"); }
  const auto& all = (*hooks)[index].arguments;
  return fill(out, stride, capacity, count, all.size(), [&](std::size_t i) {
    promoflow_assigned made{};
    made.json = all[i].json ? 1 : 0;
    made.name = out_text(all[i].name);
    made.value = out_text(all[i].value);
    return made;
  });
}

promoflow_status promoflow_flow_fingerprint(const promoflow_flow* flow, uint64_t* out) {
  if (const auto bad = need(nullptr, {{"flow", flow}, {"out", out}})) { return bad; }
  *out = flow->flow.fingerprint();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_equal(const promoflow_flow* left, const promoflow_flow* right,
                                      int32_t* out) {
  if (const auto bad = need(nullptr, {{"left", left}, {"right", right}, {"out", out}})) {
    return bad;
  }
  *out = left->flow == right->flow ? 1 : 0;
  return PROMOFLOW_OK;
}

promoflow_status promoflow_flow_write(const promoflow_flow* flow, int32_t format,
                                      promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    if (!is_within(format, PROMOFLOW_TEXT_AUTO, PROMOFLOW_TEXT_JSON)) {
      return invalid_argument(error, "format");
    }
    return give_text(
        error, out,
        promoflow::write_manifest(flow->flow, static_cast<promoflow::TextFormat>(format)));
  });
}

promoflow_status promoflow_flow_render(const promoflow_flow* flow,
                                       const promoflow_render_options* options,
                                       promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    promoflow::RenderOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    return give_text(error, out, promoflow::render(flow->flow, given));
  });
}

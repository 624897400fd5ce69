// SPDX-License-Identifier: Apache-2.0
// A flow built in code. The handle keeps every part, so that a build that failed can be repeated.
#include <memory>

#include "capi.hpp"

using namespace promoflow::capi;

struct promoflow_builder {
  struct Step {
    std::string environment;
    std::vector<std::string> depends_on;
    promoflow::StepOptions options;
  };

  std::string name;
  std::string trigger;
  promoflow::FlowOptions options{};
  std::vector<Step> steps{};
};

namespace {

template <class In>
promoflow::RetryPolicy retry_of(const In& in) noexcept {
  promoflow::RetryPolicy retry;
  retry.limit = in.retry_limit;
  retry.duration = std::chrono::milliseconds(in.retry_duration_ms);
  if (in.retry_factor != 0) { retry.factor = in.retry_factor; }
  if (in.has_retry_max_duration != 0) {
    retry.max_duration = std::chrono::milliseconds(in.retry_max_duration_ms);
  }
  return retry;
}

std::optional<std::chrono::milliseconds> optional_ms(std::int64_t ms) noexcept {
  return ms == 0 ? std::nullopt : std::optional(std::chrono::milliseconds(ms));
}

/// A step's options from the caller's; `step` may be NULL.
promoflow_status from_c(promoflow_error** error, const promoflow_step* step,
                        promoflow::StepOptions& out) {
  if (step == nullptr) { return PROMOFLOW_OK; }
  promoflow_step given{};
  if (const auto bad = take_struct(error, "step", step, given)) { return bad; }
  if (const auto bad = need(error, {{"step.policy_pre_action", given.policy_pre_action},
                                    {"step.policy_post_action", given.policy_post_action}})) {
    return bad;
  }
  if (!is_yes_or_no(given.has_retry_max_duration)) {
    return invalid_argument(error, "step.has_retry_max_duration");
  }
  if (!is_within(given.policy_action, 0, PROMOFLOW_POLICY_NONE)) {
    return invalid_argument(error, "step.policy_action");
  }
  if (given.policy_action != 0) {
    out.policy.action = static_cast<promoflow::PolicyAction>(given.policy_action);
  }
  out.policy.pre_action = optional_text(given.policy_pre_action);
  out.policy.post_action = optional_text(given.policy_post_action);
  out.timeout = optional_ms(given.timeout_ms);
  out.retry = retry_of(given);
  out.soak = optional_ms(given.soak_ms);
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const promoflow_hook* hook,
                        const promoflow_assigned* arguments, std::size_t stride, std::size_t count,
                        promoflow::Hook& out) {
  promoflow_hook given{};
  if (const auto bad = take_struct(error, "hook", hook, given)) { return bad; }
  if (const auto bad = need(error, {{"hook.name", given.name}})) { return bad; }
  if (!is_within(given.on_error, 0, PROMOFLOW_ON_ERROR_IGNORE)) {
    return invalid_argument(error, "hook.on_error");
  }
  if (!is_yes_or_no(given.has_retry_max_duration)) {
    return invalid_argument(error, "hook.has_retry_max_duration");
  }
  out.name = view(given.name);
  out.timeout = optional_ms(given.timeout_ms);
  out.retry = retry_of(given);
  if (given.on_error != 0) { out.on_error = static_cast<promoflow::OnError>(given.on_error); }
  return each_struct(error, "arguments", arguments, stride, count,
                     [&](std::size_t, const promoflow_assigned& one) -> promoflow_status {
                       if (const auto bad = need(error, {{"arguments.name", one.name},
                                                         {"arguments.value", one.value}})) {
                         return bad;
                       }
                       if (!is_yes_or_no(one.json)) {
                         return invalid_argument(error, "arguments.json");
                       }
                       out.arguments.push_back({std::string(view(one.name)),
                                                std::string(view(one.value)), one.json != 0});
                       return PROMOFLOW_OK;
                     });
}

std::vector<promoflow::Hook>& list_at(promoflow_builder& builder, promoflow::Point point) noexcept {
  using promoflow::Point;
  promoflow::Hooks& hooks = is_environment_point(static_cast<std::int32_t>(point))
                                ? builder.steps.back().options.hooks
                                : builder.options.hooks;
  switch (point) {
    case Point::ReleaseOnStart:
    case Point::EnvironmentOnStart: return hooks.on_start;
    case Point::ReleaseOnSuccess:
    case Point::EnvironmentOnSuccess: return hooks.on_success;
    case Point::ReleaseOnFail:
    case Point::EnvironmentOnFail: return hooks.on_fail;
  }
  return hooks.on_fail;
}

}  // namespace

promoflow_status promoflow_builder_new(promoflow_str name, promoflow_str trigger_environment,
                                       promoflow_builder** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(
            error, {{"name", name}, {"trigger_environment", trigger_environment}, {"out", out}})) {
      return bad;
    }
    *out = new promoflow_builder{std::string(view(name)), std::string(view(trigger_environment))};
    return PROMOFLOW_OK;
  });
}

void promoflow_builder_free(promoflow_builder* builder) { delete builder; }

promoflow_status promoflow_builder_options(promoflow_builder* builder,
                                           const promoflow_flow_options* options,
                                           const promoflow_argument* annotations, size_t count,
                                           promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"builder", builder}, {"annotations", annotations, count}})) {
      return bad;
    }
    promoflow_flow_options given{};
    if (const auto bad = take_struct(error, "options", options, given)) { return bad; }
    if (!is_within(given.failure_policy, 0, PROMOFLOW_ABORT) ||
        !is_within(given.context_merge, 0, PROMOFLOW_MERGE_DEEP)) {
      return invalid_argument(error, "options");
    }
    if (const auto bad = need(error, {{"options.post_trigger", given.post_trigger}})) {
      return bad;
    }
    promoflow::FlowOptions made;
    if (given.failure_policy != 0) {
      made.failure_policy = static_cast<promoflow::FailurePolicy>(given.failure_policy);
    }
    if (given.context_merge != 0) {
      made.context_merge = static_cast<promoflow::ContextMerge>(given.context_merge);
    }
    if (given.promotion_timeout_minutes != 0) {
      made.promotion_timeout_limit = std::chrono::minutes(given.promotion_timeout_minutes);
    }
    made.post_trigger = optional_text(given.post_trigger);
    made.hook_timeout = optional_ms(given.hook_timeout_ms);
    made.termination_grace_period = optional_ms(given.termination_grace_period_ms);
    for (std::size_t i = 0; i < count; ++i) {
      const promoflow_argument& one = annotations[i];
      if (const auto bad =
              need(error, {{"annotations.name", one.name}, {"annotations.value", one.value}})) {
        return bad;
      }
      made.annotations.emplace_back(view(one.name), view(one.value));
    }
    made.hooks = std::move(builder->options.hooks);
    builder->options = std::move(made);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_builder_step(promoflow_builder* builder, promoflow_str environment,
                                        const promoflow_str* depends_on, size_t count,
                                        const promoflow_step* step, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"builder", builder},
                                      {"environment", environment},
                                      {"depends_on", depends_on, count}})) {
      return bad;
    }
    promoflow_builder::Step made{std::string(view(environment)), {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      if (const auto bad = need(error, {{"depends_on", depends_on[i]}})) { return bad; }
      made.depends_on.emplace_back(view(depends_on[i]));
    }
    if (const auto bad = from_c(error, step, made.options)) { return bad; }
    builder->steps.push_back(std::move(made));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_builder_hook(promoflow_builder* builder, int32_t point,
                                        const promoflow_hook* hook,
                                        const promoflow_assigned* arguments, size_t stride,
                                        size_t count, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"builder", builder}, {"arguments", arguments, count}})) {
      return bad;
    }
    if (!is_point(point)) { return invalid_argument(error, "point"); }
    if (is_environment_point(point) && builder->steps.empty()) {
      return fail(error, PROMOFLOW_E_NOT_ALLOWED, "point",
                  "there is no step yet that the hook could belong to");
    }
    promoflow::Hook made;
    if (const auto bad = from_c(error, hook, arguments, stride, count, made)) { return bad; }
    list_at(*builder, static_cast<promoflow::Point>(point)).push_back(std::move(made));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_builder_build(const promoflow_builder* builder, promoflow_manifest** out,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"builder", builder}, {"out", out}})) { return bad; }
    promoflow::FlowBuilder made(builder->name, builder->trigger);
    made.options(builder->options);
    for (const promoflow_builder::Step& step : builder->steps) {
      const std::vector<std::string_view> depends_on(step.depends_on.begin(),
                                                     step.depends_on.end());
      made.step(step.environment, depends_on, step.options);
    }
    auto report = made.build();
    if (!report) { return fail(error, report.error()); }
    auto manifest = std::make_unique<promoflow_manifest>();
    manifest->report.diagnostics = std::move(report->diagnostics);
    if (report->flow) { manifest->report.flows.push_back(std::move(*report->flow)); }
    *out = manifest.release();
    return PROMOFLOW_OK;
  });
}

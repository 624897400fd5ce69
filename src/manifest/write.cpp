// SPDX-License-Identifier: Apache-2.0
// Writes a flow as a manifest (M8). Fields that have their default are left out.
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "manifest/check.hpp"
#include "manifest/output.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// The word for an enumerator; enumerators count from 1 in the order of the words.
template <class Enum, std::size_t N>
std::string_view word_of(Enum value, const std::string_view (&words)[N]) {
  return words[static_cast<std::size_t>(value) - 1];
}

void write_string(Output& out, std::string_view key, std::string_view value) {
  out.key(key);
  out.string(value);
}

void write_duration(Output& out, std::string_view key, std::chrono::milliseconds value) {
  out.key(key);
  out.word(value_or_throw(format_duration(value)));
}

void write_retry(Output& out, const RetryPolicy& retry) {
  static constexpr RetryPolicy kNone{};
  if (retry == kNone) { return; }
  out.key("retry");
  out.begin_mapping();
  out.key("limit");
  out.number(fmt::to_string(retry.limit));
  const bool has_backoff = retry.duration != kNone.duration || retry.factor > kNone.factor ||
                           retry.factor < kNone.factor || retry.max_duration.has_value();
  if (has_backoff) {
    out.key("backoff");
    out.begin_mapping();
    write_duration(out, "duration", retry.duration);
    std::string factor;
    append_double(factor, retry.factor);
    out.key("factor");
    out.number(factor);
    if (retry.max_duration) { write_duration(out, "maxDuration", *retry.max_duration); }
    out.end();
  }
  out.end();
}

void write_keys(Output& out, std::string_view key,
                const std::optional<std::vector<std::string>>& keys) {
  if (!keys) { return; }
  out.key(key);
  const std::vector<std::string_view> texts(keys->begin(), keys->end());
  out.strings(texts);
}

bool is_name_only(const Hook& hook) { return hook == Hook{.name = hook.name}; }

void write_hook(Output& out, const Hook& hook) {
  if (is_name_only(hook)) {
    out.string(hook.name);
    return;
  }
  out.begin_mapping();
  write_string(out, "name", hook.name);
  if (!hook.arguments.empty()) {
    out.key("arguments");
    out.begin_mapping();
    for (const AssignedArgument& argument : hook.arguments) {
      out.key(argument.name);
      if (argument.json) {
        out.json(argument.value);
      } else {
        out.string(argument.value);
      }
    }
    out.end();
  }
  if (hook.timeout) { write_duration(out, "timeout", *hook.timeout); }
  write_retry(out, hook.retry);
  if (hook.on_error != OnError::Fail) {
    write_string(out, "onError", word_of(hook.on_error, kOnErrors));
  }
  write_keys(out, "reads", hook.reads);
  write_keys(out, "exports", hook.exports);
  out.end();
}

void write_hook_list(Output& out, std::string_view key, const std::vector<Hook>& hooks) {
  if (hooks.empty()) { return; }
  out.key(key);
  if (hooks.size() == 1) {
    write_hook(out, hooks.front());
  } else if (std::all_of(hooks.begin(), hooks.end(), is_name_only)) {
    std::vector<std::string_view> names;
    names.reserve(hooks.size());
    for (const Hook& hook : hooks) { names.push_back(hook.name); }
    out.strings(names);
  } else {
    out.begin_list();
    for (const Hook& hook : hooks) {
      out.entry();
      write_hook(out, hook);
    }
    out.end();
  }
}

void write_hooks(Output& out, const Hooks& hooks) {
  if (hooks == Hooks{}) { return; }
  out.key("hooks");
  out.begin_mapping();
  write_hook_list(out, "onStart", hooks.on_start);
  write_hook_list(out, "onSuccess", hooks.on_success);
  write_hook_list(out, "onFail", hooks.on_fail);
  out.end();
}

void write_policy(Output& out, const Policy& policy) {
  if (policy == Policy{}) { return; }
  out.key("policy");
  out.begin_mapping();
  if (policy.action) { write_string(out, "action", word_of(*policy.action, kPolicyActions)); }
  if (policy.pre_action) { write_string(out, "preAction", *policy.pre_action); }
  if (policy.post_action) { write_string(out, "postAction", *policy.post_action); }
  out.end();
}

void write_step(Output& out, const Flow& flow, EnvironmentId environment) {
  std::vector<std::string_view> depends_on;
  for (const EnvironmentId dependency : flow.dependencies(environment)) {
    depends_on.push_back(flow.environment_name(dependency));
  }
  const StepOptions& step = flow.step(environment);
  out.begin_mapping();
  write_string(out, "environment", flow.environment_name(environment));
  out.key("dependsOn");
  out.strings(depends_on);
  write_policy(out, step.policy);
  write_hooks(out, step.hooks);
  if (step.timeout) { write_duration(out, "timeout", *step.timeout); }
  write_retry(out, step.retry);
  if (step.soak) { write_duration(out, "soak", *step.soak); }
  out.end();
}

void write_metadata(Output& out, const Flow& flow) {
  out.key("metadata");
  out.begin_mapping();
  write_string(out, "name", flow.name());
  if (!flow.options().annotations.empty()) {
    out.key("annotations");
    out.begin_mapping();
    for (const auto& [name, value] : flow.options().annotations) { write_string(out, name, value); }
    out.end();
  }
  out.end();
}

void write_spec(Output& out, const Flow& flow) {
  const FlowOptions& options = flow.options();
  const FlowOptions defaults;
  out.key("spec");
  out.begin_mapping();
  write_string(out, "triggerEnvironment", flow.environment_name(kTriggerEnvironment));
  if (options.post_trigger) { write_string(out, "postTrigger", *options.post_trigger); }
  if (options.promotion_timeout_limit != defaults.promotion_timeout_limit) {
    out.key("promotionTimeoutLimit");
    out.number(fmt::to_string(options.promotion_timeout_limit.count()));
  }
  if (options.failure_policy != defaults.failure_policy) {
    write_string(out, "failurePolicy", word_of(options.failure_policy, kFailurePolicies));
  }
  if (options.context_merge != defaults.context_merge) {
    write_string(out, "contextMerge", word_of(options.context_merge, kContextMerges));
  }
  if (options.hook_timeout) { write_duration(out, "hookTimeout", *options.hook_timeout); }
  if (options.termination_grace_period) {
    write_duration(out, "terminationGracePeriod", *options.termination_grace_period);
  }
  out.key("steps");
  out.begin_list();
  for (std::uint32_t step = 1; step < flow.environment_count(); ++step) {
    out.entry();
    write_step(out, flow, EnvironmentId{step});
  }
  out.end();
  write_hooks(out, options.hooks);
  out.end();
}

}  // namespace

}  // namespace detail

Result<std::string> write_manifest(const Flow& flow, TextFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    detail::Output out(format != TextFormat::Json);
    out.begin_mapping();
    detail::write_string(out, "apiVersion", detail::kApiVersion);
    detail::write_string(out, "kind", detail::kKind);
    detail::write_metadata(out, flow);
    detail::write_spec(out, flow);
    out.end();
    return out.take();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

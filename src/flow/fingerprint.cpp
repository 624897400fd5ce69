// SPDX-License-Identifier: Apache-2.0
// What a flow says, hashed field by field, each list with its length before it. A field that
// version 1 did not know is hashed only where it is given, with a tag before it: so a flow that
// does not use it keeps its fingerprint.
#include "flow/fingerprint.hpp"

#include <algorithm>
#include <cstring>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Hashed before the value of a field that version 1 did not know. The numbers never change.
enum class Tag : std::uint64_t {
  Soak = 1,
  HookTimeout = 2,
  TerminationGracePeriod = 3,
  Reads = 4,
  Exports = 5
};

using Keys = std::optional<std::vector<std::string>>;

void add_if_given(Fingerprint& fingerprint, Tag tag, const Keys& keys) noexcept {
  if (!keys) { return; }
  fingerprint.add(static_cast<std::uint64_t>(tag));
  fingerprint.add(std::uint64_t{keys->size()});
  for (const std::string& key : *keys) { fingerprint.add(std::string_view(key)); }
}

void add_if_given(Fingerprint& fingerprint, Tag tag,
                  const std::optional<std::chrono::milliseconds>& value) noexcept {
  if (value) {
    fingerprint.add(static_cast<std::uint64_t>(tag));
    fingerprint.add(static_cast<std::uint64_t>(value->count()));
  }
}

/// How many hooks onSuccess and onFail have in common at their ends. They may differ in that errors
/// are ignored in onSuccess: so a manifest's onEnd is read (M2).
std::size_t count_on_end(const Hooks& hooks) noexcept {
  const auto same = [](const Hook& on_success, const Hook& on_fail) {
    return on_success.name == on_fail.name && on_success.arguments == on_fail.arguments &&
           on_success.timeout == on_fail.timeout && on_success.retry == on_fail.retry &&
           on_success.reads == on_fail.reads && on_success.exports == on_fail.exports &&
           (on_success.on_error == OnError::Ignore || on_success.on_error == on_fail.on_error);
  };
  const auto [end, unused] = std::mismatch(hooks.on_success.rbegin(), hooks.on_success.rend(),
                                           hooks.on_fail.rbegin(), hooks.on_fail.rend(), same);
  return static_cast<std::size_t>(end - hooks.on_success.rbegin());
}

/// Whether a hook says what it reads or writes, which version 1 did not know.
bool declares_keys(const Hooks& hooks) noexcept {
  const auto declares = [](const Hook& hook) { return hook.reads || hook.exports; };
  return std::any_of(hooks.on_start.begin(), hooks.on_start.end(), declares) ||
         std::any_of(hooks.on_success.begin(), hooks.on_success.end(), declares) ||
         std::any_of(hooks.on_fail.begin(), hooks.on_fail.end(), declares);
}

/// Hashes everything but the flow's name and its annotations.
void add_all(Fingerprint& fingerprint, const FlowData& flow) noexcept {
  fingerprint.add(flow.options);
  for (std::uint32_t environment = 0; environment < flow.size(); ++environment) {
    fingerprint.add(flow.names[environment]);
    fingerprint.add(std::uint64_t{flow.environments[environment].step});
    for (const EnvironmentId on : flow.dependencies[environment]) {
      fingerprint.add(std::uint64_t{index(on)});
    }
  }
  for (const StepOptions& step : flow.steps) { fingerprint.add(step); }
}

}  // namespace

void Fingerprint::add(std::string_view text) noexcept {
  add(text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = text.size() < 8 ? text.size() : 8;
    for (std::size_t i = 0; i < count; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    add(word);
    text.remove_prefix(count);
  }
}

void Fingerprint::add(const std::optional<std::string>& text) noexcept {
  add(std::uint64_t{text.has_value()});
  if (text) { add(std::string_view(*text)); }
}

void Fingerprint::add(const Policy& policy) noexcept {
  add(policy.action ? static_cast<std::uint64_t>(*policy.action) : 0);
  add(policy.pre_action);
  add(policy.post_action);
}

void Fingerprint::add(const RetryPolicy& retry) noexcept {
  add(std::uint64_t{retry.limit});
  add(static_cast<std::uint64_t>(retry.duration.count()));
  std::uint64_t factor = 0;  // std::bit_cast came to libc++ with version 14.
  static_assert(sizeof factor == sizeof retry.factor);
  std::memcpy(&factor, &retry.factor, sizeof factor);
  add(factor);
  add(retry.max_duration ? static_cast<std::uint64_t>(retry.max_duration->count()) + 1 : 0);
}

void Fingerprint::add(const Hook& hook, OnError on_error) noexcept {
  add(std::string_view(hook.name));
  add(hook.arguments.size());
  for (const AssignedArgument& argument : hook.arguments) {
    add(std::string_view(argument.name));
    add(std::string_view(argument.value));
    add(std::uint64_t{argument.json});
  }
  add(hook.timeout ? static_cast<std::uint64_t>(hook.timeout->count()) + 1 : 0);
  add(hook.retry);
  add(static_cast<std::uint64_t>(on_error));
  add_if_given(*this, Tag::Reads, hook.reads);
  add_if_given(*this, Tag::Exports, hook.exports);
}

void Fingerprint::add(const Hooks& hooks) noexcept {
  add(hooks.on_start.size());
  for (const Hook& hook : hooks.on_start) { add(hook, hook.on_error); }
  const std::size_t on_end = on_end_ == OnEnd::AsGiven ? 0 : count_on_end(hooks);
  const std::size_t own = hooks.on_success.size() - on_end;
  add(hooks.on_success.size());
  for (std::size_t i = 0; i < hooks.on_success.size(); ++i) {
    const Hook& hook = hooks.on_success[i];
    add(hook,
        i < own ? hook.on_error : hooks.on_fail[hooks.on_fail.size() - on_end + i - own].on_error);
  }
  add(hooks.on_fail.size());
  for (const Hook& hook : hooks.on_fail) { add(hook, hook.on_error); }
}

void Fingerprint::add(const StepOptions& step) noexcept {
  add(step.policy);
  add(step.hooks);
  add(step.timeout ? static_cast<std::uint64_t>(step.timeout->count()) + 1 : 0);
  add(step.retry);
  add_if_given(*this, Tag::Soak, step.soak);
}

void Fingerprint::add(const FlowOptions& options) noexcept {
  add(options.post_trigger);
  add(static_cast<std::uint64_t>(options.promotion_timeout_limit.count()));
  add(static_cast<std::uint64_t>(options.failure_policy));
  add(static_cast<std::uint64_t>(options.context_merge));
  add(options.hooks);
  add_if_given(*this, Tag::HookTimeout, options.hook_timeout);
  add_if_given(*this, Tag::TerminationGracePeriod, options.termination_grace_period);
}

std::uint64_t fingerprint(const FlowData& flow) noexcept {
  Fingerprint result;
  result.add(std::string_view(flow.name));
  result.add(std::uint64_t{0});  // As version 1 hashed a flow without annotations.
  add_all(result, flow);
  return result.value();
}

std::optional<std::uint64_t> fingerprint_v1(const FlowData& flow,
                                            Fingerprint::OnEnd on_end) noexcept {
  const auto is_newer = [](const StepOptions& step) {
    return step.soak.has_value() || declares_keys(step.hooks);
  };
  if (std::any_of(flow.steps.begin(), flow.steps.end(), is_newer) ||
      declares_keys(flow.options.hooks) || flow.options.hook_timeout ||
      flow.options.termination_grace_period) {
    return std::nullopt;
  }
  Fingerprint result(on_end);
  result.add(std::string_view(flow.name));
  result.add(flow.options.annotations.size());
  for (const auto& [key, value] : flow.options.annotations) {
    result.add(std::string_view(key));
    result.add(std::string_view(value));
  }
  add_all(result, flow);
  return result.value();
}

bool matches_fingerprint_v1(const FlowData& flow, std::uint64_t value) noexcept {
  return fingerprint_v1(flow, Fingerprint::OnEnd::AsGiven) == value ||
         fingerprint_v1(flow, Fingerprint::OnEnd::AsInVersion1) == value;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

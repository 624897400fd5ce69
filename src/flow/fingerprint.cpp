// SPDX-License-Identifier: Apache-2.0
// Fingerprint: what a flow says, hashed field by field, each list with its length before it.
#include <bit>

#include "flow/flow_data.hpp"

namespace promoflow::detail {

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
  add(std::bit_cast<std::uint64_t>(retry.factor));
  add(retry.max_duration ? static_cast<std::uint64_t>(retry.max_duration->count()) + 1 : 0);
}

void Fingerprint::add(const Hook& hook) noexcept {
  add(std::string_view(hook.name));
  add(hook.arguments.size());
  for (const AssignedArgument& argument : hook.arguments) {
    add(std::string_view(argument.name));
    add(std::string_view(argument.value));
    add(std::uint64_t{argument.json});
  }
  add(hook.timeout ? static_cast<std::uint64_t>(hook.timeout->count()) + 1 : 0);
  add(hook.retry);
  add(static_cast<std::uint64_t>(hook.on_error));
}

void Fingerprint::add(const Hooks& hooks) noexcept {
  for (const auto* list : {&hooks.on_start, &hooks.on_success, &hooks.on_fail}) {
    add(list->size());
    for (const Hook& hook : *list) { add(hook); }
  }
}

void Fingerprint::add(const StepOptions& step) noexcept {
  add(step.policy);
  add(step.hooks);
  add(step.timeout ? static_cast<std::uint64_t>(step.timeout->count()) + 1 : 0);
  add(step.retry);
}

void Fingerprint::add(const FlowOptions& options) noexcept {
  add(options.annotations.size());
  for (const auto& [key, value] : options.annotations) {
    add(std::string_view(key));
    add(std::string_view(value));
  }
  add(options.post_trigger);
  add(static_cast<std::uint64_t>(options.promotion_timeout_limit.count()));
  add(static_cast<std::uint64_t>(options.failure_policy));
  add(static_cast<std::uint64_t>(options.context_merge));
  add(options.hooks);
}

}  // namespace promoflow::detail

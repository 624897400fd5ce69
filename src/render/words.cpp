// SPDX-License-Identifier: Apache-2.0
#include "render/words.hpp"

#include <fmt/format.h>

#include <new>

#include "promoflow/manifest.hpp"

namespace promoflow::detail {
namespace {

std::string retry_words(const RetryPolicy& retry) {
  std::string words = fmt::format("retry {}", retry.limit);
  if (retry.duration.count() > 0) {
    words += " after " + duration_words(retry.duration);
    if (retry.factor != 1.0) { words += fmt::format(" x{}", retry.factor); }
  }
  return words;
}

/// `gate (timeout 10s, retry 2 after 5s, onError ignore)`; arguments by name.
std::string hook_words(const Hook& hook) {
  std::vector<std::string> extras;
  for (const AssignedArgument& argument : hook.arguments) {
    extras.push_back(argument.name + "=" + argument.value);
  }
  if (hook.timeout) { extras.push_back("timeout " + duration_words(*hook.timeout)); }
  if (hook.retry.limit > 0) { extras.push_back(retry_words(hook.retry)); }
  if (hook.on_error == OnError::Ignore) { extras.emplace_back("onError ignore"); }
  return extras.empty() ? hook.name : fmt::format("{} ({})", hook.name, fmt::join(extras, ", "));
}

void add_hooks(EnvironmentWords& words, const Flow& flow, EnvironmentId environment) {
  struct Row {
    Point point;
    std::string_view label;
  };
  constexpr Row kRows[] = {{Point::EnvironmentOnStart, "onStart"},
                           {Point::EnvironmentOnSuccess, "onSuccess"},
                           {Point::EnvironmentOnFail, "onFail"}};
  for (const Row& row : kRows) {
    std::string names = hook_names(flow, row.point, environment);
    if (!names.empty()) { words.details.push_back({row.label, std::move(names), row.point}); }
  }
}

void add_policy(EnvironmentWords& words, const StepOptions& step) {
  const Policy& policy = step.policy;
  if (policy.action) { words.kind = to_string(*policy.action); }
  if (policy.pre_action) { words.details.push_back({"preAction", *policy.pre_action}); }
  if (policy.post_action) { words.details.push_back({"postAction", *policy.post_action}); }
}

void add_limits(EnvironmentWords& words, const StepOptions& step) {
  if (step.timeout) { words.details.push_back({"timeout", duration_words(*step.timeout)}); }
  if (step.retry.limit > 0) {
    words.details.push_back({"retry", retry_words(step.retry).substr(sizeof("retry"))});
  }
}

}  // namespace

EnvironmentWords environment_words(const Subject& subject, EnvironmentId environment) {
  const Flow& flow = subject.flow;
  EnvironmentWords words;
  words.name = flow.environment_name(environment);
  if (environment == kTriggerEnvironment) {
    words.kind = "trigger";
    if (const auto& workflow = flow.options().post_trigger) {
      words.details.push_back({"postTrigger", *workflow});
    }
  } else {
    const StepOptions& step = flow.step(environment);
    add_policy(words, step);
    add_hooks(words, flow, environment);
    add_limits(words, step);
  }
  if (subject.release != nullptr) {
    const EnvironmentState state = subject.release->environment(environment);
    words.status = state.status;
    words.status_text = to_string(state.status);
    if (state.phase != words.status_text) {
      words.status_text += fmt::format(" ({})", state.phase);
    }
    if (!state.message.empty()) { words.status_text += fmt::format(": {}", state.message); }
  }
  return words;
}

std::string hook_names(const Flow& flow, Point point, EnvironmentId environment) {
  std::string names;
  for (const Hook& hook : flow.hooks(point, environment)) {
    if (!names.empty()) { names += ", "; }
    names += hook_words(hook);
  }
  return names;
}

std::string flow_words(const Flow& flow) {
  const FlowOptions& options = flow.options();
  return fmt::format("{}, {}, at most {}", counted(flow.environment_count(), "environment"),
                     to_string(options.failure_policy),
                     duration_words(options.promotion_timeout_limit));
}

std::string release_words(const Release& release) {
  std::string words = fmt::format("{}: {}", release.info().id, to_string(release.status()));
  if (release.phase() != to_string(release.status())) {
    words += fmt::format(" ({})", release.phase());
  }
  if (!release.message().empty()) { words += fmt::format(": {}", release.message()); }
  return words;
}

std::string duration_words(std::chrono::milliseconds duration) {
  const Result<std::string> words = format_duration(duration);
  if (!words) { throw std::bad_alloc(); }  // Its only error; the one guard of the room catches it.
  return *words;
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

Tone tone(EnvironmentStatus status) noexcept {
  switch (status) {
    case EnvironmentStatus::Pending: return Tone::Faint;
    case EnvironmentStatus::Running: return Tone::Busy;
    case EnvironmentStatus::Suspended: return Tone::Waiting;
    case EnvironmentStatus::Successful: return Tone::Good;
    case EnvironmentStatus::Failed: return Tone::Bad;
    case EnvironmentStatus::Terminated: return Tone::Stopped;
  }
  return Tone::Plain;
}

std::string_view sign_of(EnvironmentStatus status, bool ascii) noexcept {
  switch (status) {
    case EnvironmentStatus::Pending: return ascii ? "o" : "\u25CB";
    case EnvironmentStatus::Running: return ascii ? ">" : "\u25D0";
    case EnvironmentStatus::Suspended: return ascii ? "=" : "\u2016";
    case EnvironmentStatus::Successful: return ascii ? "+" : "\u2713";
    case EnvironmentStatus::Failed: return ascii ? "x" : "\u2717";
    case EnvironmentStatus::Terminated: return ascii ? "#" : "\u25A0";
  }
  return "?";
}

EnvironmentStatus look_of(ReleaseStatus status) noexcept {
  switch (status) {
    case ReleaseStatus::Running: return EnvironmentStatus::Running;
    case ReleaseStatus::Suspended: return EnvironmentStatus::Suspended;
    case ReleaseStatus::Terminating: return EnvironmentStatus::Terminated;
    case ReleaseStatus::Succeeded: return EnvironmentStatus::Successful;
    case ReleaseStatus::Failed: return EnvironmentStatus::Failed;
    case ReleaseStatus::Terminated: return EnvironmentStatus::Terminated;
  }
  return EnvironmentStatus::Pending;
}

}  // namespace promoflow::detail

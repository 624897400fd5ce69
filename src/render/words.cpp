// SPDX-License-Identifier: Apache-2.0
#include "render/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <new>

#include "base/guard.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

/// Largest flow of which a drawing says why environments are Pending: each answer may cost as much
/// as the graph is large.
constexpr std::uint32_t kReasonsShownMax = 1000;

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
  if (step.soak) { words.details.push_back({"soak", duration_words(*step.soak)}); }
  if (step.retry.limit > 0) {
    words.details.push_back({"retry", retry_words(step.retry).substr(sizeof("retry"))});
  }
}

std::string_view block_words(AdmissionBlock block) noexcept {
  switch (block) {
    case AdmissionBlock::None: return "begins next";
    case AdmissionBlock::ReleaseStarting: return "release.onStart has not succeeded yet";
    case AdmissionBlock::Failure: return "nothing begins after a failure";
    case AdmissionBlock::Termination: return "nothing begins during a termination";
    case AdmissionBlock::Final: return "the release has ended";
  }
  return {};
}

/// `a (Failed), b (Running)`.
std::string status_list(const Release& release, const std::vector<EnvironmentId>& environments) {
  std::string words;
  for (std::size_t i = 0; i < environments.size() && i < kDependenciesShownMax; ++i) {
    words += fmt::format("{}{} ({})", i > 0 ? ", " : "",
                         release.flow().environment_name(environments[i]),
                         to_string(release.environment(environments[i]).status));
  }
  if (environments.size() > kDependenciesShownMax) {
    words += fmt::format(" and {} more", environments.size() - kDependenciesShownMax);
  }
  return words;
}

/// Why an environment is Pending: `waits for eu (Pending), because of staging (Failed)`.
std::string pending_words(const Release& release, EnvironmentId environment) {
  const PendingReason reason = value_or_throw(release.why_pending(environment));
  if (reason.unmet.empty()) { return std::string(block_words(reason.block)); }
  std::string words = "waits for " + status_list(release, reason.unmet);
  if (reason.causes != reason.unmet) {
    words += ", because of " + status_list(release, reason.causes);
  }
  return words;
}

}  // namespace

EnvironmentWords environment_words(const Subject& subject, EnvironmentId environment) {
  const Flow& flow = subject.flow;
  EnvironmentWords words;
  words.name = flow.environment_name(environment);
  if (environment == kTriggerEnvironment) {
    if (subject.summary.empty()) { words.kind = "trigger"; }
    if (const auto& workflow = flow.options().post_trigger) {
      words.details.push_back({"postTrigger", *workflow});
    }
  } else {
    const StepOptions& step = flow.step(environment);
    add_policy(words, step);
    add_hooks(words, flow, environment);
    add_limits(words, step);
  }
  if (subject.outcome != nullptr) {
    words.status = subject.outcome->environments[static_cast<std::uint32_t>(environment)];
    words.status_text = to_string(*words.status);
  }
  if (subject.release != nullptr) {
    const EnvironmentState state = subject.release->environment(environment);
    words.status = state.status;
    words.status_text = to_string(state.status);
    if (state.phase != words.status_text) {
      words.status_text += fmt::format(" ({})", state.phase);
    }
    if (!state.message.empty()) { words.status_text += fmt::format(": {}", state.message); }
    const bool explained =
        state.status == EnvironmentStatus::Pending && flow.environment_count() <= kReasonsShownMax;
    if (explained) { words.status_text += ": " + pending_words(*subject.release, environment); }
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

std::string subject_words(const Subject& subject) {
  if (!subject.summary.empty()) { return std::string(subject.summary); }
  const FlowOptions& options = subject.flow.options();
  std::string words = fmt::format(
      "{}, {}, at most {}", counted(subject.flow.environment_count(), "environment"),
      to_string(options.failure_policy), duration_words(options.promotion_timeout_limit));
  if (options.hook_timeout) {
    words += fmt::format(", hooks at most {}", duration_words(*options.hook_timeout));
  }
  if (options.termination_grace_period) {
    words +=
        fmt::format(", termination at most {}", duration_words(*options.termination_grace_period));
  }
  return words;
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
  return value_or_throw(format_duration(duration));
}

std::string by_words(std::string_view by) {
  return by.empty() ? std::string() : fmt::format(" (by {})", by);
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
    case EnvironmentStatus::Skipped: return Tone::Faint;
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
    case EnvironmentStatus::Skipped: return ascii ? "~" : "\u21B7";
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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

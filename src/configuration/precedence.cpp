// SPDX-License-Identifier: Apache-2.0
#include "configuration/precedence.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr Precedes kNever{};
constexpr Precedes kSometimes{.may = true};

/// Of a hook that its chain has passed: it has succeeded, unless its failure is ignored.
Precedes passed(const HookRow& w) noexcept {
  return {.may = true, .must = w.hook->on_error == OnError::Fail};
}

/// Hooks of one list, of which each is issued again only if the chain stopped at it.
Precedes in_one_chain(const HookRow& w, const HookRow& h) noexcept {
  return w.index < h.index ? passed(w) : kNever;
}

bool is_last(const FlowFacts& facts, const HookRow& w) noexcept {
  return w.index + 1 == facts.flow.hooks(w.point, EnvironmentId{w.environment}).size();
}

Precedes of_release(const FlowFacts& facts, const HookRow& w, const HookRow& h) noexcept {
  switch (w.point) {
    case Point::ReleaseOnStart:
      if (h.point == Point::ReleaseOnStart) { return in_one_chain(w, h); }
      // release.onFail runs, too, when this very hook has failed.
      return h.point == Point::ReleaseOnFail ? kSometimes : passed(w);
    case Point::ReleaseOnSuccess:
      if (h.point == Point::ReleaseOnSuccess) { return in_one_chain(w, h); }
      // With its last hook the release has succeeded: nothing follows.
      return h.point == Point::ReleaseOnFail && !is_last(facts, w) ? kSometimes : kNever;
    case Point::ReleaseOnFail:
      return kSometimes;  // After a retry everything that had not succeeded is issued again.
    case Point::EnvironmentOnStart:
    case Point::EnvironmentOnSuccess:
    case Point::EnvironmentOnFail: break;
  }
  return kNever;
}

/// Both hooks are of one environment.
Precedes in_environment(const FlowFacts& facts, const HookRow& w, const HookRow& h) noexcept {
  if (w.point == Point::EnvironmentOnFail) { return kSometimes; }  // After a retry.
  if (w.point == h.point) { return in_one_chain(w, h); }
  if (w.point == Point::EnvironmentOnStart) {
    return h.point == Point::EnvironmentOnFail ? kSometimes : passed(w);
  }
  // w is an onSuccess hook: with the last of them the environment is Successful, and never fails.
  return h.point == Point::EnvironmentOnFail && !is_last(facts, w) ? kSometimes : kNever;
}

}  // namespace

FlowFacts::FlowFacts(const Flow& of) : flow(of) {
  // The trigger environment is over before any other one begins, unless it has a workflow.
  const std::uint32_t others = of.environment_count() - (of.options().post_trigger ? 1U : 2U);
  for (std::uint32_t i = 1; i < of.environment_count(); ++i) {
    const auto dependencies = of.dependencies(EnvironmentId{i});
    if (dependencies.size() < others) { continue; }
    const bool has_trigger = std::find(dependencies.begin(), dependencies.end(),
                                       kTriggerEnvironment) != dependencies.end();
    const bool is_counted = !of.options().post_trigger && has_trigger;
    if (dependencies.size() - (is_counted ? 1U : 0U) == others) { closing = i; }
  }
}

bool depends_directly(const Flow& flow, std::uint32_t environment, std::uint32_t on) noexcept {
  const auto dependents = flow.dependents(EnvironmentId{on});  // In step order.
  return std::binary_search(dependents.begin(), dependents.end(), EnvironmentId{environment});
}

Precedes precedes(const FlowFacts& facts, const HookRow& w, const HookRow& h) noexcept {
  if (is_release_point(w.point)) { return of_release(facts, w, h); }
  switch (h.point) {
    case Point::ReleaseOnStart: return kNever;  // No environment begins before it is over.
    case Point::ReleaseOnSuccess: return kSometimes;
    case Point::ReleaseOnFail: {
      const bool ends_release = w.point == Point::EnvironmentOnSuccess && is_last(facts, w) &&
                                w.environment == facts.closing &&
                                facts.flow.hooks(Point::ReleaseOnSuccess).empty();
      return ends_release ? kNever : kSometimes;
    }
    case Point::EnvironmentOnStart:
    case Point::EnvironmentOnSuccess:
    case Point::EnvironmentOnFail: break;
  }
  if (w.environment == h.environment) { return in_environment(facts, w, h); }
  // What has succeeded or was skipped never runs again.
  return depends_directly(facts.flow, w.environment, h.environment) ? kNever : kSometimes;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// The fingerprint of a flow, today's and that of snapshots of version 1.
#include "flow/fingerprint.hpp"

#include "catch.hpp"
#include "promoflow/manifest.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
using detail::Fingerprint;

namespace {

/// Every option that version 1 had.
FlowOptions all_options() {
  FlowOptions options;
  options.annotations = {{"team", "payments"}, {"exactly8", "and some more"}};
  options.post_trigger = "smoke";
  options.promotion_timeout_limit = std::chrono::minutes(90);
  options.failure_policy = FailurePolicy::Abort;
  options.context_merge = ContextMerge::Deep;
  return options;
}

StepOptions all_of_a_step() {
  StepOptions step;
  step.policy = {PolicyAction::PullRequest, "before", "after"};
  step.timeout = milliseconds(600'000);
  step.retry = {2, milliseconds(10'000), 1.5, milliseconds(60'000)};
  step.hooks = {{hook("announce")}, {hook("smoke")}, {hook("jira"), hook("page")}};
  step.hooks.on_fail[1].arguments = {{"TEAM", "sre"}, {"LIST", "[1]", true}};
  step.hooks.on_fail[1].timeout = milliseconds(1);
  step.hooks.on_fail[1].retry.limit = 1;
  step.hooks.on_fail[1].on_error = OnError::Ignore;
  return step;
}

Flow make(FlowOptions options = all_options(), const StepOptions& step = all_of_a_step()) {
  options.hooks = all_of_a_step().hooks;
  FlowBuilder builder("fingerprint", "dev");
  builder.options(std::move(options)).step("staging", {"dev"}, step);
  builder.step("production", {"staging", "dev"});
  return built(builder);
}

/// A manifest of one step with these hooks.
Flow with_hooks(const std::string& hooks) {
  return load_flow(
             "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f}\n"
             "spec:\n  triggerEnvironment: dev\n  steps:\n"
             "    - {environment: staging, dependsOn: [dev], hooks: " +
             hooks + "}\n")
      .value();
}

}  // namespace

TEST_CASE("a flow's fingerprint never changes, because snapshots carry it", "[R15]") {
  CHECK(make().fingerprint() == 0x3A944B62F0A3461EU);
  CHECK(detail::fingerprint_v1(make().data()) == 0xA38A7B05DD3B1B34U);
}

TEST_CASE("annotations are no part of the fingerprint, but of what makes flows equal",
          "[R15][M8]") {
  FlowOptions other = all_options();
  other.annotations = {{"description", "edited"}};
  CHECK(make(other).fingerprint() == make().fingerprint());
  CHECK_FALSE(make(other) == make());
  CHECK(detail::fingerprint_v1(make(other).data()) != detail::fingerprint_v1(make().data()));
}

TEST_CASE("a flow without annotations and later fields has the fingerprint of version 1", "[R15]") {
  FlowOptions options = all_options();
  options.annotations.clear();
  const Flow flow = make(options);
  CHECK(detail::fingerprint_v1(flow.data()) == flow.fingerprint());
}

TEST_CASE("each later field is part of the fingerprint, and unknown to version 1", "[R15][M4]") {
  const milliseconds minute(60'000);
  StepOptions soaking = all_of_a_step();
  soaking.soak = minute;
  FlowOptions with_timeout = all_options();
  with_timeout.hook_timeout = minute;
  FlowOptions with_grace = all_options();
  with_grace.termination_grace_period = minute;
  const std::vector<Flow> flows = {make(), make(all_options(), soaking), make(with_timeout),
                                   make(with_grace)};
  for (std::size_t i = 0; i < flows.size(); ++i) {
    for (std::size_t j = 0; j < flows.size(); ++j) {
      CHECK((flows[i].fingerprint() == flows[j].fingerprint()) == (i == j));
      CHECK((flows[i] == flows[j]) == (i == j));
    }
    CHECK(detail::fingerprint_v1(flows[i].data()).has_value() == (i == 0));
    CHECK(detail::matches_fingerprint_v1(flows[i].data(), 0xA38A7B05DD3B1B34U) == (i == 0));
  }
  soaking.soak = minute * 2;
  CHECK(make(all_options(), soaking).fingerprint() != flows[1].fingerprint());
}

TEST_CASE("a snapshot of version 1 matches a manifest with onEnd, as that version read it",
          "[R15][M2]") {
  // Version 1 read onEnd as if both lists had its hooks.
  const Flow then = with_hooks(
      "{onSuccess: [own, a, {name: b, timeout: 1m}], "
      "onFail: [a, {name: b, timeout: 1m}]}");
  const Flow now = with_hooks("{onSuccess: own, onEnd: [a, {name: b, timeout: 1m}]}");
  const std::uint64_t stored = detail::fingerprint_v1(then.data()).value();
  CHECK(detail::fingerprint_v1(now.data()) != stored);
  CHECK(detail::fingerprint_v1(now.data(), Fingerprint::OnEnd::AsInVersion1) == stored);
  CHECK(detail::matches_fingerprint_v1(now.data(), stored));
  CHECK(now.fingerprint() != then.fingerprint());
}

TEST_CASE("hooks that are not from onEnd match no other flow's snapshot of version 1",
          "[R15][M2]") {
  const Flow lax = with_hooks("{onSuccess: [{name: a, onError: ignore}], onFail: [b]}");
  const Flow strict = with_hooks("{onSuccess: [a], onFail: [b]}");
  const std::uint64_t stored = detail::fingerprint_v1(strict.data()).value();
  CHECK_FALSE(detail::matches_fingerprint_v1(lax.data(), stored));
  CHECK(detail::matches_fingerprint_v1(lax.data(), detail::fingerprint_v1(lax.data()).value()));
  const Flow lax_on_fail = with_hooks("{onSuccess: [a], onFail: [{name: a, onError: ignore}]}");
  const Flow both_lax =
      with_hooks("{onSuccess: [{name: a, onError: ignore}], onFail: [{name: a, onError: ignore}]}");
  CHECK_FALSE(detail::matches_fingerprint_v1(lax_on_fail.data(),
                                             detail::fingerprint_v1(both_lax.data()).value()));
}

// SPDX-License-Identifier: Apache-2.0
// Options of flows and steps that are made in code: what the builder refuses and warns of.
#include <limits>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

TEST_CASE("a hook that is assigned too many arguments is refused", "[M7]") {
  StepOptions step;
  step.hooks.on_fail = {hook("page")};
  for (int i = 0; i < 1025; ++i) {
    step.hooks.on_fail[0].arguments.push_back({"A" + std::to_string(i), "x"});
  }
  FlowBuilder builder("arguments", "dev");
  builder.step("qa", {"dev"}).step("staging", {"dev"}, step);
  CHECK(findings(builder) ==
        std::vector<std::string>{"limit-exceeded /spec/steps/1/hooks/onFail/0/arguments"});
  step.hooks.on_fail[0].arguments.pop_back();
  builder = FlowBuilder("arguments", "dev");
  builder.step("staging", {"dev"}, step);
  CHECK(findings(builder).empty());
}

TEST_CASE("options that only code can give are refused, too", "[M6]") {
  StepOptions step;
  step.policy.post_action = "";
  step.retry.factor = std::numeric_limits<double>::infinity();
  step.hooks.on_start = {hook("look")};
  step.hooks.on_start[0].arguments = {{"A", "x"}, {"B", "1 2", true}, {"A", "y"}};
  step.hooks.on_start[0].arguments.push_back(
      {"C", R"({"a":1,"a":2})", true});  // The last value counts.
  FlowOptions options;
  options.annotations = {{"not \xff text", "text"}};
  options.promotion_timeout_limit = std::chrono::minutes(0);
  FlowBuilder builder("options", "dev");
  builder.options(options).step("qa", {"dev"}, step);
  CHECK(findings(builder) ==
        std::vector<std::string>{"invalid-value /metadata/annotations",
                                 "invalid-value /spec/promotionTimeoutLimit",
                                 "invalid-name /spec/steps/0/policy/postAction",
                                 "invalid-value /spec/steps/0/hooks/onStart/0/arguments",
                                 "duplicate-key /spec/steps/0/hooks/onStart/0/arguments",
                                 "invalid-value /spec/steps/0/retry/backoff/factor"});
}

TEST_CASE("options that no manifest could give are refused, each at its pointer", "[M6][M8]") {
  const std::string bytes = "not \xff text";
  StepOptions step;
  step.policy.pre_action = "";
  step.timeout = std::chrono::milliseconds(0);
  step.retry.factor = 0;
  step.retry.duration = std::chrono::milliseconds(-1);
  step.hooks.on_start = {hook(bytes), hook("a")};
  step.hooks.on_start[1].arguments = {{"A", "x"},       {"A", "y"},         {"B", bytes},
                                      {"C", "{", true}, {"D", "[1]", true}, {"", "z"}};
  step.hooks.on_start[1].timeout = std::chrono::milliseconds::max();
  FlowOptions options;
  options.annotations = {{"note", bytes}, {"note", "again"}};
  options.post_trigger = "smoke\ntests";
  options.promotion_timeout_limit = std::chrono::minutes::max();
  FlowBuilder builder("options", "dev");
  builder.options(options).step("qa", {"dev"}, step).step(bytes, {"dev"}).step("", {"dev"}, step);
  const std::string start = "/spec/steps/0/hooks/onStart";
  CHECK(findings(builder) ==
        std::vector<std::string>{
            "invalid-value /metadata/annotations", "duplicate-key /metadata/annotations",
            "invalid-name /spec/postTrigger", "invalid-value /spec/promotionTimeoutLimit",
            "invalid-name /spec/steps/0/policy/preAction", "invalid-name " + start + "/0",
            "invalid-value " + start + "/1/arguments", "invalid-value " + start + "/1/arguments",
            "invalid-name " + start + "/1/arguments", "duplicate-key " + start + "/1/arguments",
            "invalid-value " + start + "/1/timeout", "invalid-value /spec/steps/0/timeout",
            "invalid-value /spec/steps/0/retry/backoff",
            "invalid-value /spec/steps/0/retry/backoff/factor",
            "invalid-name /spec/steps/1/environment", "invalid-name /spec/steps/2/environment"});
}

TEST_CASE("an argument's value that is not JSON, or not UTF-8, is refused", "[M6]") {
  StepOptions step;
  step.hooks.on_start = {hook("a")};
  step.hooks.on_start[0].arguments = {{"A", "{", true}, {"B", "\xff"}};
  FlowBuilder builder("arguments", "dev");
  builder.step("qa", {"dev"}, step);
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 2);
  CHECK(report.diagnostics[0].message == "the value of a hook's argument is not JSON");
  CHECK(report.diagnostics[0].hint == "give compact JSON text, or let it be a string");
  CHECK(report.diagnostics[1].message == "the value of a hook's argument is not UTF-8");
  CHECK(report.diagnostics[1].hint == "give it as UTF-8");
}

TEST_CASE("the longest waits of a manifest are accepted", "[M4][M6]") {
  const auto longest = std::chrono::milliseconds(INT64_MAX / 1'000'000);
  StepOptions step;
  step.timeout = longest;
  step.retry.duration = longest;
  step.retry.max_duration = longest;
  FlowBuilder builder("limits", "dev");
  builder.step("qa", {"dev"}, step);
  CHECK(findings(builder).empty());
  step.retry.max_duration = longest + std::chrono::milliseconds(1);
  builder = FlowBuilder("limits", "dev");
  builder.step("qa", {"dev"}, step);
  CHECK(findings(builder) == std::vector<std::string>{"invalid-value /spec/steps/0/retry/backoff"});
}

TEST_CASE("limits and waits out of range are refused", "[M4][M6]") {
  for (const double factor : {-1.0, 0.0, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    StepOptions step;
    step.retry.factor = factor;
    step.retry.max_duration = std::chrono::milliseconds(-1);
    FlowOptions options;
    options.annotations = {{"\xff", "text"}};
    options.promotion_timeout_limit = std::chrono::minutes(0);
    FlowBuilder builder("limits", "dev");
    builder.options(options).step("qa", {"dev"}, step);
    CHECK(findings(builder) ==
          std::vector<std::string>{"invalid-value /metadata/annotations",
                                   "invalid-value /spec/promotionTimeoutLimit",
                                   "invalid-value /spec/steps/0/retry/backoff",
                                   "invalid-value /spec/steps/0/retry/backoff/factor"});
  }
}

TEST_CASE("a soak, a hook timeout and a grace period are longer than nothing, also in code",
          "[M4][M6]") {
  const auto longest = milliseconds(INT64_MAX / 1'000'000);
  for (const milliseconds wrong :
       {milliseconds(0), milliseconds(-1), longest + milliseconds(1), milliseconds::max()}) {
    FlowOptions options;
    options.hook_timeout = wrong;
    options.termination_grace_period = wrong;
    StepOptions step;
    step.soak = wrong;
    FlowBuilder builder("limits", "dev");
    builder.options(options).step("qa", {"dev"}, step);
    CHECK(findings(builder) ==
          std::vector<std::string>{"invalid-value /spec/hookTimeout",
                                   "invalid-value /spec/terminationGracePeriod",
                                   "invalid-value /spec/steps/0/soak"});
  }
  for (const milliseconds right : {milliseconds(1), longest}) {
    FlowOptions options;
    options.hook_timeout = right;
    options.termination_grace_period = right;
    StepOptions step;
    step.soak = right;
    FlowBuilder builder("limits", "dev");
    builder.options(options).step("qa", {"dev"}, step);
    CHECK(findings(builder).empty());
  }
}

TEST_CASE("a flow with a reserved argument is built, with a warning", "[M6][A5]") {
  StepOptions step;
  step.hooks.on_success = {hook("a"), hook("b")};
  step.hooks.on_success[1].arguments = {{"CHANNEL", "x"}, {"ERROR_MESSAGE", "x"}};
  FlowOptions options;
  options.hooks.on_fail = {hook("c")};
  options.hooks.on_fail[0].arguments = {{"VERSION", "1", true}};
  FlowBuilder builder("reserved", "dev");
  builder.options(options).step("qa", {"dev"}, step);
  const FlowReport report = builder.build().value();
  REQUIRE(report.flow);
  REQUIRE(report.diagnostics.size() == 2);
  CHECK(report.diagnostics[0].pointer == "/spec/hooks/onFail/0/arguments/VERSION");
  CHECK(report.diagnostics[1].pointer == "/spec/steps/0/hooks/onSuccess/1/arguments/ERROR_MESSAGE");
  for (const Diagnostic& diagnostic : report.diagnostics) {
    CHECK(diagnostic.code == DiagnosticCode::ReservedArgument);
    CHECK(diagnostic.severity == Severity::Warning);
    CHECK_FALSE(diagnostic.hint.empty());
  }
}

TEST_CASE("enumerators that do not exist are refused, each at its pointer", "[H31][M8]") {
  StepOptions step;
  step.policy.action = PolicyAction{77};
  step.hooks.on_start = {hook("a")};
  step.hooks.on_start[0].on_error = OnError{9};
  FlowOptions options;
  options.failure_policy = FailurePolicy{0};
  options.context_merge = ContextMerge{-1};
  FlowBuilder builder("numbers", "dev");
  builder.options(options).step("qa", {"dev"}, step);
  CHECK(findings(builder) ==
        std::vector<std::string>{"invalid-value /spec/failurePolicy",
                                 "invalid-value /spec/contextMerge",
                                 "invalid-value /spec/steps/0/policy/action",
                                 "invalid-value /spec/steps/0/hooks/onStart/0/onError"});
}

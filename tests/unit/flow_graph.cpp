// SPDX-License-Identifier: Apache-2.0
// The flow: what the builder takes and refuses, and what the graph answers.
#include <algorithm>
#include <limits>
#include <new>

#include "allocations.hpp"
#include "catch.hpp"
#include "flow/graph.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

TEST_CASE("a flow knows its environments, by number and by name", "[M1]") {
  const Flow flow = walkthrough();
  CHECK(flow.name() == "walkthrough");
  CHECK(flow.environment_count() == 3);
  CHECK(flow.environment_name(kTriggerEnvironment) == "dev");
  const auto staging = flow.find_environment("staging");
  const auto production = flow.find_environment("production");
  REQUIRE(staging);
  REQUIRE(production);
  CHECK_FALSE(flow.find_environment("prod"));
  CHECK(*staging == EnvironmentId{1});
  REQUIRE(flow.dependents(*staging).size() == 1);
  CHECK(flow.dependents(*staging)[0] == *production);
  CHECK(flow.dependencies(*production)[0] == *staging);
  CHECK(flow.dependencies(kTriggerEnvironment).empty());
  CHECK(flow.depends_on(*production, kTriggerEnvironment).value());
  CHECK_FALSE(flow.depends_on(*staging, *production).value());
  CHECK_FALSE(flow.depends_on(*staging, *staging).value());
  CHECK(flow.level(*production) == 2);
  CHECK(flow.hooks(Point::EnvironmentOnFail, *staging)[0].name == "jira");
  CHECK(flow.hooks(Point::ReleaseOnStart)[0].name == "begin");
}

TEST_CASE("steps may be listed in any order, and keep it", "[M1]") {
  FlowBuilder builder("any-order", "dev");
  builder.step("prod", {"qa", "staging"}).step("staging", {"dev"}).step("qa", {"dev"});
  const Flow flow = built(builder);
  CHECK(flow.environment_name(EnvironmentId{1}) == "prod");
  CHECK(flow.environment_name(EnvironmentId{3}) == "qa");
  CHECK(flow.environment_name(flow.dependencies(EnvironmentId{1})[0]) == "qa");
  CHECK(flow.level(EnvironmentId{1}) == 2);
}

TEST_CASE("equal flows are equal, and each difference shows", "[M8][R15]") {
  const auto make = [](const char* on, const StepOptions& step, FailurePolicy policy) {
    FlowBuilder builder("equal", "dev");
    FlowOptions options;
    options.failure_policy = policy;
    builder.options(options).step("qa", {"dev"}).step("staging", {on}, step);
    return built(builder);
  };
  StepOptions hooked;
  hooked.hooks.on_start = {hook("a")};
  const Flow flow = make("dev", {}, FailurePolicy::FailFast);
  CHECK(flow == Flow(flow));
  CHECK(flow == make("dev", {}, FailurePolicy::FailFast));
  CHECK(flow.fingerprint() == make("dev", {}, FailurePolicy::FailFast).fingerprint());
  for (const Flow& other :
       {make("qa", {}, FailurePolicy::FailFast), make("dev", hooked, FailurePolicy::FailFast),
        make("dev", {}, FailurePolicy::Abort)}) {
    CHECK_FALSE(flow == other);
    CHECK(flow.fingerprint() != other.fingerprint());
  }
}

TEST_CASE("a step may be given again after memory ran out", "[M1]") {
  FlowBuilder calm("memory", "dev");
  FlowBuilder pressed("memory", "dev");
  std::string on = "dev";
  for (int step = 0; step < 40; ++step) {
    const std::string environment = "environment-" + std::to_string(step);
    calm.step(environment, {on});
    bool refused = true;
    for (std::size_t allowed = 0; refused; ++allowed) {
      const FailingAllocations failing(allowed);
      try {
        pressed.step(environment, {on});
        refused = false;
      } catch (const std::bad_alloc&) {}
    }
    on = environment;
  }
  CHECK(built(calm) == built(pressed));
}

TEST_CASE("a step that fails for lack of memory leaves nothing behind", "[M1]") {
  FlowBuilder builder("memory", "dev");
  const std::string name = "an environment with a long name";
  std::size_t refusals = 0;
  for (bool refused = true; refused;) {
    const FailingAllocations failing(refusals);
    try {
      builder.step(name, {"dev"});
      refused = false;
    } catch (const std::bad_alloc&) { ++refusals; }
  }
  CHECK(refusals > 0);
  CHECK(findings(builder).empty());
}

TEST_CASE("a problem in options that steps share is reported once", "[M6]") {
  StepOptions bad;
  bad.timeout = milliseconds(0);
  StepOptions good;
  good.timeout = milliseconds(1);
  FlowBuilder builder("shared", "dev");
  builder.step("a", {"dev"}, bad).step("b", {"dev"}, good).step("c", {"dev"}, bad);
  CHECK(findings(builder) == std::vector<std::string>{"invalid-value /spec/steps/0/timeout"});
}

TEST_CASE("a hundred unknown names get suggestions, further ones do not", "[M6]") {
  FlowBuilder builder("unknown", "dev");
  builder.step("production", std::vector<std::string_view>(101, "productio"));
  const FlowReport report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 101);
  CHECK(report.diagnostics[99].hint == "did you mean 'production'?");
  CHECK(report.diagnostics[100].hint == "add a step for it, or remove it here");
  builder = FlowBuilder("unknown", "trigger");
  builder.step("staging", {"triger"});
  CHECK(builder.build().value().diagnostics[0].hint == "did you mean 'trigger'?");
}

TEST_CASE("names of more than 2 GiB are refused before they are kept", "[M7]") {
  const std::string name(std::size_t{1} << 20, 'n');
  FlowBuilder builder("large", "dev");
  builder.step("staging", {"dev"});
  builder.step("production", std::vector<std::string_view>(2048, name));
  CHECK(findings(builder) == std::vector<std::string>{"limit-exceeded /spec/steps"});
}

TEST_CASE("every problem of a flow is found at once, with its place", "[M6]") {
  FlowBuilder builder("Not_A_Name", "dev");
  builder.step("dev", {"dev"})
      .step("qa", {"dev", "dev", "stagin"})
      .step("qa", {"dev"})
      .step("staging", {"staging"})
      .step("a", {"c"})
      .step("b", {"a"})
      .step("c", {"b"})
      .step("empty", std::initializer_list<std::string_view>{});
  CHECK(findings(builder) ==
        std::vector<std::string>{
            "invalid-name /metadata/name", "trigger-environment-as-step /spec/steps/0/environment",
            "duplicate-environment /spec/steps/2/environment",
            "self-dependency /spec/steps/0/dependsOn/0",
            "duplicate-dependency /spec/steps/1/dependsOn/1",
            "unknown-environment /spec/steps/1/dependsOn/2",
            "self-dependency /spec/steps/3/dependsOn/0", "invalid-value /spec/steps/7/dependsOn",
            "dependency-cycle /spec/steps/4/dependsOn/0"});
}

TEST_CASE("a flow with an error is refused, whatever warning follows", "[M6]") {
  FlowBuilder builder("Not_A_Name", "dev");
  builder.step("qa", {"dev", "dev"});
  CHECK_FALSE(builder.build().value().flow);
  builder = FlowBuilder("no-steps", "dev");
  CHECK(findings(builder) == std::vector<std::string>{"invalid-value /spec/steps"});
}

TEST_CASE("a step that depends on nothing is pointed to the trigger environment", "[M6]") {
  FlowBuilder builder("nothing", "dev");
  builder.step("qa", {"dev"}).step("staging", std::initializer_list<std::string_view>{});
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 1);
  CHECK(report.diagnostics[0].hint ==
        "name one environment or more, such as the trigger environment 'dev'");
}

TEST_CASE("a cycle is spelt whole, one for each group of environments", "[M6]") {
  FlowBuilder builder("rings", "dev");
  builder.step("a", {"dev", "d"}).step("b", {"a"}).step("c", {"b"}).step("d", {"c"});
  builder.step("x", {"y"}).step("y", {"x"}).step("after", {"x"});
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 2);
  CHECK_FALSE(report.flow);
  CHECK(report.diagnostics[0].message == "dependencies form a cycle: a -> d -> c -> b -> a");
  CHECK(report.diagnostics[0].pointer == "/spec/steps/0/dependsOn/1");
  CHECK(report.diagnostics[1].message == "dependencies form a cycle: x -> y -> x");
}

TEST_CASE("a cycle is found though another one leads to it", "[M6]") {
  FlowBuilder builder("rings", "dev");
  builder.step("a", {"dev", "x", "d"}).step("b", {"a"}).step("c", {"b"}).step("d", {"c"});
  builder.step("x", {"y"}).step("y", {"x"});
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 2);
  CHECK(report.diagnostics[0].message == "dependencies form a cycle: a -> d -> c -> b -> a");
  CHECK(report.diagnostics[1].message == "dependencies form a cycle: x -> y -> x");
}

TEST_CASE("a cycle is found though another one is on its path", "[M6]") {
  FlowBuilder builder("rings", "dev");
  builder.step("a", {"dev", "b"}).step("b", {"c"}).step("c", {"b", "d"}).step("d", {"a"});
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 1);
  CHECK(report.diagnostics[0].message == "dependencies form a cycle: a -> b -> c -> d -> a");
}

TEST_CASE("a dependency that another one implies is warned of", "[M6]") {
  FlowBuilder builder("redundant", "dev");
  builder.step("qa", {"dev"}).step("staging", {"qa"}).step("prod", {"dev", "staging", "qa"});
  const auto report = builder.build().value();
  REQUIRE(report.flow);
  REQUIRE(report.diagnostics.size() == 2);
  CHECK(report.diagnostics[0].code == DiagnosticCode::RedundantDependency);
  CHECK(report.diagnostics[0].severity == Severity::Warning);
  CHECK(report.diagnostics[0].message == "'dev' is implied already: 'qa' depends on it");
  CHECK(report.diagnostics[0].pointer == "/spec/steps/2/dependsOn/0");
  CHECK(report.diagnostics[1].message == "'qa' is implied already: 'staging' depends on it");

  builder = FlowBuilder("redundant", "dev");
  builder.step("prod", {"dev", "qa"}).step("qa", {"dev"});
  CHECK(findings(builder) ==
        std::vector<std::string>{"redundant-dependency /spec/steps/0/dependsOn/0"});

  builder = FlowBuilder("redundant", "dev");
  builder.step("qa", {"dev"}).step("staging", {"dev"}).step("prod", {"qa", "staging", "dev"});
  CHECK(findings(builder) ==
        std::vector<std::string>{"redundant-dependency /spec/steps/2/dependsOn/2"});

  builder = FlowBuilder("redundant", "dev");
  builder.step("prod", {"staging", "qa"}).step("staging", {"uat"});
  builder.step("qa", {"dev"}).step("uat", {"dev"});  // Reached, but not listed by the first.
  CHECK(findings(builder).empty());

  builder = FlowBuilder("redundant", "dev");
  builder.step("qa", {"dev"}).step("uat", {"qa"}).step("staging", {"uat"});
  builder.step("prod", {"staging", "qa"});  // By way of one on which it does not depend itself.
  CHECK(findings(builder) ==
        std::vector<std::string>{"redundant-dependency /spec/steps/3/dependsOn/1"});
}

TEST_CASE("redundant dependencies agree with plain reachability", "[M6]") {
  // A dense graph: every third pair of environments. Compared with asking for every edge.
  detail::Rows rows;
  rows.offsets = {0};
  for (std::uint32_t node = 0; node < 60; ++node) {
    for (std::uint32_t on = 0; on < node; ++on) {
      if ((node * 7 + on * 13) % 11 == 0) { rows.targets.push_back(EnvironmentId{on}); }
    }
    rows.offsets.push_back(static_cast<std::uint32_t>(rows.targets.size()));
  }
  const auto dependents = detail::reversed(rows);
  const auto order = detail::topological_order(dependents);
  REQUIRE(order.size() == 60);
  const auto levels = detail::longest_paths(dependents, order);
  std::size_t expected = 0;
  for (std::uint32_t node = 0; node < 60; ++node) {
    for (const EnvironmentId on : rows[node]) {
      expected += std::any_of(rows[node].begin(), rows[node].end(), [&](EnvironmentId other) {
        return other != on && detail::reaches(rows, levels, other, on);
      });
    }
  }
  const auto found = detail::find_redundant(rows, levels);
  CHECK(expected > 0);
  CHECK(found.size() == expected);
  for (const auto& one : found) { CHECK(detail::reaches(rows, levels, one.implied_by, one.on)); }
  CHECK(detail::find_redundant(rows, levels, 10).size() < expected);
  CHECK(detail::find_redundant(rows, levels, 0).empty());
}

TEST_CASE("names are checked: DNS-1123 for flows, plain text for environments", "[M6]") {
  for (const std::string& good :
       {std::string("a"), std::string("a-b.c9"), std::string("0"), std::string("az.09"),
        std::string("a--b"), std::string(253, 'a')}) {
    FlowBuilder builder(good, "dev");
    builder.step("staging", {"dev"});
    CHECK(findings(builder).empty());
  }
  for (const std::string& bad :
       {std::string(), std::string("A"), std::string("-a"), std::string("a-"), std::string("a."),
        std::string("a..b"), std::string("a-.b"), std::string("a_b"), std::string("a.-b"),
        std::string("a:b"), std::string("a{"), std::string("a/b"), std::string(254, 'a')}) {
    INFO(bad);
    FlowBuilder builder(bad, "dev");
    builder.step("staging", {"dev"});
    CHECK(findings(builder) == std::vector<std::string>{"invalid-name /metadata/name"});
  }
  FlowBuilder builder("flow", "");
  builder.step("line\nend", {""}).step("delete\x7F", {""});
  CHECK(findings(builder) == std::vector<std::string>{"invalid-name /spec/triggerEnvironment",
                                                      "invalid-name /spec/steps/0/environment",
                                                      "invalid-name /spec/steps/1/environment"});
}

TEST_CASE("a flow of more names than can be indexed is refused without reading them", "[M7]") {
  const std::string name(std::size_t{64} << 20, 'x');
  const std::vector<std::string_view> on(40, name);
  FlowBuilder builder("flow", "dev");
  builder.step("staging", {"dev"}).step("huge", on);
  CHECK(findings(builder) == std::vector<std::string>{"limit-exceeded /spec/steps"});
}

TEST_CASE("beyond a hundred unknown environments only the trigger environment is suggested",
          "[M6][M7]") {
  const std::vector<std::string_view> on(101, "stagin");
  FlowBuilder builder("flow", "dev");
  builder.step("staging", {"dev"}).step("production", on).step("de", {"deb"});
  const auto report = builder.build().value();
  REQUIRE(report.diagnostics.size() == 102);
  CHECK(report.diagnostics[99].hint == "did you mean 'staging'?");
  CHECK(report.diagnostics[100].hint == "add a step for it, or remove it here");
  CHECK(report.diagnostics[101].hint == "did you mean 'dev'?");
}

TEST_CASE("a builder can be used after it was moved", "[M1]") {
  FlowBuilder first("flow", "dev");
  first.step("staging", {"dev"});
  FlowBuilder second(std::move(first));
  second.step("production", {"staging"});
  CHECK(built(second).environment_count() == 3);
}

TEST_CASE("options have the words of manifests", "[M4]") {
  CHECK(to_string(FailurePolicy::FailFast) == "failFast");
  CHECK(to_string(FailurePolicy::Continue) == "continue");
  CHECK(to_string(FailurePolicy::Abort) == "abort");
  CHECK(to_string(ContextMerge::Shallow) == "shallow");
  CHECK(to_string(ContextMerge::Deep) == "deep");
  CHECK(to_string(OnError::Fail) == "fail");
  CHECK(to_string(OnError::Ignore) == "ignore");
  CHECK(to_string(PolicyAction::PullRequest) == "pr");
}

TEST_CASE("a builder is empty after it has built", "[M1]") {
  FlowBuilder builder("flow", "dev");
  builder.step("staging", {"dev"});
  REQUIRE(builder.build().value().flow);
  CHECK_FALSE(builder.build().value().flow);
}

TEST_CASE("an environment's number of another flow is answered as the trigger environment's",
          "[M1]") {
  const Flow flow = walkthrough();
  for (const EnvironmentId far : {EnvironmentId{flow.environment_count()}, EnvironmentId{99}}) {
    CHECK(flow.environment_name(far) == "dev");
    CHECK(flow.dependencies(far).empty());
    CHECK(flow.level(far) == 0);
    CHECK(flow.hooks(Point::EnvironmentOnStart, far).empty());
  }
}

// SPDX-License-Identifier: Apache-2.0
// Whole releases over a cluster in memory: the executor with its thread, run(), and what comes
// before and behind a promotion.
#include "promoflow/argo_executor.hpp"

#include "argo_memory.hpp"
#include "catch.hpp"
#include "promoflow/function_executor.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

struct Bench {
  InstantCluster cluster{};
  std::vector<std::string> promoted{};
  FunctionExecutor own{};
  std::unique_ptr<ArgoExecutor> executor{};

  Bench() {
    own.on_other_promotions([this](const PromotionCall& call) {
      promoted.push_back(call.environment);
      return call.environment == "broken" ? Answer::failed("no") : Answer::success();
    });
    ArgoOptions options;
    options.promotions = &own;
    make(options);
  }
  void make(const ArgoOptions& options) { executor = executor_over(cluster, options); }

  Release run(const Policy& policy, const std::string& environment = "staging",
              const std::string& hook = "notify", const RunOptions& running = {}) {
    FlowBuilder builder("tested", "dev");
    StepOptions step;
    step.policy = policy;
    step.hooks.on_start = {Hook{.name = hook}};
    builder.step(environment, {"dev"}, step);
    Release release =
        std::move(promoflow::run(built(builder), {.id = "r"}, *executor, running).value());
    executor->wait_idle();
    return release;
  }
  std::vector<std::string> created() { return created_in(cluster); }
};

}  // namespace

TEST_CASE("a release runs its hooks as workflows, and lets go of each", "[K1][K4]") {
  Bench bench;
  const Release release = bench.run({});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(release.context().find("BY")->text == "notify");
  CHECK(bench.created() == std::vector<std::string>{"r-1-1"});
  CHECK(bench.promoted == std::vector<std::string>{"staging"});
  const Json& metadata = bench.cluster.cluster.object("r-1-1")["metadata"];
  CHECK(metadata["finalizers"].empty());
  CHECK(metadata["labels"]["promoflow.dev/settled"] == "true");
}

TEST_CASE("a hook that fails fails its environment with the workflow's message", "[K4]") {
  Bench bench;
  const Release release = bench.run({}, "staging", "fail-hook");
  CHECK(release.status() == ReleaseStatus::Failed);
  CHECK(release.message().find("fail-hook is broken") != std::string::npos);
  CHECK(bench.promoted.empty());
}

TEST_CASE("a release that is terminated stops its workflow, and waits for its end", "[K5]") {
  Bench bench;
  RunOptions options;
  const Control control = options.control;
  options.observer = [&](const Release&, const Record& record) {
    if (std::holds_alternative<RunHook>(record.what)) { control.terminate("enough"); }
  };
  const Release release = bench.run({}, "staging", "endless", options);
  CHECK(release.status() == ReleaseStatus::Terminated);
  const Json& object = bench.cluster.cluster.object("r-1-1");
  CHECK(object["spec"]["shutdown"] == "Stop");
  CHECK(object["metadata"]["finalizers"].empty());
}

TEST_CASE("preAction, promotion and postAction run one after another", "[K7]") {
  Bench bench;
  const Release release = bench.run({.pre_action = "before", .post_action = "behind"});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(bench.created() == std::vector<std::string>{"r-1-1", "r-2-1-pre", "r-2-1-post"});
  CHECK(bench.promoted.size() == 1);
  for (const char* name : {"r-2-1-pre", "r-2-1-post"}) {
    const Json& object = bench.cluster.cluster.object(name);
    CHECK(object["metadata"]["finalizers"].empty());
    CHECK(object["metadata"]["labels"]["codefresh.io/env"] == "staging");
  }
}

TEST_CASE("a preAction that fails is the promotion's failure, and nothing is promoted", "[K7]") {
  Bench bench;
  const Release release = bench.run({.pre_action = "fail-check", .post_action = "behind"});
  CHECK(release.status() == ReleaseStatus::Failed);
  CHECK(release.message().find("preAction 'fail-check' failed: fail-check is broken") !=
        std::string::npos);
  CHECK(bench.promoted.empty());
  CHECK(bench.created().size() == 2);
}

TEST_CASE("a promotion that fails has no postAction; one whose postAction fails has failed",
          "[K7]") {
  Bench bench;
  const bool is_broken = GENERATE(true, false);
  const Release release =
      bench.run({.post_action = "fail-check"}, is_broken ? "broken" : "staging");
  CHECK(release.status() == ReleaseStatus::Failed);
  CHECK(bench.promoted.size() == 1);
  CHECK(bench.created().size() == (is_broken ? 1U : 2U));
  const std::string why = is_broken ? "no" : "postAction 'fail-check' failed";
  CHECK(release.message().find(why) != std::string::npos);
}

TEST_CASE("with the action none nothing is promoted between the two", "[K7]") {
  Bench bench;
  const Release release =
      bench.run({.action = PolicyAction::None, .pre_action = "before", .post_action = "behind"});
  CHECK(release.status() == ReleaseStatus::Succeeded);
  CHECK(bench.promoted.empty());
  CHECK(bench.created().size() == 3);
}

TEST_CASE("what a host that was killed has left behind is let go, without a hook of its own",
          "[K4]") {
  Bench bench;
  bench.run({});
  bench.cluster.cluster.change("r-1-1", {{"metadata",
                                          {{"finalizers", Json::array({"promoflow.dev/outcome"})},
                                           {"labels", {{"promoflow.dev/settled", nullptr}}}}}});
  const bool is_stored = GENERATE(true, false);
  ArgoOptions options;
  options.is_settled = [&](std::string_view release, Ticket ticket) {
    CHECK(release == "r");
    CHECK(ticket == Ticket{1});
    return is_stored;
  };
  bench.make(options);
  bench.executor->settle_left_behind();
  bench.executor->wait_idle();
  const Json& metadata = bench.cluster.cluster.object("r-1-1")["metadata"];
  CHECK(metadata["finalizers"].empty() == is_stored);
  CHECK(metadata["labels"].contains("promoflow.dev/settled") == is_stored);
}

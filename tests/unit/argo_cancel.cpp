// SPDX-License-Identifier: Apache-2.0
// Cancelling, forcing, and what becomes of calls after a restart.
#include "argo/reconciler.hpp"
#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;
using Kind = CallAnswer::Kind;

TEST_CASE("a cancelled workflow is stopped, and its end is waited for", "[K5]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Running");
  bench.settle();
  bench.cancel();
  CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
  CHECK(bench.answers.empty());
  bench.cluster.phase(kName, "Failed", "Stopped with strategy 'Stop'");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Stopped});
  CHECK(bench.count("PATCH", "shutdown") == 1);
}

TEST_CASE("a force terminates what was cancelled of the release, and nothing else", "[K5]") {
  ArgoBench bench;
  bench.run(hook_call("r", 1));
  bench.run(hook_call("r", 2));
  bench.run(hook_call("other", 1));
  bench.cancel(hook_call("r", 1));
  bench.cancel(hook_call("other", 1));
  bench.reconciler.force(bench.now, "r");
  bench.settle();
  CHECK(bench.cluster.object("r-1-1")["spec"]["shutdown"] == "Terminate");
  CHECK_FALSE(bench.cluster.object("r-2-1")["spec"].contains("shutdown"));
  CHECK(bench.cluster.object("other-1-1")["spec"]["shutdown"] == "Stop");
  CHECK(bench.answers.empty());
}

TEST_CASE("what is cancelled by a force is never stopped gently", "[K5]") {
  ArgoBench bench;
  bench.run();
  bench.reconciler.force(bench.now, "r");
  bench.settle();
  CHECK_FALSE(bench.cluster.object(kName)["spec"].contains("shutdown"));
  bench.cancel();
  CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Terminate");
  CHECK(bench.count("PATCH", "Stop") == 0);
}

TEST_CASE("a shutdown that is lost is asked for again", "[K5]") {
  ArgoBench bench;
  bench.run();
  bench.fate = first(3, is_patch, Fate::Lost);
  bench.cancel();
  CHECK_FALSE(bench.cluster.object(kName)["spec"].contains("shutdown"));
  bench.pass(10s);
  CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
}

TEST_CASE("one that was never created is cancelled at once", "[K5]") {
  ArgoBench bench;
  bench.fate = first(1, is_create, Fate::Held);
  bench.run();
  bench.cancel();
  CHECK(bench.answers.empty());  // It may be there, or come.
  bench.release_held();
  CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
  bench.cluster.phase(kName, "Failed");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Stopped});
}

TEST_CASE("one that may have been created is read before it counts as cancelled", "[K5]") {
  ArgoBench bench;
  const bool was_created = GENERATE(true, false);
  bench.is_deaf = true;
  bench.fate = first(1, is_create, was_created ? Fate::AnswerLost : Fate::Lost);
  bench.run();
  bench.cancel();
  CHECK(bench.answers.empty());
  bench.pass(2s);
  CHECK(bench.cluster.created == (was_created ? 1U : 0U));
  if (was_created) {
    CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
    bench.is_deaf = false;
    bench.cluster.phase(kName, "Failed");
    bench.settle();
  }
  CHECK(kinds(bench) == std::vector{Kind::Stopped});
}

TEST_CASE("what was answered by somebody else while it was suspended is stopped", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.change(kName, kSuspended);
  bench.settle();
  bench.reconciler.settle(bench.now, "r", Ticket{1});  // Approved from another terminal.
  bench.settle();
  CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
  bench.cluster.phase(kName, "Failed", "Stopped with strategy 'Stop'");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Suspended});
  CHECK(bench.cluster.object(kName)["metadata"]["labels"].contains("promoflow.dev/settled"));
  CHECK(bench.reconciler.size() == 0);
}

TEST_CASE("after a restart a workflow is found by its name", "[K6]") {
  ArgoBench bench;
  const HookCall call = hook_call();
  const auto recovery = [&] {
    bench.reconciler.find(bench.now, ArgoBench::key(call), kName);
    bench.settle();
    REQUIRE(bench.findings.size() == 1);
    return bench.findings[0].second;
  };
  const auto create = [&] {
    bench.cluster.answer({"POST", "/workflows", "application/json", ArgoBench::object(call)});
  };
  SECTION("it runs: attached, and its end is answered") {
    create();
    bench.cluster.phase(kName, "Running");
    CHECK(recovery() == Recovery::Attached);
    bench.cluster.phase(kName, "Succeeded");
    bench.settle();
    CHECK(kinds(bench) == std::vector{Kind::Succeeded});
  }
  SECTION("it has ended: so is the call") {
    create();
    bench.cluster.phase(kName, "Failed", "why");
    CHECK(recovery() == Recovery::Ended);
    REQUIRE(kinds(bench) == std::vector{Kind::Failed});
    CHECK(bench.answers[0].message == "why");
  }
  SECTION("it is not there: it never was, for a finalizer would have kept it") {
    CHECK(recovery() == Recovery::Unknown);
    CHECK(bench.reconciler.size() == 0);
    bench.run(call);
    CHECK(bench.cluster.created == 1);
  }
  SECTION("somebody else has the name: ours never was") {
    create();
    bench.cluster.change(
        kName, {{"metadata", {{"annotations", {{"promoflow.dev/release-id", "other"}}}}}});
    CHECK(recovery() == Recovery::Unknown);
  }
}

TEST_CASE("where no finalizer keeps it, one that is not there is lost", "[K6][K10]") {
  ArgoBench bench(1, ApiKind::ArgoServer);
  bench.reconciler.find(bench.now, {"r", Ticket{1}}, kName);
  bench.settle();
  REQUIRE(bench.findings.size() == 1);
  CHECK(bench.findings[0].second == Recovery::Lost);
}

TEST_CASE("if the server does not say in time what became of it, it is created or adopted",
          "[K6]") {
  ArgoBench bench;
  const HookCall call = hook_call();
  const bool is_there = GENERATE(true, false);
  if (is_there) {
    bench.cluster.answer({"POST", "/workflows", "application/json", ArgoBench::object(call)});
  }
  bench.fate = [](const HttpRequest&) { return Fate::Lost; };
  bench.reconciler.find(bench.now, ArgoBench::key(call), kName);
  bench.settle();
  bench.reconciler.run_unless_found(bench.now, ArgoBench::key(call), ArgoBench::object(call));
  bench.pass(60s);
  bench.fate = {};
  bench.pass(60s);
  CHECK(bench.findings.empty());
  CHECK(bench.cluster.created == 1);
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
}

TEST_CASE("what was cancelled before a restart is stopped, or has ended", "[K6]") {
  ArgoBench bench;
  const HookCall call = hook_call();
  bench.cluster.answer({"POST", "/workflows", "application/json", ArgoBench::object(call)});
  const bool has_ended = GENERATE(true, false);
  bench.cluster.phase(kName, has_ended ? "Failed" : "Running");
  bench.reconciler.find_cancelled(bench.now, ArgoBench::key(call), kName);
  bench.settle();
  REQUIRE(bench.findings.size() == 1);
  CHECK(bench.findings[0].second == (has_ended ? Recovery::Ended : Recovery::Attached));
  if (!has_ended) {
    CHECK(bench.cluster.object(kName)["spec"]["shutdown"] == "Stop");
    bench.cluster.phase(kName, "Failed");
    bench.settle();
  }
  CHECK(kinds(bench) == std::vector{Kind::Stopped});
}

TEST_CASE("what runs is nothing to wait for; what has to end, or to be let go, is", "[K5]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Running");
  bench.settle();
  CHECK(bench.reconciler.is_idle());
  bench.cancel();
  CHECK_FALSE(bench.reconciler.is_idle());
  bench.cluster.phase(kName, "Failed", "Stopped with strategy 'Stop'");
  bench.settle();
  CHECK_FALSE(bench.reconciler.is_idle());  // That it ended is still to be stored.
  bench.fate = first(1, is_patch, Fate::Held);
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  CHECK_FALSE(bench.reconciler.is_idle());
  bench.release_held();
  CHECK(bench.reconciler.is_idle());
}

// SPDX-License-Identifier: Apache-2.0
// One call, from its creation to its end, with all that may go wrong on the way.
#include "argo/reconciler.hpp"

#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;
using Kind = CallAnswer::Kind;

TEST_CASE("a workflow that succeeds is answered once, with what it exported", "[K4]") {
  ArgoBench bench;
  bench.run();
  CHECK(bench.cluster.objects.size() == 1);
  CHECK(bench.answers.empty());
  bench.cluster.phase(kName, "Running");
  bench.settle();
  CHECK(bench.answers.empty());
  bench.cluster.change(
      kName, {{"status",
               {{"phase", "Succeeded"},
                {"outputs",
                 {{"parameters",
                   Json::array({{{"name", "PROMOTION_CONTEXT"}, {"value", "{\"A\":1}"}}})}}}}}});
  bench.settle();
  REQUIRE(kinds(bench) == std::vector{Kind::Succeeded});
  CHECK(bench.answers[0].context == "{\"A\":1}");
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(bench.answers.size() == 1);
}

TEST_CASE("one that fails is answered with why", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Error", "invalid spec: NEEDED is required");
  bench.settle();
  REQUIRE(kinds(bench) == std::vector{Kind::Failed});
  CHECK(bench.answers[0].message == "invalid spec: NEEDED is required");
}

TEST_CASE("the finalizer holds it until its outcome is stored", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Succeeded");
  bench.cluster.remove(kName);  // As ttlStrategy does, at once.
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
  CHECK(bench.cluster.objects.contains(kName));
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  CHECK_FALSE(bench.cluster.objects.contains(kName));
  CHECK(bench.reconciler.size() == 0);
  CHECK(bench.answers.size() == 1);
}

TEST_CASE("one that stays is labelled as settled, and other finalizers are left alone", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.change(
      kName, {{"metadata", {{"finalizers", {"other/one", "promoflow.dev/outcome", "other/two"}}}}});
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  const Json& metadata = bench.cluster.object(kName)["metadata"];
  CHECK(metadata["finalizers"] == Json{"other/one", "other/two"});
  CHECK(metadata["labels"]["promoflow.dev/settled"] == "true");
  CHECK(bench.reconciler.size() == 0);
}

TEST_CASE("finalizers that somebody changes meanwhile are looked at again", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  bench.is_deaf = true;
  bench.cluster.change(kName,
                       {{"metadata", {{"finalizers", {"other/one", "promoflow.dev/outcome"}}}}});
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  bench.pass(5s);
  CHECK(bench.cluster.object(kName)["metadata"]["finalizers"] == Json{"other/one"});
  CHECK(bench.reconciler.size() == 0);
}

TEST_CASE("a workflow that somebody deletes is a failure that says so", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Running");
  SECTION("while the finalizer holds it") { bench.cluster.remove(kName); }
  SECTION("by force") { bench.cluster.vanish(kName); }
  SECTION("while the watch was away") {
    bench.is_deaf = true;
    bench.cluster.vanish(kName);
    bench.cluster.oldest = bench.cluster.version;
    bench.end_watch(status_of(410, "Expired", "too old"));
    bench.is_deaf = false;
    bench.pass(5s);
  }
  bench.settle();
  REQUIRE(kinds(bench) == std::vector{Kind::Failed});
  CHECK(bench.answers[0].message == "workflow " + kName + " was deleted");
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  CHECK(bench.cluster.objects.empty());
  CHECK(bench.reconciler.size() == 0);
}

TEST_CASE("that an event says DELETED decides nothing: the object is read first", "[K3]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Running");
  bench.settle();
  Json event = {{"type", "DELETED"}, {"object", bench.cluster.object(kName)}};
  bench.send_raw(event.dump() + '\n');
  CHECK(bench.answers.empty());
  CHECK(bench.count("GET", '/' + kName) == 1);
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
}

TEST_CASE("an object that is older than one that was seen is ignored", "[K3]") {
  ArgoBench bench;
  bench.run();
  const Json before = bench.cluster.object(kName);
  bench.cluster.change(kName, kSuspended);
  bench.settle();
  bench.send_raw(Json{{"type", "MODIFIED"}, {"object", before}}.dump() + '\n');
  CHECK(kinds(bench) == std::vector{Kind::Suspended});  // And not Resumed.
}

TEST_CASE("one of the same name that somebody else has created is not ours", "[K3]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.phase(kName, "Running");
  bench.settle();
  Json other = bench.cluster.object(kName);
  other["metadata"]["uid"] = "another";
  other["status"]["phase"] = "Succeeded";
  bench.cluster.objects[kName] = other;
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  REQUIRE(kinds(bench) == std::vector{Kind::Failed});
  CHECK(bench.answers[0].message == "workflow " + kName + " was deleted");
}

TEST_CASE("a hook that is over before the watch begins is found", "[K3]") {
  ArgoBench bench;
  bench.fate = [](const HttpRequest& request) {
    return request.method == "GET" ? Fate::Lost : Fate::Answered;
  };
  bench.run();
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(bench.answers.empty());
  bench.fate = {};
  bench.pass(10s);
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
}

TEST_CASE("a create whose answer is lost creates nothing twice", "[K2]") {
  ArgoBench bench;
  bench.fate = [lost = 3](const HttpRequest& request) mutable {
    if (!is_create(request)) { return request.is_stream ? Fate::Answered : Fate::Lost; }
    return lost-- > 0 ? Fate::AnswerLost : Fate::Answered;
  };
  bench.run();
  bench.pass(10s);
  CHECK(bench.cluster.created == 1);
  CHECK(bench.count("POST") >= 2);
  bench.fate = {};
  bench.pass(60s);
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
}

TEST_CASE("a server that is not there is tried until it is, and that is told once", "[K3]") {
  ArgoBench bench;
  bench.fate = [](const HttpRequest&) { return Fate::Lost; };
  bench.run();
  bench.pass(600s);
  CHECK(bench.answers.empty());
  REQUIRE(bench.notices.size() == 1);
  CHECK(bench.notices[0].find("connection refused") != std::string::npos);
  bench.fate = {};
  bench.pass(60s);
  CHECK(bench.notices.size() == 2);
  CHECK(bench.cluster.created == 1);
}

TEST_CASE("a create that is refused fails the hook with the server's words", "[K1]") {
  const std::string forbidden = "User \"x\" cannot create resource \"workflows\"";
  for (const auto& [code, why] : std::vector<std::pair<int, std::string>>{
           {403, forbidden}, {404, "namespace not found"}, {422, "invalid"}, {413, "too large"}}) {
    ArgoBench bench;
    bench.instead = [code = code, why = why](const HttpRequest& request) {
      return is_create(request) ? std::optional(status_of(code, "No", why)) : std::nullopt;
    };
    bench.run();
    REQUIRE(kinds(bench) == std::vector{Kind::Failed});
    CHECK(bench.answers[0].message ==
          "the workflow " + kName + " cannot be created in namespace argo: " + why);
    bench.reconciler.settle(bench.now, "r", Ticket{1});
    bench.settle();
    CHECK(bench.reconciler.size() == 0);
  }
}

TEST_CASE("refused credentials are tried anew, and not for ever", "[K9]") {
  ArgoBench bench;
  bench.instead = [](const HttpRequest& request) {
    return is_create(request) ? std::optional(status_of(401, "Unauthorized", "Unauthorized"))
                              : std::nullopt;
  };
  bench.run();
  CHECK(bench.answers.empty());
  bench.pass(60s);
  REQUIRE(kinds(bench) == std::vector{Kind::Failed});
  CHECK(bench.count("POST") == 0);  // None has reached the cluster.
}

TEST_CASE("a name that is taken is adopted if it is ours", "[K2]") {
  ArgoBench bench;
  bench.cluster.answer({"POST", "/workflows", "application/json", ArgoBench::object(hook_call())});
  bench.cluster.phase(kName, "Succeeded");
  bench.run();
  CHECK(bench.cluster.created == 1);
  CHECK(kinds(bench) == std::vector{Kind::Succeeded});
}

TEST_CASE("a name that is taken by somebody else fails the hook, and says by whom", "[K2]") {
  const auto message_with = [](const Json& patch) {
    ArgoBench bench;
    bench.cluster.answer(
        {"POST", "/workflows", "application/json", ArgoBench::object(hook_call())});
    bench.cluster.change(kName, patch);
    bench.run();
    REQUIRE(kinds(bench) == std::vector{Kind::Failed});
    const Json before = bench.cluster.object(kName);
    bench.reconciler.settle(bench.now, "r", Ticket{1});
    bench.settle();
    CHECK(bench.cluster.object(kName) == before);  // It is not ours to change.
    CHECK(bench.reconciler.size() == 0);
    return bench.answers[0].message;
  };
  const std::string begin = "the workflow " + kName + " is there already, and ";
  const auto annotation = [](const Json& value) {
    return Json{{"metadata", {{"annotations", {{"promoflow.dev/release-id", value}}}}}};
  };
  const auto label = [](const char* name, const char* value) {
    return Json{{"metadata", {{"labels", {{name, value}}}}}};
  };
  CHECK(message_with(annotation(nullptr)) ==
        begin + "was not created by promoflow; delete or rename it");
  CHECK(message_with(annotation("other")) == begin + "is of the release 'other'");
  CHECK(message_with(label("promoflow.dev/settled", "true")) ==
        begin +
            "is of an earlier release with the same id 'r': give this one another id, or "
            "delete the workflow");
  CHECK(message_with(label("promoflow.dev/instance", "b")) ==
        begin + "is of another host: its label promoflow.dev/instance is 'b'");
}

TEST_CASE("a suspend node suspends the call, and its end resumes it", "[K4]") {
  ArgoBench bench;
  bench.run();
  bench.cluster.change(kName, kSuspended);
  bench.settle();
  bench.cluster.change(kName, {{"metadata", {{"annotations", {{"x", "y"}}}}}});
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Suspended});
  bench.cluster.change(kName, {{"status", {{"nodes", {{"n", {{"phase", "Succeeded"}}}}}}}});
  bench.settle();
  bench.cluster.phase(kName, "Succeeded");
  bench.settle();
  CHECK(kinds(bench) == std::vector{Kind::Suspended, Kind::Resumed, Kind::Succeeded});
}

TEST_CASE("what an earlier process has left behind is reported, and let go if it is stored",
          "[K4]") {
  ArgoBench bench;
  const HookCall old = hook_call("old", 3);
  bench.cluster.answer({"POST", "/workflows", "application/json", ArgoBench::object(old)});
  bench.cluster.phase("old-3-1", "Succeeded");
  bench.run();
  REQUIRE(bench.unclaimed.size() == 1);
  CHECK(bench.unclaimed[0].key == CallKey{"old", Ticket{3}});
  bench.reconciler.settle_unclaimed(bench.now, bench.unclaimed[0]);
  bench.settle();
  CHECK(bench.cluster.object("old-3-1")["metadata"]["labels"].contains("promoflow.dev/settled"));
  CHECK(bench.answers.empty() == false);  // Stopped, which nobody waits for.
  CHECK(bench.reconciler.size() == 1);
}

TEST_CASE("while nothing happens there is one watch, and no other request", "[K3]") {
  ArgoBench bench;
  bench.run();
  const std::size_t before = bench.cluster.requests.size();
  bench.pass(200s);
  CHECK(bench.cluster.requests.size() == before);
  CHECK(bench.watches());
}

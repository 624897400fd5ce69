// SPDX-License-Identifier: Apache-2.0
// describe(): the whole state for people and tools, member by member.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

TEST_CASE("a release describes what runs, what waits, its context and what went wrong", "[R14]") {
  FlowBuilder builder("described", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  builder.options(options);
  StepOptions step;
  step.hooks.on_start = {hook("export")};
  step.hooks.on_start[0].retry = {.limit = 1, .duration = milliseconds{500}};
  step.timeout = milliseconds{9000};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step).step("asia", {"dev"}, step);
  builder.step("africa", {"dev"}, step);
  Host host(built(builder), R"({"RELEASE_ID":1})");
  REQUIRE(host.apply(10, HookSucceeded{ticket(1), R"({"URL":"eu"})"}) == "ok");
  REQUIRE(host.apply(20, HookSucceeded{ticket(2), R"({"URL":"us"})"}) == "ok");
  REQUIRE(host.apply(30, HookFailed{ticket(3), "no", "[1]"}) == "ok");
  REQUIRE(host.apply(40, PromotionFailed{ticket(5), "down"}) == "ok");
  REQUIRE(host.apply(50, Suspended{ticket(6)}) == "ok");
  CHECK(host.release.describe().value() ==
        R"({"release":{"id":"r-42","flow":"described","status":"Running","phase":"Running",)"
        R"("message":"down","now":50,"nextTimer":530},"environments":[)"
        R"({"name":"dev","status":"Successful","phase":"Successful","message":""},)"
        R"({"name":"eu","status":"Failed","phase":"Failed","message":"down"},)"
        R"({"name":"us","status":"Suspended","phase":"Suspended","message":""},)"
        R"({"name":"asia","status":"Running","phase":"Initializing","message":""},)"
        R"({"name":"africa","status":"Running","phase":"Initializing","message":""}],)"
        R"("outstanding":[{"ticket":4,"kind":"hook","hook":"export","point":"environment.onStart",)"
        R"("environment":"africa","attempt":1,"suspended":false},)"
        R"({"ticket":6,"kind":"promotion","environment":"us","attempt":1,"suspended":true,)"
        R"("expires":9020}],"waiting":[{"ticket":3,"kind":"hook","hook":"export",)"
        R"("point":"environment.onStart","environment":"asia","attempt":1,"suspended":false,)"
        R"("nextAttempt":530}],"context":[)"
        R"({"key":"RELEASE_ID","value":1,"ticket":0,"shadowed":true},)"
        R"({"key":"URL","value":"us","ticket":2,"shadowed":false}],)"
        R"("conflicts":[{"key":"URL","earlier":1,"later":2}],)"
        R"("rejectedExports":[{"ticket":3,"reason":"","text":"[1]"}]})");
}

TEST_CASE("a release describes what is queued, soaks and is Pending", "[R17][R18][R19]") {
  FlowBuilder builder("waiting", "dev");
  StepOptions step;
  step.soak = milliseconds{1000};
  step.timeout = milliseconds{9000};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step).step("asia", {"eu", "us"}, step);
  Host host(built(builder));
  REQUIRE(host.apply(10, Queued{ticket(1)}) == "ok");
  REQUIRE(host.apply(20, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(host.release.describe().value() ==
        R"({"release":{"id":"r-42","flow":"waiting","status":"Running","phase":"Running",)"
        R"("message":"","now":20,"nextTimer":1020},"environments":[)"
        R"({"name":"dev","status":"Successful","phase":"Successful","message":""},)"
        R"({"name":"eu","status":"Running","phase":"Running","message":""},)"
        R"({"name":"us","status":"Running","phase":"Soaking","message":""},)"
        R"({"name":"asia","status":"Pending","phase":"Pending","message":"",)"
        R"("pending":{"block":"none","unmet":[{"environment":"eu","status":"Running"},)"
        R"({"environment":"us","status":"Running"}]}}],)"
        R"("outstanding":[{"ticket":1,"kind":"promotion","environment":"eu","attempt":1,)"
        R"("suspended":false,"queued":true}],)"
        R"("waiting":[{"ticket":2,"kind":"promotion","environment":"us","attempt":1,)"
        R"("suspended":false,"soaksUntil":1020}],"context":[],"conflicts":[],)"
        R"("rejectedExports":[]})");
}

TEST_CASE("an export that is not UTF-8 is described as text all the same", "[R14][C4]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookFailed{ticket(1), "no", "{\"a\": \"caf\xe9\"}"}) == "ok");
  CHECK(host.release.describe()->find(R"("text":"{\"a\": \"caf)"
                                      "\xEF\xBF\xBD"
                                      R"(\"}"})") != std::string::npos);
}

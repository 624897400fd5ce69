// SPDX-License-Identifier: Apache-2.0
// R12, R13, R16: Retry of some environments, Skip, and the order in which an event is refused.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Lines = std::vector<std::string>;

/// Keeps the names for the call.
std::string retry(Host& host, std::int64_t ms, const std::vector<std::string_view>& names,
                  std::string_view by = {}) {
  return host.apply(ms, Retry{std::span<const std::string_view>(names), by});
}

EnvironmentStatus status_of(const Host& host, std::string_view name) {
  return host.release.environment(*host.release.flow().find_environment(name)).status;
}
std::string_view message_of(const Host& host, std::string_view name) {
  return host.release.environment(*host.release.flow().find_environment(name)).message;
}

/// regions(): eu has failed and its onFail hook has ended; us runs.
Host with_failed_eu(FailurePolicy policy = FailurePolicy::Continue) {
  Host host(regions(policy));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "eu is down"}) == "ok");
  REQUIRE(host.apply(2, HookSucceeded{ticket(3)}) == "ok");
  host.news();
  return host;
}

/// An event that must be refused and change nothing.
void refuses(Host& host, const Event::What& what, std::string_view code) {
  const std::string before = snapshot_of(host.release);
  host.news();
  CHECK(host.apply(1, what) == code);
  CHECK(snapshot_of(host.release) == before);
  CHECK(host.news().empty());
}
void refuses_retry(Host& host, const std::vector<std::string_view>& names, std::string_view code) {
  refuses(host, Retry{std::span<const std::string_view>(names)}, code);
}

}  // namespace

TEST_CASE("an environment is retried while others run; the release's message stays", "[R12]") {
  for (const FailurePolicy policy : {FailurePolicy::Continue, FailurePolicy::FailFast}) {
    Host host = with_failed_eu(policy);
    REQUIRE(retry(host, 5, {"eu", "eu"}, "ops") == "ok");
    CHECK(
        host.news() ==
        Lines{
            R"({"t":5,"event":"retry","environments":["eu","eu"],"by":"ops"})",
            R"({"t":5,"event":"environment","environment":"eu","status":"Running"})",
            R"({"t":5,"event":"promote","ticket":4,"environment":"eu","attempt":2,"policy":{}})"});
    CHECK(host.release.message() == "eu is down");
    CHECK(message_of(host, "eu").empty());
    CHECK(host.release.next_timer() == at(86'400'000));  // The flow deadline stays.
    for (const std::uint64_t number : {2U, 4U, 5U}) {
      REQUIRE(host.apply(6, PromotionSucceeded{ticket(number)}) == "ok");
    }
    CHECK(host.release.status() == ReleaseStatus::Succeeded);
    CHECK(host.release.message().empty());
  }
}

TEST_CASE("a Retry of some lets a Suspended release run again", "[R11][R12]") {
  Host host = with_failed_eu();
  REQUIRE(host.apply(3, Suspended{ticket(2)}) == "ok");
  REQUIRE(host.release.status() == ReleaseStatus::Suspended);
  REQUIRE(retry(host, 4, {"eu"}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Running);
  CHECK(status_of(host, "us") == EnvironmentStatus::Suspended);
}

TEST_CASE("a final release retries some; it takes the message of the first that stays failed",
          "[R12]") {
  Host host = with_failed_eu();
  REQUIRE(host.apply(3, PromotionFailed{ticket(2), "us is down"}) == "ok");
  REQUIRE(host.apply(4, HookSucceeded{ticket(4)}) == "ok");  // onFail of us.
  REQUIRE(host.apply(5, HookSucceeded{ticket(5)}) == "ok");  // release.onFail.
  REQUIRE(host.release.status() == ReleaseStatus::Failed);
  Host other(std::move(*Release::restore(host.release.flow(), snapshot_of(host.release))));

  REQUIRE(retry(host, 1000, {"eu"}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Running);
  CHECK(host.release.message() == "us is down");
  CHECK(host.release.next_timer() == at(1000 + 86'400'000));
  host.news();
  REQUIRE(host.apply(1001, PromotionSucceeded{ticket(6)}) == "ok");
  const Lines lines = host.news();  // Nothing else can begin: the release fails again.
  REQUIRE(lines.size() == 3);
  CHECK(lines[2].find(R"("hook":"slack-fail","point":"release.onFail","attempt":2)") !=
        std::string::npos);
  CHECK(lines[2].find(R"("ERROR_MESSAGE":"us is down")") != std::string::npos);
  CHECK(lines[2].find("eu is down") == std::string::npos);

  REQUIRE(retry(other, 1000, {"us", "eu"}) == "ok");
  CHECK(other.release.message().empty());
  CHECK(other.release.outstanding().value().size() == 2);
}

TEST_CASE("a Retry of some is refused where R12 does not allow it", "[R12][R13]") {
  Host host(regions(FailurePolicy::Continue));
  refuses_retry(host, {}, "not-allowed");
  refuses_retry(host, {"eu"}, "not-allowed");      // It runs,
  refuses_retry(host, {"global"}, "not-allowed");  // is Pending,
  refuses_retry(host, {"dev"}, "not-allowed");     // is Successful.
  refuses_retry(host, {"eu", "mars"}, "unknown-environment");
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  refuses_retry(host, {"eu"}, "not-allowed");  // Its onFail hook runs.
  REQUIRE(host.apply(2, HookSucceeded{ticket(3)}) == "ok");
  refuses_retry(host, {"eu", "us"}, "not-allowed");  // All of them or none.
  refuses(host, Retry{}, "not-allowed");             // As a whole only when final.

  Host terminating = with_failed_eu();
  REQUIRE(terminating.apply(3, Terminate{"stop"}) == "ok");
  refuses_retry(terminating, {"eu"}, "not-allowed");
  refuses_retry(terminating, {"mars"}, "unknown-environment");

  Host ending = with_failed_eu();
  REQUIRE(ending.apply(3, PromotionSucceeded{ticket(2)}) == "ok");  // release.onFail begins.
  refuses_retry(ending, {"eu"}, "not-allowed");
  REQUIRE(ending.apply(4, HookSucceeded{ticket(4)}) == "ok");
  refuses_retry(ending, {}, "not-allowed");
  CHECK(retry(ending, 5, {"eu"}) == "ok");
}

TEST_CASE("errors of tickets come first, then unknown environments, then what is not allowed",
          "[R13]") {
  Host host(regions(FailurePolicy::FailFast));
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    REQUIRE(host.apply(1, PromotionSucceeded{ticket(number)}) == "ok");
  }
  REQUIRE(host.release.status() == ReleaseStatus::Succeeded);  // It takes nothing but Tick.
  const std::pair<Event::What, std::string_view> refused[] = {
      {HookSucceeded{ticket(99)}, "unknown-ticket"},
      {PromotionFailed{ticket(99), ""}, "unknown-ticket"},
      {Suspended{ticket(99)}, "unknown-ticket"},
      {Started{ticket(99)}, "unknown-ticket"},
      {HookFailed{ticket(1), ""}, "settled-ticket"},
      {PromotionSucceeded{ticket(3)}, "settled-ticket"},
      {Resumed{ticket(3)}, "settled-ticket"},
      {Queued{ticket(3)}, "settled-ticket"},
      {Skip{"mars"}, "unknown-environment"},
      {Skip{""}, "unknown-environment"},
      {Skip{"eu"}, "not-allowed"},
      {Retry{}, "not-allowed"},
      {Terminate{"stop"}, "not-allowed"},
      {Terminate{"stop", true}, "not-allowed"},
  };
  for (const auto& [what, code] : refused) { refuses(host, what, code); }
  refuses_retry(host, {"mars"}, "unknown-environment");
  refuses_retry(host, {"eu"}, "not-allowed");
  CHECK(host.apply(2, Tick{}) == "ok");
}

TEST_CASE("a refused event says what is wrong, and with what", "[R13][R16]") {
  Host host = with_failed_eu();
  const auto error = [&](const Event::What& what) {
    const Error refused = host.release.apply({at(9), what}).error();
    return refused.where + ": " + refused.message;
  };
  CHECK(error(Skip{"mars"}) == "skip: the flow has no environment 'mars'");
  CHECK(error(Skip{"us"}) == "skip: environment 'us' is Running; terminate or wait for it first");
  CHECK(error(Skip{"dev"}) ==
        "skip: environment 'dev' is Successful; only Pending, Failed and Terminated ones are "
        "skipped");
  REQUIRE(host.apply(9, Terminate{"stop"}) == "ok");
  CHECK(error(Terminate{"stop"}) ==
        "terminate: the release is Terminating already; force ends it at once");
  CHECK(error(Skip{"global"}) == "skip: the release is Terminating");
}

TEST_CASE("a Pending environment is skipped, and what depends on it begins", "[R16]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, Skip{"staging", "known", "ops"}) == "ok");  // release.onStart runs.
  CHECK(host.lines.back() ==
        R"({"t":1,"event":"environment","environment":"staging","status":"Skipped"})");
  CHECK(message_of(host, "staging") == "known");
  host.news();
  REQUIRE(host.apply(2, HookSucceeded{ticket(1)}) == "ok");
  CHECK(status_of(host, "production") == EnvironmentStatus::Running);
  refuses(host, Skip{"staging"}, "not-allowed");     // Skipped,
  refuses(host, Skip{"dev"}, "not-allowed");         // Successful,
  refuses(host, Skip{"production"}, "not-allowed");  // Running,
  REQUIRE(host.apply(3, Suspended{ticket(2)}) == "ok");
  refuses(host, Skip{"production"}, "not-allowed");  // and Suspended.
}

TEST_CASE("the trigger environment, and with it all, may be skipped before it is opened", "[R16]") {
  Host host(walkthrough());
  for (const char* name : {"dev", "production", "staging"}) {
    REQUIRE(host.apply(1, Skip{name}) == "ok");
  }
  auto restored = Release::restore(host.release.flow(), snapshot_of(host.release));
  REQUIRE(restored);
  Host copy(std::move(*restored));
  for (Host* one : {&host, &copy}) {
    REQUIRE(one->apply(2, HookSucceeded{ticket(1)}) == "ok");
    CHECK(one->release.phase() == "Finalizing");
    refuses(*one, Skip{"staging"}, "not-allowed");
    REQUIRE(one->apply(3, HookSucceeded{ticket(2)}) == "ok");
    CHECK(one->release.status() == ReleaseStatus::Succeeded);
  }
}

TEST_CASE("a failed environment is skipped once its onFail chain has ended, and others begin",
          "[R3][R16]") {
  Host host(regions(FailurePolicy::FailFast));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  refuses(host, Skip{"eu"}, "not-allowed");  // Its onFail hook runs.
  REQUIRE(host.apply(2, HookSucceeded{ticket(3)}) == "ok");
  REQUIRE(host.apply(3, Skip{"eu"}) == "ok");
  CHECK(status_of(host, "eu") == EnvironmentStatus::Skipped);
  CHECK(message_of(host, "eu").empty());
  CHECK(host.release.message() == "down");
  refuses_retry(host, {"eu"}, "not-allowed");
  REQUIRE(host.apply(4, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(status_of(host, "global") == EnvironmentStatus::Running);
  REQUIRE(host.apply(5, PromotionSucceeded{ticket(4)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Succeeded);
  CHECK(host.release.message().empty());
}

TEST_CASE("in a final release a Skip begins nothing until the Retry", "[R12][R16]") {
  Host host(regions(FailurePolicy::Abort));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");  // us is aborted.
  for (const std::uint64_t number : {3U, 4U, 5U}) {
    REQUIRE(host.apply(2, HookSucceeded{ticket(number)}) == "ok");
    if (number == 4) { refuses(host, Skip{"global"}, "not-allowed"); }  // release.onFail runs.
  }
  REQUIRE(host.release.status() == ReleaseStatus::Failed);
  host.news();
  REQUIRE(host.apply(3, Skip{"us"}) == "ok");  // Terminated,
  REQUIRE(host.apply(3, Skip{"eu"}) == "ok");  // Failed.
  CHECK(host.news().size() == 4);
  CHECK(host.release.status() == ReleaseStatus::Failed);
  CHECK(status_of(host, "global") == EnvironmentStatus::Pending);
  auto restored = Release::restore(host.release.flow(), snapshot_of(host.release));
  REQUIRE(restored);
  Host copy(std::move(*restored));
  for (Host* one : {&host, &copy}) {
    REQUIRE(one->apply(4, Retry{}) == "ok");
    CHECK(status_of(*one, "global") == EnvironmentStatus::Running);
    REQUIRE(one->apply(5, PromotionSucceeded{ticket(6)}) == "ok");
    CHECK(one->release.status() == ReleaseStatus::Succeeded);
  }
}

TEST_CASE("a start whose selection is empty, unknown or more than one is refused", "[R16]") {
  const auto refusal = [](const EnvironmentSelection& selection) {
    const Error error = Release::start(walkthrough(), {.id = "r"}, at(0), {}, selection).error();
    return std::string(to_string(error.code)) + " " + error.where;
  };
  using Names = std::vector<std::string>;
  CHECK(refusal({.skip = Names{}}) == "invalid-argument selection.skip");
  CHECK(refusal({.until = Names{}}) == "invalid-argument selection.until");
  CHECK(refusal({.only = Names{}}) == "invalid-argument selection.only");
  CHECK(refusal({.skip = Names{"mars"}}) == "unknown-environment selection.skip");
  CHECK(refusal({.until = Names{"dev", "mars"}}) == "unknown-environment selection.until");
  CHECK(refusal({.only = Names{"mars\xFF"}}) == "unknown-environment selection.only");
  CHECK(refusal({.skip = Names{"dev"}, .only = Names{"dev"}}) == "invalid-argument selection");
}

TEST_CASE("an answer that is delivered twice leaves what it left once", "[R13]") {
  const std::vector<Event::What> answers = {HookSucceeded{ticket(1), R"({"A":1})"},
                                            HookSucceeded{ticket(2), "[1]"},
                                            HookFailed{ticket(3), "no"}, HookSucceeded{ticket(4)}};
  Host host(walkthrough());
  std::int64_t ms = 0;
  for (const Event::What& answer : answers) {
    REQUIRE(host.apply(++ms, answer) == "ok");
    refuses(host, answer, "settled-ticket");
  }
  CHECK(host.release.status() == ReleaseStatus::Failed);
  REQUIRE(host.apply(10, Retry{}) == "ok");
  refuses(host, Retry{}, "not-allowed");
  REQUIRE(host.apply(11, Terminate{"stop"}) == "ok");
  refuses(host, Terminate{"stop"}, "not-allowed");
  for (const Event::What& answer : answers) { refuses(host, answer, "settled-ticket"); }
}

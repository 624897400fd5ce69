// SPDX-License-Identifier: Apache-2.0
// R19: commands for which the host has no room yet. Their timeouts stop, and nothing else does.
#include <algorithm>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::int64_t kDay = 86'400'000;

/// dev -> eu and us, each with a timeout of a second; eu has another attempt at once.
Flow timed() {
  FlowBuilder builder("timed", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  builder.options(options);
  StepOptions step;
  step.timeout = milliseconds{1000};
  builder.step("us", {"dev"}, step);
  step.retry = {.limit = 1};
  builder.step("eu", {"dev"}, step);
  return built(builder);
}

/// The release that a snapshot of this one restores.
Host restored(const Host& host) {
  Host copy(std::move(*Release::restore(host.release.flow(), snapshot_of(host.release))));
  copy.drain();
  copy.news();
  return copy;
}

}  // namespace

TEST_CASE("the timeout of a queued command stops, and counts anew from its start", "[R19]") {
  Host host(timed());
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(2)}) == "ok");
  host.news();
  REQUIRE(host.apply(400, Queued{ticket(1)}) == "ok");
  CHECK(host.news() == std::vector<std::string>{R"({"t":400,"event":"queued","ticket":1})"});
  CHECK(host.release.next_timer() == at(kDay));  // The flow's deadline alone.
  CHECK(host.release.outstanding().value()[0].queued);
  CHECK_FALSE(host.release.outstanding().value()[0].expires);
  REQUIRE(host.apply(5000, Tick{}) == "ok");
  CHECK(host.news().empty());

  REQUIRE(host.apply(6000, Started{ticket(1)}) == "ok");
  CHECK(host.news() == std::vector<std::string>{R"({"t":6000,"event":"started","ticket":1})"});
  CHECK_FALSE(host.release.outstanding().value()[0].queued);
  CHECK(host.release.outstanding().value()[0].expires == at(7000));
  REQUIRE(host.apply(6999, Tick{}) == "ok");
  CHECK(host.news().empty());
  REQUIRE(host.apply(7000, Tick{}) == "ok");
  CHECK(host.news()[1] ==
        R"({"t":7000,"event":"promotion-failed","ticket":1,"message":"timed out after 1s"})");
}

TEST_CASE("a command that waits while its timeout would have ended does not fail", "[R10][R19]") {
  Host host(timed());
  REQUIRE(host.apply(999, Queued{ticket(1)}) == "ok");
  REQUIRE(host.apply(1000, PromotionSucceeded{ticket(1)}) == "ok");
  CHECK(host.release.environment(EnvironmentId{1}).status == EnvironmentStatus::Successful);
  // What is reported too late has expired: timers that are due fire first.
  Host late(timed());
  CHECK(late.apply(1000, Queued{ticket(1)}) == "settled-ticket");
}

TEST_CASE("repeated and unfitting reports of Queued and Started are refused", "[R13][R19]") {
  Host host(timed());
  const auto refuses = [&](const Event::What& what, std::string_view code) {
    const std::string before = snapshot_of(host.release);
    host.news();
    CHECK(host.apply(1, what) == code);
    CHECK(snapshot_of(host.release) == before);
    CHECK(host.news().empty());
  };
  refuses(Started{ticket(1)}, "not-allowed");
  REQUIRE(host.apply(1, Queued{ticket(1)}) == "ok");
  refuses(Queued{ticket(1)}, "not-allowed");
  REQUIRE(host.apply(1, Started{ticket(1)}) == "ok");
  refuses(Started{ticket(1)}, "not-allowed");
  refuses(Queued{ticket(1)}, "not-allowed");
  refuses(Queued{ticket(3)}, "unknown-ticket");
  refuses(Started{ticket(0)}, "unknown-ticket");
  REQUIRE(host.apply(1, PromotionSucceeded{ticket(1)}) == "ok");
  refuses(Queued{ticket(1)}, "settled-ticket");
  refuses(Started{ticket(1)}, "settled-ticket");
}

TEST_CASE("a queued command ends, well or badly, without having started", "[R19]") {
  Host host(timed());
  for (const std::uint64_t number : {1U, 2U}) {
    REQUIRE(host.apply(1, Queued{ticket(number)}) == "ok");
  }
  host.news();
  REQUIRE(host.apply(2, PromotionFailed{ticket(1), "no runner"}) == "ok");
  CHECK(host.release.environment(EnvironmentId{1}).message == "no runner");
  REQUIRE(host.apply(3, PromotionFailed{ticket(2), "no runner"}) == "ok");
  // Its next attempt is a command of its own: it is not queued, and its timeout counts.
  REQUIRE(host.apply(3, Tick{}) == "ok");
  REQUIRE(host.release.outstanding().value().size() == 1);
  CHECK_FALSE(host.release.outstanding().value()[0].queued);
  CHECK(host.release.outstanding().value()[0].expires == at(1003));
  CHECK(host.apply(3, Started{ticket(3)}) == "not-allowed");
  CHECK(host.apply(3, Queued{ticket(3)}) == "ok");
}

TEST_CASE("a queued command is cancelled like any other", "[R6][R19]") {
  for (const bool force : {false, true}) {
    Host host(timed());
    REQUIRE(host.apply(1, Queued{ticket(2)}) == "ok");
    host.news();
    REQUIRE(host.apply(2, Terminate{"stop", force}) == "ok");
    const auto lines = host.news();
    CHECK(std::count(lines.begin(), lines.end(), R"({"t":2,"event":"cancel","ticket":2})") == 1);
    CHECK(host.release.status() == ReleaseStatus::Terminated);
    CHECK_FALSE(host.release.next_timer());
  }
}

TEST_CASE("a queued command may be suspended, but the release is not while it is queued",
          "[R11][R19]") {
  Host host(timed());
  REQUIRE(host.apply(1, PromotionSucceeded{ticket(1)}) == "ok");
  const auto statuses = [&] {
    return std::pair(host.release.status(), host.release.environment(EnvironmentId{2}).status);
  };
  REQUIRE(host.apply(2, Queued{ticket(2)}) == "ok");
  CHECK(statuses() == std::pair(ReleaseStatus::Running, EnvironmentStatus::Running));
  REQUIRE(host.apply(3, Suspended{ticket(2)}) == "ok");
  CHECK(statuses() == std::pair(ReleaseStatus::Running, EnvironmentStatus::Suspended));
  host.news();
  REQUIRE(host.apply(4, Started{ticket(2)}) == "ok");
  CHECK(statuses() == std::pair(ReleaseStatus::Suspended, EnvironmentStatus::Suspended));
  CHECK(host.news() ==
        std::vector<std::string>{R"({"t":4,"event":"started","ticket":2})",
                                 R"({"t":4,"event":"release","status":"Suspended"})"});
  REQUIRE(host.apply(5, Resumed{ticket(2)}) == "ok");
  CHECK(statuses() == std::pair(ReleaseStatus::Running, EnvironmentStatus::Running));
}

TEST_CASE("a suspended command that turns out to be queued lets the release run again",
          "[R11][R19]") {
  Host host(timed());
  REQUIRE(host.apply(1, PromotionSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(2, Suspended{ticket(2)}) == "ok");
  REQUIRE(host.release.status() == ReleaseStatus::Suspended);
  REQUIRE(host.apply(3, Queued{ticket(2)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Running);
  CHECK(host.release.environment(EnvironmentId{2}).status == EnvironmentStatus::Suspended);
  REQUIRE(host.apply(4, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("what is queued and what has started is so after a restore", "[R15][R19]") {
  Host host(timed());
  REQUIRE(host.apply(100, Queued{ticket(1)}) == "ok");
  REQUIRE(host.apply(100, Queued{ticket(2)}) == "ok");
  REQUIRE(host.apply(500, Started{ticket(2)}) == "ok");
  REQUIRE(host.apply(600, Suspended{ticket(1)}) == "ok");
  REQUIRE(host.apply(600, Suspended{ticket(2)}) == "ok");
  Host copy = restored(host);
  CHECK(snapshot_of(copy.release) == snapshot_of(host.release));
  CHECK(copy.release.next_timer() == at(1500));
  for (Host* one : {&host, &copy}) {
    CHECK(one->release.status() == ReleaseStatus::Running);
    CHECK(one->apply(700, Queued{ticket(1)}) == "not-allowed");
    CHECK(one->apply(700, Queued{ticket(2)}) == "not-allowed");
    CHECK(one->apply(700, Started{ticket(2)}) == "not-allowed");
    CHECK(one->apply(700, Started{ticket(1)}) == "ok");
    CHECK(one->release.status() == ReleaseStatus::Suspended);
    CHECK(one->apply(1500, Tick{}) == "ok");
    CHECK(one->release.next_timer() == at(1700));  // That of ticket 1.
  }
  CHECK(snapshot_of(copy.release) == snapshot_of(host.release));
}

TEST_CASE("commands that start out of order expire by time, then by ticket", "[R10][R19]") {
  Host host(timed());
  for (const std::uint64_t number : {1U, 2U}) {
    REQUIRE(host.apply(0, Queued{ticket(number)}) == "ok");
  }
  REQUIRE(host.apply(100, Started{ticket(2)}) == "ok");
  Host copy = restored(host);
  for (Host* one : {&host, &copy}) {  // Both expire at 1100: ticket 1 comes first.
    REQUIRE(one->apply(100, Started{ticket(1)}) == "ok");
    one->news();
    REQUIRE(one->apply(1100, Tick{}) == "ok");
    const auto lines = one->news();
    REQUIRE(lines.size() >= 3);
    CHECK(lines[0] == R"({"t":1100,"event":"cancel","ticket":1})");
    CHECK(lines[3] == R"({"t":1100,"event":"cancel","ticket":2})");
  }
}

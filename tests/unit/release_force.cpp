// SPDX-License-Identifier: Apache-2.0
// R6, R7: a release is forced to its end, by an operator or by the end deadline.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Lines = std::vector<std::string>;
using Events = std::vector<Event::What>;

Lines cancel_lines(const Lines& lines) {
  Lines found;
  for (const std::string& line : lines) {
    if (line.find("\"cancel\"") != std::string::npos) {
      found.push_back(line.substr(line.find("ticket")));
    }
  }
  return found;
}

/// A release of walkthrough() after these events, a millisecond after one another.
Host after(const Events& events) {
  Host host(walkthrough());
  std::int64_t ms = 0;
  for (const Event::What& what : events) { REQUIRE(host.apply(++ms, what) == "ok"); }
  host.news();
  return host;
}

/// dev -> eu, with an onFail hook each for it and the release, an hour to do all and a minute to
/// end.
Flow hurried() {
  FlowBuilder builder("hurried", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::minutes{60};
  options.termination_grace_period = milliseconds{60'000};
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions step;
  step.hooks.on_fail = {hook("page")};
  builder.options(options).step("eu", {"dev"}, step);
  return built(builder);
}

constexpr std::int64_t kMinute = 60'000;
const Events kPromoting{HookSucceeded{ticket(1)}, HookSucceeded{ticket(2)}};

Events then(Events events, const Events& more) {
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

}  // namespace

TEST_CASE("a forced release takes its final status at once, wherever it was", "[R6]") {
  struct Case {
    const char* where;
    Events before;
    Lines cancelled;
    ReleaseStatus status;
    const char* message;
    EnvironmentStatus staging;
    const char* staging_message;
  };
  using Status = EnvironmentStatus;
  constexpr ReleaseStatus kTerminated = ReleaseStatus::Terminated;
  const Events failing = then(kPromoting, {PromotionFailed{ticket(3), "down"}});
  const Case cases[] = {
      {"release.onStart", {}, {"ticket\":1}"}, kTerminated, "now", Status::Pending, ""},
      {"onStart", {kPromoting[0]}, {"ticket\":2}"}, kTerminated, "now", Status::Terminated, "now"},
      {"promotion", kPromoting, {"ticket\":3}"}, kTerminated, "now", Status::Terminated, "now"},
      {"suspended promotion",
       then(kPromoting, {Suspended{ticket(3)}}),
       {"ticket\":3}"},
       kTerminated,
       "now",
       Status::Terminated,
       "now"},
      {"onSuccess",
       then(kPromoting, {PromotionSucceeded{ticket(3)}}),
       {"ticket\":4}"},
       kTerminated,
       "now",
       Status::Terminated,
       "now"},
      {"onFail",
       failing,
       {"ticket\":4}"},
       kTerminated,
       "now (first failure: down)",
       Status::Failed,
       "down"},
      {"release.onFail",
       then(failing, {HookSucceeded{ticket(4)}}),
       {"ticket\":5}"},
       ReleaseStatus::Failed,
       "down",
       Status::Failed,
       "down"},
      {"Terminating",
       then(kPromoting, {Terminate{"stop"}}),
       {"ticket\":4}"},
       kTerminated,
       "stop",
       Status::Terminated,
       "stop"},
      {"release.onFail of a termination",
       then(kPromoting, {Terminate{"stop"}, HookSucceeded{ticket(4)}}),
       {"ticket\":5}"},
       kTerminated,
       "stop",
       Status::Terminated,
       "stop"},
  };
  for (const Case& one : cases) {
    INFO(one.where);
    Host host = after(one.before);
    REQUIRE(host.apply(100, Terminate{"now", true, "ops"}) == "ok");
    const Lines lines = host.news();
    CHECK(lines.front() ==
          R"({"t":100,"event":"terminate","reason":"now","force":true,"by":"ops"})");
    CHECK(lines.back() == "{\"t\":100,\"event\":\"release\",\"status\":\"" +
                              std::string(to_string(one.status)) + "\"}");
    CHECK(cancel_lines(lines) == one.cancelled);
    for (const std::string& line : lines) {
      CHECK(line.find("Terminating") == std::string::npos);
      CHECK(line.find("\"hook\"") == std::string::npos);
    }
    CHECK(host.release.status() == one.status);
    CHECK(host.release.message() == one.message);
    const EnvironmentState staging = host.release.environment(EnvironmentId{1});
    CHECK(staging.status == one.staging);
    CHECK(staging.message == one.staging_message);
    CHECK(host.release.outstanding().value().empty());
    CHECK_FALSE(host.release.next_timer());
    CHECK(host.apply(101, Terminate{"again", true}) == "not-allowed");
    // It goes on where it was, as after any end.
    auto copy = Release::restore(walkthrough(), snapshot_of(host.release));
    REQUIRE(copy);
    Host other(std::move(*copy));
    REQUIRE(host.apply(200, Retry{}) == "ok");
    REQUIRE(other.apply(200, Retry{}) == "ok");
    CHECK(host.release.status() == ReleaseStatus::Running);
    CHECK(host.release.outstanding().value().size() == 1);
    CHECK(snapshot_of(other.release) == snapshot_of(host.release));
  }
}

TEST_CASE("a force in release.onSuccess lets a Retry issue that hook again", "[R6][R12]") {
  FlowBuilder builder("end", "dev");
  FlowOptions options;
  options.hooks.on_success = {hook("celebrate")};
  builder.options(options).step("eu", {"dev"});
  Host host(built(builder));
  REQUIRE(host.apply(1, PromotionSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(2, Terminate{"now", true}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Terminated);
  host.news();
  REQUIRE(host.apply(3, Retry{}) == "ok");
  REQUIRE(host.apply(4, HookSucceeded{ticket(3)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("a force cancels in ticket order and drops waiting attempts", "[R6][R9]") {
  FlowBuilder builder("three", "dev");
  StepOptions step;
  step.retry = {.limit = 1, .duration = milliseconds{1000}};
  step.hooks.on_start = {hook("look")};
  step.hooks.on_fail = {hook("page")};
  builder.step("asia", {"dev"}, step).step("eu", {"dev"}).step("us", {"dev"}, step);
  Host host(built(builder));                                              // Tickets 1, 2 and 3.
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");               // Ticket 4: asia.
  REQUIRE(host.apply(2, HookSucceeded{ticket(3)}) == "ok");               // Ticket 5: us.
  REQUIRE(host.apply(3, PromotionFailed{ticket(5), "not yet"}) == "ok");  // It waits.
  host.news();
  REQUIRE(host.apply(4, Terminate{"", true}) == "ok");
  CHECK(host.news() ==
        Lines{R"({"t":4,"event":"terminate","reason":"no message was given","force":true})",
              R"({"t":4,"event":"cancel","ticket":2})", R"({"t":4,"event":"cancel","ticket":4})",
              R"({"t":4,"event":"environment","environment":"asia","status":"Terminated"})",
              R"({"t":4,"event":"environment","environment":"eu","status":"Terminated"})",
              R"({"t":4,"event":"environment","environment":"us","status":"Terminated"})",
              R"({"t":4,"event":"release","status":"Terminated"})"});
  CHECK(host.release.message() == "no message was given");
  CHECK_FALSE(host.release.next_timer());
}

TEST_CASE("release.onFail that hangs is forced by the end deadline", "[R7]") {
  Host host(hurried());
  CHECK(host.release.next_timer() == at(60 * kMinute));
  REQUIRE(host.apply(1000, PromotionFailed{ticket(1), "down"}) == "ok");
  CHECK(host.release.next_timer() == at(60 * kMinute));  // The flow deadline: onFail of eu runs.
  REQUIRE(host.apply(2000, HookSucceeded{ticket(2)}) == "ok");
  CHECK(host.release.next_timer() == at(2000 + kMinute));
  host.news();
  REQUIRE(host.apply(2000 + kMinute, Tick{}) == "ok");
  CHECK(host.news() ==
        Lines{R"({"t":62000,"event":"terminate","reason":"termination grace period of 1m is over")"
              R"(,"force":true})",
              R"({"t":62000,"event":"cancel","ticket":3})",
              R"({"t":62000,"event":"release","status":"Failed"})"});
  CHECK(host.release.message() == "down");
  CHECK_FALSE(host.release.next_timer());
}

TEST_CASE("the end deadline is armed once: by the termination, not again by release.onFail",
          "[R7][R15]") {
  Host host(hurried());
  REQUIRE(host.apply(1000, Terminate{"stop"}) == "ok");
  CHECK(host.release.next_timer() == at(1000 + kMinute));
  REQUIRE(host.apply(30'000, HookSucceeded{ticket(2)}) == "ok");  // release.onFail begins.
  CHECK(host.release.next_timer() == at(1000 + kMinute));
  auto restored = Release::restore(host.release.flow(), snapshot_of(host.release));
  REQUIRE(restored);
  Host copy(std::move(*restored));
  for (Host* one : {&host, &copy}) {
    CHECK(one->release.next_timer() == at(1000 + kMinute));
    REQUIRE(one->apply(1000 + kMinute, Tick{}) == "ok");
    CHECK(one->release.status() == ReleaseStatus::Terminated);
    CHECK(one->release.message() == "stop");
    // A Retry disarms it: the flow deadline counts anew.
    REQUIRE(one->apply(70'000, Retry{}) == "ok");
    CHECK(one->release.next_timer() == at(70'000 + 60 * kMinute));
  }
}

TEST_CASE("the flow deadline terminates, and what does not end then is forced", "[R7]") {
  Host host(hurried());
  REQUIRE(host.apply(60 * kMinute, Tick{}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Terminating);
  CHECK(host.release.message() == "promotion flow timed out after 1h");
  CHECK(host.release.next_timer() == at(61 * kMinute));
  REQUIRE(host.apply(61 * kMinute, Tick{}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Terminated);
  CHECK(host.release.message() == "promotion flow timed out after 1h");
}

TEST_CASE("without a grace period a release has as long to end as it had to begin with", "[R7]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1000, HookFailed{ticket(1), "no"}) == "ok");
  CHECK(host.release.next_timer() == at(1000 + 24 * 60 * kMinute));
  REQUIRE(host.apply(1000 + 24 * 60 * kMinute, Tick{}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Failed);
}

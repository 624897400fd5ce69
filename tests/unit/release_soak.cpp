// SPDX-License-Identifier: Apache-2.0
// R18: between its promotion and its onSuccess hooks an environment soaks.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Lines = std::vector<std::string>;

/// dev -> eu, which soaks for a second; with `attempts` further attempts of its promotion.
Flow soaking(std::uint32_t attempts) {
  FlowBuilder builder("soaking", "dev");
  StepOptions step;
  step.soak = milliseconds{1000};
  step.timeout = milliseconds{500};  // It does not count while the environment soaks.
  step.retry = {.limit = attempts, .duration = milliseconds{50}};
  step.hooks = {{}, {hook("smoke")}, {hook("page")}};
  builder.step("eu", {"dev"}, step);
  return built(builder);
}

constexpr EnvironmentId kEu{1};

std::string name_of(const std::string& line) {
  const std::size_t begin = line.find("\"event\":\"") + 9;
  return line.substr(begin, line.find('"', begin) - begin);
}

Lines names_of(const Lines& lines) {
  Lines names;
  for (const std::string& line : lines) { names.push_back(name_of(line)); }
  return names;
}

}  // namespace

TEST_CASE("an environment soaks, Running, before its onSuccess hooks", "[R14][R18]") {
  Host host(soaking(0));
  host.news();
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
  CHECK(host.news() == Lines{R"({"t":10,"event":"promotion-succeeded","ticket":1})"});
  CHECK(host.release.environment(kEu).status == EnvironmentStatus::Running);
  CHECK(host.release.environment(kEu).phase == "Soaking");
  CHECK(host.release.outstanding().value().empty());
  CHECK(host.release.next_timer() == at(1010));
  REQUIRE(host.apply(1009, Tick{}) == "ok");
  CHECK(host.news().empty());
  REQUIRE(host.apply(1010, Tick{}) == "ok");
  const Lines lines = host.news();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == R"({"t":1010,"event":"soaked","ticket":1})");
  CHECK(name_of(lines[1]) == "hook");
  CHECK(host.apply(1011, PromotionFailed{ticket(1), "too late"}) == "settled-ticket");
}

TEST_CASE("while an environment soaks its ticket is settled for all but PromotionFailed",
          "[R13][R18]") {
  Host host(soaking(0));
  CHECK(host.apply(5, HookFailed{ticket(1), "x"}) == "wrong-kind");
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
  const std::string before = snapshot_of(host.release);
  const Event::What settled[] = {PromotionSucceeded{ticket(1)},
                                 HookSucceeded{ticket(1)},
                                 HookFailed{ticket(1), "x"},
                                 Suspended{ticket(1)},
                                 Resumed{ticket(1)},
                                 Queued{ticket(1)},
                                 Started{ticket(1)}};
  for (const Event::What& what : settled) { CHECK(host.apply(20, what) == "settled-ticket"); }
  CHECK(snapshot_of(host.release) == before);
  host.news();
  REQUIRE(host.apply(20, PromotionFailed{ticket(1), "error rate 4 %"}) == "ok");
  CHECK(names_of(host.news()) == Lines{"promotion-failed", "environment", "hook"});
  CHECK(host.release.environment(kEu).status == EnvironmentStatus::Failed);
  CHECK(host.release.environment(kEu).message == "error rate 4 %");
  CHECK(host.apply(21, PromotionFailed{ticket(1), "twice"}) == "settled-ticket");
  // A Retry promotes again: it failed as if its promotion had.
  REQUIRE(host.apply(30, HookSucceeded{ticket(2)}) == "ok");
  REQUIRE(host.apply(40, Retry{}) == "ok");
  REQUIRE(host.release.outstanding().value().size() == 1);
  CHECK(std::get<Promote>(host.release.outstanding().value()[0].command).attempt == 2);
}

TEST_CASE("a promotion that fails in the soak is attempted again, and soaks again", "[R9][R18]") {
  Host host(soaking(1));
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(20, PromotionFailed{ticket(1), "bad"}) == "ok");
  CHECK(host.release.environment(kEu).phase == "Running");
  CHECK(host.release.next_timer() == at(70));
  REQUIRE(host.apply(70, Tick{}) == "ok");
  REQUIRE(host.apply(80, PromotionSucceeded{ticket(2)}) == "ok");
  CHECK(host.release.next_timer() == at(1080));
  CHECK(host.apply(90, PromotionFailed{ticket(1), "the first one"}) == "settled-ticket");
  REQUIRE(host.apply(90, PromotionFailed{ticket(2), "still bad"}) == "ok");
  CHECK(host.release.environment(kEu).message == "still bad");  // No attempt is left.
}

TEST_CASE("a cut ends the soak and cancels nothing; a Retry lets it begin anew", "[R12][R18]") {
  for (const bool force : {false, true}) {
    for (const bool restores : {false, true}) {
      INFO("force " << force << ", restored " << restores);
      Host host(soaking(1));
      const auto restore = [&] {
        if (!restores) { return; }
        auto copy = Release::restore(host.release.flow(), snapshot_of(host.release));
        REQUIRE(copy);
        host.release = std::move(*copy);
        host.drain();
      };
      REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
      restore();
      host.news();
      REQUIRE(host.apply(500, Terminate{"stop", force}) == "ok");
      CHECK(names_of(host.news()) == (force
                                          ? Lines{"terminate", "environment", "release"}
                                          : Lines{"terminate", "release", "environment", "hook"}));
      CHECK(host.apply(510, PromotionFailed{ticket(1), "late"}) == "settled-ticket");
      if (!force) { REQUIRE(host.apply(520, HookSucceeded{ticket(2)}) == "ok"); }
      REQUIRE(host.release.status() == ReleaseStatus::Terminated);
      restore();
      host.news();
      REQUIRE(host.apply(2000, Retry{}) == "ok");
      CHECK(names_of(host.news()) == Lines{"retry", "release", "environment"});
      restore();
      CHECK(host.release.environment(kEu).phase == "Soaking");
      CHECK(host.release.next_timer() == at(3000));
      CHECK(host.apply(2100, PromotionSucceeded{ticket(1)}) == "settled-ticket");
      // R9 is counted anew: one more attempt is left, whose number goes on.
      REQUIRE(host.apply(2100, PromotionFailed{ticket(1), "late"}) == "ok");
      CHECK(host.release.next_timer() == at(2150));
      restore();
      REQUIRE(host.apply(2150, Tick{}) == "ok");
      const auto outstanding = host.release.outstanding().value();
      REQUIRE(outstanding.size() == 1);
      CHECK(std::get<Promote>(outstanding[0].command).attempt == 2);
      CHECK(std::get<Promote>(outstanding[0].command).ticket == ticket(force ? 2 : 3));
    }
  }
}

TEST_CASE("a soak that began anew ends well", "[R12][R18]") {
  Host host(soaking(0));
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
  for (const std::int64_t ms : {100, 200, 300}) {
    REQUIRE(host.apply(ms, Terminate{"stop", true}) == "ok");
    REQUIRE(host.apply(ms, Retry{}) == "ok");
  }
  host.news();
  REQUIRE(host.apply(1300, Tick{}) == "ok");
  CHECK(names_of(host.news()) == Lines{"soaked", "hook"});
  REQUIRE(host.apply(1400, HookSucceeded{ticket(2)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("a release is not Suspended while an environment soaks", "[R11][R18]") {
  FlowBuilder builder("both", "dev");
  StepOptions step;
  step.soak = milliseconds{1000};
  builder.step("eu", {"dev"}, step).step("us", {"dev"});
  Host host(built(builder));
  REQUIRE(host.apply(1, Suspended{ticket(2)}) == "ok");
  REQUIRE(host.apply(2, PromotionSucceeded{ticket(1)}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Running);
  REQUIRE(host.apply(1002, Tick{}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Suspended);
}

TEST_CASE("a soak may end when the timeout of its promotion would have", "[R8][R10][R18]") {
  FlowBuilder builder("soaks", "dev");
  StepOptions step;
  step.timeout = milliseconds{100};
  step.soak = milliseconds{60};
  for (const char* name : {"a", "b", "c", "d"}) { builder.step(name, {"dev"}, step); }
  Host host(built(builder));
  for (std::uint64_t one = 1; one <= 4; ++one) {
    REQUIRE(host.apply(0, Queued{ticket(one)}) == "ok");
  }
  // Those that start at one time, but not in the order of their tickets, have timers of another
  // kind.
  for (const std::uint64_t one : {2U, 1U}) { REQUIRE(host.apply(5, Started{ticket(one)}) == "ok"); }
  for (const std::uint64_t one : {4U, 3U}) {
    REQUIRE(host.apply(10, Started{ticket(one)}) == "ok");
  }
  REQUIRE(host.apply(50, PromotionSucceeded{ticket(3)}) == "ok");
  CHECK(host.release.next_timer() == at(105));
  host.news();
  REQUIRE(host.apply(109, PromotionSucceeded{ticket(4)}) == "ok");
  CHECK(host.release.next_timer() == at(110));
  REQUIRE(host.apply(110, Tick{}) == "ok");
  CHECK(host.release.environment(EnvironmentId{3}).status == EnvironmentStatus::Successful);
  CHECK(host.release.next_timer() == at(169));
}

TEST_CASE("soaks are in a snapshot, and what cannot be of them is refused", "[R15][R18]") {
  Host host(soaking(0));
  REQUIRE(host.apply(10, PromotionSucceeded{ticket(1)}) == "ok");
  const std::string good = snapshot_of(host.release);
  const auto refusal = [&](std::string_view what, std::string_view by) {
    std::string bad = good;
    REQUIRE(bad.find(what) != std::string::npos);
    auto restored =
        Release::restore(host.release.flow(), bad.replace(bad.find(what), what.size(), by));
    REQUIRE_FALSE(restored);
    CHECK(restored.error().code == ErrorCode::InvalidSnapshot);
    return restored.error().message;
  };
  CHECK(refusal("\"soaking\":true", "\"soaking\":false") == "a soak and its environment disagree");
  CHECK(refusal("\"entities\":\"dkw\"", "\"entities\":\"dww\"") ==
        "a soak and its environment disagree");
  CHECK(refusal("\"suspended\":false", "\"suspended\":true") ==
        "what waits is suspended or queued");
  REQUIRE(host.apply(20, Terminate{"stop", true}) == "ok");
  const std::string stopped = snapshot_of(host.release);
  std::string bad = stopped;
  const std::string_view soaked = "\"soaked\":1";
  REQUIRE(bad.find(soaked) != std::string::npos);
  for (const char* by : {"\"soaked\":0", "\"soaked\":2"}) {
    bad = stopped;
    bad.replace(bad.find(soaked), soaked.size(), by);
    CHECK(Release::restore(host.release.flow(), bad).error().message == "a ticket is out of range");
  }
}

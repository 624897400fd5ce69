// SPDX-License-Identifier: Apache-2.0
// R10, R13: what is refused, what time does, and that nothing is changed by what is refused.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Applies an event that must be refused, and checks that not a bit of the state has changed.
void refuses(Host& host, std::int64_t ms, const Event::What& what, std::string_view code) {
  const std::string before = snapshot_of(host.release);
  host.news();
  CHECK(host.apply(ms, what) == code);
  CHECK(snapshot_of(host.release) == before);
  CHECK(host.news().empty());
}

}  // namespace

TEST_CASE("an answer for a ticket that was never issued is refused", "[R13]") {
  Host host(walkthrough());
  refuses(host, 5, HookSucceeded{ticket(0)}, "unknown-ticket");
  refuses(host, 5, HookSucceeded{ticket(2)}, "unknown-ticket");
  refuses(host, 5, PromotionFailed{ticket(UINT64_MAX), "x"}, "unknown-ticket");
  refuses(host, 5, Suspended{ticket(7)}, "unknown-ticket");
}

TEST_CASE("a second answer for a ticket is refused as settled", "[R13]") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  refuses(host, 2, HookSucceeded{ticket(1)}, "settled-ticket");
  refuses(host, 2, HookFailed{ticket(1), "late"}, "settled-ticket");
  refuses(host, 2, Resumed{ticket(1)}, "settled-ticket");
}

TEST_CASE("an answer of the wrong kind is refused", "[R13]") {
  Host host(walkthrough());
  refuses(host, 1, PromotionSucceeded{ticket(1)}, "wrong-kind");
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(1, HookSucceeded{ticket(2)}) == "ok");
  refuses(host, 1, HookSucceeded{ticket(3), "{\"A\":1}"}, "wrong-kind");
  refuses(host, 1, HookFailed{ticket(3), "x"}, "wrong-kind");
}

TEST_CASE("the refusal of a wrong answer says which answer is expected", "[R13]") {
  Host host(walkthrough());
  const auto message_of = [&](const Event::What& what) {
    return host.release.apply({at(1), what}).error().message;
  };
  CHECK(message_of(PromotionSucceeded{ticket(1)}) ==
        "this is a hook's ticket; answer with HookSucceeded or HookFailed");
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(1, HookSucceeded{ticket(2)}) == "ok");
  CHECK(message_of(HookSucceeded{ticket(3)}) ==
        "this is a promotion's ticket; answer with PromotionSucceeded or PromotionFailed");
}

TEST_CASE("suspending twice, resuming what runs and retrying what goes on are refused", "[R13]") {
  Host host(walkthrough());
  const auto why = [&](const Event::What& what) {
    return host.release.apply({at(1), what}).error().message;
  };
  refuses(host, 1, Resumed{ticket(1)}, "not-allowed");
  CHECK(why(Resumed{ticket(1)}) == "it is not suspended");
  refuses(host, 1, Retry{}, "not-allowed");
  REQUIRE(host.apply(1, Suspended{ticket(1)}) == "ok");
  refuses(host, 2, Suspended{ticket(1)}, "not-allowed");
  CHECK(why(Suspended{ticket(1)}) == "it is suspended already");
}

TEST_CASE("a final release takes nothing but ticks, and a retry unless it succeeded", "[R13]") {
  Host host(regions(FailurePolicy::FailFast));
  for (const std::uint64_t promotion : {1U, 2U, 3U}) {
    REQUIRE(host.apply(1, PromotionSucceeded{ticket(promotion)}) == "ok");
  }
  REQUIRE(host.release.status() == ReleaseStatus::Succeeded);
  refuses(host, 2, Retry{}, "not-allowed");
  refuses(host, 2, Terminate{"too late"}, "not-allowed");
  refuses(host, 2, PromotionSucceeded{ticket(3)}, "settled-ticket");
  CHECK(host.apply(3, Tick{}) == "ok");
}

TEST_CASE("an earlier time counts as the latest one seen", "[R10]") {
  Host host(walkthrough());
  REQUIRE(host.apply(500, HookSucceeded{ticket(1)}) == "ok");
  host.news();
  REQUIRE(host.apply(100, HookSucceeded{ticket(2)}) == "ok");
  const auto lines = host.news();
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front() == R"({"t":500,"event":"hook-succeeded","ticket":2})");
}

TEST_CASE("timers that are due fire before an event, and stand though it is refused", "[R10]") {
  FlowBuilder builder("timers", "dev");
  StepOptions step;
  step.timeout = milliseconds{1000};
  step.retry = {.limit = 1, .duration = milliseconds{500}};
  builder.step("staging", {"dev"}, step);
  Host host(built(builder));
  CHECK(host.release.next_timer() == at(1000));
  host.news();

  // At 1700 the promotion has expired; its next attempt is due at 2200, counted from then.
  CHECK(host.apply(1700, PromotionSucceeded{ticket(1)}) == "settled-ticket");
  CHECK(host.news() ==
        std::vector<std::string>{
            R"({"t":1700,"event":"cancel","ticket":1})",
            R"({"t":1700,"event":"promotion-failed","ticket":1,"message":"timed out after 1s"})"});
  CHECK(host.release.next_timer() == at(2200));
  CHECK(host.apply(2200, Tick{}) == "ok");
  CHECK(host.news().size() == 1);
  CHECK(host.release.next_timer() == at(3200));
}

TEST_CASE("timers of one moment fire by ticket", "[R10]") {
  FlowBuilder builder("ties", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  StepOptions step;
  step.hooks.on_start = {hook("gate")};
  step.hooks.on_start[0].timeout = milliseconds{60000};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  StepOptions slow;
  slow.timeout = milliseconds{60000};
  builder.step("asia", {"dev"}, slow);
  Host host(built(builder));
  host.news();
  REQUIRE(host.apply(60000, Tick{}) == "ok");
  std::vector<std::string> cancelled;
  for (const std::string& line : host.news()) {
    if (line.find("\"cancel\"") != std::string::npos) {
      cancelled.push_back(line.substr(line.find("ticket")));
    }
  }
  CHECK(cancelled == std::vector<std::string>{"ticket\":1}", "ticket\":2}", "ticket\":3}"});
  CHECK(host.release.status() == ReleaseStatus::Failed);
}

TEST_CASE("the flow's deadline fires before all other timers, even those due earlier",
          "[R7][R10]") {
  FlowBuilder builder("deadline", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::minutes{1};
  StepOptions step;
  step.timeout = milliseconds{50000};
  step.retry = {.limit = 1};  // Its attempt would be issued past the deadline.
  builder.options(options).step("eu", {"dev"}, step);
  Host host(built(builder));
  host.news();
  REQUIRE(host.apply(60000, Tick{}) == "ok");
  CHECK(host.news() ==
        std::vector<std::string>{
            R"({"t":60000,"event":"terminate","reason":"promotion flow timed out after 1m"})",
            R"({"t":60000,"event":"release","status":"Terminating"})",
            R"({"t":60000,"event":"cancel","ticket":1})",
            R"({"t":60000,"event":"environment","environment":"eu","status":"Terminated"})",
            R"({"t":60000,"event":"release","status":"Terminated"})"});
  CHECK_FALSE(host.release.next_timer());
}

TEST_CASE("an expiry and a deadline beyond the end of time never come", "[R10]") {
  FlowBuilder builder("far", "dev");
  builder.step("staging", {"dev"});
  auto release = Release::start(built(builder), {.id = "r"}, Instant::max() - milliseconds{5});
  REQUIRE(release);
  CHECK_FALSE(release->next_timer());
  CHECK(release->apply({Instant::max(), Tick{}}));
  CHECK(release->status() == ReleaseStatus::Running);
}

TEST_CASE("tickets are numbered in the order of issue", "[R1]") {
  auto release = Release::start(regions(FailurePolicy::FailFast), {.id = "r"}, at(0));
  REQUIRE(release);
  std::vector<std::uint64_t> tickets;
  while (auto command = release->next_command()) {
    tickets.push_back(static_cast<std::uint64_t>(std::get<Promote>(*command).ticket));
  }
  CHECK(tickets == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a release needs an id and a usable initial context", "[A1][C1][C4]") {
  const Flow flow = walkthrough();
  CHECK(Release::start(flow, {}, at(0)).error().code == ErrorCode::InvalidArgument);
  for (const char* context : {"[]", "1", "{", "{\"a\":1} x", "null", "{\"a\":\"\xFF\"}"}) {
    INFO(context);
    CHECK(Release::start(flow, {.id = "r"}, at(0), context).error().code ==
          ErrorCode::InvalidContext);
  }
}

TEST_CASE("what a release is called is made UTF-8", "[A1]") {
  const auto release = Release::start(
      walkthrough(), {.id = "r\xFF", .url = "u\xFF", .product = "good", .version = "v\xFF"}, at(0));
  REQUIRE(release);
  CHECK(release->info().id == "r\xEF\xBF\xBD");
  CHECK(release->info().url == "u\xEF\xBF\xBD");
  CHECK(release->info().product == "good");
  CHECK(release->info().version == "v\xEF\xBF\xBD");
}

TEST_CASE("an environment of another flow is answered as the trigger environment", "[R14]") {
  Host host(walkthrough());
  REQUIRE(host.apply(0, HookSucceeded{ticket(1)}) == "ok");
  for (const std::uint32_t far : {3U, 99U}) {
    CHECK(host.release.environment(EnvironmentId{far}).status == EnvironmentStatus::Successful);
  }
}

TEST_CASE("phases are derived from the chain that runs", "[R14]") {
  Host host(walkthrough());
  const auto staging = *host.release.flow().find_environment("staging");
  CHECK(host.release.phase() == "Initializing");
  CHECK(host.release.environment(staging).phase == "Pending");
  host.apply(0, HookSucceeded{ticket(1)});
  CHECK(host.release.phase() == "Running");
  CHECK(host.release.environment(staging).phase == "Initializing");
  host.apply(0, HookSucceeded{ticket(2)});
  CHECK(host.release.environment(staging).phase == "Running");
  host.apply(0, PromotionSucceeded{ticket(3)});
  CHECK(host.release.environment(staging).phase == "Finalizing");
  host.apply(0, Terminate{"stop"});
  CHECK(host.release.environment(staging).phase == "FinalizingTermination");
  CHECK(host.release.environment(staging).message == "stop");
  host.apply(0, HookSucceeded{ticket(5)});
  CHECK(host.release.phase() == "FinalizingTermination");
  host.apply(0, HookSucceeded{ticket(6)});
  CHECK(host.release.phase() == "Terminated");
}

TEST_CASE("messages that are not UTF-8 are made so, and traces stay JSON", "[A6]") {
  Host host(regions(FailurePolicy::FailFast));
  host.news();
  REQUIRE(host.apply(0, PromotionFailed{ticket(1), "bad \xFF\xC0 end"}) == "ok");
  CHECK(host.news().front() ==
        "{\"t\":0,\"event\":\"promotion-failed\",\"ticket\":1,"
        "\"message\":\"bad \xEF\xBF\xBD\xEF\xBF\xBD end\"}");
}

TEST_CASE("a release's identity that is not UTF-8 is made so and can be restored", "[A1][R15]") {
  const auto release = Release::start(walkthrough(), {.id = "r-\xFF", .product = "b\xC0"}, at(0));
  REQUIRE(release);
  CHECK(release->info().id == "r-\xEF\xBF\xBD");
  CHECK(release->info().product == "b\xEF\xBF\xBD");
  CHECK(Release::restore(walkthrough(), snapshot_of(*release)));
}

TEST_CASE("a release answers for an unknown environment as for the trigger environment") {
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  CHECK(host.release.environment(EnvironmentId{99}).status == EnvironmentStatus::Successful);
  CHECK(host.release.environment(EnvironmentId{1}).status == EnvironmentStatus::Running);
}

TEST_CASE("commands that are not taken wait in order, and those settled meanwhile too", "[R1]") {
  auto release = Release::start(regions(FailurePolicy::Abort), {.id = "r"}, at(0));
  REQUIRE(release);
  REQUIRE(release->apply({at(1), PromotionFailed{ticket(2), "out of sync"}}));
  std::vector<std::string> seen;
  while (auto command = release->next_command()) {
    if (const auto* promote = std::get_if<Promote>(&*command)) {
      seen.push_back("promote " + std::string(promote->environment_name));
    } else if (const auto* run = std::get_if<RunHook>(&*command)) {
      seen.push_back(std::string(run->hook) + " " + std::string(run->environment_name) + ": " +
                     std::string(*run->arguments.find("ERROR_MESSAGE")));
    } else {
      seen.push_back("cancel " +
                     std::to_string(static_cast<std::uint64_t>(std::get<Cancel>(*command).ticket)));
    }
  }
  CHECK(seen == std::vector<std::string>{"promote eu", "promote us", "page us: out of sync",
                                         "cancel 1", "page eu: aborted: environment 'us' failed"});
}

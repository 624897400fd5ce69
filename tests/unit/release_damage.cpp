// SPDX-License-Identifier: Apache-2.0
// R15: nothing in a snapshot is believed. Each thing that must hold is broken once, in a text that
// is a snapshot otherwise, and the reason is told.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;

/// A release of walkthrough() (lanes: dev, staging, production, the release) after some answers.
Json after(const std::vector<Event::What>& events) {
  Host host(walkthrough());
  std::int64_t ms = 0;
  for (const Event::What& what : events) { REQUIRE(host.apply(++ms, what) == "ok"); }
  const std::string text = snapshot_of(host.release);
  REQUIRE(Release::restore(walkthrough(), text));
  return Json::parse(text);
}

const std::vector<Event::What> kPromoting{HookSucceeded{ticket(1), "{\"A\":\"x\"}"},
                                          HookSucceeded{ticket(2)}};

std::vector<Event::What> then(std::vector<Event::What> events,
                              const std::vector<Event::What>& more) {
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

/// Changes one place of a snapshot; null erases it. It must be refused for that reason.
void refuses(Json snapshot, const std::string& place, const char* value, const std::string& why) {
  INFO(place << " := " << (value != nullptr ? value : "nothing"));
  const Json::json_pointer pointer(place);
  if (value != nullptr) {
    snapshot[pointer] = Json::parse(value);
  } else {
    snapshot[pointer.parent_pointer()].erase(pointer.back());
  }
  const auto release = Release::restore(walkthrough(), snapshot.dump());
  REQUIRE_FALSE(release);
  CHECK(release.error().code == ErrorCode::InvalidSnapshot);
  CHECK(release.error().message == why);
}

}  // namespace

TEST_CASE("a member of a snapshot that is missing or of another type is refused", "[R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/now", nullptr, "member 'now' is missing");
  refuses(good, "/commands/0/lane", nullptr, "member 'lane' is missing");
  for (const char* value : {"\"1\"", "1.5", "null", "-9223372036854775809", "[]"}) {
    refuses(good, "/now", value, "a whole number within range is due");
  }
  for (const char* value : {"-1", "18446744073709551616"}) {
    refuses(good, "/lastTicket", value, "a whole number within range is due");
  }
  refuses(good, "/terminated", "0", "a boolean is due");
  refuses(good, "/lanes", "7", "a string is due");
  refuses(good, "/release/id", "null", "a string is due");
  refuses(good, "/commands", "{}", "an array is due");
  refuses(good, "/status", "0", "'status' is none");
  refuses(good, "/status", "7", "'status' is none");
}

TEST_CASE("a snapshot whose lanes cannot be as they are is refused", "[R2][R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/lanes", "\"dwp\"", "'lanes' has another length than the flow");
  refuses(good, "/lanes", "\"dw?w\"", "'lanes' has an unknown letter");
  refuses(good, "/lanes", "\"pwpw\"",
          "an environment began before what it depends on had succeeded");
  refuses(good, "/lanes", "\"dwww\"", "a lane runs without a command, or the other way");
  refuses(good, "/lanes", "\"dppw\"", "no command runs there");
  refuses(good, "/lanes", "\"dXpw\"", "no command runs there");
  refuses(good, "/lanes", "\"dwps\"", "the release's chain has no command");
  refuses(good, "/lanes", "\"dwpd\"", "the release's status and stage disagree");
  refuses(good, "/lanes", "\"dwpp\"", "environments run out of turn");
  refuses(good, "/status", "4", "the release's status and stage disagree");
  refuses(good, "/admitting", "false", "an environment failed and the release has no message");
  const Json starting = after({});
  refuses(starting, "/lanes", "\"dpps\"", "a ready environment did not begin");
  refuses(starting, "/lanes", "\"pppf\"", "the release and its environments disagree");
  refuses(starting, "/lanes", "\"ddds\"", "the release and its environments disagree");
  refuses(starting, "/admitting", "false", "an environment failed and the release has no message");
  Json closed = starting;
  closed["admitting"] = false;
  refuses(closed, "/lanes", "\"dpps\"", "an environment began before the release did");
  Json empty = starting;
  empty["commands"] = Json::array();
  refuses(empty, "/lanes", "\"pppp\"", "the release was not started");
  const Json stopped = after({HookFailed{ticket(1), "no"}, HookSucceeded{ticket(2)}});
  refuses(stopped, "/lanes", "\"pppd\"", "the release succeeded without having done so");
  refuses(stopped, "/message", "null", "the release failed for no reason");
  refuses(stopped, "/troubles", "[]", "the release failed for no reason");
  refuses(stopped, "/deadline", "5", "the deadline counts out of turn");
}

TEST_CASE("a snapshot whose commands cannot be where they are is refused", "[R1][R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/commands/0/ticket", "0", "a ticket is out of range");
  refuses(good, "/commands/0/ticket", "4", "a ticket is out of range");
  refuses(good, "/lastTicket", "18446744073709551615", "'lastTicket' is out of range");
  refuses(good, "/lastTicket", "1000000", "the tickets lie too far apart");
  refuses(good, "/commands/0/lane", "4", "there is no such lane");
  refuses(good, "/commands/0/lane", "3", "the release itself is not promoted");
  refuses(good, "/commands/0/hook", "1", "no command runs there");
  refuses(good, "/commands/0/due", "9", "a command without a timeout has one");
  Json twice = good;
  twice["commands"].push_back(good["commands"][0]);
  refuses(twice, "/commands/1/hook", "0", "a lane has two commands");
  Json waits = good;
  waits["commands"][0]["waiting"] = true;
  refuses(waits, "/commands/0/suspended", "true", "what waits is suspended");
  const Json hook = after({});
  refuses(hook, "/commands/0/hook", "1", "there is no such hook");
  refuses(hook, "/commands/0/context", "1", "there is no such context");
  refuses(hook, "/contexts", "[]", "'contexts' is empty");
  refuses(hook, "/cancelled", "[2]", "a ticket is out of range");
  refuses(hook, "/cancelled", "[0]", "a ticket is out of range");
}

TEST_CASE("a snapshot whose context or notes cannot be is refused", "[C5][R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/contexts/0/0/environment", "3", "there is no such environment");
  Json twice = good;
  twice["contexts"][0].push_back(good["contexts"][0][0]);
  refuses(twice, "/contexts/0/1/ticket", "1", "a context has a key twice");
  const Json failing = after(then(kPromoting, {PromotionFailed{ticket(3), "down"}}));
  refuses(failing, "/troubles/0/stage", "0", "no lane resumes in that stage");
  refuses(failing, "/troubles/0/stage", "4", "no lane resumes in that stage");
  refuses(failing, "/troubles/0/hook", "1", "no command runs there");
  refuses(failing, "/troubles/0/onFailAttempts", "[1,1]",
          "'onFailAttempts' has another length than the chain");
  refuses(failing, "/troubles/0/onFailAttempts", "[]", "attempts are missing");
  refuses(failing, "/troubles/0/message", "null", "an environment failed for no reason");
  Json again = failing;
  again["troubles"].push_back(failing["troubles"][0]);
  refuses(again, "/troubles/1/attempt", "1", "a lane has two troubles");
  const Json rejected = after({HookFailed{ticket(1), "no", "\xFF"}});
  refuses(rejected, "/rejected/0/bytes", "\"f\"", "hexadecimal digits come in pairs");
  refuses(rejected, "/rejected/0/bytes", "\"fg\"", "hexadecimal digits are due");
}

TEST_CASE("a snapshot of a release that ends elsewhere than it failed is refused", "[R12][R15]") {
  const Json ending = after({HookFailed{ticket(1), "no"}});  // release.onFail runs.
  refuses(ending, "/troubles/0/onFailAttempts", "[]", "attempts are missing");
  refuses(ending, "/troubles/0/hook", "1", "there is no such hook");
  refuses(ending, "/troubles/0/stage", "3",
          "the release and the stage in which it resumes disagree");
  refuses(ending, "/deadline", "5", "the deadline counts out of turn");
  refuses(ending, "/status", "5", "the release's status and stage disagree");
}

TEST_CASE("a release is not resumed at its begin once the trigger environment has begun",
          "[R12][R15]") {
  FlowBuilder builder("after", "dev");
  FlowOptions options;
  options.post_trigger = "smoke";
  options.hooks.on_start = {hook("begin")};
  builder.options(options).step("staging", {"dev"});
  const Flow flow = built(builder);
  Host host(flow);
  REQUIRE(host.apply(1, HookSucceeded{ticket(1)}) == "ok");
  REQUIRE(host.apply(2, PromotionFailed{ticket(2), "no"}) == "ok");
  Json snapshot = Json::parse(snapshot_of(host.release));
  REQUIRE(snapshot["lanes"] == "XpX");
  snapshot["troubles"][1]["stage"] = 1;
  const auto release = Release::restore(flow, snapshot.dump());
  REQUIRE_FALSE(release);
  CHECK(release.error().message == "the release and the stage in which it resumes disagree");
}

TEST_CASE("tickets are believed that are no more than environments, and the release", "[R1][R15]") {
  Json begun = after({});
  begun["lastTicket"] = 4;
  CHECK(Release::restore(walkthrough(), begun.dump()));
  refuses(begun, "/lastTicket", "5", "the tickets lie too far apart");
  begun["commands"][0]["ticket"] = begun["lastTicket"] = (std::int64_t{1} << 47U) - 1;
  CHECK(Release::restore(walkthrough(), begun.dump()));
  refuses(begun, "/lastTicket", "140737488355328", "'lastTicket' is out of range");
}

TEST_CASE("a hook's further attempts are believed, too", "[R9][R15]") {
  FlowBuilder builder("patient", "dev");
  StepOptions stubborn;
  stubborn.hooks.on_start = {hook("look")};
  stubborn.hooks.on_start[0].retry = {.limit = 50};
  builder.step("slow", {"dev"}).step("stubborn", {"dev"}, stubborn);
  const Flow flow = built(builder);
  Host host(flow);
  for (std::uint64_t number = 2; number < 52; ++number) {
    REQUIRE(host.apply(1, HookFailed{ticket(number), "not yet"}) == "ok");
    REQUIRE(host.apply(1, Tick{}) == "ok");
  }
  Json snapshot = Json::parse(snapshot_of(host.release));
  for (const int last : {52, 54, 55}) {  // dev and slow have one each, stubborn and its hook 52.
    snapshot["lastTicket"] = last;
    CHECK(Release::restore(flow, snapshot.dump()).has_value() == (last < 55));
  }
}

TEST_CASE("a cancellation that nobody took is in the snapshot, whatever its ticket", "[R15]") {
  auto release = Release::start(walkthrough(), {.id = "r-42"}, at(0));
  REQUIRE(release);
  REQUIRE(release->apply({at(1), Terminate{"stop"}}));
  auto restored = Release::restore(walkthrough(), snapshot_of(*release));
  REQUIRE(restored);
  const auto command = restored->next_command();
  REQUIRE(command);
  CHECK(std::get<Cancel>(*command).ticket == ticket(1));
}

TEST_CASE("of a snapshot's members with one name the last stands", "[R15]") {
  std::string text = after(kPromoting).dump();
  text.replace(text.find("\"now\":2"), 7, "\"now\":7,\"now\":2");
  const auto release = Release::restore(walkthrough(), text);
  REQUIRE(release);
  CHECK(Json::parse(snapshot_of(*release)) == after(kPromoting));
}

TEST_CASE("whatever a context may be, it is restored", "[C4][R15]") {
  const std::string deep = std::string(63, '[') + "0" + std::string(63, ']');
  const std::string long_key(100'000, 'k');
  const std::string exported = "{\"A\":" + deep + ",\"B\":{\"" + long_key + "\":1}}";
  Host host(walkthrough());
  REQUIRE(host.apply(1, HookSucceeded{ticket(1), exported}) == "ok");
  REQUIRE(host.apply(2, HookSucceeded{ticket(2)}) == "ok");
  REQUIRE(host.apply(3, Terminate{"stop"}) == "ok");  // An onFail hook: one state, referred twice.
  const std::string text = snapshot_of(host.release);
  const auto release = Release::restore(walkthrough(), text);
  REQUIRE(release);
  CHECK(release->context().to_json().value() == exported);
  CHECK(snapshot_of(*release) == text);
}

TEST_CASE("commands may stand in any order in a snapshot: timers are put in theirs", "[R10][R15]") {
  FlowBuilder builder("order", "dev");
  StepOptions step;
  step.timeout = std::chrono::milliseconds(100);
  builder.step("eu", {"dev"}, step).step("qa", {"dev"}).step("us", {"qa"}, step);
  const Flow flow = built(builder);
  Host host(flow);
  REQUIRE(host.apply(50, PromotionSucceeded{ticket(2)}) == "ok");
  Json snapshot = Json::parse(snapshot_of(host.release));
  REQUIRE(snapshot["commands"].size() == 2);
  std::swap(snapshot["commands"][0], snapshot["commands"][1]);
  const auto release = Release::restore(flow, snapshot.dump());
  REQUIRE(release);
  CHECK(release->next_timer() == at(100));
  CHECK(snapshot_of(*release) == snapshot_of(host.release));
}

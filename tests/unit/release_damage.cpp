// SPDX-License-Identifier: Apache-2.0
// R15: nothing in a snapshot is believed. Each thing that must hold is broken once, in a text that
// is a snapshot otherwise, and the refusal says which.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;

/// A release of walkthrough() (entities: dev, staging, production, the release) after some answers.
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
  refuses(good, "/commands/0/entity", nullptr, "member 'entity' is missing");
  for (const char* value : {"\"1\"", "1.5", "null", "-9223372036854775809", "[]"}) {
    refuses(good, "/now", value, "member 'now': a whole number within range is expected");
  }
  for (const char* value : {"-1", "18446744073709551616"}) {
    refuses(good, "/lastTicket", value,
            "member 'lastTicket': a whole number within range is expected");
  }
  refuses(good, "/terminated", "0", "member 'terminated': a boolean is expected");
  refuses(good, "/entities", "7", "member 'entities': a string is expected");
  refuses(good, "/release/id", "null", "member 'id': a string is expected");
  refuses(good, "/commands", "{}", "member 'commands': an array is expected");
  refuses(good, "/status", "0", "'status' is no status of a release");
  refuses(good, "/status", "7", "'status' is no status of a release");
}

TEST_CASE("a snapshot whose entities cannot be in their states is refused", "[R2][R15]") {
  const Json good = after(kPromoting);
  const std::string no_command = "an environment runs without a command, or the other way round";
  const std::string disagree = "the release's status and state disagree";
  refuses(good, "/entities", "\"dwp\"", "'entities' has another length than the flow");
  refuses(good, "/entities", "\"dw?w\"", "'entities' has the unknown letter '?'");
  refuses(good, "/entities", "\"pwpw\"",
          "an environment began before what it depends on had succeeded");
  refuses(good, "/entities", "\"dwww\"", no_command);
  refuses(good, "/entities", "\"dwkw\"", "an environment soaks that has no soak");
  refuses(good, "/entities", "\"dwpk\"", "an environment soaks that has no soak");
  for (const char* states : {"\"dppw\"", "\"dXpw\"", "\"ddpw\"", "\"dopw\""}) {
    refuses(good, "/entities", states, "no command runs there");
  }
  refuses(good, "/entities", "\"dwps\"",
          "the release runs without a command, or the other way round");
  refuses(good, "/entities", "\"dwpd\"", disagree);
  refuses(good, "/entities", "\"dwpX\"", disagree);
  refuses(good, "/entities", "\"dwpp\"", "the release was not started");
  for (const char* status : {"4", "5", "6"}) {
    Json ended = good;
    ended["terminated"] = *status == '6';
    refuses(ended, "/status", status, disagree);
  }
  const Json starting = after({});
  refuses(starting, "/entities", "\"dpps\"", "an environment began before the release did");
  refuses(starting, "/entities", "\"ddds\"", "an environment began before the release did");
  refuses(starting, "/entities", "\"pppf\"", "the trigger environment was passed over");
  refuses(starting, "/entities", "\"dppf\"",
          "the release went on before its environments were done");
  Json empty = starting;
  empty["commands"] = Json::array();
  refuses(empty, "/entities", "\"pppp\"", "the release was not started");
  refuses(empty, "/entities", "\"dddw\"", "environments run out of turn");
  const Json stopped = after({HookFailed{ticket(1), "no"}, HookSucceeded{ticket(2)}});
  refuses(stopped, "/entities", "\"pppd\"", "the release succeeded without having done so");
  refuses(stopped, "/message", "null", "the release stopped without a reason");
  refuses(stopped, "/stops", "[]", "the release stopped without a reason");
  refuses(stopped, "/deadline", "5", "the deadline of an ended release counts");
}

TEST_CASE("a snapshot that is Terminating and yet goes on is refused, and does not crash later",
          "[R6][R15]") {
  const std::string why = "the release is Terminating, but was not stopped";
  for (Json snapshot : {after({}), after(kPromoting)}) {
    refuses(snapshot, "/terminated", "true", "'terminated' and 'status' disagree");
    refuses(snapshot, "/status", "3", "'terminated' and 'status' disagree");
    snapshot["message"] = "stop";
    snapshot["terminated"] = true;
    refuses(snapshot, "/status", "3", why);
  }
  const Json terminating = after(then(kPromoting, {Terminate{"stop"}}));
  REQUIRE(terminating["status"] == 3);
  refuses(terminating, "/status", "1", "'terminated' and 'status' disagree");
  const Json terminated = after(then(kPromoting, {Terminate{"stop", true}}));
  refuses(terminated, "/status", "5", "'terminated' and 'status' disagree");
}

TEST_CASE("a snapshot is refused whose release is Suspended while its commands are not",
          "[R11][R15]") {
  refuses(after(kPromoting), "/status", "2", "'status' and the suspended commands disagree");
  const Json suspended = after(then(kPromoting, {Suspended{ticket(3)}}));
  REQUIRE(suspended["status"] == 2);
  refuses(suspended, "/status", "1", "'status' and the suspended commands disagree");
  refuses(suspended, "/commands/0/suspended", "false",
          "'status' and the suspended commands disagree");
  refuses(suspended, "/commands/0/room", "1", "'status' and the suspended commands disagree");
}

TEST_CASE("a snapshot whose commands cannot be where they are is refused", "[R1][R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/commands/0/ticket", "0", "a ticket is out of range");
  refuses(good, "/commands/0/ticket", "4", "a ticket is out of range");
  refuses(good, "/lastTicket", "18446744073709551615", "'lastTicket' is out of range");
  refuses(good, "/lastTicket", "140737488355328", "'lastTicket' is out of range");
  refuses(good, "/commands/0/entity", "4", "an entity is out of range");
  refuses(good, "/commands/0/entity", "3", "the release itself is not promoted");
  refuses(good, "/commands/0/hook", "1", "no command runs there");
  refuses(good, "/commands/0/room", "3", "a command is in no such condition");
  refuses(good, "/commands/0/soaking", "true", "a soak and its environment disagree");
  refuses(good, "/commands/0/context", "0", "member 'context': only an outstanding hook has one");
  Json twice = good;
  twice["commands"].push_back(good["commands"][0]);
  refuses(twice, "/commands/1/hook", "0", "an entity has two commands");
  Json waits = good;
  waits["commands"][0]["waiting"] = true;
  refuses(waits, "/commands/0/soaking", "true", "a command is in no such condition");
  refuses(waits, "/commands/0/suspended", "true", "what waits is suspended or queued");
  refuses(waits, "/commands/0/room", "1", "what waits is suspended or queued");
  const Json hook = after({});
  refuses(hook, "/commands/0/hook", "1", "there is no such hook");
  refuses(hook, "/commands/0/context", "1", "there is no such state of the context");
  refuses(hook, "/context/states", "[]", "'states' is empty");
  refuses(hook, "/cancelled", "[2]", "a ticket is out of range");
  refuses(hook, "/cancelled", "[0]", "a ticket is out of range");
}

TEST_CASE("a snapshot whose context or notes cannot be is refused", "[C5][R15]") {
  const Json good = after(kPromoting);
  refuses(good, "/context/states/0/set/0/environment", "3", "there is no such environment");
  Json twice = good;
  twice["context"]["states"][0]["set"].push_back(good["context"]["states"][0]["set"][0]);
  refuses(twice, "/context/states/0/set/1/ticket", "1", "a context has a key twice");
  const Json failing = after(then(kPromoting, {PromotionFailed{ticket(3), "down"}}));
  refuses(failing, "/stops/0/state", "0", "no entity resumes in that state");
  refuses(failing, "/stops/0/state", "4", "no entity resumes in that state");
  refuses(failing, "/stops/0/state", "7", "no entity resumes in that state");
  refuses(failing, "/stops/0/hook", "1", "no command runs there");
  refuses(failing, "/stops/0/soaked", "4611686018427387904", "a ticket is out of range");
  refuses(failing, "/stops/0/onFailAttempts", "[1,1]",
          "'onFailAttempts' has another length than the chain");
  refuses(failing, "/stops/0/onFailAttempts", "[]", "attempts of onFail hooks are missing");
  refuses(failing, "/stops/0/message", "null", "an environment stopped without a reason");
  Json again = failing;
  again["stops"].push_back(failing["stops"][0]);
  refuses(again, "/stops/1/attempt", "1", "an entity has two stop records");
  const Json rejected = after({HookFailed{ticket(1), "no", "\xFF"}});
  refuses(rejected, "/rejected/0/bytes", "\"f\"",
          "member 'bytes': an even number of hexadecimal digits is expected");
  refuses(rejected, "/rejected/0/bytes", "\"fg\"",
          "member 'bytes': a text of hexadecimal digits is expected");
}

TEST_CASE("a snapshot of a release that ends elsewhere than it failed is refused", "[R12][R15]") {
  const Json ending = after({HookFailed{ticket(1), "no"}});  // release.onFail runs.
  refuses(ending, "/stops/0/onFailAttempts", "[]", "attempts of onFail hooks are missing");
  refuses(ending, "/stops/0/hook", "1", "there is no such hook");
  refuses(ending, "/stops/0/state", "2", "the trigger environment was passed over");
  refuses(ending, "/stops/0/state", "3", "the trigger environment was passed over");
  refuses(ending, "/status", "5", "the release's status and state disagree");
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
  REQUIRE(snapshot["entities"] == "XpX");
  snapshot["stops"][1]["state"] = 1;
  const auto release = Release::restore(flow, snapshot.dump());
  REQUIRE_FALSE(release);
  CHECK(release.error().message == "an environment began before the release did");
}

TEST_CASE("tickets may lie as far apart as a release can live", "[R1][R15]") {
  Json begun = after({});
  const std::uint64_t last = (std::uint64_t{1} << 47U) - 1;
  begun["lastTicket"] = last;
  for (const std::uint64_t number : {std::uint64_t{1}, last}) {
    begun["commands"][0]["ticket"] = number;
    auto release = Release::restore(walkthrough(), begun.dump());
    REQUIRE(release);
    Host host(std::move(*release));
    CHECK(host.apply(1, HookSucceeded{ticket(last - 1)}) == "settled-ticket");
    CHECK(host.apply(1, HookSucceeded{ticket(number)}) == "ok");
    CHECK(host.apply(2, HookSucceeded{ticket(last + 1)}) == "ok");  // What was issued next.
  }
}

TEST_CASE("a cancellation that was not taken is in the snapshot, whatever its ticket", "[R15]") {
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

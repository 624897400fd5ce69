// SPDX-License-Identifier: Apache-2.0
// Events as lines of a journal: each comes back as it was, and what is damaged is refused.
#include <algorithm>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Whether two events say the same, member by member.
bool is_equal(const Event::What& left, const Event::What& right) {
  if (const auto* retry = std::get_if<Retry>(&left)) {
    const auto& other = std::get<Retry>(right);
    return retry->by == other.by &&
           retry->environments.has_value() == other.environments.has_value() &&
           (!retry->environments ||
            std::equal(retry->environments->begin(), retry->environments->end(),
                       other.environments->begin(), other.environments->end()));
  }
  if (const auto* skip = std::get_if<Skip>(&left)) {
    const auto& other = std::get<Skip>(right);
    return skip->environment == other.environment && skip->reason == other.reason &&
           skip->by == other.by;
  }
  if (const auto* terminate = std::get_if<Terminate>(&left)) {
    const auto& other = std::get<Terminate>(right);
    return terminate->reason == other.reason && terminate->force == other.force &&
           terminate->by == other.by;
  }
  if (const auto* succeeded = std::get_if<HookSucceeded>(&left)) {
    const auto& other = std::get<HookSucceeded>(right);
    return succeeded->ticket == other.ticket && succeeded->context == other.context;
  }
  if (const auto* failed = std::get_if<HookFailed>(&left)) {
    const auto& other = std::get<HookFailed>(right);
    return failed->ticket == other.ticket && failed->message == other.message &&
           failed->context == other.context;
  }
  return to_json(Event{at(0), left}).value() == to_json(Event{at(0), right}).value();
}

}  // namespace

TEST_CASE("every kind of event comes back from its line as it was", "[R15]") {
  static constexpr std::string_view kNames[] = {"eu", "", "u\xFF", "eu"};
  const std::pair<Event::What, std::string> kLines[] = {
      {Tick{}, R"({"at":-5,"event":"tick"})"},
      {HookSucceeded{ticket(1)}, R"({"at":-5,"event":"hook-succeeded","ticket":1})"},
      {HookSucceeded{ticket(2), "{\"A\":1}"},
       R"({"at":-5,"event":"hook-succeeded","ticket":2,"context":"{\"A\":1}"})"},
      {HookFailed{ticket(3), "no\n", ""},
       R"({"at":-5,"event":"hook-failed","ticket":3,"message":"no\n","context":""})"},
      {HookFailed{ticket(3), "\xFF", "\x80"},
       R"({"at":-5,"event":"hook-failed","ticket":3,"message":["ff"],"context":["80"]})"},
      {Terminate{"a\xFF\x80z"}, R"({"at":-5,"event":"terminate","reason":["61ff807a"]})"},
      {PromotionSucceeded{ticket(UINT64_MAX)},
       R"({"at":-5,"event":"promotion-succeeded","ticket":18446744073709551615})"},
      {PromotionFailed{ticket(4), ""},
       R"({"at":-5,"event":"promotion-failed","ticket":4,"message":""})"},
      {Suspended{ticket(5)}, R"({"at":-5,"event":"suspended","ticket":5})"},
      {Resumed{ticket(5)}, R"({"at":-5,"event":"resumed","ticket":5})"},
      {Terminate{"stop"}, R"({"at":-5,"event":"terminate","reason":"stop"})"},
      {Terminate{"stop", true, "ops"},
       R"({"at":-5,"event":"terminate","reason":"stop","force":true,"by":"ops"})"},
      {Terminate{"", false, "\xC3"}, R"({"at":-5,"event":"terminate","reason":"","by":["c3"]})"},
      {Resumed{ticket(5), "a person"}, R"({"at":-5,"event":"resumed","ticket":5,"by":"a person"})"},
      {Queued{ticket(6)}, R"({"at":-5,"event":"queued","ticket":6})"},
      {Started{ticket(6)}, R"({"at":-5,"event":"started","ticket":6})"},
      {Skip{"eu"}, R"({"at":-5,"event":"skip","environment":"eu"})"},
      {Skip{"eu", "known \xFF", "ops"},
       R"({"at":-5,"event":"skip","environment":"eu","reason":["6b6e6f776e20ff"],"by":"ops"})"},
      {Retry{}, R"({"at":-5,"event":"retry"})"},
      {Retry{std::nullopt, "ops"}, R"({"at":-5,"event":"retry","by":"ops"})"},
      {Retry{std::span<const std::string_view>()},
       R"({"at":-5,"event":"retry","environments":[]})"},
      {Retry{std::span<const std::string_view>(kNames), "ops"},
       R"({"at":-5,"event":"retry","environments":["eu","",["75ff"],"eu"],"by":"ops"})"},
  };
  for (const auto& [what, line] : kLines) {
    CHECK(to_json(Event{at(-5), what}).value() == line);
    auto stored = StoredEvent::read(line);
    REQUIRE(stored);
    const StoredEvent moved = std::move(*stored);
    CHECK(moved.event().what.index() == what.index());
    CHECK(moved.event().at == at(-5));
    CHECK(to_json(moved.event()).value() == line);
    CHECK(is_equal(moved.event().what, what));
  }
}

TEST_CASE("a line with two members of one name is no event, however long names are", "[R15][H31]") {
  const std::string name(70'000, 'n');
  const auto one = StoredEvent::read("{\"at\":1,\"" + name + R"(":0,"event":"tick"})");
  REQUIRE(one);
  CHECK(one->event().at == at(1));
  for (const std::string& twice :
       {"{\"at\":1,\"" + name + R"(":0,"at":2,"event":"tick"})",
        std::string(R"({"at":1,"event":"tick","event":"retry"})"),
        std::string(R"({"at":1,"event":"suspended","ticket":1,"ticket":2})"),
        "{\"at\":1,\"" + name + "\":0,\"event\":\"tick\",\"" + name + "\":0}"}) {
    const auto read = StoredEvent::read(twice);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::InvalidEvent);
    CHECK(read.error().message.find("give a whole line") != std::string::npos);
  }
}

TEST_CASE("a line that is no event is refused", "[R15]") {
  const std::string good = R"({"at":1,"event":"hook-failed","ticket":3,"message":"no"})";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    CHECK(StoredEvent::read(good.substr(0, cut)).error().code == ErrorCode::InvalidEvent);
  }
  for (const char* bad : {"[]",
                          "null",
                          R"({"event":"tick"})",
                          R"({"at":1})",
                          R"({"at":1,"event":"sing"})",
                          R"({"at":"1","event":"tick"})",
                          R"({"at":1,"event":"suspended"})",
                          R"({"at":1,"event":"suspended","ticket":-1})",
                          R"({"at":1,"event":"terminate","reason":["f"]})",
                          R"({"at":1,"event":"suspended","ticket":18446744073709551616})",
                          R"({"at":1,"event":"terminate","reason":["fg"]})",
                          R"({"at":1,"event":"terminate","reason":["gf"]})",
                          R"({"at":1,"event":"terminate","reason":[7]})",
                          R"({"at":1,"event":"terminate","reason":["gf66"]})",
                          R"({"at":1,"event":"terminate","reason":[77]})",
                          R"({"at":"1","event":"suspended","ticket":1})",
                          R"({"at":1,"event":"suspended","ticket":1.5})",
                          R"({"at":1,"event":"terminate","reason":[]})",
                          R"({"at":1,"event":"terminate","reason":7})",
                          R"({"at":1,"event":"hook-failed","ticket":3})",
                          R"({"at":1,"event":"queued"})",
                          R"({"at":1,"event":"started","ticket":"1"})",
                          R"({"at":1,"event":"skip"})",
                          R"({"at":1,"event":"skip","environment":7})",
                          R"({"at":1,"event":"skip","environment":"eu","reason":7})",
                          R"({"at":1,"event":"retry","environments":"eu"})",
                          R"({"at":1,"event":"retry","environments":null})",
                          R"({"at":1,"event":"retry","environments":[7]})",
                          R"({"at":1,"event":"retry","environments":[["f"]]})",
                          R"({"at":1,"event":"retry","by":1})",
                          R"({"at":1,"event":"resumed","ticket":1,"by":{}})",
                          R"({"at":1,"event":"terminate","reason":"stop","force":1})"}) {
    INFO(bad);
    auto read = StoredEvent::read(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::InvalidEvent);
  }
}

TEST_CASE("a command's key names the release and the ticket", "[R1]") {
  Host host(walkthrough());
  CHECK(host.release.key(ticket(7)).value() == "r-42/7");
}

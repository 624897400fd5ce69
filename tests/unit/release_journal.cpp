// SPDX-License-Identifier: Apache-2.0
// Events as lines of a journal: each comes back as it was, and what is damaged is refused.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

TEST_CASE("every kind of event comes back from its line as it was", "[R15]") {
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
      {Retry{}, R"({"at":-5,"event":"retry"})"},
  };
  for (const auto& [what, line] : kLines) {
    CHECK(to_json(Event{at(-5), what}).value() == line);
    auto stored = StoredEvent::read(line);
    REQUIRE(stored);
    const StoredEvent moved = std::move(*stored);
    CHECK(moved.event().what.index() == what.index());
    CHECK(to_json(moved.event()).value() == line);
  }
}

TEST_CASE("of a line's members with one name the last stands, however long names are", "[R15]") {
  const std::string name(70'000, 'n');
  const auto last = StoredEvent::read("{\"at\":1,\"" + name + R"(":0,"at":2,"event":"tick"})");
  REQUIRE(last);
  CHECK(last->event().at == at(2));
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
                          R"({"at":1,"event":"hook-failed","ticket":3})"}) {
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

// SPDX-License-Identifier: Apache-2.0
// R15: snapshots that were changed so that they contradict themselves, and what is said of each.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// A walkthrough's snapshots, one after each event.
enum class Moment { Begun, Promoting, Failing, Concluding, Failed };

std::string snapshot_at(Moment moment) {
  Host host(walkthrough(), R"({"A":1})");
  const std::vector<std::vector<Event::What>> steps = {
      {HookSucceeded{ticket(1), R"({"B":2})"}, HookSucceeded{ticket(2)}},
      {PromotionFailed{ticket(3), "no"}},
      {HookSucceeded{ticket(4)}},
      {HookSucceeded{ticket(5)}}};
  for (std::size_t i = 0; i < static_cast<std::size_t>(moment); ++i) {
    for (const Event::What& what : steps[i]) { REQUIRE(host.apply(1, what) == "ok"); }
  }
  return host.release.snapshot().value();
}

/// The snapshot with the first of such texts replaced.
std::string changed(std::string text, std::string_view what, std::string_view by) {
  const std::size_t place = text.find(what);
  INFO(text << "\n" << what);
  REQUIRE(place != std::string::npos);
  return text.replace(place, what.size(), by);
}

std::string refusal(const Flow& flow, std::string_view text) {
  auto restored = Release::restore(flow, text);
  if (restored) { return "(restored)"; }
  CHECK(restored.error().code == ErrorCode::InvalidSnapshot);
  return restored.error().message;
}

}  // namespace

TEST_CASE("a snapshot that contradicts itself is refused, and it is said in what", "[R15]") {
  struct Change {
    Moment moment;
    const char* what;
    const char* by;
    const char* why;
    const char* also = "";  ///< Replaced as well.
    const char* also_by = "";
  };
  constexpr const char* kPromotion =
      R"([{"ticket":3,"lane":1,"hook":0,"attempt":1,"retries":0,"due":null,"suspended":false,)"
      R"("waiting":false,"context":null}])";
  const std::string range = "a whole number within range is due";
  const Change kChanges[] = {
      {Moment::Begun, R"("snapshot")", R"("letter")", "not a snapshot of a release"},
      {Moment::Begun, R"("now":0)", R"("now":"0")", range.c_str()},
      {Moment::Begun, R"("now":0)", R"("now":0.5)", range.c_str()},
      {Moment::Begun, R"("status":1)", R"("status":0)", "'status' is none"},
      {Moment::Begun, R"("status":1)", R"("status":7)", "'status' is none"},
      {Moment::Begun, R"("terminated":false)", R"("terminated":0)", "a boolean is due"},
      {Moment::Begun, R"("lanes":"ppps")", R"("lanes":1)", "a string is due"},
      {Moment::Begun, R"("lanes":"ppps")", R"("lanes":"pps")",
       "'lanes' has another length than the flow"},
      {Moment::Begun, R"("lanes":"ppps")", R"("lanes":"p?ps")", "'lanes' has an unknown letter"},
      {Moment::Begun, R"("troubles":[])", R"("troubles":{})", "an array is due"},
      {Moment::Begun, R"("lane":3)", R"("lane":4)", "there is no such lane"},
      {Moment::Begun, R"("hook":0)", R"("hook":1)", "there is no such hook"},
      {Moment::Begun, R"("ticket":1)", R"("ticket":0)", "a ticket is out of range"},
      {Moment::Begun, R"("ticket":1)", R"("ticket":2)", "a ticket is out of range"},
      {Moment::Begun, R"("context":0)", R"("context":1)", "there is no such context"},
      {Moment::Begun, R"("waiting":false)", R"("waiting":true)", "(restored)"},
      {Moment::Begun, R"("suspended":false,"waiting":false)", R"("suspended":true,"waiting":true)",
       "what waits is suspended"},
      {Moment::Begun, R"("lastTicket":1)", R"("lastTicket":268435456)",
       "the tickets lie too far apart"},
      {Moment::Begun, R"([{"key":"A","value":1,"ticket":0,"environment":null}])", "",
       "'contexts' is empty"},
      {Moment::Begun, R"("environment":null)", R"("environment":3)",
       "there is no such environment"},
      {Moment::Begun, R"("lanes":"ppps")", R"("lanes":"dpps")",
       "a ready environment did not begin"},
      {Moment::Promoting, R"("key":"B")", R"("key":"A")", "a context has a key twice"},
      {Moment::Promoting, R"("hook":0)", R"("hook":1)", "no command runs there"},
      {Moment::Promoting, R"("lane":1)", R"("lane":2)", "no command runs there"},
      {Moment::Promoting, R"("lane":1)", R"("lane":3)", "the release itself is not promoted"},
      {Moment::Promoting, R"("due":null)", R"("due":5)", "a command without a timeout has one"},
      {Moment::Promoting, R"("lanes":"dwpw")", R"("lanes":"dwww")",
       "a lane runs without a command, or the other way"},
      {Moment::Promoting, R"("lanes":"dwpw")", R"("lanes":"pwpw")",
       "an environment began before what it depends on had succeeded"},
      {Moment::Failing, R"("stage":2)", R"("stage":0)", "no lane resumes in that stage"},
      {Moment::Failing, R"("stage":2)", R"("stage":4)", "no lane resumes in that stage"},
      {Moment::Failing, R"("stage":2,"hook":0)", R"("stage":2,"hook":1)", "no command runs there"},
      {Moment::Failing, R"("stage":2,"hook":0)", R"("stage":1,"hook":1)", "there is no such hook"},
      {Moment::Failing, R"("onFailAttempts":[1])", R"("onFailAttempts":[1,1])",
       "'onFailAttempts' has another length than the chain"},
      {Moment::Failing, R"("troubles":[{"lane":1)", R"("troubles":[{"lane":2)",
       "an environment failed for no reason"},
      {Moment::Failing, R"("attempt":1,"message":"no")", R"("attempt":1,"message":null)",
       "an environment failed for no reason"},
      {Moment::Concluding, R"({"lane":3,"stage")", R"({"lane":1,"stage")",
       "a lane has two troubles"},
      {Moment::Concluding, R"("admitting":false,"message":"no")",
       R"("admitting":false,"message":null)", "the release failed for no reason"},
      {Moment::Concluding, R"("deadline":null)", R"("deadline":5)",
       "the deadline counts out of turn"},
      {Moment::Concluding, R"("message":"no","onFailAttempts":[1]}],)",
       R"("message":"no","onFailAttempts":[]}],)", "attempts are missing"},
      {Moment::Concluding, R"("lanes":"dXpx")", R"("lanes":"dXpX")", "no command runs there"},
      {Moment::Failed, R"("status":5)", R"("status":1)", "the release's status and stage disagree"},
      {Moment::Failed, R"("status":5)", R"("status":4)",
       "the release succeeded without having done so"},
      {Moment::Failed, R"("deadline":null)", R"("deadline":5)", "the deadline counts out of turn"},
      {Moment::Failed, R"("lanes":"dXpX")", R"("lanes":"dXpd")",
       "the release succeeded without having done so"},
      {Moment::Failed, R"("lanes":"dXpX")", R"("lanes":"dXps")",
       "the release's chain has no command"},
      {Moment::Failed, R"("lanes":"dXpX")", R"("lanes":"dXpw")",
       "the release's status and stage disagree"},
      {Moment::Failed, R"("lanes":"dXpX")", R"("lanes":"dddX")",
       "the release and the stage in which it resumes disagree"},
      {Moment::Promoting, R"("commands":[)",
       R"("commands":[{"ticket":2,"lane":1,"hook":0,"attempt":1,"retries":0,"due":null,)"
       R"("suspended":false,"waiting":false,"context":null},)",
       "a lane has two commands"},
      {Moment::Promoting, R"("status":1)", R"("status":3)", "the deadline counts out of turn"},
      {Moment::Promoting, R"("lanes":"dwpw")", R"("lanes":"dwpd")", "environments run out of turn",
       R"("status":1)", R"("status":4)"},
      {Moment::Promoting, R"("lanes":"dwpw")", R"("lanes":"dddw")", "environments run out of turn",
       kPromotion, "[]"},
      {Moment::Concluding, R"("lanes":"dXpx")", R"("lanes":"dXpf")",
       "the release and its environments disagree"},
      {Moment::Concluding, R"("lanes":"dXpx")", R"("lanes":"dXps")",
       "an environment began before the release did"},
      {Moment::Concluding, R"("attempt":0,"message":"no","onFailAttempts":[1])",
       R"("attempt":0,"message":"no","onFailAttempts":[])", "attempts are missing"},
      {Moment::Failed, R"("lanes":"dXpX")", R"("lanes":"dXpp")", "the release was not started",
       R"("status":5)", R"("status":1)"},
      {Moment::Failed,
       R"(,{"lane":3,"stage":2,"hook":0,"attempt":0,"message":"no","onFailAttempts":[1]})", "",
       "the release failed for no reason"},
      {Moment::Failed, R"("admitting":false,"message":"no")", R"("admitting":false,"message":null)",
       "the release failed for no reason"},
  };
  for (const Change& change : kChanges) {
    INFO(change.what << " -> " << change.by);
    const std::string once = changed(snapshot_at(change.moment), change.what, change.by);
    CHECK(refusal(walkthrough(), changed(once, change.also, change.also_by)) == change.why);
  }
}

TEST_CASE("a snapshot in which a ticket stands twice is refused", "[R1][R15]") {
  Host host(regions(FailurePolicy::Continue));
  const std::string text = host.release.snapshot().value();
  CHECK(refusal(host.release.flow(), changed(text, R"("ticket":2)", R"("ticket":1)")) ==
        "a ticket stands twice");
}

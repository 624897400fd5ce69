// SPDX-License-Identifier: Apache-2.0
// R15: snapshots that were changed so that they contradict themselves, and the reason of each
// refusal.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// A walkthrough's snapshots, one after each event.
enum class Moment { Begun, Promoting, Failing, Ending, Failed };

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

TEST_CASE("a snapshot that contradicts itself is refused with the reason", "[R15]") {
  struct Change {
    Moment moment;
    const char* what;
    const char* by;
    const char* why;
    const char* also = "";  ///< Replaced as well.
    const char* also_by = "";
  };
  constexpr const char* kPromotion =
      R"([{"ticket":3,"entity":1,"hook":0,"attempt":1,"retries":0,"due":null,"waiting":false,)"
      R"("soaking":false,"suspended":false,"room":0,"context":null}])";
  const std::string range = "member 'now': a whole number within range is expected";
  const Change kChanges[] = {
      {Moment::Begun, R"("snapshot")", R"("letter")", "not a snapshot of a release"},
      {Moment::Begun, R"("now":0)", R"("now":"0")", range.c_str()},
      {Moment::Begun, R"("now":0)", R"("now":0.5)", range.c_str()},
      {Moment::Begun, R"("status":1)", R"("status":0)", "'status' is no status of a release"},
      {Moment::Begun, R"("status":1)", R"("status":7)", "'status' is no status of a release"},
      {Moment::Begun, R"("terminated":false)", R"("terminated":0)",
       "member 'terminated': a boolean is expected"},
      {Moment::Begun, R"("entities":"ppps")", R"("entities":1)",
       "member 'entities': a string is expected"},
      {Moment::Begun, R"("entities":"ppps")", R"("entities":"pps")",
       "'entities' has another length than the flow"},
      {Moment::Begun, R"("entities":"ppps")", R"("entities":"p?ps")",
       "'entities' has the unknown letter '?'"},
      {Moment::Begun, R"("stops":[])", R"("stops":{})", "member 'stops': an array is expected"},
      {Moment::Begun, R"("entity":3)", R"("entity":4)", "an entity is out of range"},
      {Moment::Begun, R"("hook":0)", R"("hook":1)", "there is no such hook"},
      {Moment::Begun, R"("ticket":1)", R"("ticket":0)", "a ticket is out of range"},
      {Moment::Begun, R"("ticket":1)", R"("ticket":2)", "a ticket is out of range"},
      {Moment::Begun, R"("context":0)", R"("context":1)", "there is no such state of the context"},
      {Moment::Begun, R"("waiting":false)", R"("waiting":true)",
       "member 'context': only an outstanding hook has one"},
      {Moment::Begun, R"("waiting":false)", R"("waiting":true)", "(restored)", R"("context":0)",
       R"("context":null)"},
      {Moment::Begun, R"("waiting":false,"soaking":false,"suspended":false)",
       R"("waiting":true,"soaking":false,"suspended":true)", "what waits is suspended or queued"},
      {Moment::Begun, R"("lastTicket":1)", R"("lastTicket":268435456)", "(restored)"},
      {Moment::Begun, R"({"set":[{"key":"A","value":1,"ticket":0,"environment":null}]})", "",
       "'states' is empty"},
      {Moment::Begun, R"("environment":null)", R"("environment":3)",
       "the start of a release has no environment"},
      {Moment::Begun, R"("entities":"ppps")", R"("entities":"dpps")",
       "an environment began before the release did"},
      {Moment::Promoting, R"("key":"B")", R"("key":"A")", "a context has a key twice"},
      {Moment::Promoting, R"("hook":0)", R"("hook":1)", "no command runs there"},
      {Moment::Promoting, R"("entity":1)", R"("entity":2)", "no command runs there"},
      {Moment::Promoting, R"("entity":1)", R"("entity":3)", "the release itself is not promoted"},
      {Moment::Promoting, R"("due":null)", R"("due":5)", "(restored)"},  // It is not armed.
      {Moment::Promoting, R"("entities":"dwpw")", R"("entities":"dwww")",
       "an environment runs without a command, or the other way round"},
      {Moment::Promoting, R"("entities":"dwpw")", R"("entities":"pwpw")",
       "an environment began before what it depends on had succeeded"},
      {Moment::Failing, R"("state":2)", R"("state":0)", "no entity resumes in that state"},
      {Moment::Failing, R"("state":2)", R"("state":4)", "no entity resumes in that state"},
      {Moment::Failing, R"("state":2,"hook":0)", R"("state":2,"hook":1)", "no command runs there"},
      {Moment::Failing, R"("state":2,"hook":0)", R"("state":1,"hook":1)", "there is no such hook"},
      {Moment::Failing, R"("onFailAttempts":[1])", R"("onFailAttempts":[1,1])",
       "'onFailAttempts' has another length than the chain"},
      {Moment::Failing, R"("stops":[{"entity":1)", R"("stops":[{"entity":2)",
       "an environment stopped without a reason"},
      {Moment::Failing, R"("attempt":1,"soaked":0,"message":"no")",
       R"("attempt":1,"soaked":0,"message":null)", "an environment stopped without a reason"},
      {Moment::Ending, R"({"entity":3,"state")", R"({"entity":1,"state")",
       "an entity has two stop records"},
      {Moment::Ending, R"("terminated":false,"message":"no")",
       R"("terminated":false,"message":null)", "the release stopped without a reason"},
      {Moment::Ending, R"("message":"no","onFailAttempts":[1]}],)",
       R"("message":"no","onFailAttempts":[]}],)", "attempts of onFail hooks are missing"},
      {Moment::Ending, R"("entities":"dXpx")", R"("entities":"dXpX")", "no command runs there"},
      {Moment::Failed, R"("status":5)", R"("status":1)", "the release's status and state disagree"},
      {Moment::Failed, R"("status":5)", R"("status":4)",
       "the release succeeded without having done so"},
      {Moment::Failed, R"("deadline":null)", R"("deadline":5)",
       "the deadline of an ended release counts"},
      {Moment::Failed, R"("entities":"dXpX")", R"("entities":"dXpd")",
       "the release succeeded without having done so"},
      {Moment::Failed, R"("entities":"dXpX")", R"("entities":"dXps")",
       "the release runs without a command, or the other way round"},
      {Moment::Failed, R"("entities":"dXpX")", R"("entities":"dXpw")",
       "the release's status and state disagree"},
      {Moment::Failed, R"("entities":"dXpX")", R"("entities":"dddX")", "(restored)"},
      {Moment::Promoting, R"("commands":[)",
       R"("commands":[{"ticket":2,"entity":1,"hook":0,"attempt":1,"retries":0,"due":null,)"
       R"("waiting":false,"soaking":false,"suspended":false,"room":0,"context":null},)",
       "an entity has two commands"},
      {Moment::Promoting, R"("status":1)", R"("status":3)", "'terminated' and 'status' disagree"},
      {Moment::Promoting, R"("entities":"dwpw")", R"("entities":"dwpd")",
       "environments run out of turn", R"("status":1)", R"("status":4)"},
      {Moment::Promoting, R"("entities":"dwpw")", R"("entities":"dddw")",
       "environments run out of turn", kPromotion, "[]"},
      {Moment::Ending, R"("entities":"dXpx")", R"("entities":"dXpf")",
       "the release went on before its environments were done"},
      {Moment::Ending, R"("entities":"dXpx")", R"("entities":"dXps")",
       "an environment began before the release did"},
      {Moment::Ending, R"("attempt":0,"soaked":0,"message":"no","onFailAttempts":[1])",
       R"("attempt":0,"soaked":0,"message":"no","onFailAttempts":[])",
       "attempts of onFail hooks are missing"},
      {Moment::Failed, R"("entities":"dXpX")", R"("entities":"dXpp")",
       "the release was not started", R"("status":5)", R"("status":1)"},
      {Moment::Failed,
       R"(,{"entity":3,"state":2,"hook":0,"attempt":0,)"
       R"("soaked":0,"message":"no","onFailAttempts":[1]})",
       "", "the release stopped without a reason"},
      {Moment::Failed, R"("terminated":false,"message":"no")",
       R"("terminated":false,"message":null)", "the release stopped without a reason"},
  };
  for (const Change& change : kChanges) {
    INFO(change.what << " -> " << change.by);
    const std::string once = changed(snapshot_at(change.moment), change.what, change.by);
    CHECK(refusal(walkthrough(), changed(once, change.also, change.also_by)) == change.why);
  }
}

TEST_CASE("a snapshot in which two commands have one ticket is refused", "[R1][R15]") {
  Host host(regions(FailurePolicy::Continue));
  const std::string text = host.release.snapshot().value();
  CHECK(refusal(host.release.flow(), changed(text, R"("ticket":2)", R"("ticket":1)")) ==
        "two commands have one ticket");
}

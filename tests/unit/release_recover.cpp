// SPDX-License-Identifier: Apache-2.0
// A release is recovered from the lines of its journal alone, of which the first is its start.
#include "allocations.hpp"
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

const ReleaseInfo kInfo{.id = "r-42", .url = "https://x/\xFF", .version = "1.4"};

/// The journal's first line for a flow, with its line end.
std::string start_line(const Flow& flow, std::string_view context = {},
                       const EnvironmentSelection* selection = nullptr) {
  return to_json(Event{at(7), ReleaseStarted{&kInfo, context, selection, flow.fingerprint()}})
             .value() +
         "\n";
}

std::string line(std::int64_t ms, const Event::What& what) {
  return to_json(Event{at(ms), what}).value() + "\n";
}

/// The error of a journal as `code where`.
std::string refusal(const Flow& flow, std::string_view journal) {
  const auto release = Release::recover(flow, journal);
  return release ? "ok"
                 : std::string(to_string(release.error().code)) + " " + release.error().where;
}

}  // namespace

TEST_CASE("a journal of a start alone gives the release before its first command", "[H32][R15]") {
  const Flow flow = regions(FailurePolicy::FailFast);
  EnvironmentSelection selection;
  selection.skip = {"us"};
  const std::string first = start_line(flow, R"({"KEY":"\u00e9"})", &selection);
  const Release recovered = Release::recover(flow, first).value();
  const Release started =
      Release::start(flow, kInfo, at(7), R"({"KEY":"\u00e9"})", selection).value();
  CHECK(snapshot_of(recovered) == snapshot_of(started));
  CHECK(recovered.outstanding()->size() == 1);
}

TEST_CASE("every part of a start comes back from its line as it was", "[H32][R15]") {
  const ReleaseInfo info{"r-\xFF", "u", "p", "v", "c"};
  EnvironmentSelection selections[4];
  selections[1].skip = {"a", "\xFF"};
  selections[2].until = std::vector<std::string>{};
  selections[3].only = {"a"};
  for (const EnvironmentSelection& selection : selections) {
    const Event event{at(-5), ReleaseStarted{&info, "{\"A\":\n1}", &selection, 0x0123456789abcdef}};
    const std::string text = to_json(event).value();
    const StoredEvent stored = StoredEvent::read(text).value();
    const auto& read = std::get<ReleaseStarted>(stored.event().what);
    CHECK(to_json(stored.event()).value() == text);
    CHECK(read.info->id == info.id);
    CHECK(read.info->commit_sha == "c");
    CHECK(read.context == "{\"A\":\n1}");
    CHECK(read.fingerprint == 0x0123456789abcdef);
    CHECK((read.selection == nullptr ? EnvironmentSelection{} : *read.selection) == selection);
  }
  CHECK(to_json(Event{at(0), ReleaseStarted{&kInfo, {}, nullptr, 1}}).value() ==
        R"({"at":0,"event":"release-started","fingerprint":"0000000000000001","id":"r-42",)"
        R"("url":["68747470733a2f2f782fff"],"version":"1.4"})");
}

TEST_CASE("a journal gives the release after its last event, refused ones too", "[H32][R15]") {
  const Flow flow = walkthrough();
  Host host(Release::start(flow, kInfo, at(7)).value());
  const std::pair<std::int64_t, Event::What> events[] = {
      {8, HookSucceeded{ticket(1), R"({"A":1})"}},
      {9, HookSucceeded{ticket(1)}},
      {9, Terminate{"stop"}},
      {9, Terminate{"stop"}},
      {10, Skip{"nowhere"}}};
  std::string journal = start_line(flow);
  for (const auto& [ms, what] : events) {
    journal += line(ms, what);
    host.apply(ms, what);
    Host recovered(Release::recover(flow, journal).value());
    recovered.drain();  // As the other host: commands that were taken are no part of a snapshot.
    CHECK(snapshot_of(recovered.release) == snapshot_of(host.release));
  }
  Release release = Release::recover(flow, journal).value();
  CHECK(release.next_command().has_value());
}

TEST_CASE("a write that a crash cut short is not an event; other damage is an error", "[H32]") {
  const Flow flow = walkthrough();
  const std::string first = start_line(flow);
  const std::string second = line(8, HookSucceeded{ticket(1)});
  const std::string whole = snapshot_of(Release::recover(flow, first + second).value());
  const std::string start = snapshot_of(Release::recover(flow, first).value());
  for (std::size_t cut = 0; cut < second.size(); ++cut) {
    const auto release = Release::recover(flow, first + second.substr(0, cut));
    REQUIRE(release);
    CHECK(snapshot_of(*release) == (cut + 1 < second.size() ? start : whole));
  }
  for (std::size_t cut = 0; cut + 1 < first.size(); ++cut) {
    CHECK(refusal(flow, first.substr(0, cut)) == "invalid-event journal");
  }
  CHECK(refusal(flow, first + "\r\n \n" + second) == "ok");
  CHECK(refusal(flow, first + "{\"at\":\n" + second) == "invalid-event line 2");
  CHECK(refusal(flow, second) == "invalid-event line 1");
  CHECK(refusal(flow, second + first) == "invalid-event line 1");
  CHECK(refusal(flow, R"({"at":1,"event":"release-started","id":"r"})"
                      "\n") == "invalid-event line 1");
  CHECK(refusal(flow, R"({"at":1,"event":"release-started","id":"r","fingerprint":"xyz"})"
                      "\n") == "invalid-event line 1");
}

TEST_CASE("a journal belongs to one release of one flow", "[H32]") {
  const Flow flow = walkthrough();
  const Flow other = regions(FailurePolicy::Continue);
  const std::string first = start_line(flow);
  CHECK(refusal(other, first) == "snapshot-of-other-flow line 1");
  CHECK(refusal(flow, first + first) == "ok");  // A start that was delivered twice.
  const ReleaseInfo another{.id = "r-43"};
  CHECK(refusal(flow, first + line(8, ReleaseStarted{&another, {}, nullptr, flow.fingerprint()})) ==
        "invalid-event line 2");
  CHECK(refusal(flow, line(8, ReleaseStarted{&kInfo, "[", nullptr, flow.fingerprint()})) ==
        "invalid-context line 1");
}

TEST_CASE("a start applied to its own release changes nothing", "[H32]") {
  const Flow flow = walkthrough();
  Release release = Release::start(flow, kInfo, at(7)).value();
  const std::string before = snapshot_of(release);
  CHECK(release.apply({at(7), ReleaseStarted{&kInfo, {}, nullptr, flow.fingerprint()}}));
  CHECK(snapshot_of(release) == before);
  const auto refused = release.apply({at(7), ReleaseStarted{}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::NotAllowed);
  CHECK(Release::start(flow, {at(7), ReleaseStarted{}}).error().code == ErrorCode::InvalidEvent);
  CHECK(Release::start(flow, {at(7), Tick{}}).error().code == ErrorCode::InvalidEvent);
}

TEST_CASE("memory that runs out while a journal is read loses nothing", "[H32]") {
  const Flow flow = walkthrough();
  const std::string journal =
      start_line(flow, R"({"A":1})") + line(8, HookSucceeded{ticket(1), R"({"B":2})"});
  const std::string wanted = snapshot_of(Release::recover(flow, journal).value());
  bool failed = true;
  for (std::size_t allowed = 0; failed; ++allowed) {
    std::optional<Result<Release>> release;
    {
      const FailingAllocations failing(allowed);
      release.emplace(Release::recover(flow, journal));
      failed = FailingAllocations::failed();
    }
    if (*release) {
      CHECK(snapshot_of(**release) == wanted);
    } else {
      CHECK(release->error().code == ErrorCode::OutOfMemory);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// R15: snapshots of older formats, and of flows whose annotations have changed.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const std::string& name) {
  std::ifstream file(std::string(PROMOFLOW_SOURCE_DIR) + "/tests/snapshots/1/" + name);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Flow first_flow() { return load_flow(text_of("flow.yaml")).value(); }

Release first(const std::string& name, const Flow& flow = first_flow()) {
  auto restored = Release::restore(flow, text_of(name));
  INFO(name);
  REQUIRE(restored);
  return std::move(*restored);
}

constexpr std::int64_t kHour = 3'600'000;  ///< The flow's limit, and so its grace period.

}  // namespace

TEST_CASE("a snapshot of version 1 goes on as one of version 2 that is made of it", "[R15]") {
  const Flow flow = first_flow();
  for (const char* name :
       {"started.json", "attempt-waits.json", "expired.json", "failed.json", "forced.json",
        "on-fail-chain.json", "release-on-fail.json", "retried.json", "suspended.json",
        "terminating.json", "trigger-environment.json", "two-hooks.json"}) {
    INFO(name);
    Host first_version(first(name, flow));
    auto again = Release::restore(flow, snapshot_of(first_version.release));
    REQUIRE(again);
    Host second_version(std::move(*again));
    first_version.drain();
    second_version.drain();
    CHECK(first_version.news() == second_version.news());
    for (int turn = 0; turn < 60 && !is_final(first_version.release.status()); ++turn) {
      const auto outstanding = first_version.release.outstanding().value();
      if (outstanding.empty()) {
        const auto timer = first_version.release.next_timer();
        REQUIRE(timer);
        const std::int64_t ms = timer->time_since_epoch().count();
        CHECK(first_version.apply(ms, Tick{}) == second_version.apply(ms, Tick{}));
        continue;
      }
      const Command& command = outstanding.front().command;
      const Event::What answer = std::holds_alternative<RunHook>(command)
                                     ? Event::What(HookSucceeded{std::get<RunHook>(command).ticket})
                                     : PromotionSucceeded{std::get<Promote>(command).ticket};
      REQUIRE(first_version.apply(1, answer) == "ok");
      REQUIRE(second_version.apply(1, answer) == "ok");
    }
    CHECK(is_final(first_version.release.status()));
    CHECK(first_version.news() == second_version.news());
    CHECK(snapshot_of(first_version.release) == snapshot_of(second_version.release));
  }
}

TEST_CASE("the end deadline of a release of version 1 counts from its restore", "[R7][R15]") {
  for (const char* name : {"terminating.json", "release-on-fail.json"}) {
    INFO(name);
    Host host(first(name));
    const std::int64_t now = Json::parse(text_of(name))["now"];
    CHECK(host.release.next_timer() == at(now + kHour));
    REQUIRE(host.apply(now + kHour, Tick{}) == "ok");
    CHECK(is_final(host.release.status()));
    CHECK(host.lines.back().find("\"status\":\"") != std::string::npos);
  }
  // One that has not begun to end has its flow deadline still.
  CHECK(first("started.json").next_timer() == at(kHour));
  CHECK_FALSE(first("failed.json").next_timer());
}

TEST_CASE("a hook of version 1 that had the flow's limit for a timeout has none any more",
          "[R8][R15]") {
  Json saved = Json::parse(text_of("terminating.json"));
  REQUIRE(saved["commands"][0]["due"].is_number());
  const Release release = first("terminating.json");
  const std::vector<OutstandingCommand> outstanding = release.outstanding().value();
  REQUIRE_FALSE(outstanding.empty());
  for (const OutstandingCommand& command : outstanding) { CHECK_FALSE(command.expires); }
}

TEST_CASE("whether a release of version 1 is suspended is found anew", "[R11][R15]") {
  const auto restored_with = [](const std::string& name, ReleaseStatus status) {
    Json saved = Json::parse(text_of(name));
    saved["status"] = static_cast<int>(status);
    return Release::restore(first_flow(), saved.dump()).value();
  };
  const Release suspended = restored_with("suspended.json", ReleaseStatus::Running);
  CHECK(suspended.status() == ReleaseStatus::Suspended);
  CHECK(Release::restore(first_flow(), snapshot_of(suspended)));
  const Release waits = restored_with("attempt-waits.json", ReleaseStatus::Suspended);
  CHECK(waits.status() == ReleaseStatus::Running);
  CHECK(Release::restore(first_flow(), snapshot_of(waits)));
}

TEST_CASE("members of version 1 that are missing are named", "[R15]") {
  const Json good = Json::parse(text_of("terminating.json"));
  for (const char* member : {"lanes", "troubles", "contexts", "commands"}) {
    Json bad = good;
    bad.erase(member);
    auto restored = Release::restore(first_flow(), bad.dump());
    REQUIRE_FALSE(restored);
    CHECK(restored.error().message == "member '" + std::string(member) + "' is missing");
  }
}

TEST_CASE("annotations are no part of the fingerprint: their change hinders no restore", "[R15]") {
  const auto flow_with = [](const std::string& description) {
    return load_flow(
               "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata:\n"
               "  name: annotated\n  annotations: {description: \"" +
               description +
               "\"}\nspec:\n  triggerEnvironment: dev\n  steps:\n"
               "    - {environment: eu, dependsOn: [dev]}\n")
        .value();
  };
  Host host(flow_with("first"));
  auto restored = Release::restore(flow_with("second"), snapshot_of(host.release));
  REQUIRE(restored);
  CHECK(snapshot_of(*restored) == snapshot_of(host.release));
  CHECK(restored->apply({at(1), PromotionSucceeded{ticket(1)}}));
  CHECK(restored->status() == ReleaseStatus::Succeeded);
}

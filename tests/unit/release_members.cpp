// SPDX-License-Identifier: Apache-2.0
// R15: every member of a snapshot is taken away once, and made another type once. Each time the
// snapshot is refused, and the refusal names the member.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

/// Environments in all conditions that a snapshot knows.
Flow rich() {
  FlowBuilder builder("rich", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  builder.options(options);
  StepOptions soaks;
  soaks.soak = milliseconds{1000};
  StepOptions retries;
  retries.retry = {.limit = 1, .duration = milliseconds{1000}};
  StepOptions exports;
  exports.hooks = {{hook("export")}, {}, {hook("page"), hook("jira")}};
  StepOptions expires;
  expires.timeout = milliseconds{10};
  builder.step("soaks", {"dev"}, soaks).step("waits", {"dev"}, retries);
  builder.step("first", {"dev"}, exports).step("second", {"dev"}, exports);
  builder.step("queued", {"dev"}).step("expires", {"dev"}, expires);
  return built(builder);
}

Json rich_snapshot(const Flow& flow) {
  auto release = Release::start(flow, {.id = "r-42"}, at(0), R"({"A":{"b":[1]}})").value();
  while (release.next_record()) {}
  const Event::What events[] = {
      HookSucceeded{ticket(3), R"({"K":1})"},  // first: promotion 7.
      HookSucceeded{ticket(4), R"({"K":2})"},  // second: a conflict; promotion 8.
      PromotionFailed{ticket(8), "down"},      // Its first onFail hook is 9,
      HookFailed{ticket(9), "no", "\xFF"},     // and its second one 10.
      PromotionSucceeded{ticket(1)},
      PromotionFailed{ticket(2), "not yet"},
      Queued{ticket(5)},
      Suspended{ticket(5)},
  };
  for (const Event::What& what : events) { REQUIRE(release.apply({at(1), what})); }
  while (release.next_record()) {}
  REQUIRE(release.apply({at(10), Tick{}}));  // Ticket 6 expires; its cancellation is not taken.
  return Json::parse(snapshot_of(release));
}

/// Calls `visit(parent, key)` for each member of each object, but for what is in a context's value.
template <class Visit>
void each_member(const Json& node, const Pointer& place, const Visit& visit) {
  if (node.is_array()) {
    for (std::size_t i = 0; i < node.size(); ++i) { each_member(node[i], place / i, visit); }
  }
  if (!node.is_object()) { return; }
  for (const auto& [key, value] : node.items()) {
    visit(place, key);
    if (key != "value") { each_member(value, place / key, visit); }
  }
}

Error refusal(const Flow& flow, const Json& snapshot) {
  auto restored = Release::restore(flow, snapshot.dump());
  if (!restored) { return restored.error(); }
  return {ErrorCode::Internal, "", "it was restored"};
}

}  // namespace

TEST_CASE("a snapshot without one of its members is refused, and the member is named", "[R15]") {
  const Flow flow = rich();
  const Json good = rich_snapshot(flow);
  REQUIRE(Release::restore(flow, good.dump()));
  std::size_t members = 0;
  each_member(good, Pointer(), [&](const Pointer& place, const std::string& key) {
    Json bad = good;
    bad[place].erase(key);
    INFO(place.to_string() << " without " << key);
    const Error error = refusal(flow, bad);
    CHECK(error.code == ErrorCode::InvalidSnapshot);
    // What was exported is there as a text, or as bytes.
    CHECK(error.message == "member '" + (key == "bytes" ? "text" : key) + "' is missing");
    ++members;
  });
  CHECK(members > 100);
}

TEST_CASE("a snapshot with a member of another type is refused, and the member is named", "[R15]") {
  const Flow flow = rich();
  const Json good = rich_snapshot(flow);
  each_member(good, Pointer(), [&](const Pointer& place, const std::string& key) {
    if (key == "value" || good[place / key].is_object()) { return; }  // Any value; see above.
    Json bad = good;
    bad[place][key] = Json::object({{"odd", 1}});
    INFO(place.to_string() << ": " << key);
    const Error error = refusal(flow, bad);
    CHECK(error.code == ErrorCode::InvalidSnapshot);
    const bool in_context = place.to_string().rfind("/context", 0) == 0;
    CHECK((in_context || error.message.find("'" + key + "'") != std::string::npos));
  });
}

TEST_CASE("a snapshot with any number in it changed is refused or restores a release that works",
          "[R15]") {
  const Flow flow = rich();
  const Json good = rich_snapshot(flow);
  each_member(good, Pointer(), [&](const Pointer& place, const std::string& key) {
    if (!good[place / key].is_number() && !good[place / key].is_null()) { return; }
    for (const char* number : {"-1", "0", "1", "2", "3", "6", "10", "4294967295", "4294967296",
                               "9223372036854775807", "-9223372036854775808"}) {
      INFO(place.to_string() << ": " << key << " := " << number);
      Json bad = good;
      bad[place][key] = Json::parse(number);
      auto restored = Release::restore(flow, bad.dump());
      if (!restored) {
        CHECK_FALSE(restored.error().message.empty());
        continue;
      }
      Host host(std::move(*restored));
      for (int turn = 0; turn < 12; ++turn) {
        for (std::uint64_t number_of = 1; number_of < 20; ++number_of) {
          host.apply(turn * 500, HookSucceeded{ticket(number_of), R"({"K":3})"});
          host.apply(turn * 500, PromotionFailed{ticket(number_of), "no"});
        }
        host.apply(turn * 500, Retry{});
      }
      REQUIRE(host.release.snapshot());
      REQUIRE(host.release.describe());
    }
  });
}

// SPDX-License-Identifier: Apache-2.0
// R15: a snapshot restores an equal machine, and so does replaying; what is damaged is refused.
#include <algorithm>
#include <random>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Everything is drawn from one seed, which a failing test prints.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

Hook random_hook(Chance& chance) {
  Hook drawn = hook("hook-" + std::to_string(chance.below(4)));
  if (chance.one_in(3)) {
    drawn.timeout = milliseconds{1 + static_cast<std::int64_t>(chance.below(4)) * 100};
  }
  if (chance.one_in(3)) {
    drawn.retry = {.limit = static_cast<std::uint32_t>(chance.below(3)),
                   .duration = milliseconds{static_cast<std::int64_t>(chance.below(3)) * 50},
                   .factor = 2};
  }
  drawn.on_error = chance.one_in(4) ? OnError::Ignore : OnError::Fail;
  return drawn;
}

Hooks random_hooks(Chance& chance) {
  Hooks hooks;
  for (auto* list : {&hooks.on_start, &hooks.on_success, &hooks.on_fail}) {
    for (std::uint64_t i = chance.below(3); i > 0; --i) { list->push_back(random_hook(chance)); }
  }
  return hooks;
}

Flow random_flow(Chance& chance) {
  FlowBuilder builder("random", "dev");
  FlowOptions options;
  options.hooks = random_hooks(chance);
  options.failure_policy = static_cast<FailurePolicy>(1 + chance.below(3));
  options.context_merge = static_cast<ContextMerge>(1 + chance.below(2));
  options.promotion_timeout_limit = std::chrono::minutes{1 + chance.below(3)};
  if (chance.one_in(3)) { options.termination_grace_period = milliseconds{200}; }
  if (chance.one_in(3)) { options.hook_timeout = milliseconds{300}; }
  if (chance.one_in(3)) { options.post_trigger = "after-trigger"; }
  builder.options(options);
  std::vector<std::string> names{"dev"};
  for (std::uint64_t i = 1 + chance.below(6); i > 0; --i) {
    std::vector<std::string_view> on;
    for (const std::string& name : names) {
      if (chance.one_in(3)) { on.push_back(name); }
    }
    if (on.empty()) { on.push_back(names.back()); }
    StepOptions step;
    step.hooks = random_hooks(chance);
    if (chance.one_in(3)) { step.soak = milliseconds{90}; }
    if (chance.one_in(3)) {
      step.timeout = milliseconds{150};
      step.retry = {.limit = 1, .duration = milliseconds{70}};
    }
    const std::string name = "env-" + std::to_string(names.size());
    builder.step(name, on, step);
    names.push_back(name);
  }
  return built(builder);
}

/// An event that may or may not be allowed; texts are static.
Event::What random_event(Chance& chance, const Release& release) {
  static constexpr std::string_view kExports[] = {
      "{\"A\":1}", "{\"A\":{\"x\":null,\"y\":\"\\u00e9\"},\"B\":\"b\"}", "[1]",
      "{\"A\":null,\"RELEASE_ID\":\"spoofed\"}", "\xFF"};
  const auto outstanding = release.outstanding().value();
  std::uint64_t number = chance.below(8);
  bool is_hook = chance.one_in(2);
  if (!outstanding.empty() && !chance.one_in(6)) {
    const Command& command = outstanding[chance.below(outstanding.size())].command;
    is_hook = std::holds_alternative<RunHook>(command);
    number = static_cast<std::uint64_t>(is_hook ? std::get<RunHook>(command).ticket
                                                : std::get<Promote>(command).ticket);
  }
  const auto exported = [&]() -> std::optional<std::string_view> {
    if (chance.one_in(2)) { return std::nullopt; }
    return kExports[chance.below(std::size(kExports))];
  };
  static constexpr std::string_view kNames[] = {"env-1", "env-2", "env-1"};
  switch (chance.below(15)) {
    case 0: return Suspended{ticket(number)};
    case 1: return Resumed{ticket(number)};
    case 2: return chance.one_in(4) ? Event::What(Terminate{"stop", chance.one_in(2)}) : Tick{};
    case 3: return Retry{};
    case 12:
      return chance.one_in(2) ? Event::What(Queued{ticket(number)}) : Started{ticket(number)};
    case 13:
      return Retry{std::span<const std::string_view>(kNames, 1 + chance.below(3)), "an operator"};
    case 14: return Skip{kNames[chance.below(2)], chance.one_in(2) ? "known" : ""};
    case 4:
    case 5:
    case 6:
      return is_hook ? Event::What(HookFailed{ticket(number), "failed", exported()})
                     : PromotionFailed{ticket(number), "degraded"};
    default:
      return is_hook ? Event::What(HookSucceeded{ticket(number), exported()})
                     : PromotionSucceeded{ticket(number)};
  }
}

}  // namespace

TEST_CASE("a snapshot at any moment restores a machine that answers alike from then on", "[R15]") {
  std::size_t steps = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    Chance chance(seed);
    const Flow flow = random_flow(chance);
    Host original(flow, "{\"GIVEN\":\"\\\"quoted\\\"\"}");
    std::vector<Host> restored;
    std::int64_t now = 0;
    for (int step = 0; step < 40; ++step) {
      auto copy = Release::restore(flow, snapshot_of(original.release));
      REQUIRE(copy);
      REQUIRE(snapshot_of(*copy) == snapshot_of(original.release));
      restored.emplace_back(std::move(*copy));
      restored.back().drain();  // The outstanding commands, once more.
      const auto event = random_event(chance, original.release);
      now += static_cast<std::int64_t>(chance.below(4)) * 40;
      original.news();
      const std::string answer = original.apply(now, event);
      const auto records = original.news();
      for (Host& host : restored) {
        host.news();
        REQUIRE(host.apply(now, event) == answer);
        REQUIRE(host.news() == records);
      }
      ++steps;
    }
    REQUIRE(original.release.describe().value() == restored.front().release.describe().value());
    REQUIRE(snapshot_of(original.release) == snapshot_of(restored.front().release));
  }
  CHECK(steps == 400 * 40);
}

TEST_CASE("replaying the events gives the same records and the same snapshot", "[R15]") {
  for (std::uint64_t seed = 1000; seed < 1100; ++seed) {
    INFO("seed " << seed);
    Chance chance(seed);
    const Flow flow = random_flow(chance);
    Host first(flow);
    std::vector<std::pair<std::int64_t, Event::What>> journal;
    for (int step = 0; step < 60; ++step) {
      journal.emplace_back(step * 30, random_event(chance, first.release));
      first.apply(journal.back().first, journal.back().second);
    }
    Host second(flow);
    for (const auto& [ms, event] : journal) { second.apply(ms, event); }
    REQUIRE(second.lines == first.lines);
    REQUIRE(snapshot_of(second.release) == snapshot_of(first.release));
  }
}

TEST_CASE("after a restore outstanding commands come again with their tickets", "[R1][R15]") {
  const Flow flow = walkthrough();
  Host host(flow);
  host.apply(1, HookSucceeded{ticket(1), "{\"TICKET\":\"ABC-1\"}"});
  auto restored = Release::restore(flow, snapshot_of(host.release));
  REQUIRE(restored);
  const auto command = restored->next_command();
  REQUIRE(command);
  const auto& run = std::get<RunHook>(*command);
  CHECK(run.ticket == ticket(2));
  CHECK(run.hook == "announce");
  CHECK(run.arguments.find("TICKET") == "ABC-1");
  CHECK_FALSE(restored->next_command());
  REQUIRE(restored->reissue());
  CHECK(restored->next_command());
}

TEST_CASE("in which slot an attempt waits is no part of a snapshot", "[R9][R15]") {
  FlowBuilder builder("waiting", "dev");
  StepOptions step;
  step.retry = {.limit = 1, .duration = milliseconds{50}};
  step.hooks.on_success = {hook("smoke")};
  step.hooks.on_success.front().retry = step.retry;
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step);
  const Flow flow = built(builder);
  Host original(flow);
  original.apply(1, PromotionSucceeded{ticket(1)});  // Its slot is used again.
  auto restored = Release::restore(flow, snapshot_of(original.release));
  REQUIRE(restored);
  Host copy(std::move(*restored));
  for (Host* host : {&original, &copy}) {
    REQUIRE(host->apply(2, HookFailed{ticket(3), "flaky"}) == "ok");
    REQUIRE(host->apply(3, PromotionFailed{ticket(2), "degraded"}) == "ok");
  }
  CHECK(snapshot_of(original.release) == snapshot_of(copy.release));
  CHECK(original.release.describe().value() == copy.release.describe().value());
  const std::string text = snapshot_of(original.release);
  CHECK(text.find("{\"ticket\":2,") < text.find("{\"ticket\":3,"));
  std::string twice = text;
  twice.replace(twice.find("{\"ticket\":3,"), 12, "{\"ticket\":2,");
  CHECK(Release::restore(flow, twice).error().message == "two commands have one ticket");
}

TEST_CASE("a snapshot of another flow, of a newer format or damaged is refused", "[R15]") {
  const Flow flow = walkthrough();
  Host host(flow);
  host.apply(1, HookFailed{ticket(1), "no"});
  const std::string good = snapshot_of(host.release);
  CHECK(Release::restore(regions(FailurePolicy::Abort), good).error().code ==
        ErrorCode::SnapshotOfOtherFlow);
  std::string newer = good;
  newer.replace(newer.find("\"version\":2"), 11, "\"version\":3");
  CHECK(Release::restore(flow, newer).error().code == ErrorCode::SnapshotTooNew);
  for (const char* text : {"", "{}", "[]", "null", "promoflow", "{\"promoflow\":\"snapshot\"}"}) {
    INFO(text);
    CHECK(Release::restore(flow, text).error().code == ErrorCode::InvalidSnapshot);
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    INFO("cut at " << cut);
    REQUIRE(Release::restore(flow, good.substr(0, cut)).error().code == ErrorCode::InvalidSnapshot);
  }
}

TEST_CASE("a snapshot that would resume where the release never was is refused", "[R12][R15]") {
  const auto refuses = [](const Flow& flow, std::string text, std::string_view what,
                          std::string_view by) {
    REQUIRE(Release::restore(flow, text));
    REQUIRE(text.find(what) != std::string::npos);
    text.replace(text.find(what), what.size(), by);
    const auto release = Release::restore(flow, text);
    REQUIRE_FALSE(release);
    CHECK(release.error().code == ErrorCode::InvalidSnapshot);
  };
  const Flow flow = walkthrough();
  Host host(flow);
  host.apply(1, HookSucceeded{ticket(1)});
  host.apply(2, HookFailed{ticket(2), "no"});
  refuses(flow, snapshot_of(host.release), "\"onFailAttempts\":[1]", "\"onFailAttempts\":[]");
  host.apply(3, HookSucceeded{ticket(3)});
  const std::string on_fail = snapshot_of(host.release);
  host.apply(4, HookSucceeded{ticket(4)});
  for (const std::string& text : {on_fail, snapshot_of(host.release)}) {
    refuses(flow, text, "{\"entity\":3,\"state\":2", "{\"entity\":3,\"state\":1");
    refuses(flow, text, "{\"entity\":3,\"state\":2", "{\"entity\":3,\"state\":3");
  }
  Host early(flow);
  early.apply(1, HookFailed{ticket(1), "no"});
  refuses(flow, snapshot_of(early.release), "{\"entity\":3,\"state\":1",
          "{\"entity\":3,\"state\":2");

  Host region(regions(FailurePolicy::Continue));
  region.apply(1, PromotionFailed{ticket(1), "down"});
  region.apply(2, HookSucceeded{ticket(3)});
  refuses(region.release.flow(), snapshot_of(region.release), "\"message\":\"down\",\"lastTicket\"",
          "\"message\":null,\"lastTicket\"");
}

TEST_CASE("a restored command keeps its ticket, however many were issued since", "[R9][R15]") {
  FlowBuilder builder("patient", "dev");
  StepOptions stubborn;
  stubborn.retry = {.limit = 50};
  builder.step("slow", {"dev"}, {}).step("stubborn", {"dev"}, stubborn);
  const Flow flow = built(builder);
  Host host(flow);
  for (std::uint64_t number = 2; number < 52; ++number) {
    REQUIRE(host.apply(1, PromotionFailed{ticket(number), "not yet"}) == "ok");
    REQUIRE(host.apply(1, Tick{}) == "ok");
  }
  REQUIRE(host.apply(2, PromotionSucceeded{ticket(52)}) == "ok");
  // Ticket 1 is outstanding, 52 was the last.
  auto restored = Release::restore(flow, snapshot_of(host.release));
  REQUIRE(restored);
  Host other(std::move(*restored));
  CHECK(other.apply(3, PromotionSucceeded{ticket(53)}) == "unknown-ticket");
  CHECK(other.apply(3, PromotionSucceeded{ticket(52)}) == "settled-ticket");
  CHECK(other.apply(3, PromotionSucceeded{ticket(1)}) == "ok");
  CHECK(other.apply(3, PromotionSucceeded{ticket(1)}) == "settled-ticket");
  CHECK(is_final(other.release.status()));
}

TEST_CASE("a snapshot with any one byte changed is refused or restores a machine that works",
          "[R15]") {
  const Flow flow = walkthrough();
  Host host(flow);
  host.apply(1, HookSucceeded{ticket(1), "{\"A\":[1,{\"b\":\"c\"}]}"});
  host.apply(2, HookSucceeded{ticket(2)});
  host.apply(3, PromotionFailed{ticket(3), "degraded"});
  const std::string good = snapshot_of(host.release);
  std::size_t refused = 0;
  for (std::size_t place = 0; place < good.size(); ++place) {
    for (const char byte : {'0', '9', '}', '"', 'X', ','}) {
      std::string bad = good;
      bad[place] = byte;
      auto release = Release::restore(flow, bad);
      if (!release) {
        ++refused;
        continue;
      }
      Host other(std::move(*release));
      for (int step = 0; step < 20; ++step) {
        for (std::uint64_t number = 1; number < 12; ++number) {
          other.apply(step, HookSucceeded{ticket(number)});
          other.apply(step, PromotionSucceeded{ticket(number)});
        }
        other.apply(step, Retry{});
      }
      REQUIRE(other.release.snapshot());
    }
  }
  CHECK(refused > good.size());
}

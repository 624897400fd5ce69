// SPDX-License-Identifier: Apache-2.0
// What an event needs is reserved before anything happens: for fleets of every size, in releases
// that were just restored and have no room to spare.
#include <algorithm>

#include "allocations.hpp"
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::size_t kSitesMax = 34;
constexpr std::int64_t kFar = std::int64_t{1} << 33;  ///< More than 32 bits of milliseconds.

/// dev -> canary -> so many sites, with an onFail hook each, and timeouts of as many lengths.
Flow fleet(std::size_t sites, FailurePolicy policy, bool timed, const RetryPolicy& retry = {}) {
  FlowBuilder builder("fleet", "dev");
  FlowOptions options;
  options.failure_policy = policy;
  options.promotion_timeout_limit = std::chrono::minutes{100'000'000};  // 190 years.
  options.hooks.on_fail = {hook("tell")};
  builder.options(options).step("canary", {"dev"});
  StepOptions step;
  step.hooks.on_fail = {hook("page")};
  step.retry = retry;
  for (std::size_t i = 0; i < sites; ++i) {
    if (timed) { step.timeout = milliseconds{500 * kFar + static_cast<std::int64_t>(i)}; }
    builder.step("site-" + std::to_string(i), {"canary"}, step);
  }
  return built(builder);
}

/// Applies an event while nothing can be allocated; if it is refused for that, once more with
/// memory.
void apply_without_memory(Release& release, const Event& event) {
  const auto applied = [&] {
    const FailingAllocations failing(0);
    return release.apply(event);
  }();
  if (applied) { return; }
  REQUIRE(applied.error().code == ErrorCode::OutOfMemory);
  REQUIRE(release.apply(event));
}

/// A restored release has no room to spare: the records of the event there, as lines. Where nothing
/// was taken they come behind what waits. With one allocation less the event is refused, for none
/// is made once something has happened.
std::vector<std::string> barely(const Flow& flow, const std::string& saved, std::int64_t ms,
                                const Event::What& what) {
  const auto restored = [&] { return Host(std::move(*Release::restore(flow, saved))); };
  Host host = restored();
  Host full = restored();
  Host poor = restored();
  host.drain();
  poor.drain();
  std::vector<std::string> all = host.news();
  const std::size_t before = allocations();
  const bool applied = host.release.apply({at(ms), what}).has_value();
  const std::size_t needed = allocations() - before;
  REQUIRE(applied);
  if (needed > 0) {
    const auto refused = [&] {
      const FailingAllocations failing(needed - 1);
      return poor.release.apply({at(ms), what});
    }();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::OutOfMemory);
    CHECK(snapshot_of(poor.release) == saved);
  }
  host.drain();
  std::vector<std::string> records = host.news();
  all.insert(all.end(), records.begin(), records.end());
  REQUIRE(full.apply(ms, what) == "ok");
  CHECK(full.news() == all);
  return records;
}

/// A release as it goes on, and beside it one for each event that has no room to spare.
class Pair {
 public:
  explicit Pair(const Flow& flow) : flow_(flow), host_(flow) { host_.news(); }

  /// The records of the event, which are the same in both.
  std::vector<std::string> apply(const Event::What& what) {
    const std::string saved = snapshot_of(host_.release);
    now_ += kFar;
    REQUIRE(host_.apply(now_, what) == "ok");
    std::vector<std::string> records = host_.news();
    CHECK(barely(flow_, saved, now_, what) == records);
    return records;
  }
  /// An event on the way.
  void pass(const Event::What& what) {
    REQUIRE(host_.apply(now_, what) == "ok");
    host_.news();
  }
  /// Restoring the release fails as long as memory runs out.
  void restores_or_says() {
    const std::string saved = snapshot_of(host_.release);
    const std::size_t before = allocations();
    REQUIRE(Release::restore(flow_, saved));
    const std::size_t needed = allocations() - before;
    for (std::size_t allowed = needed - std::min<std::size_t>(needed, 8); allowed < needed;
         ++allowed) {
      const auto restored = [&] {
        const FailingAllocations failing(allowed);
        return Release::restore(flow_, saved);
      }();
      REQUIRE_FALSE(restored);
      CHECK(restored.error().code == ErrorCode::OutOfMemory);
    }
  }
  ReleaseStatus status() const { return host_.release.status(); }

 private:
  Flow flow_;
  Host host_;
  std::int64_t now_ = 0;
};

}  // namespace

TEST_CASE("a fleet of any size begins, is stopped, forced and retried with no room to spare",
          "[R6][R12][R13]") {
  for (std::size_t sites = 1; sites <= kSitesMax; ++sites) {
    INFO(sites << " sites");
    Pair pair(fleet(sites, FailurePolicy::Continue, sites % 3 != 0));
    // The answer and the canary's end; each site's status and command.
    CHECK(pair.apply(PromotionSucceeded{ticket(1)}).size() == 2 + 2 * sites);
    CHECK(pair.apply(Suspended{ticket(2)}).size() == (sites == 1 ? 3 : 2));
    CHECK(pair.apply(Resumed{ticket(2)}).size() == (sites == 1 ? 3 : 2));
    // The event and the release's status; each site's cancellation, status and onFail hook.
    CHECK(pair.apply(Terminate{"stop"}).size() == 2 + 3 * sites);
    CHECK(pair.apply(Terminate{"now", true}).size() == 2 + sites);
    CHECK(pair.apply(Retry{}).size() == 2 + 2 * sites);
  }
}

TEST_CASE("a fleet of any size is cut by one that fails with no room to spare", "[R3][R13]") {
  for (std::size_t sites = 1; sites <= kSitesMax; ++sites) {
    INFO(sites << " sites");
    Pair pair(fleet(sites, FailurePolicy::Abort, sites % 3 != 0));
    pair.apply(PromotionSucceeded{ticket(1)});
    CHECK(pair.apply(PromotionFailed{ticket(2), "down"}).size() == 3 * sites);
    for (std::size_t i = 1; i < sites; ++i) { pair.pass(HookSucceeded{ticket(sites + 1 + i)}); }
    pair.apply(HookSucceeded{ticket(2 * sites + 1), "{\"A\":1}"});
    pair.apply(HookFailed{ticket(2 * sites + 2), "no", "[1"});
    CHECK(pair.status() == ReleaseStatus::Failed);
    CHECK(pair.apply(Retry{}).size() == 2 + 2 * sites);
  }
}

TEST_CASE("attempts of a fleet of any size wait and come with no room to spare", "[R9][R13]") {
  const RetryPolicy retry{.limit = 1, .duration = milliseconds{2 * kFar * kSitesMax}};
  for (std::size_t sites = 1; sites <= kSitesMax; ++sites) {
    INFO(sites << " sites");
    Pair pair(fleet(sites, FailurePolicy::Continue, sites % 3 != 0, retry));
    pair.apply(PromotionSucceeded{ticket(1)});
    for (std::size_t i = 1; i < sites; ++i) { pair.pass(PromotionFailed{ticket(1 + i), "down"}); }
    CHECK(pair.apply(PromotionFailed{ticket(1 + sites), "down"}).size() == 1);
    pair.restores_or_says();
    CHECK(pair.apply(Terminate{"stop"}).size() == 2 + 2 * sites);
  }
}

TEST_CASE("records that are not taken wait for ever, whatever comes behind them", "[R13][S5]") {
  constexpr int kLevels = 40;
  for (int beside = 0; beside < 4; ++beside) {
    FlowBuilder builder("levels", "dev");
    FlowOptions options;
    options.promotion_timeout_limit = std::chrono::minutes{100'000'000};
    builder.options(options);
    for (int i = 0; i < beside; ++i) { builder.step("beside-" + std::to_string(i), {"dev"}); }
    std::string on = "dev";
    for (int level = 0; level < kLevels; ++level) {  // Each lets the next one begin, and a leaf.
      const std::string next = "level-" + std::to_string(level);
      builder.step(next, {on}).step("leaf-" + std::to_string(level), {on});
      on = next;
    }
    const Flow flow = built(builder);
    Host host(flow);
    auto other = Release::start(flow, {.id = "r-42"}, at(0));
    REQUIRE(other);
    auto number = static_cast<std::uint64_t>(beside) + 1;
    for (int level = 0; level < kLevels; ++level, number += 2) {
      const Event event{at((level + 1) * kFar), PromotionSucceeded{ticket(number)}};
      REQUIRE(host.apply((level + 1) * kFar, event.what) == "ok");
      REQUIRE(other->apply(event));
    }
    Host late(std::move(*other));
    late.drain();
    CHECK(late.news() == host.news());
  }
}

TEST_CASE("a command outlasts any number of others, taken or not", "[R1][R13]") {
  for (const bool taken : {true, false}) {
    FlowBuilder builder("patient", "dev");
    StepOptions step;
    step.hooks.on_start.assign(200, hook("look"));
    builder.step("slow", {"dev"}).step("busy", {"dev"}, step);
    auto release = Release::start(built(builder), {.id = "r"}, at(0));
    REQUIRE(release);
    for (std::uint64_t number = 2; number < 202; ++number) {
      while (taken && release->next_record()) {}
      apply_without_memory(*release, {at(1), HookSucceeded{ticket(number)}});
    }
    CHECK(release->outstanding().value().size() == 2);
    CHECK(release->apply({at(2), PromotionSucceeded{ticket(1)}}));
    CHECK(release->apply({at(2), PromotionSucceeded{ticket(202)}}));
    CHECK(release->status() == ReleaseStatus::Succeeded);
  }
}

TEST_CASE("a fleet of any size is handed out again, however late", "[R1][R13]") {
  for (std::size_t sites = 1; sites <= kSitesMax; ++sites) {
    INFO(sites << " sites");
    Host host(fleet(sites, FailurePolicy::Continue, false));
    REQUIRE(host.apply(0, PromotionSucceeded{ticket(1)}) == "ok");
    REQUIRE(host.apply(kFar, Tick{}) == "ok");
    host.news();
    REQUIRE(host.release.reissue());
    std::uint64_t number = 1;
    while (const auto command = host.release.next_command()) {
      CHECK(std::get<Promote>(*command).ticket == ticket(++number));
    }
    CHECK(number == 1 + sites);
  }
}

TEST_CASE("timers of more lengths than have queues are armed, or it is said that memory ran out",
          "[R8][R13]") {
  constexpr int kBeside = 40;
  FlowBuilder builder("lengths", "dev");
  StepOptions step;
  for (int i = 0; i < kBeside; ++i) {
    step.timeout = milliseconds{1000 + i % 8};
    builder.step("site-" + std::to_string(i), {"dev"}, step);
  }
  for (int i = 0; i < 3 * kBeside; ++i) {
    step.timeout = milliseconds{5000 + i};
    builder.step("late-" + std::to_string(i), {"site-" + std::to_string(i / 3)}, step);
  }
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  for (std::uint64_t number = 1; number <= kBeside; ++number) {
    while (release->next_record()) {}
    apply_without_memory(*release, {at(1), PromotionSucceeded{ticket(number)}});
  }
  CHECK(release->next_timer() == at(5001));
}

TEST_CASE("a success has room behind records that were not taken, however many", "[R11][S5]") {
  FlowBuilder builder("busy", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::minutes{100'000'000};
  builder.options(options);
  for (int i = 0; i < 20; ++i) { builder.step("early-" + std::to_string(i), {"dev"}); }
  builder.step("canary", {"early-0"}).step("slow", {"early-0"});
  builder.step("eu", {"canary"}).step("us", {"canary"});
  const Flow flow = built(builder);
  for (int pairs = 0; pairs < 80; ++pairs) {
    INFO(pairs << " times");
    Host host(flow);
    Host late(flow);
    for (std::uint64_t number = 1; number <= 20; ++number) {  // Slots are free from here on.
      REQUIRE(host.apply(1, PromotionSucceeded{ticket(number)}) == "ok");
      REQUIRE(late.apply(1, PromotionSucceeded{ticket(number)}) == "ok");
    }
    late.news();
    host.news();
    const auto apply = [&](std::int64_t ms, const Event::What& what) {
      REQUIRE(host.apply(ms, what) == "ok");
      REQUIRE(late.release.apply({at(ms), what}));
    };
    const std::int64_t first = pairs % 2 == 0 ? 1 : kFar;
    for (int i = 0; i < pairs / 2; ++i) {
      apply(first, Suspended{ticket(22)});
      apply(first, Resumed{ticket(22)});
    }
    apply(first + kFar, PromotionSucceeded{ticket(21)});
    late.drain();
    CHECK(late.news() == host.news());
  }
}

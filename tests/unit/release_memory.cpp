// SPDX-License-Identifier: Apache-2.0
// All or nothing, also when memory runs out: every allocation of every event fails once.
#include <algorithm>
#include <array>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

struct Step {
  std::int64_t ms;
  Event::What what;
};

/// Applies a step with its 1st, 2nd, ... allocation failing, until it succeeds; the state must be
/// as before after each failure. Answers with the number of failures.
std::size_t apply_short_of_memory(Release& release, const Step& step) {
  std::size_t failures = 0;
  for (;; ++failures) {
    REQUIRE(failures < 10000);
    const std::string before = snapshot_of(release);
    Result<void> applied;
    {
      const FailingAllocations failing(failures);
      applied = release.apply({at(step.ms), step.what});
    }
    if (applied) { return failures; }
    if (!FailingAllocations::failed()) { FAIL("refused: " << to_string(applied.error().code)); }
    REQUIRE(applied.error().code == ErrorCode::OutOfMemory);
    REQUIRE(snapshot_of(release) == before);
  }
}

/// Checks that the release has grown to its size after a while: from then on the numbers of
/// allocations of its turns repeat, for every so many exports the context's texts are put into one.
/// What grows, however rarely, breaks the period.
template <class Turns>
void leave_nothing_behind(const Turns& turns) {
  constexpr std::size_t kPeriodMax = 420;
  turns(kPeriodMax);
  std::vector<std::size_t> each;
  for (std::size_t i = 0; i < 6 * kPeriodMax; ++i) { each.push_back(turns(1)); }
  const auto repeats = [&](std::size_t period) {
    return std::equal(each.begin() + static_cast<std::ptrdiff_t>(period), each.end(), each.begin());
  };
  std::size_t period = 1;
  while (period <= kPeriodMax && !repeats(period)) { ++period; }
  CHECK(period <= kPeriodMax);
}

void survives(const Flow& flow, const std::vector<Step>& steps, ReleaseStatus end) {
  auto calm = Release::start(flow, {.id = "r-42"}, at(0));
  auto tested = Release::start(flow, {.id = "r-42"}, at(0));
  REQUIRE(calm);
  REQUIRE(tested);
  std::size_t failures = 0;
  for (const Step& step : steps) {
    REQUIRE(calm->apply({at(step.ms), step.what}));
    failures += apply_short_of_memory(*tested, step);
    REQUIRE(snapshot_of(*tested) == snapshot_of(*calm));
  }
  CHECK(tested->status() == end);
  CHECK(failures >= steps.size());
  while (auto expected = calm->next_record()) {
    const auto record = tested->next_record();
    REQUIRE(record);
    REQUIRE(to_json(*record, at(0)).value() == to_json(*expected, at(0)).value());
  }
  CHECK_FALSE(tested->next_record());
}

/// Applies the event with one allocation more each time, until it is taken.
void patiently(Release& release, const Event::What& what) {
  while (release.next_record()) {}
  for (std::size_t allowed = 0;; ++allowed) {
    const auto applied = [&] {
      const FailingAllocations failing(allowed);
      return release.apply({at(5), what});
    }();
    if (applied) { break; }
    REQUIRE(applied.error().code == ErrorCode::OutOfMemory);
  }
}

void restored_patiently(const Flow& flow, std::string_view saved, const Event::What& what) {
  auto release = Release::restore(flow, saved);
  REQUIRE(release);
  patiently(*release, what);
}

}  // namespace

TEST_CASE("an event whose allocations fail leaves the release as it was", "[R13]") {
  survives(walkthrough(),
           {{1, HookSucceeded{ticket(1), "{\"A\":{\"b\":1},\"C\":\"a longer text than fits\"}"}},
            {2, HookSucceeded{ticket(2), "{\"A\":2}"}},
            {3, Suspended{ticket(3)}},
            {4, PromotionFailed{ticket(3), "the application is degraded, and badly so"}},
            {5, HookSucceeded{ticket(4), "[1, 2, \"not an object\"]"}},
            {6, HookSucceeded{ticket(5)}},
            {7, Retry{}},
            {8, PromotionSucceeded{ticket(6)}},
            {9, Terminate{"stopped by the operator, for good reasons"}},
            {10, Terminate{"and now at once", true, "the operator"}}},
           ReleaseStatus::Terminated);
}

TEST_CASE("an operator's event whose allocations fail leaves the release as it was",
          "[R6][R12][R13][R16][R18][R19]") {
  FlowBuilder builder("asked", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions step;
  step.soak = milliseconds{1000};
  step.timeout = milliseconds{2000};
  step.hooks.on_fail = {hook("page")};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  builder.step("global", {"eu", "us"}, step);
  static constexpr std::string_view kEu[] = {"eu"};
  survives(built(builder),
           {{1, Queued{ticket(1)}},
            {2, Suspended{ticket(1)}},
            {3, Started{ticket(1)}},
            {4, Resumed{ticket(1), "a person whose name is longer than a small text"}},
            {5, PromotionSucceeded{ticket(1)}},
            {6, PromotionFailed{ticket(1), "the error rate is far too high to go on with this"}},
            {7, HookSucceeded{ticket(3)}},
            {8, Retry{std::span<const std::string_view>(kEu), "the operator on duty, by night"}},
            {9, PromotionSucceeded{ticket(2)}},
            {10, PromotionSucceeded{ticket(4)}},
            {11, Terminate{"stopped at once, for very good reasons", true, "the operator"}},
            {12, Skip{"us", "it is known to be down, and will be for long", "the operator"}},
            {13, Retry{std::span<const std::string_view>(kEu)}},
            {1013, Tick{}}},
           ReleaseStatus::Running);
}

TEST_CASE("an abort whose allocations fail leaves the release as it was", "[R3]") {
  survives(regions(FailurePolicy::Abort),
           {{1, PromotionFailed{ticket(2), "out of sync with the repository"}},
            {2, HookFailed{ticket(3), "no such pager", "{\"KEPT\":true}"}},
            {3, HookSucceeded{ticket(4)}},
            {4, HookSucceeded{ticket(5)}},
            {5, Retry{}}},
           ReleaseStatus::Running);
}

TEST_CASE("timers whose allocations fail fire when there is memory again", "[R10]") {
  FlowBuilder builder("timers", "dev");
  StepOptions step;
  step.timeout = milliseconds{100};
  step.retry = {.limit = 1, .duration = milliseconds{10}};
  step.hooks.on_fail = {hook("page")};
  FlowOptions options;
  options.hooks.on_fail = {hook("slack-fail")};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  const Flow flow = built(builder);
  auto calm = Release::start(flow, {.id = "r"}, at(0));
  auto tested = Release::start(flow, {.id = "r"}, at(0));
  for (const std::int64_t ms : {100, 110, 210}) {
    REQUIRE(calm->apply({at(ms), Tick{}}));
    // Each timer is an event of its own: those that fired before the failure stand (R10).
    for (std::size_t allowed = 0;; ++allowed) {
      const FailingAllocations failing(allowed);
      if (tested->apply({at(ms), Tick{}})) { break; }
    }
    REQUIRE(snapshot_of(*tested) == snapshot_of(*calm));
  }
}

TEST_CASE("timeouts of several lengths are armed though allocations fail", "[R8]") {
  FlowBuilder builder("lengths", "dev");
  builder.step("staging", {"dev"});
  for (int i = 0; i < 100; ++i) {
    StepOptions step;
    step.timeout = milliseconds{100 + i % 3};
    builder.step("site-" + std::to_string(i), {"staging"}, step);
  }
  survives(built(builder), {{1, PromotionSucceeded{ticket(1)}}}, ReleaseStatus::Running);
}

TEST_CASE("starting, saving and restoring fail cleanly when memory runs out", "[R15]") {
  const Flow flow = walkthrough();
  Host host(flow, "{\"A\":1}");
  const std::string good = snapshot_of(host.release);
  for (std::size_t allowed = 0;; ++allowed) {
    REQUIRE(allowed < 10000);
    ErrorCode code{};
    bool done = false;
    {
      const FailingAllocations failing(allowed);
      auto started = Release::start(flow, {.id = "r-42"}, at(0), "{\"A\":1}");
      auto restored = started ? Release::restore(flow, good) : std::move(started);
      if (!restored) {
        code = restored.error().code;
      } else if (auto saved = restored->snapshot()) {
        done = true;
      } else {
        code = saved.error().code;
      }
    }
    if (done) { break; }
    REQUIRE(code == ErrorCode::OutOfMemory);
  }
}

TEST_CASE("events allocate nothing in the steady state", "[R13]") {
  FlowBuilder builder("chain", "dev");
  std::vector<std::string> names{"dev"};
  StepOptions step;
  step.hooks = {{hook("announce")}, {hook("smoke")}, {}};
  for (int i = 0; i < 200; ++i) {
    names.push_back("environment-" + std::to_string(i));
    builder.step(names.back(), {names[names.size() - 2]}, step);
  }
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  std::size_t before = 0;
  std::size_t bytes = 0;
  for (std::uint64_t number = 1; number <= 600; ++number) {
    const auto command = release->next_command();
    REQUIRE(command);
    const auto* run = std::get_if<RunHook>(&*command);
    if (run != nullptr) {
      for (const Argument& argument : run->arguments) { bytes += argument.value.size(); }
    }
    if (number == 100) { before = allocations(); }
    const bool applied =
        run != nullptr ? release->apply({at(1), HookSucceeded{ticket(number)}}).has_value()
                       : release->apply({at(1), PromotionSucceeded{ticket(number)}}).has_value();
    if (!applied) { FAIL("ticket " << number); }
  }
  const std::size_t during = allocations() - before;
  CHECK(bytes > 0);
  CHECK(release->status() == ReleaseStatus::Succeeded);
  CHECK(during == 0);
}

TEST_CASE("a release that goes on for long needs no more memory than at its beginning", "[R13]") {
  FlowBuilder builder("long", "dev");
  StepOptions step;
  step.hooks = {{hook("export")}, {}, {hook("page")}};
  FlowOptions options;
  options.hooks.on_fail = {hook("tell")};
  builder.options(options).step("staging", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0), "{\"A\":0}");
  REQUIRE(release);
  // Again and again: an export, a failed promotion, two onFail hooks, a Retry.
  std::uint64_t number = 0;
  const auto turn = [&](bool first) {
    const auto apply = [&](const Event::What& what) {
      REQUIRE(release->apply({at(1), what}));
      while (release->next_record()) {}
    };
    if (first) { apply(HookSucceeded{ticket(++number), "{\"A\":1}"}); }
    apply(Suspended{ticket(++number)});
    apply(PromotionFailed{ticket(number), "no"});
    apply(HookSucceeded{ticket(++number), "{\"A\":2}"});
    apply(HookSucceeded{ticket(++number), "{\"A\":3}"});
    apply(Retry{});
  };
  const auto turns = [&](int count) {
    const std::size_t before = allocations();
    for (int i = 0; i < count; ++i) { turn(number == 0); }
    return allocations() - before;
  };
  leave_nothing_behind(turns);
}

TEST_CASE("attempts that come again and again leave nothing behind", "[R9][R13]") {
  FlowBuilder builder("again", "dev");
  StepOptions step;
  step.retry = {.limit = 100'000, .duration = milliseconds{1}, .factor = 1};
  builder.step("staging", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  std::uint64_t number = 0;
  const auto turns = [&](std::uint64_t count) {
    const std::size_t before = allocations();
    for (const std::uint64_t end = number + count; number < end;) {
      while (release->next_record()) {}
      REQUIRE(release->apply({at(1), PromotionFailed{ticket(++number), "no"}}));
      while (release->next_record()) {}
      REQUIRE(release->apply({at(static_cast<std::int64_t>(2 * number)), Tick{}}));
    }
    return allocations() - before;
  };
  leave_nothing_behind(turns);
}

TEST_CASE("a soak that is cut and begins anew again and again leaves nothing behind",
          "[R12][R13][R18]") {
  FlowBuilder builder("soaking", "dev");
  StepOptions step;
  step.soak = milliseconds{1000};
  builder.step("staging", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  REQUIRE(release->apply({at(1), PromotionSucceeded{ticket(1)}}));
  const auto turns = [&](std::size_t count) {
    const std::size_t before = allocations();
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(release->apply({at(1), Terminate{"stop", true}}));
      while (release->next_record()) {}
      REQUIRE(release->apply({at(1), Retry{}}));
      while (release->next_record()) {}
    }
    return allocations() - before;
  };
  leave_nothing_behind(turns);
}

TEST_CASE("a command that is queued and starts leaves nothing behind", "[R13][R19]") {
  FlowBuilder builder("busy", "dev");
  StepOptions step;
  step.timeout = milliseconds{1000};
  step.retry = {.limit = 1'000'000};
  builder.step("staging", {"dev"}, step).step("other", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  REQUIRE(release->apply({at(0), PromotionSucceeded{ticket(2)}}));
  std::uint64_t number = 1;
  const auto turns = [&](std::size_t count) {
    const std::size_t before = allocations();
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(release->apply({at(0), Queued{ticket(number)}}));
      REQUIRE(release->apply({at(0), Started{ticket(number)}}));
      REQUIRE(release->apply({at(0), PromotionFailed{ticket(number), "no"}}));
      REQUIRE(release->apply({at(0), Tick{}}));
      number = number == 1 ? 3 : number + 1;
      while (release->next_record()) {}
    }
    return allocations() - before;
  };
  leave_nothing_behind(turns);
}

TEST_CASE("onFail hooks of several environments leave nothing behind", "[R12][R13]") {
  auto release = Release::start(regions(FailurePolicy::Continue), {.id = "r"}, at(0));
  REQUIRE(release);
  std::uint64_t number = 0;
  const auto apply = [&](const Event::What& what) {
    while (release->next_record()) {}
    REQUIRE(release->apply({at(1), what}));
  };
  // Both regions fail, their hooks and the release's run, and all is retried.
  const auto turns = [&](int count) {
    const std::size_t before = allocations();
    for (int i = 0; i < count; ++i, number += 5) {
      apply(PromotionFailed{ticket(number + 1), "no"});
      apply(PromotionFailed{ticket(number + 2), "no"});
      for (std::uint64_t hook = 3; hook <= 5; ++hook) {
        apply(HookSucceeded{ticket(number + hook)});
      }
      apply(Retry{});
    }
    return allocations() - before;
  };
  leave_nothing_behind(turns);
}

TEST_CASE("commands that ended before they were taken leave nothing behind", "[R12][R13]") {
  FlowBuilder builder("untaken", "dev");
  builder.step("staging", {"dev"});
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  std::uint64_t number = 0;
  const auto turns = [&](std::uint64_t count) {
    const std::size_t before = allocations();
    for (const std::uint64_t end = number + count; number < end;) {
      REQUIRE(release->apply({at(1), PromotionFailed{ticket(++number), "no"}}));
      REQUIRE(release->apply({at(1), Retry{}}));
      if (number % 4 == 0) {
        while (release->next_record()) {}
      }
    }
    return allocations() - before;
  };
  turns(100);
  const std::size_t four = turns(4);
  CHECK(turns(2000) == 500 * four);
}

TEST_CASE("a restored release has room for what an event begins, or says that it has none",
          "[R13][R15]") {
  const std::array<std::string_view, 4> kNames{"eu", "us", "asia", "africa"};
  for (std::size_t begun = 1; begun <= kNames.size(); ++begun) {
    FlowBuilder builder("fan", "dev");
    builder.step("staging", {"dev"});
    for (std::size_t i = 0; i < begun; ++i) { builder.step(kNames[i], {"staging"}); }
    const Flow flow = built(builder);
    const std::string saved = Host(flow).release.snapshot().value();
    restored_patiently(flow, saved, PromotionSucceeded{ticket(1)});
  }
}

TEST_CASE("a restored release has room to be stopped at once, or says that it has none",
          "[R6][R15]") {
  FlowBuilder builder("fleet", "dev");
  StepOptions step;
  step.hooks.on_fail = {hook("page")};
  for (int i = 0; i < 60; ++i) { builder.step("site-" + std::to_string(i), {"dev"}, step); }
  const Flow flow = built(builder);
  Host host(flow);
  restored_patiently(flow, host.release.snapshot().value(), Terminate{"stop"});
  REQUIRE(host.apply(1, Terminate{"stop"}) == "ok");
  restored_patiently(flow, host.release.snapshot().value(), Terminate{"now", true});
  REQUIRE(host.apply(2, Terminate{"now", true}) == "ok");
  restored_patiently(flow, host.release.snapshot().value(), Retry{});
}

TEST_CASE("a release that has gone on for a while has room for a fleet, or says that it has none",
          "[R13]") {
  for (int fleet = 1; fleet < 40; ++fleet) {
    FlowBuilder builder("fleet", "dev");
    builder.step("qa", {"dev"}).step("staging", {"qa"}).step("canary", {"staging"});
    for (int i = 0; i < fleet; ++i) { builder.step("site-" + std::to_string(i), {"canary"}); }
    Host host(built(builder));
    REQUIRE(host.apply(1, PromotionSucceeded{ticket(1)}) == "ok");
    REQUIRE(host.apply(2, PromotionSucceeded{ticket(2)}) == "ok");
    patiently(host.release, PromotionSucceeded{ticket(3)});
    CHECK(host.release.outstanding().value().size() == static_cast<std::size_t>(fleet));
  }
}

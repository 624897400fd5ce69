// SPDX-License-Identifier: Apache-2.0
// R8, R9, R10 where a flow has more lengths of timers than most: they fire in their order all the
// same.
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// So many environments beside one another, and a timeout for each.
template <class Timeout>
Flow fleet(int sites, const Timeout& timeout) {
  FlowBuilder builder("fleet", "dev");
  FlowOptions options;
  options.failure_policy = FailurePolicy::Continue;
  builder.options(options);
  for (int site = 0; site < sites; ++site) {
    StepOptions step;
    step.timeout = milliseconds{timeout(site)};
    builder.step("site-" + std::to_string(site), {"dev"}, step);
  }
  return built(builder);
}

/// Tickets in the order in which their commands expire.
std::vector<std::uint64_t> expired(Host& host) {
  std::vector<std::uint64_t> order;
  while (const auto timer = host.release.next_timer()) {
    if (is_final(host.release.status())) { break; }
    REQUIRE(host.release.apply({*timer, Tick{}}));
    while (const auto command = host.release.next_command()) {
      if (const auto* cancel = std::get_if<Cancel>(&*command)) {
        order.push_back(static_cast<std::uint64_t>(cancel->ticket));
      }
    }
  }
  return order;
}

}  // namespace

TEST_CASE("timeouts of forty lengths expire by time, then by ticket", "[R8][R10]") {
  Host host(fleet(40, [](int site) { return 1000 - site / 2 * 10; }));
  std::vector<std::uint64_t> order;
  for (std::uint64_t pair = 20; pair-- > 0;) {
    order.insert(order.end(), {2 * pair + 1, 2 * pair + 2});
  }
  CHECK(expired(host) == order);
  CHECK(host.release.status() == ReleaseStatus::Failed);
}

TEST_CASE("commands that are answered leave the timers of the others in order", "[R10]") {
  constexpr int kSites = 300;
  const Flow flow = fleet(kSites, [](int site) { return 1000 + site; });
  Host host(flow);
  for (int site = kSites; site-- > 20;) {  // Those that would expire last are answered first.
    const auto number = static_cast<std::uint64_t>(site + 1);
    REQUIRE(host.apply(site % 7, PromotionSucceeded{ticket(number)}) == "ok");
    REQUIRE(host.release.next_timer() == at(1000));
  }
  auto restored = Release::restore(flow, snapshot_of(host.release));
  REQUIRE(restored);
  Host copy(std::move(*restored));
  copy.drain();
  std::vector<std::uint64_t> order;
  for (std::uint64_t number = 1; number <= 20; ++number) { order.push_back(number); }
  CHECK(expired(host) == order);
  CHECK(expired(copy) == order);
}

TEST_CASE("an attempt that would come after the end of time never comes", "[R9][R10]") {
  FlowBuilder builder("late", "dev");
  StepOptions step;
  step.retry = {.limit = 1, .duration = milliseconds{1000}};
  builder.step("staging", {"dev"}, step);
  const Flow flow = built(builder);
  Host host(flow);
  REQUIRE(host.apply(1, Suspended{ticket(1)}) == "ok");
  const auto deadline = host.release.next_timer();
  REQUIRE(deadline);
  // The flow's deadline fires on the way; what it cuts is retried at the last moment there is.
  const std::int64_t last = INT64_MAX - 10;
  REQUIRE(host.apply(last, Tick{}) == "ok");
  REQUIRE(host.release.status() == ReleaseStatus::Terminated);
  REQUIRE(host.apply(last, Retry{}) == "ok");
  REQUIRE(host.apply(last, PromotionFailed{ticket(2), "down"}) == "ok");
  CHECK_FALSE(host.release.next_timer());
  CHECK(host.release.status() == ReleaseStatus::Running);
  REQUIRE(host.apply(INT64_MAX, Terminate{"enough"}) == "ok");
  CHECK(host.release.status() == ReleaseStatus::Terminated);
}

TEST_CASE("an attempt whose wait is longer than time itself never comes", "[R9][R10]") {
  FlowBuilder builder("patient", "dev");
  StepOptions step;
  step.retry = {.limit = 2, .duration = milliseconds{std::int64_t{1} << 31U}, .factor = 4294967296};
  builder.step("staging", {"dev"}, step);
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::minutes{100'000};
  Host host(built(builder.options(options)));
  REQUIRE(host.apply(1, PromotionFailed{ticket(1), "down"}) == "ok");
  const std::int64_t second = 1 + (std::int64_t{1} << 31U);
  CHECK(host.release.next_timer() == at(second));
  REQUIRE(host.apply(second, Tick{}) == "ok");
  REQUIRE(host.apply(second, PromotionFailed{ticket(2), "down"}) == "ok");  // 2^63 ms from here.
  CHECK(host.release.next_timer() == at(std::int64_t{100'000} * 60'000));
}

// SPDX-License-Identifier: Apache-2.0
// What an exploration costs grows with the states that it visits, however long their runs are, and
// however many failures are allowed. Work is counted by the bytes that are allocated for it.
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "exploration/graph.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr std::uint32_t kAnyNumber = std::numeric_limits<std::uint32_t>::max();

/// dev -> a, whose promotion may fail as often as can be written.
Flow tried_for_ever() {
  StepOptions step;
  step.retry.limit = std::numeric_limits<std::int32_t>::max();
  return built(FlowBuilder("persistent", "dev").step("a", {"dev"}, step));
}

/// dev -> a, with so many onStart hooks one after another, each of which may fail so often.
Flow chain_of_hooks(std::uint32_t hooks, std::uint32_t retries) {
  StepOptions step;
  for (std::uint32_t i = 0; i < hooks; ++i) {
    Hook one = hook("h" + std::to_string(i));
    one.retry.limit = retries;
    step.hooks.on_start.push_back(one);
  }
  return built(FlowBuilder("hooks", "dev").step("a", {"dev"}, step));
}

std::size_t bytes_of(const Flow& flow, const ExplorationOptions& options) {
  const std::size_t before = allocated_bytes();
  const auto found = explore(flow, options);
  const std::size_t bytes = allocated_bytes() - before;
  REQUIRE(found);
  CHECK(found->complete == (options.states_max > found->states));
  return bytes;
}

}  // namespace

TEST_CASE("twice as many failures one after another cost twice as much", "[X5]") {
  ExplorationOptions options;
  const Flow flow = tried_for_ever();
  for (const std::optional<std::uint32_t> failures :
       {std::optional<std::uint32_t>(), {kAnyNumber}}) {
    options.failures_max = failures;
    options.states_max = 8'000;
    const std::size_t some = bytes_of(flow, options);
    options.states_max *= 2;
    CHECK(bytes_of(flow, options) < some * 5 / 2);
  }
}

TEST_CASE("more failures than can happen cost what any number of them does", "[X5]") {
  const Flow flow = chain_of_hooks(20, 50);
  ExplorationOptions options;
  options.failures_max.reset();
  const std::size_t any_number = bytes_of(flow, options);
  options.failures_max = 1'000;
  CHECK(bytes_of(flow, options) < any_number * 3 / 2);
}

TEST_CASE("what is known of runs needs no memory for each number of failures", "[X5]") {
  // Each hook multiplies neither the states nor the memory, but the numbers of failures before it.
  const Flow flow = chain_of_hooks(40, 50);
  ExplorationOptions options;
  options.failures_max = 300;
  const std::size_t some = bytes_of(flow, options);
  options.failures_max = 600;
  CHECK(bytes_of(flow, options) < some * 3 / 2);
}

TEST_CASE("the longest run is given up where there are too many ways to spend failures", "[X3]") {
  const Flow flow = chain_of_hooks(40, 1'000);
  ExplorationOptions options;
  options.failures_max = 64;
  CHECK(explore(flow, options)->commands_max == 40 + 1 + 64);
  options.failures_max = 20'000;
  const auto given_up = explore(flow, options);
  REQUIRE(given_up);
  CHECK(given_up->complete);
  CHECK(given_up->commands_max == std::nullopt);
  options.failures_max = 40'001;  // As many as can happen.
  CHECK(explore(flow, options)->commands_max == 40 + 1 + 40'000);
}

TEST_CASE("the best way to a state is read from the graph", "[X4]") {
  const Flow flow = chain_of_hooks(100, 3);
  ExplorationOptions options;
  options.failures_max = 1;
  detail::StateGraph graph(flow, options);
  REQUIRE(graph.explore());
  const detail::StateNumber last = graph.order().back();
  const std::size_t before = allocations();
  const std::vector<detail::Choice> way = graph.way_to(last);
  CHECK(way.size() > 50);
  CHECK(allocations() - before <= 10);
}

TEST_CASE("a failure that nobody is told of takes two failures where a hook tells of it", "[X3]") {
  FlowBuilder builder("told", "dev");
  FlowOptions flow_options;
  flow_options.hooks.on_fail = {hook("slack-fail")};
  const Flow flow = built(builder.options(flow_options).step("a", {"dev"}));
  ExplorationOptions options;
  for (const std::optional<std::uint32_t> failures : {std::optional<std::uint32_t>(), {2U}}) {
    options.failures_max = failures;
    const auto found = explore(flow, options);
    REQUIRE(found);
    CHECK(found->untold.occurrence == Occurrence::Sometimes);
    CHECK(found->untold.failures == 2);
  }
}

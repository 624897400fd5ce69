// SPDX-License-Identifier: Apache-2.0
// What an exploration costs grows with the states that it visits, however long their runs are. Work
// is counted by the bytes that are allocated for it.
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "exploration/graph.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

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
  options.failures_max.reset();
  options.states_max = 8'000;
  const std::size_t some = bytes_of(flow, options);
  options.states_max *= 2;
  CHECK(bytes_of(flow, options) < some * 5 / 2);
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

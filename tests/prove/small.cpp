// SPDX-License-Identifier: Apache-2.0
// Which small flows there are.
#include "small.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <set>

namespace promoflow::prove {

namespace {

bool has(const SmallFlow& small, int scope, int point) {
  return (small.hooks >> (3 * scope + point) & 1U) != 0;
}

std::vector<Hook> hook_list(const SmallFlow& small, int scope, int point) {
  static constexpr const char* kNames[] = {"start", "success", "fail"};
  if (!has(small, scope, point)) { return {}; }
  Hook hook{.name = std::string(kNames[point]) + "-" + std::to_string(scope)};
  if (small.further_attempts) {
    hook.retry = {.limit = 1, .duration = std::chrono::milliseconds{5}};
    if (!small.soaks) { hook.timeout = std::chrono::milliseconds{100}; }
  }
  return {hook};
}

Hooks hooks(const SmallFlow& small, int scope) {
  return {hook_list(small, scope, 0), hook_list(small, scope, 1), hook_list(small, scope, 2)};
}

std::uint32_t relabelled(std::uint32_t edges, int steps, const std::vector<int>& to) {
  std::uint32_t result = 0;
  for (int i = 0; i < steps; ++i) {
    for (int j = 0; j < steps; ++j) {
      if ((edges >> (i * steps + j) & 1U) != 0) {
        const int a = to[static_cast<std::size_t>(i)];
        const int b = to[static_cast<std::size_t>(j)];
        if (a > b) { return UINT32_MAX; }  // Not in topological order.
        result |= 1U << (a * steps + b);
      }
    }
  }
  return result;
}

}  // namespace

std::vector<std::uint32_t> graphs(int steps) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < steps; ++i) {
    for (int j = i + 1; j < steps; ++j) { pairs.emplace_back(i, j); }
  }
  std::set<std::uint32_t> canonical;
  for (std::uint32_t set = 0; set < (1U << pairs.size()); ++set) {
    std::uint32_t edges = 0;
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      if ((set >> k & 1U) != 0) { edges |= 1U << (pairs[k].first * steps + pairs[k].second); }
    }
    std::vector<int> order(static_cast<std::size_t>(steps));
    std::iota(order.begin(), order.end(), 0);
    std::uint32_t least = edges;
    do {
      least = std::min(least, relabelled(edges, steps, order));
    } while (std::next_permutation(order.begin(), order.end()));
    canonical.insert(least);
  }
  return {canonical.begin(), canonical.end()};
}

Flow build(const SmallFlow& small) {
  FlowBuilder builder("small", "dev");
  FlowOptions options;
  options.hooks = hooks(small, 0);
  options.failure_policy = small.policy;
  options.promotion_timeout_limit = std::chrono::minutes{1};
  if (small.post_trigger) { options.post_trigger = "after-trigger"; }
  if (small.soaks) {
    options.hook_timeout = std::chrono::milliseconds{100};
    options.termination_grace_period = std::chrono::milliseconds{150};
  }
  builder.options(options);
  for (int place = 0; place < small.steps; ++place) {
    const int step = small.reversed ? small.steps - 1 - place : place;
    std::vector<std::string> on;
    for (int other = 0; other < small.steps; ++other) {
      if ((small.edges >> (other * small.steps + step) & 1U) != 0) {
        on.push_back("e" + std::to_string(other + 1));
      }
    }
    if (on.empty()) { on.emplace_back("dev"); }
    StepOptions given;
    given.hooks = hooks(small, step + 1);
    given.timeout = std::chrono::milliseconds{100};
    if (small.further_attempts) { given.retry = {.limit = 1}; }
    if (small.soaks) { given.soak = std::chrono::milliseconds{50}; }
    const std::vector<std::string_view> views(on.begin(), on.end());
    builder.step("e" + std::to_string(step + 1), views, given);
  }
  auto report = value_of(builder.build(), "build");
  expect(report.flow.has_value(), "a small flow has errors");
  return *report.flow;
}

std::string describe(const SmallFlow& small) {
  return std::to_string(small.steps) + " steps, edges " + std::to_string(small.edges) +
         (small.reversed ? " reversed" : "") + ", hooks " + std::to_string(small.hooks) + ", " +
         std::string(to_string(small.policy)) + (small.post_trigger ? ", postTrigger" : "") +
         (small.further_attempts ? ", further attempts" : "") + (small.soaks ? ", soaks" : "");
}

namespace {

/// The same hooks at every step: 3 bits for the release, 3 for each environment.
std::uint32_t alike(std::uint32_t release, std::uint32_t step, int steps) {
  std::uint32_t all = release;
  for (int i = 1; i <= steps; ++i) { all |= step << (3 * i); }
  return all;
}

/// Which hooks flows of so many steps have. All sets, or those that are alike in all steps; and
/// then the release has all of its own, or none. Five environments have none.
std::vector<std::uint32_t> hook_sets(int depth, int steps) {
  std::vector<std::uint32_t> sets;
  if (steps == 5) { return {0}; }
  if (depth >= 2 || (depth == 1 && steps <= 2)) {
    for (std::uint32_t set = 0; set < (1U << (3 * (steps + 1))); ++set) { sets.push_back(set); }
    return sets;
  }
  for (std::uint32_t step = 0; step < 8; ++step) {
    sets.push_back(alike(0, step, steps));
    sets.push_back(alike(7, step, steps));
  }
  return sets;
}

/// Whether the flow's hooks are one of the few sets of hook_sets().
bool is_alike(const SmallFlow& small) {
  const std::uint32_t release = small.hooks & 7U;
  return (release == 0 || release == 7) &&
         small.hooks == alike(release, small.hooks >> 3U & 7U, small.steps);
}

/// How many points of the environments have hooks, at the step that has most.
int hooks_of_steps(const SmallFlow& small) {
  int most = 0;
  for (int i = 1; i <= small.steps; ++i) {
    most = std::max(most, std::popcount(small.hooks >> (3 * i) & 7U));
  }
  return most;
}

/// How much there is in a flow that multiplies its states.
int weight_of(const SmallFlow& small) {
  return small.steps + hooks_of_steps(small) + ((small.hooks & 7U) != 0 ? 1 : 0) +
         (small.further_attempts ? 3 : 0) + (small.soaks ? 2 : 0);
}

/// Flows of five environments: none has hooks, further attempts or soaks.
std::optional<Bounds> bounds_of_five(int depth, int retries, const SmallFlow& small) {
  Bounds bounds;
  bounds.retries = depth >= 2 ? retries : 0;
  bounds.suspends = bounds.retries == 0;  // With both there are millions of states.
  const bool plain = !small.post_trigger && !small.reversed;
  const bool taken = plain || (depth >= 1 && bounds.retries == 0);
  return taken && !small.further_attempts && !small.soaks ? std::optional(bounds) : std::nullopt;
}

/// What is tried with a flow: its states multiply with each thing that may happen at any time, most
/// of all with a Retry, which `retries` asks for. None: this depth leaves the flow out.
std::optional<Bounds> bounds_of(int depth, int retries, const SmallFlow& small) {
  if (small.steps == 5) { return bounds_of_five(depth, retries, small); }
  const int weight = weight_of(small);
  const bool plain = !small.post_trigger && !small.reversed;
  Bounds bounds;
  bounds.changes = weight <= 2 + depth ? 1 : 0;
  bounds.queues = weight <= 1 + depth;
  if (depth == 1 && small.steps == 1) { return bounds; }
  if (depth >= 2) {
    bounds.states_max = 300'000;  // Some have millions: each state to be visited is kept whole.
    bounds.may_be_left = true;
    bounds.retries = weight <= 6 ? retries : 0;
    bounds.suspends = weight <= (bounds.retries != 0 ? 4 : 6);
    return bounds;
  }
  if (!is_alike(small)) {
    bounds.retries = 0;
    bounds.suspends = false;
    return plain && !small.further_attempts && !small.soaks ? std::optional(bounds) : std::nullopt;
  }
  const int all = depth == 0 ? 3 : 4;  // Up to this weight flows are tried in all variants.
  bounds.suspends = weight < all || (depth == 1 && small.edges + small.hooks == 0 && !small.soaks);
  bounds.retries = weight <= all ? 1 : 0;
  const bool listed = !small.reversed || small.steps <= 2 || small.hooks == 0;
  const bool taken = weight < all || (weight == all && !small.post_trigger && listed) ||
                     (weight <= all + 1 + depth && plain);
  return taken ? std::optional(bounds) : std::nullopt;
}

/// Calls `visit` for each variant of a graph with hooks; false: it wants no more.
template <class Visit>
bool each_variant(int depth, int retries, SmallFlow small, const Visit& visit) {
  for (int variant = 0; variant < 48; ++variant) {
    small.policy = static_cast<FailurePolicy>(1 + variant % 3);
    small.post_trigger = variant / 3 % 2 != 0;
    small.reversed = variant / 6 % 2 != 0;
    small.further_attempts = variant / 12 % 2 != 0;
    small.soaks = variant / 24 != 0;
    // A single step has no order, and nothing beside it that a policy could affect.
    if (small.steps == 1 && (small.reversed || small.policy != FailurePolicy::FailFast)) {
      continue;
    }
    const auto bounds = bounds_of(depth, retries, small);
    if (bounds && bounds->retries == retries && !visit(small, *bounds)) { return false; }
  }
  return true;
}

}  // namespace

void each_flow(int depth, Steps range,
               const std::function<bool(const SmallFlow&, const Bounds&)>& visit) {
  // Time may run out: the many flows that cost little come before those that are retried.
  for (const int retries : {0, 1}) {
    for (int steps = range.least; steps <= range.most; ++steps) {
      const std::vector<std::uint32_t> all = graphs(steps);
      for (const std::uint32_t hooks : hook_sets(depth, steps)) {
        for (const std::uint32_t edges : all) {
          const SmallFlow small{.steps = steps, .edges = edges, .hooks = hooks};
          if (!each_variant(depth, retries, small, visit)) { return; }
        }
      }
    }
  }
}

}  // namespace promoflow::prove

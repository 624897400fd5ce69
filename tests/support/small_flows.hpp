// SPDX-License-Identifier: Apache-2.0
/// @file
/// Small flows for explorations, all of a kind or random ones, and whether an exploration that
/// looks at one order of what cannot matter has the answers of one that looks at all orders (X6).
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "promoflow/promoflow.hpp"

namespace promoflow::test {

inline Flow flow_of(FlowBuilder& builder) {
  auto report = builder.build();
  if (!report || !report->flow) { std::abort(); }
  return std::move(*report->flow);
}

/// What a step of a small flow has beside its promotion.
constexpr std::uint32_t kKinds = 7;
inline StepOptions small_step(std::uint32_t kind) {
  StepOptions step;
  Hook one{.name = "h"};
  if (kind == 1) { step.hooks.on_start = {one}; }
  if (kind == 2) { step.hooks.on_success = {one}; }
  if (kind == 3) { step.hooks.on_fail = {one}; }
  if (kind == 4) { step.soak = std::chrono::milliseconds{1000}; }
  if (kind == 5) { step.retry.limit = 1; }
  one.on_error = OnError::Ignore;
  if (kind == 6) { step.hooks.on_start = {one}; }
  return step;
}

/// The flows of dev and up to three steps: every graph, every failure policy, every mixture of
/// kinds of steps, with and without hooks of the release. Calls `visit` with each.
template <class Visit>
void each_small_flow(const Visit& visit) {
  constexpr std::uint32_t kStepsMax = 3;
  for (std::uint32_t steps = 1; steps <= kStepsMax; ++steps) {
    std::uint32_t mixtures = 6;  // Policies, with and without hooks of the release.
    for (std::uint32_t i = 0; i < steps; ++i) { mixtures *= kKinds << i; }
    for (std::uint32_t number = 0; number < mixtures; ++number) {
      std::uint32_t rest = number;
      const auto below = [&rest](std::uint32_t bound) {
        const std::uint32_t digit = rest % bound;
        rest /= bound;
        return digit;
      };
      FlowOptions options;
      options.failure_policy = static_cast<FailurePolicy>(1 + below(3));
      if (below(2) == 1) { options.hooks = {{}, {{.name = "end"}}, {{.name = "tell"}}}; }
      FlowBuilder builder("small", "dev");
      builder.options(options);
      for (std::uint32_t i = 0; i < steps; ++i) {
        const StepOptions step = small_step(below(kKinds));
        std::vector<std::string> on;
        for (std::uint32_t k = 0; k < i; ++k) {
          if (below(2) == 1) { on.push_back("e" + std::to_string(k)); }
        }
        if (on.empty()) { on.emplace_back("dev"); }
        const std::vector<std::string_view> views(on.begin(), on.end());
        builder.step("e" + std::to_string(i), views, step);
      }
      visit(flow_of(builder));
    }
  }
}

/// A random flow of a few environments with soaks, waits, retries, policies and hooks.
inline Flow random_flow(std::uint32_t seed, std::uint32_t steps_max = 3) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  int names = 0;
  const auto retry = [&]() -> RetryPolicy {
    if (below(4) != 0) { return {}; }
    RetryPolicy policy;
    policy.limit = 1 + below(2);
    policy.duration = std::chrono::milliseconds{below(2) * 5000};
    return policy;
  };
  const auto list = [&](std::uint32_t chance) {
    std::vector<Hook> hooks;
    for (std::uint32_t i = 0; i < 2; ++i) {
      if (below(chance) != 0) { continue; }
      Hook one{.name = "h" + std::to_string(names++)};
      one.retry = retry();
      if (below(4) == 0) { one.on_error = OnError::Ignore; }
      hooks.push_back(one);
    }
    return hooks;
  };
  FlowOptions options;
  options.failure_policy = static_cast<FailurePolicy>(1 + below(3));
  options.hooks = {list(5), list(5), list(3)};
  if (below(5) == 0) { options.post_trigger = "after-trigger"; }
  FlowBuilder builder("random", "dev");
  builder.options(options);
  const std::uint32_t steps = 1 + below(steps_max);
  for (std::uint32_t i = 0; i < steps; ++i) {
    StepOptions step;
    step.hooks = {list(6), list(6), list(5)};
    step.retry = retry();
    if (below(4) == 0) { step.soak = std::chrono::milliseconds{3'600'000}; }
    std::vector<std::string> on;
    for (std::uint32_t k = 0; k < i; ++k) {
      if (below(2) == 0) { on.push_back("e" + std::to_string(k)); }
    }
    if (on.empty()) { on.emplace_back("dev"); }
    const std::vector<std::string_view> views(on.begin(), on.end());
    builder.step("e" + std::to_string(i), views, step);
  }
  return flow_of(builder);
}

/// What the answers of two explorations of a flow differ in; empty: nothing.
std::string difference_of(const Exploration& reduced, const Exploration& all);

/// One flow, explored with and without all orders.
struct OrderComparison {
  bool is_complete = false;   ///< Not: all orders have more states than were allowed.
  std::string difference{};   ///< Empty: the answers are the same.
  std::uint64_t states = 0;   ///< In all orders.
  std::uint64_t reduced = 0;  ///< Where one order stands for all.
};

constexpr std::uint32_t kOrderVariants = 12;
/// `variant`, below kOrderVariants, chooses what may happen: nothing, a retry, terminations or a
/// skip, each with any number of failures, at most one and at most two.
OrderComparison compare_orders(const Flow& flow, std::uint32_t variant, std::uint64_t states_max);

}  // namespace promoflow::test

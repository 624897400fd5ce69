// SPDX-License-Identifier: Apache-2.0
/// @file
/// RunGraph: every state that a release of a small flow can reach, with what happens between them,
/// for questions about the order of its hooks (P6). In a run any command may fail, any environment
/// may be skipped, at the start too, and the release is terminated once, with or without force, and
/// retried once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "configuration/missing_run.hpp"
#include "exploration/state_store.hpp"
#include "exploration/stepper.hpp"

namespace promoflow::prove {

/// A set of hooks of one flow, by their positions in the hook table.
using HookSet = std::uint32_t;
constexpr std::size_t kHooksMax = 32;

class RunGraph {
 public:
  /// Explores the flow. It has at most kHooksMax hooks.
  RunGraph(const Flow& flow, const std::vector<detail::HookRow>& hooks);

  std::size_t states() const noexcept { return first_edge_.size() - 1; }
  std::size_t transitions() const noexcept { return edges_.size(); }

  /// Of each hook: those that have succeeded before some issue of it, and before each.
  std::vector<HookSet> may() const;
  std::vector<HookSet> must() const;

  /// Of each hook: the fewest failed attempts, skips, terminations and retries of a run in which it
  /// is issued and none of `writers` has succeeded before; UINT32_MAX: there is no such run.
  std::vector<std::uint32_t> shortest_without(HookSet writers) const;

  /// Whether a run that deviates in nothing else than `run` issues the hook before any of `writers`
  /// has succeeded.
  bool is_possible(const detail::MissingRun& run, std::uint32_t hook, HookSet writers) const;

 private:
  enum class Kind : std::uint8_t { Goes, HookFails, PromotionFails, Skipped, Terminated, Retried };
  struct Edge {
    std::uint32_t to;
    HookSet issued;
    std::int8_t succeeded;  ///< The hook that has succeeded; -1: none.
    Kind kind;
    std::uint8_t what;  ///< The hook or the environment; 0 also of the trigger's promotion.
  };
  struct Start {
    std::uint32_t state;
    HookSet issued;
    std::uint32_t skipped;  ///< A set of environments.
  };

  void start(std::uint32_t skipped);
  void visit(std::uint32_t state);
  void take(std::uint32_t from, const detail::Choice& choice);
  std::uint32_t add(std::uint8_t budget);
  Kind kind_of(const detail::Choice& choice, std::uint8_t& what) const;
  template <class Join>
  std::vector<HookSet> before_issues(HookSet first, const Join& join) const;
  template <class Follow>
  std::vector<std::uint32_t> shortest(HookSet writers, std::uint32_t skipped_at_start,
                                      const Follow& follow) const;

  Flow flow_;
  const std::vector<detail::HookRow>& hooks_;
  ExplorationOptions options_{};
  detail::Stepper stepper_;
  detail::StateStore store_;
  std::vector<std::int8_t> hook_of_place_;
  std::vector<Start> starts_;
  std::vector<Edge> edges_;
  std::vector<std::size_t> first_edge_;
  std::vector<detail::Choice> choices_;
  std::vector<detail::Fact> facts_;
  std::vector<std::uint8_t> code_;
};

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// ScriptedExecutor: a scenario's outcomes in the time of a clock. For rehearsals of a host.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "promoflow/executor.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// Answers as the scenario's outcomes say, after the times that they say (S1, S2); its release,
/// context, selection and actions are not used. With a clock that jumps, run() gives the trace that
/// simulate() gives. Confined to the thread of one run(); it may serve one after another. What is
/// not noexcept may throw std::bad_alloc.
class PROMOFLOW_API ScriptedExecutor final : public Executor {
 public:
  /// `clock`: the one that run() is given; null: system_clock(). Outlives the executor.
  explicit ScriptedExecutor(Scenario scenario, Clock* clock = nullptr);
  ~ScriptedExecutor() override;

  void run_hook(HookCall call, Reply reply) override;
  void promote(PromotionCall call, Reply reply) override;
  void cancel(std::string_view release_id, Ticket ticket) override;
  [[nodiscard]] std::optional<Instant> next_wake() override;
  void wake(Instant now) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

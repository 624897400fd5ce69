// SPDX-License-Identifier: Apache-2.0
/// @file
/// FunctionExecutor: a callable for each hook and for promotions. For tests and small hosts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// How a callable answers: success unless `failure` is given.
struct Answer {
  std::optional<std::string> failure{};  ///< The message.
  std::optional<std::string> context{};  ///< What a hook exports, as JSON text.

  static Answer success(std::optional<std::string> context = std::nullopt) noexcept {
    return {std::nullopt, std::move(context)};
  }
  static Answer failed(std::string message) noexcept { return {std::move(message), std::nullopt}; }
};

/// Answers each call at once with what the callable for it returns, on run()'s thread. What a
/// callable throws is the command's failure. Set it up, then run; while run() has it, it must not
/// be changed. It serves several runs at once if its callables may be called at once. What is
/// not noexcept may throw std::bad_alloc.
class PROMOFLOW_API FunctionExecutor final : public Executor {
 public:
  using HookFunction = std::function<Answer(const HookCall&)>;
  using PromotionFunction = std::function<Answer(const PromotionCall&)>;

  FunctionExecutor();
  ~FunctionExecutor() override;

  /// For the hook of this name; given twice, the later one counts.
  FunctionExecutor& on_hook(std::string name, HookFunction function) PROMOFLOW_LIFETIMEBOUND;
  /// For hooks that have no callable of their own. Without it they fail with a message that says
  /// so.
  FunctionExecutor& on_other_hooks(HookFunction function) PROMOFLOW_LIFETIMEBOUND;
  /// For promotions into this environment.
  FunctionExecutor& on_promotion(std::string environment,
                                 PromotionFunction function) PROMOFLOW_LIFETIMEBOUND;
  /// For promotions that have no callable of their own. Without it they fail likewise.
  FunctionExecutor& on_other_promotions(PromotionFunction function) PROMOFLOW_LIFETIMEBOUND;

  void run_hook(HookCall call, Reply reply) override;
  void promote(PromotionCall call, Reply reply) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "promoflow/function_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

void send_answer(const Reply& reply, Answer answer) {
  if (answer.failure) {
    reply.failed(std::move(*answer.failure), std::move(answer.context));
  } else {
    reply.succeeded(std::move(answer.context));
  }
}

/// The callable of this name, else the one for all others; null: neither was given.
template <class Function>
const Function* choose(const std::map<std::string, Function, std::less<>>& named,
                       const Function& other, const std::string& name) {
  const auto found = named.find(name);
  if (found != named.end() && found->second) { return &found->second; }
  return other ? &other : nullptr;
}

}  // namespace

struct FunctionExecutor::Impl {
  std::map<std::string, HookFunction, std::less<>> hooks;
  HookFunction other_hooks;
  std::map<std::string, PromotionFunction, std::less<>> promotions;
  PromotionFunction other_promotions;
};

FunctionExecutor::FunctionExecutor() : impl_(std::make_unique<Impl>()) {}
FunctionExecutor::~FunctionExecutor() = default;

FunctionExecutor& FunctionExecutor::on_hook(std::string name, HookFunction function) {
  impl_->hooks.insert_or_assign(std::move(name), std::move(function));
  return *this;
}

FunctionExecutor& FunctionExecutor::on_other_hooks(HookFunction function) {
  impl_->other_hooks = std::move(function);
  return *this;
}

FunctionExecutor& FunctionExecutor::on_promotion(std::string environment,
                                                 PromotionFunction function) {
  impl_->promotions.insert_or_assign(std::move(environment), std::move(function));
  return *this;
}

FunctionExecutor& FunctionExecutor::on_other_promotions(PromotionFunction function) {
  impl_->other_promotions = std::move(function);
  return *this;
}

void FunctionExecutor::run_hook(HookCall call, Reply reply) {
  const HookFunction* function = choose(impl_->hooks, impl_->other_hooks, call.hook);
  if (function == nullptr) {
    reply.failed("there is no function for the hook '" + call.hook +
                 "'; add one with on_hook() or on_other_hooks()");
    return;
  }
  send_answer(reply, (*function)(call));
}

void FunctionExecutor::promote(PromotionCall call, Reply reply) {
  const PromotionFunction* function =
      choose(impl_->promotions, impl_->other_promotions, call.environment);
  if (function == nullptr) {
    reply.failed("there is no function for promotions into '" + call.environment +
                 "'; add one with on_promotion() or on_other_promotions()");
    return;
  }
  send_answer(reply, (*function)(call));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

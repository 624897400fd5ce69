// SPDX-License-Identifier: Apache-2.0
// An executor made of a host's callbacks. Each library that has a loop makes the replies of its
// own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/executor.hpp"
#include "structs.hpp"

namespace promoflow::capi {

/// A call as C has it; it borrows from the call.
template <class CallInC>
class CallView {
 public:
  explicit CallView(const HookCall& call) : CallView(call.arguments) {
    begin(call);
    call_.point = static_cast<std::int32_t>(call.point);
    call_.hook = out_text(call.hook);
    call_.environment = out_text(call.environment);
    call_.context = out_text(call.context);
    call_.context_argument_count = call.context_arguments;
  }
  explicit CallView(const PromotionCall& call) : CallView(call.arguments) {
    begin(call);
    call_.policy_action = call.policy.action ? static_cast<std::int32_t>(*call.policy.action) : 0;
    call_.environment = out_text(call.environment);
    call_.policy_pre_action = out_text(call.policy.pre_action);
    call_.policy_post_action = out_text(call.policy.post_action);
  }
  CallView(const CallView&) = delete;
  CallView& operator=(const CallView&) = delete;

  const CallInC* get() const noexcept { return &call_; }

 private:
  explicit CallView(const std::vector<std::pair<std::string, std::string>>& arguments) {
    arguments_.reserve(arguments.size());
    for (const auto& [name, value] : arguments) {
      arguments_.push_back({out_text(name), out_text(value)});
    }
  }
  template <class Call>
  void begin(const Call& call) noexcept {
    call_.struct_size = sizeof(call_);
    call_.ticket = static_cast<std::uint64_t>(call.ticket);
    call_.release_id = out_text(call.release_id);
    call_.arguments = arguments_.data();
    call_.argument_count = arguments_.size();
    call_.attempt = call.attempt;
    call_.timeout_ms = call.timeout ? call.timeout->count() : 0;
  }

  std::vector<promoflow_argument> arguments_;
  CallInC call_{};
};

/// It owns `user` from its construction on: its end calls destroy().
class CallbackExecutor : public Executor {
 public:
  explicit CallbackExecutor(const promoflow_executor& callbacks) noexcept : callbacks_(callbacks) {}
  CallbackExecutor(const CallbackExecutor&) = delete;
  CallbackExecutor& operator=(const CallbackExecutor&) = delete;
  ~CallbackExecutor() override {
    if (callbacks_.destroy != nullptr) { callbacks_.destroy(callbacks_.user); }
  }

  /// The name of what is missing or out of range; null: nothing is.
  const char* problem() const noexcept {
    const bool is_complete = callbacks_.run_hook != nullptr && callbacks_.promote != nullptr &&
                             (callbacks_.next_wake == nullptr) == (callbacks_.wake == nullptr);
    if (!is_complete) { return "executor"; }
    const std::uint32_t known =
        PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_STARTED | PROMOFLOW_REPORTS_SURVIVES;
    return (callbacks_.reports & ~known) != 0 ? "executor.reports" : nullptr;
  }

  ExecutorReports reports() const noexcept override {
    return {(callbacks_.reports & PROMOFLOW_REPORTS_STOPPED) != 0,
            (callbacks_.reports & PROMOFLOW_REPORTS_STARTED) != 0,
            (callbacks_.reports & PROMOFLOW_REPORTS_SURVIVES) != 0};
  }

  void run_hook(HookCall call, Reply reply) override {
    const CallView<promoflow_hook_call> view_of(call);
    callbacks_.run_hook(view_of.get(), new_reply(reply), callbacks_.user);
  }

  void promote(PromotionCall call, Reply reply) override {
    const CallView<promoflow_promotion_call> view_of(call);
    callbacks_.promote(view_of.get(), new_reply(reply), callbacks_.user);
  }

  void cancel(std::string_view release_id, Ticket ticket) override {
    if (callbacks_.cancel != nullptr) {
      callbacks_.cancel(out_text(release_id), static_cast<std::uint64_t>(ticket), callbacks_.user);
    }
  }

  std::optional<Instant> next_wake() override {
    if (callbacks_.next_wake == nullptr) { return std::nullopt; }
    const std::int64_t at_ms = callbacks_.next_wake(callbacks_.user);
    if (at_ms == PROMOFLOW_NO_TIME) { return std::nullopt; }
    return Instant(std::chrono::milliseconds(at_ms));
  }

  void wake(Instant now) override {
    if (callbacks_.wake != nullptr) {
      callbacks_.wake(now.time_since_epoch().count(), callbacks_.user);
    }
  }

  std::string reference(std::string_view release_id, Ticket ticket,
                        std::uint32_t attempt) override {
    return name(callbacks_.reference, release_id, ticket, attempt);
  }

  std::string hook_reference(std::string_view release_id, Ticket ticket,
                             std::uint32_t attempt) override {
    return name(
        callbacks_.hook_reference != nullptr ? callbacks_.hook_reference : callbacks_.reference,
        release_id, ticket, attempt);
  }

  Recovery recover(const HookCall& call, std::string_view reference, const Reply& reply) override {
    if (callbacks_.recover_hook == nullptr) { return Recovery::Lost; }
    const CallView<promoflow_hook_call> view_of(call);
    return recovery(callbacks_.recover_hook(view_of.get(), out_text(reference), new_reply(reply),
                                            callbacks_.user));
  }

  Recovery recover(const PromotionCall& call, std::string_view reference,
                   const Reply& reply) override {
    if (callbacks_.recover_promotion == nullptr) { return Recovery::Lost; }
    const CallView<promoflow_promotion_call> view_of(call);
    return recovery(callbacks_.recover_promotion(view_of.get(), out_text(reference),
                                                 new_reply(reply), callbacks_.user));
  }

  bool recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                         const Reply& reply) override {
    return callbacks_.recover_cancelled != nullptr &&
           callbacks_.recover_cancelled(out_text(release_id), static_cast<std::uint64_t>(ticket),
                                        out_text(reference), new_reply(reply),
                                        callbacks_.user) != 0;
  }

  void hold(bool wait) noexcept override {
    if (callbacks_.hold != nullptr) { callbacks_.hold(wait ? 1 : 0, callbacks_.user); }
  }

  void settled(std::string_view release_id, Ticket ticket) noexcept override {
    if (callbacks_.settled != nullptr) {
      callbacks_.settled(out_text(release_id), static_cast<std::uint64_t>(ticket), callbacks_.user);
    }
  }

  void force(std::string_view release_id) noexcept override {
    if (callbacks_.force != nullptr) { callbacks_.force(out_text(release_id), callbacks_.user); }
  }

 private:
  /// May throw std::bad_alloc.
  virtual promoflow_reply* new_reply(const Reply& reply) const = 0;

  using NameCallback = decltype(promoflow_executor::reference);
  /// May throw std::bad_alloc. Null: no name.
  std::string name(NameCallback callback, std::string_view release_id, Ticket ticket,
                   std::uint32_t attempt) const {
    if (callback == nullptr) { return {}; }
    struct Free {
      void operator()(promoflow_buffer* buffer) const noexcept { promoflow_buffer_free(buffer); }
    };
    const std::unique_ptr<promoflow_buffer, Free> buffer(callback(
        out_text(release_id), static_cast<std::uint64_t>(ticket), attempt, callbacks_.user));
    return std::string(view(promoflow_buffer_text(buffer.get())));
  }

  static Recovery recovery(std::int32_t number) noexcept {
    return is_within(number, PROMOFLOW_RECOVERY_ATTACHED, PROMOFLOW_RECOVERY_LOST)
               ? static_cast<Recovery>(number)
               : Recovery::Lost;
  }

  promoflow_executor callbacks_;
};

}  // namespace promoflow::capi

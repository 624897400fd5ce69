// SPDX-License-Identifier: Apache-2.0
// The callbacks of an executor that a library beside libpromoflow has: C calls become calls of the
// executor, its answers go to C replies.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "component.hpp"
#include "executor/reply_sink.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::capi::component {

inline void refuse(const promoflow_reply* reply, std::string_view why) noexcept {
  if (promoflow_reply_failed(reply, out_text(why), {nullptr, 0}) == PROMOFLOW_E_OUT_OF_MEMORY) {
    // This message is short enough to need no memory here; the run keeps it, or ends.
    promoflow_reply_failed(reply, out_text(std::string_view(detail::kNoMemory)), {nullptr, 0});
  }
}

struct FreeReply {
  void operator()(promoflow_reply* reply) const noexcept { promoflow_reply_free(reply); }
};
using OwnReply = std::unique_ptr<promoflow_reply, FreeReply>;

/// Hands answers on to a reply of C.
class HandleSink final : public detail::ReplySink {
 public:
  explicit HandleSink(OwnReply reply) noexcept : reply_(std::move(reply)) {}

  void post(detail::Message message) noexcept override {
    using Kind = detail::Message::Kind;
    const promoflow_reply* const to = reply_.get();
    switch (message.kind) {
      case Kind::Succeeded:
        if (promoflow_reply_succeeded(to, out_text(message.context)) == PROMOFLOW_E_OUT_OF_MEMORY) {
          refuse(to, detail::kNoMemory);
        }
        return;
      case Kind::Failed:
        if (promoflow_reply_failed(to, out_text(std::string_view(message.text)),
                                   out_text(message.context)) == PROMOFLOW_E_OUT_OF_MEMORY) {
          refuse(to, detail::kNoMemory);
        }
        return;
      case Kind::Resumed:
        if (promoflow_reply_resumed_by(to, out_text(std::string_view(message.by))) ==
            PROMOFLOW_E_OUT_OF_MEMORY) {
          promoflow_reply_resumed(to);
        }
        return;
      case Kind::Suspended: promoflow_reply_suspended(to); return;
      case Kind::Queued: promoflow_reply_queued(to); return;
      case Kind::Started: promoflow_reply_started(to); return;
      case Kind::Stopped: promoflow_reply_stopped(to); return;
      case Kind::Terminate:  // No reply makes a request.
      case Kind::Retry:
      case Kind::Skip: return;
    }
  }

 private:
  OwnReply reply_;
};

// --- calls ---------------------------------------------------------------------------------------

inline std::vector<std::pair<std::string, std::string>> arguments_of(
    const promoflow_argument* arguments, std::uint64_t count) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    out.emplace_back(view(arguments[i].name), view(arguments[i].value));
  }
  return out;
}

/// The last member of either struct.
template <class CallInC>
std::optional<std::chrono::milliseconds> timeout_of(const CallInC& in) {
  if (in.struct_size < sizeof(in) || in.timeout_ms <= 0) { return std::nullopt; }
  return std::chrono::milliseconds(in.timeout_ms);
}

inline HookCall call_of(const promoflow_hook_call& in) {
  HookCall call;
  call.ticket = static_cast<Ticket>(in.ticket);
  call.release_id = view(in.release_id);
  call.hook = view(in.hook);
  call.point = static_cast<Point>(in.point);
  call.environment = optional_text(in.environment);
  call.attempt = in.attempt;
  call.arguments = arguments_of(in.arguments, in.argument_count);
  // A struct of 0.2 does not say it. Then nothing counts as the hook's own.
  const bool is_known = in.struct_size >= offsetof(promoflow_hook_call, timeout_ms);
  call.context_arguments =
      static_cast<std::size_t>(is_known ? in.context_argument_count : in.argument_count);
  call.context = view(in.context);
  call.timeout = timeout_of(in);
  return call;
}

inline PromotionCall call_of(const promoflow_promotion_call& in) {
  PromotionCall call;
  call.ticket = static_cast<Ticket>(in.ticket);
  call.release_id = view(in.release_id);
  call.environment = view(in.environment);
  call.attempt = in.attempt;
  if (in.policy_action != 0) { call.policy.action = static_cast<PolicyAction>(in.policy_action); }
  call.policy.pre_action = optional_text(in.policy_pre_action);
  call.policy.post_action = optional_text(in.policy_post_action);
  call.arguments = arguments_of(in.arguments, in.argument_count);
  call.timeout = timeout_of(in);
  return call;
}

// --- the callbacks -------------------------------------------------------------------------------

/// What `user` points to: it keeps the executor.
using Share = std::shared_ptr<Executor>;

/// What each callback does. All but submit() give `otherwise` for want of memory.
struct Callbacks {
  static Executor& executor(void* user) noexcept { return **static_cast<const Share*>(user); }

  /// What `body` gives, which may throw for want of memory; then `otherwise`.
  template <class Value, class Body>
  static Value or_else(Value otherwise, Body&& body) noexcept {
    try {
      return std::forward<Body>(body)();
    } catch (const std::exception&) { return otherwise; }
  }

  /// Takes ownership of the reply; it is answered whatever happens.
  template <class CallInC>
  static void submit(const CallInC* call, promoflow_reply* reply, void* user) noexcept {
    OwnReply own(reply);
    std::shared_ptr<HandleSink> sink;  // Keeps the reply alive to the end of this function.
    try {
      sink = std::make_shared<HandleSink>(std::move(own));
      const Reply to(sink, static_cast<Ticket>(call->ticket));
      if constexpr (std::is_same_v<CallInC, promoflow_hook_call>) {
        executor(user).run_hook(call_of(*call), to);
      } else {
        executor(user).promote(call_of(*call), to);
      }
    } catch (const std::bad_alloc&) {
      refuse(reply, detail::kNoMemory);
    } catch (const std::exception& why) { refuse(reply, why.what()); }
  }

  static void cancel(promoflow_str release_id, std::uint64_t ticket, void* user) noexcept {
    try {
      executor(user).cancel(view(release_id), static_cast<Ticket>(ticket));
    } catch (const std::exception&) {
      // There is no memory for the request: the call runs to its end, and its answer is dropped.
      return;
    }
  }

  using NameCall = std::string (Executor::*)(std::string_view, Ticket, std::uint32_t);
  template <NameCall kName>
  static promoflow_buffer* name(promoflow_str release_id, std::uint64_t ticket,
                                std::uint32_t attempt, void* user) noexcept {
    return or_else<promoflow_buffer*>(nullptr, [&] {
      const std::string text =
          (executor(user).*kName)(view(release_id), static_cast<Ticket>(ticket), attempt);
      promoflow_buffer* made = nullptr;
      promoflow_buffer_new(out_text(std::string_view(text)), &made, nullptr);
      return made;
    });
  }

  /// Takes ownership of the reply.
  template <class CallInC>
  static std::int32_t recover(const CallInC* call, promoflow_str reference, promoflow_reply* reply,
                              void* user) noexcept {
    OwnReply own(reply);
    return or_else<std::int32_t>(PROMOFLOW_RECOVERY_LOST, [&] {
      const Reply to(std::make_shared<HandleSink>(std::move(own)),
                     static_cast<Ticket>(call->ticket));
      return static_cast<std::int32_t>(executor(user).recover(call_of(*call), view(reference), to));
    });
  }

  static std::int32_t recover_cancelled(promoflow_str release_id, std::uint64_t ticket,
                                        promoflow_str reference, promoflow_reply* reply,
                                        void* user) noexcept {
    OwnReply own(reply);
    return or_else<std::int32_t>(0, [&]() -> std::int32_t {
      const auto number = static_cast<Ticket>(ticket);
      const Reply to(std::make_shared<HandleSink>(std::move(own)), number);
      return executor(user).recover_cancelled(view(release_id), number, view(reference), to) ? 1
                                                                                             : 0;
    });
  }

  static void hold(std::int32_t wait, void* user) noexcept { executor(user).hold(wait != 0); }
  static void settled(promoflow_str release_id, std::uint64_t ticket, void* user) noexcept {
    executor(user).settled(view(release_id), static_cast<Ticket>(ticket));
  }
  static void force(promoflow_str release_id, void* user) noexcept {
    executor(user).force(view(release_id));
  }
  static void destroy(void* user) noexcept { delete static_cast<Share*>(user); }
};

/// Fills a struct of the caller's with the callbacks of an executor, which they keep. May throw
/// std::bad_alloc.
inline promoflow_status fill_callbacks(promoflow_error** error, promoflow_executor* out,
                                       const Share& executor) {
  const std::size_t size = size_to_fill(out);
  if (size == 0) { return invalid_argument(error, "out"); }
  const ExecutorReports reports = executor->reports();
  auto* const share = new Share(executor);
  write_struct(out, size, [&] {
    promoflow_executor filled{};
    filled.user = share;
    filled.run_hook = Callbacks::submit<promoflow_hook_call>;
    filled.promote = Callbacks::submit<promoflow_promotion_call>;
    filled.cancel = Callbacks::cancel;
    filled.destroy = Callbacks::destroy;
    filled.reports = (reports.stopped ? PROMOFLOW_REPORTS_STOPPED : 0U) |
                     (reports.started ? PROMOFLOW_REPORTS_STARTED : 0U) |
                     (reports.survives ? PROMOFLOW_REPORTS_SURVIVES : 0U);
    filled.reference = Callbacks::name<&Executor::reference>;
    filled.recover_hook = Callbacks::recover<promoflow_hook_call>;
    filled.recover_promotion = Callbacks::recover<promoflow_promotion_call>;
    filled.recover_cancelled = Callbacks::recover_cancelled;
    filled.hold = Callbacks::hold;
    filled.settled = Callbacks::settled;
    filled.force = Callbacks::force;
    filled.hook_reference = Callbacks::name<&Executor::hook_reference>;
    return filled;
  });
  return PROMOFLOW_OK;
}

}  // namespace promoflow::capi::component

// SPDX-License-Identifier: Apache-2.0
// The process executor as callbacks: C calls become the pool's, its answers go to C replies.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>

#include "process.hpp"
#include "process/pool.hpp"

/// Shares the pool: the handle has one of these, and so has each run.
struct promoflow_process_executor {
  std::shared_ptr<promoflow::detail::Pool> pool;
};

using namespace promoflow::capi;
using namespace promoflow::capi::process;

namespace {

using Share = promoflow_process_executor;

void refuse(const promoflow_reply* reply, std::string_view why) noexcept {
  if (promoflow_reply_failed(reply, out_text(why), {nullptr, 0}) == PROMOFLOW_E_OUT_OF_MEMORY) {
    // This message is short enough to need no memory here; the run keeps it, or ends.
    promoflow_reply_failed(reply, out_text(std::string_view("out of memory")), {nullptr, 0});
  }
}

struct FreeReply {
  void operator()(promoflow_reply* reply) const noexcept { promoflow_reply_free(reply); }
};
using OwnReply = std::unique_ptr<promoflow_reply, FreeReply>;

class HandleSink final : public promoflow::detail::ReplySink {
 public:
  explicit HandleSink(OwnReply reply) noexcept : reply_(std::move(reply)) {}

  void succeeded(std::optional<std::string> context) const noexcept override {
    if (promoflow_reply_succeeded(reply_.get(), out_text(context)) == PROMOFLOW_E_OUT_OF_MEMORY) {
      refuse(reply_.get(), "out of memory");
    }
  }
  void failed(std::string message, std::optional<std::string> context) const noexcept override {
    if (promoflow_reply_failed(reply_.get(), out_text(std::string_view(message)),
                               out_text(context)) == PROMOFLOW_E_OUT_OF_MEMORY) {
      refuse(reply_.get(), "out of memory");
    }
  }
  void queued() const noexcept override { promoflow_reply_queued(reply_.get()); }
  void started() const noexcept override { promoflow_reply_started(reply_.get()); }

 private:
  OwnReply reply_;
};

std::vector<std::pair<std::string, std::string>> arguments_of(const promoflow_argument* arguments,
                                                              std::uint64_t count) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    out.emplace_back(view(arguments[i].name), view(arguments[i].value));
  }
  return out;
}

promoflow::HookCall call_of(const promoflow_hook_call& in) {
  promoflow::HookCall call;
  call.ticket = static_cast<promoflow::Ticket>(in.ticket);
  call.release_id = view(in.release_id);
  call.hook = view(in.hook);
  call.point = static_cast<promoflow::Point>(in.point);
  call.environment = optional_text(in.environment);
  call.attempt = in.attempt;
  call.arguments = arguments_of(in.arguments, in.argument_count);
  call.context = view(in.context);
  return call;
}

promoflow::PromotionCall call_of(const promoflow_promotion_call& in) {
  promoflow::PromotionCall call;
  call.ticket = static_cast<promoflow::Ticket>(in.ticket);
  call.release_id = view(in.release_id);
  call.environment = view(in.environment);
  call.attempt = in.attempt;
  if (in.policy_action != 0) {
    call.policy.action = static_cast<promoflow::PolicyAction>(in.policy_action);
  }
  call.policy.pre_action = optional_text(in.policy_pre_action);
  call.policy.post_action = optional_text(in.policy_post_action);
  call.arguments = arguments_of(in.arguments, in.argument_count);
  return call;
}

/// Takes ownership of the reply; it is answered whatever happens.
template <class CallInC>
void submit(const CallInC* call, promoflow_reply* reply, void* user) noexcept {
  OwnReply own(reply);
  std::shared_ptr<const HandleSink> sink;  // Keeps the reply alive to the end of this function.
  try {
    sink = std::make_shared<const HandleSink>(std::move(own));
    static_cast<const Share*>(user)->pool->submit(
        {call_of(*call), promoflow::detail::ReplyTarget(sink)});
  } catch (const std::bad_alloc&) {
    refuse(reply, "out of memory");
  } catch (const std::exception& why) { refuse(reply, why.what()); }
}

void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) noexcept {
  submit(call, reply, user);
}

void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) noexcept {
  submit(call, reply, user);
}

void cancel(promoflow_str release_id, std::uint64_t ticket, void* user) noexcept {
  try {
    static_cast<const Share*>(user)->pool->cancel(view(release_id),
                                                  static_cast<promoflow::Ticket>(ticket));
  } catch (const std::exception&) {
    // There is no memory for the request: the program runs to its end, and its answer is dropped.
    return;
  }
}

void destroy(void* user) noexcept { delete static_cast<Share*>(user); }

promoflow_status take_commands(promoflow_error** error, const promoflow_process_commands* commands,
                               promoflow::ProcessOptions& out) {
  if (commands == nullptr) { return PROMOFLOW_OK; }
  if (commands->report.commands) {
    out.commands = *commands->report.commands;
    return PROMOFLOW_OK;
  }
  const auto problems =
      promoflow::format_diagnostics(commands->report.diagnostics, {"commands", std::string_view()},
                                    promoflow::DiagnosticFormat::Text);
  if (!problems) { return fail(error, problems.error()); }
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "options.commands", *problems);
}

promoflow_status from_c(promoflow_error** error, const promoflow_process_options& in,
                        promoflow::ProcessOptions& out) {
  if (const char* const name = first_missing(
          {{"options.directory", in.directory}, {"options.work_directory", in.work_directory}})) {
    return missing(error, name);
  }
  if (!is_path(in.directory)) { return no_path(error, "options.directory"); }
  if (!is_path(in.work_directory)) { return no_path(error, "options.work_directory"); }
  out.directory = view(in.directory);
  out.work_directory = view(in.work_directory);
  if (in.parallel != 0) { out.parallel = in.parallel; }
  if (in.has_grace != 0) { out.grace = std::chrono::milliseconds(in.grace_ms); }
  if (in.log_bytes_max != 0) {
    out.log_bytes_max =
        static_cast<std::size_t>(std::min<std::uint64_t>(in.log_bytes_max, SIZE_MAX));
  }
  out.promote_without_program = in.promote_without_program != 0;
  return take_commands(error, in.commands, out);
}

}  // namespace

promoflow_status promoflow_process_executor_new(const promoflow_process_options* options,
                                                promoflow_process_executor** out,
                                                promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name = first_missing({{"options", options}, {"out", out}})) {
      return missing(error, name);
    }
    promoflow_process_options in{};
    if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
    promoflow::ProcessOptions given;
    if (const auto bad = from_c(error, in, given)) { return bad; }
    auto pool = promoflow::detail::open_pool(std::move(given));
    if (!pool) {
      promoflow::Error& why = pool.error();
      if (why.where == "options.grace") { why.where = "options.grace_ms"; }
      return fail(error, why);
    }
    *out = new promoflow_process_executor{std::move(*pool)};
    return PROMOFLOW_OK;
  });
}

void promoflow_process_executor_free(promoflow_process_executor* executor) { delete executor; }

promoflow_status promoflow_process_executor_callbacks(const promoflow_process_executor* executor,
                                                      promoflow_executor* out,
                                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name = first_missing({{"executor", executor}, {"out", out}})) {
      return missing(error, name);
    }
    const std::size_t size = size_to_fill(out);
    if (size == 0) { return invalid_argument(error, "out"); }
    const auto share = new Share(*executor);
    write_struct(out, size, [&] {
      return promoflow_executor{0, 0, share, run_hook, promote, cancel, nullptr, nullptr, destroy};
    });
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_process_executor_wait_idle(const promoflow_process_executor* executor) {
  if (executor == nullptr) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  executor->pool->wait_idle();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_process_executor_kill_all(const promoflow_process_executor* executor) {
  if (executor == nullptr) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  executor->pool->kill_all();
  return PROMOFLOW_OK;
}

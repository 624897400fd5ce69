// SPDX-License-Identifier: Apache-2.0
// An executor of a host's callbacks, in a library beside libpromoflow: its replies are made by
// libpromoflow, and come back here.
#pragma once

#include <memory>
#include <new>
#include <string>

#include "callback_executor.hpp"
#include "component.hpp"

namespace promoflow::capi::component {

class HostExecutor final : public CallbackExecutor {
 public:
  using CallbackExecutor::CallbackExecutor;

 private:
  promoflow_reply* new_reply(const Reply& reply) const override {
    promoflow_reply_target target{};
    target.struct_size = sizeof(target);
    target.user = new Reply(reply);
    target.take = take;
    target.destroy = [](void* user) { delete static_cast<Reply*>(user); };
    promoflow_reply* made = nullptr;
    if (promoflow_reply_new(&target, &made, nullptr) != PROMOFLOW_OK) { throw std::bad_alloc(); }
    return made;
  }

  static promoflow_status take(const promoflow_answer* answer, void* user) noexcept {
    return guarded(nullptr, [&]() -> promoflow_status {
      const auto& reply = *static_cast<const Reply*>(user);
      switch (answer->kind) {
        case PROMOFLOW_ANSWER_SUCCEEDED: reply.succeeded(optional_text(answer->context)); break;
        case PROMOFLOW_ANSWER_FAILED:
          reply.failed(std::string(view(answer->text)), optional_text(answer->context));
          break;
        case PROMOFLOW_ANSWER_SUSPENDED: reply.suspended(); break;
        case PROMOFLOW_ANSWER_RESUMED: reply.resumed(std::string(view(answer->by))); break;
        case PROMOFLOW_ANSWER_QUEUED: reply.queued(); break;
        case PROMOFLOW_ANSWER_STARTED: reply.started(); break;
        case PROMOFLOW_ANSWER_STOPPED: reply.stopped(); break;
        default: return PROMOFLOW_E_INVALID_ARGUMENT;  // Of a later version.
      }
      return PROMOFLOW_OK;
    });
  }
};

}  // namespace promoflow::capi::component

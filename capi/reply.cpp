// SPDX-License-Identifier: Apache-2.0
// Answers to calls.
#include "reply.hpp"

#include <memory>

#include "capi.hpp"

using namespace promoflow::capi;

namespace {

promoflow_answer answer_of(std::int32_t kind) noexcept {
  promoflow_answer answer{};
  answer.struct_size = sizeof(answer);
  answer.kind = kind;
  answer.text = answer.by = out_text(std::string_view());
  return answer;
}

/// Gives an answer to a reply's run, or to whoever made it.
promoflow_status give(const promoflow_reply* reply, const promoflow_answer& answer) noexcept {
  if (const auto bad = need(nullptr, {{"reply", reply},
                                      {"text", answer.text},
                                      {"context", answer.context},
                                      {"by", answer.by}})) {
    return bad;
  }
  if (!reply->reply) { return reply->target.take(&answer, reply->target.user); }
  return guarded(nullptr, [&]() -> promoflow_status {
    const promoflow::Reply& to = *reply->reply;
    switch (answer.kind) {
      case PROMOFLOW_ANSWER_SUCCEEDED: to.succeeded(optional_text(answer.context)); break;
      case PROMOFLOW_ANSWER_FAILED:
        to.failed(std::string(view(answer.text)), optional_text(answer.context));
        break;
      case PROMOFLOW_ANSWER_SUSPENDED: to.suspended(); break;
      case PROMOFLOW_ANSWER_RESUMED: to.resumed(std::string(view(answer.by))); break;
      case PROMOFLOW_ANSWER_QUEUED: to.queued(); break;
      case PROMOFLOW_ANSWER_STARTED: to.started(); break;
      case PROMOFLOW_ANSWER_STOPPED: to.stopped(); break;
      default: break;  // This file makes no other.
    }
    return PROMOFLOW_OK;
  });
}

}  // namespace

promoflow_status promoflow_reply_succeeded(const promoflow_reply* reply, promoflow_str context) {
  promoflow_answer answer = answer_of(PROMOFLOW_ANSWER_SUCCEEDED);
  answer.context = context;
  return give(reply, answer);
}

promoflow_status promoflow_reply_failed(const promoflow_reply* reply, promoflow_str message,
                                        promoflow_str context) {
  promoflow_answer answer = answer_of(PROMOFLOW_ANSWER_FAILED);
  answer.text = message;
  answer.context = context;
  return give(reply, answer);
}

promoflow_status promoflow_reply_suspended(const promoflow_reply* reply) {
  return give(reply, answer_of(PROMOFLOW_ANSWER_SUSPENDED));
}

promoflow_status promoflow_reply_resumed(const promoflow_reply* reply) {
  return give(reply, answer_of(PROMOFLOW_ANSWER_RESUMED));
}

promoflow_status promoflow_reply_resumed_by(const promoflow_reply* reply, promoflow_str by) {
  promoflow_answer answer = answer_of(PROMOFLOW_ANSWER_RESUMED);
  answer.by = by;
  return give(reply, answer);
}

promoflow_status promoflow_reply_queued(const promoflow_reply* reply) {
  return give(reply, answer_of(PROMOFLOW_ANSWER_QUEUED));
}

promoflow_status promoflow_reply_started(const promoflow_reply* reply) {
  return give(reply, answer_of(PROMOFLOW_ANSWER_STARTED));
}

promoflow_status promoflow_reply_stopped(const promoflow_reply* reply) {
  return give(reply, answer_of(PROMOFLOW_ANSWER_STOPPED));
}

promoflow_status promoflow_reply_new(const promoflow_reply_target* target, promoflow_reply** out,
                                     promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    promoflow_reply_target given{};
    if (const auto bad = take_struct(error, "target", target, given)) { return bad; }
    struct Destroy {  // Until the reply has it.
      void operator()(const promoflow_reply_target* of) const noexcept {
        if (of->destroy != nullptr) { of->destroy(of->user); }
      }
    };
    std::unique_ptr<promoflow_reply_target, Destroy> owned(&given);
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    if (given.take == nullptr) { return missing(error, "target.take"); }
    *out = new promoflow_reply(given);
    static_cast<void>(owned.release());
    return PROMOFLOW_OK;
  });
}

void promoflow_reply_free(promoflow_reply* reply) { delete reply; }

// SPDX-License-Identifier: Apache-2.0
// The executor of Argo Workflows: what it calls of its host, and the executor as callbacks.
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "argo.hpp"
#include "executor_callbacks.hpp"

using namespace promoflow::capi;
using namespace promoflow::capi::component;

namespace {

/// The callbacks of the options, until destroy().
class HostCallbacks {
 public:
  explicit HostCallbacks(const promoflow_argo_options& options) noexcept : options_(options) {}
  HostCallbacks(const HostCallbacks&) = delete;
  HostCallbacks& operator=(const HostCallbacks&) = delete;
  ~HostCallbacks() {
    if (options_.destroy != nullptr) { options_.destroy(options_.user); }
  }

 private:
  promoflow_argo_options options_;
};

/// An executor and what it uses of its host. In this order: it is gone before they are.
struct Owned {
  explicit Owned(const promoflow_argo_options& options) noexcept : callbacks(options) {
    promoflow_executor given{};
    if (options.promotions != nullptr &&
        take_struct(nullptr, "", options.promotions, given) == PROMOFLOW_OK) {
      promotions.emplace(given);
    }
  }

  HostCallbacks callbacks;
  std::optional<HostExecutor> promotions{};
  std::unique_ptr<promoflow::ArgoExecutor> executor{};
};

std::function<bool(std::string_view, promoflow::Ticket)> is_settled_of(
    const promoflow_argo_options& in) {
  if (in.is_settled == nullptr) { return {}; }
  return
      [ask = in.is_settled, user = in.user](std::string_view release_id, promoflow::Ticket ticket) {
        return ask(out_text(release_id), static_cast<std::uint64_t>(ticket), user) != 0;
      };
}

promoflow_status check_promotions(promoflow_error** error, const promoflow_argo_options& in,
                                  const Owned& owned) {
  if (in.promotions == nullptr) { return PROMOFLOW_OK; }
  promoflow_executor given{};
  if (const auto bad = take_struct(error, "options.promotions", in.promotions, given)) {
    return bad;
  }
  const auto refuse = [error](std::string_view why) {
    return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "options.promotions", why);
  };
  if (owned.promotions->problem() != nullptr) {
    return refuse("it has not all functions, or reports that this version does not know");
  }
  if (given.next_wake != nullptr) {
    return refuse("it must have a thread of its own: nothing calls its wake()");
  }
  return PROMOFLOW_OK;
}

}  // namespace

/// Shares the executor with the runs and engines that use it.
struct promoflow_argo_executor {
  std::shared_ptr<Owned> owned;
};

promoflow_status promoflow_argo_executor_new(const promoflow_argo_options* options,
                                             promoflow_argo_executor** out,
                                             promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    promoflow_argo_options in{};
    if (options != nullptr) {
      if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
    }
    const std::shared_ptr<Owned> owned = take_over<Owned>(in);
    if (const auto bad = check_promotions(error, in, *owned)) { return bad; }
    promoflow::ArgoOptions given;
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    if (const auto bad = argo::from_c(error, in, given)) { return bad; }
    if (owned->promotions) { given.promotions = &*owned->promotions; }
    given.is_settled = is_settled_of(in);
    given.notice = argo::notice_of(in);
    auto executor = promoflow::ArgoExecutor::create(std::move(given));
    if (!executor) { return argo::refuse_options(error, executor.error()); }
    owned->executor = std::move(*executor);
    *out = new promoflow_argo_executor{owned};
    return PROMOFLOW_OK;
  });
}

void promoflow_argo_executor_free(promoflow_argo_executor* executor) { delete executor; }

promoflow_status promoflow_argo_executor_callbacks(const promoflow_argo_executor* executor,
                                                   promoflow_executor* out,
                                                   promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"executor", executor}, {"out", out}})) { return bad; }
    return fill_callbacks(error, out, Share(executor->owned, executor->owned->executor.get()));
  });
}

promoflow_status promoflow_argo_executor_wait_idle(const promoflow_argo_executor* executor) {
  if (executor == nullptr) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  executor->owned->executor->wait_idle();
  return PROMOFLOW_OK;
}

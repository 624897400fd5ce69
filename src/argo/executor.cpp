// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <exception>
#include <random>
#include <utility>

#include "argo/access.hpp"
#include "argo/applications.hpp"
#include "argo/connect.hpp"
#include "argo/curl_http.hpp"
#include "argo/names.hpp"
#include "argo/promotions.hpp"
#include "argo/worker.hpp"
#include "base/guard.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

Result<Connection> connect(const ArgoOptions& options) {
  const bool is_server = !options.argo_server.empty();
  Result<ClusterAccess> access =
      is_server ? access_to_argo_server(options.argo_server, options.kubeconfig, options.context)
                : find_access(options.kubeconfig, options.context);
  if (!access) { return tl::unexpected(std::move(access.error())); }
  if (options.instance.empty() || label_value(options.instance) != options.instance) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "options.instance",
                                "it must be a label's value: letters, digits, '-', '_' and '.'"});
  }
  if (const std::optional<std::string> problem = problem_of(options.applications)) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "options.applications", *problem});
  }
  if (is_server && options.lease) {
    return tl::unexpected(Error{ErrorCode::InvalidArgument, "options.lease",
                                "an Argo Server has no leases: use the API server"});
  }
  std::string space = options.name_space.empty() ? access->name_space : options.name_space;
  if (space.empty()) { space = "default"; }
  if (access->is_insecure && options.notice) {
    options.notice("the server's certificate is not verified: " + access->origin +
                   " says insecure-skip-tls-verify; anybody between here and there may read and "
                   "change what is sent");
  }
  Api api(is_server ? ApiKind::ArgoServer : ApiKind::Cluster, std::move(space), options.instance);
  std::string origin = access->origin;
  Result<std::unique_ptr<HttpClient>> http = make_curl_http(std::move(*access));
  if (!http) { return tl::unexpected(std::move(http.error())); }
  return Connection{std::move(api), std::move(*http), std::move(origin)};
}

}  // namespace detail

namespace {

detail::Worker::Listener listener_of(const Reply& reply) {
  return [reply](const detail::CallAnswer& answer) {
    switch (answer.kind) {
      case detail::CallAnswer::Kind::Suspended: return reply.suspended();
      case detail::CallAnswer::Kind::Resumed: return reply.resumed();
      case detail::CallAnswer::Kind::Succeeded: return reply.succeeded(answer.context);
      case detail::CallAnswer::Kind::Failed: return reply.failed(answer.message, answer.context);
      case detail::CallAnswer::Kind::Stopped: return reply.stopped();
    }
  };
}

/// Of this process alone, so that one that was killed and started again is another one.
std::string holder_name(const std::string& host) {
  std::random_device random;
  std::string name = host;
  if (name.empty()) {
    char text[256] = {};
    if (gethostname(text, sizeof text - 1) != 0) { text[0] = '?'; }
    name = text;
    name += " (process " + std::to_string(getpid()) + ')';
  }
  return name + " #" + std::to_string(random() % 1'000'000U);
}

}  // namespace

struct ArgoExecutor::Impl {
  Executor* promotions = nullptr;
  ArgoApplications applications{};
  std::unique_ptr<detail::Promotions> sequences;
  std::unique_ptr<detail::Worker> worker;  // Last: its thread uses the sequences.
};

ArgoExecutor::ArgoExecutor(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ArgoExecutor::~ArgoExecutor() { impl_->sequences->close(); }

std::unique_ptr<ArgoExecutor> ArgoExecutor::over(const ArgoOptions& options,
                                                 detail::Connection connection) {
  detail::WorkflowShape shape{connection.api.name_space(), options.instance,
                              options.cluster_templates, connection.api.keeps_outcomes()};
  const auto seed =
      static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::unique_ptr<detail::Leases> leases;
  if (options.lease) {
    leases = std::make_unique<detail::Leases>(connection.api, holder_name(options.host), seed,
                                              [] { return std::chrono::system_clock::now(); });
  }
  auto reconciler = std::make_unique<detail::Reconciler>(std::move(connection.api), seed);
  if (leases) {
    reconciler->obey(
        [held = leases.get()](std::string_view release) { return held->held_until(release); });
  }
  auto impl = std::make_unique<Impl>();
  impl->promotions = options.promotions;
  impl->applications = options.applications;
  impl->sequences = std::make_unique<detail::Promotions>(options.promotions, options.applications);
  impl->worker = std::make_unique<detail::Worker>(options, std::move(shape), std::move(reconciler),
                                                  std::move(leases), std::move(connection.http));
  impl->sequences->use(*impl->worker);
  return std::unique_ptr<ArgoExecutor>(new ArgoExecutor(std::move(impl)));
}

Result<std::unique_ptr<ArgoExecutor>> ArgoExecutor::create(ArgoOptions options) noexcept {
  return detail::guarded([&]() -> Result<std::unique_ptr<ArgoExecutor>> {
    Result<detail::Connection> connection = detail::connect(options);
    if (!connection) { return tl::unexpected(std::move(connection.error())); }
    return over(options, std::move(*connection));
  });
}

void ArgoExecutor::run_hook(HookCall call, Reply reply) {
  reply.started();
  detail::name_applications(impl_->applications, call.arguments);
  impl_->worker->run(call, listener_of(reply));
}

void ArgoExecutor::promote(PromotionCall call, Reply reply) {
  impl_->sequences->promote(std::move(call), reply);
}

void ArgoExecutor::cancel(std::string_view release_id, Ticket ticket) {
  impl_->worker->cancel(release_id, ticket);
  impl_->sequences->cancel(release_id, ticket);
}

ExecutorReports ArgoExecutor::reports() const noexcept {
  if (impl_->promotions == nullptr) { return {.stopped = true, .started = true, .survives = true}; }
  const ExecutorReports others = impl_->promotions->reports();
  return {.stopped = others.stopped, .started = true, .survives = others.survives};
}

std::string ArgoExecutor::reference(std::string_view release_id, Ticket ticket,
                                    std::uint32_t attempt) {
  return impl_->sequences->reference(release_id, ticket, attempt);
}

std::string ArgoExecutor::hook_reference(std::string_view release_id, Ticket ticket,
                                         std::uint32_t attempt) {
  return detail::workflow_name(release_id, ticket, attempt);
}

Recovery ArgoExecutor::recover(const HookCall& call, std::string_view /*reference*/,
                               const Reply& reply) {
  HookCall named = call;
  detail::name_applications(impl_->applications, named.arguments);
  return impl_->worker->recover(named, {}, listener_of(reply));
}

Recovery ArgoExecutor::recover(const PromotionCall& call, std::string_view reference,
                               const Reply& reply) {
  return impl_->sequences->recover(call, reference, reply);
}

bool ArgoExecutor::recover_cancelled(std::string_view release_id, Ticket ticket,
                                     std::string_view reference, const Reply& reply) {
  if (detail::attempt_of(reference, release_id, ticket)) {
    return impl_->worker->recover_cancelled({std::string(release_id), ticket},
                                            std::string(reference), listener_of(reply));
  }
  return impl_->sequences->recover_cancelled(release_id, ticket, reference, reply);
}

void ArgoExecutor::hold(bool wait) noexcept {
  impl_->worker->hold(wait);
  if (impl_->promotions != nullptr) { impl_->promotions->hold(wait); }
}

void ArgoExecutor::settled(std::string_view release_id, Ticket ticket) noexcept {
  impl_->worker->settle(release_id, ticket);
  if (impl_->promotions != nullptr) { impl_->promotions->settled(release_id, ticket); }
}

void ArgoExecutor::force(std::string_view release_id) noexcept {
  impl_->worker->force(release_id);
  if (impl_->promotions != nullptr) { impl_->promotions->force(release_id); }
}

Result<void> ArgoExecutor::claim(std::string_view release_id) noexcept {
  return detail::guarded([&] { return impl_->worker->claim(std::string(release_id)); });
}

void ArgoExecutor::give_up(std::string_view release_id) noexcept {
  try {
    impl_->worker->give_up(std::string(release_id));
  } catch (const std::exception&) {  // It is kept, until the destructor gives it up.
  }
}

void ArgoExecutor::settle_left_behind() noexcept {
  try {
    impl_->worker->settle_left_behind();
  } catch (const std::exception&) {  // A later process finds it.
  }
}

void ArgoExecutor::wait_idle() noexcept { impl_->worker->wait_idle(); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

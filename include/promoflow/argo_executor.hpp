// SPDX-License-Identifier: Apache-2.0
/// @file
/// ArgoExecutor: hooks are Argo Workflows on a Kubernetes cluster. In a library of its own:
/// promoflow::argo. docs/argo.md is the guide.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/result.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct Connection;
}

/// An application of an environment, which is promoted on its own.
struct ArgoApplication {
  std::string name{};        ///< No two of an environment have the same one. Required.
  std::string name_space{};  ///< The rest may be empty.
  std::string repo_url{};
  std::string branch{};
  std::string path{};  ///< In the repository.
  std::string runtime{};
};
/// By environment. An environment that is not named is promoted as a whole.
using ArgoApplications = std::map<std::string, std::vector<ArgoApplication>>;

/// The result of reading applications.
struct ArgoApplicationsReport {
  std::optional<ArgoApplications> applications{};  ///< Given unless there is an error.
  std::vector<Diagnostic> diagnostics{};           ///< In the order of the text.
};

/// Reads `applications:` from YAML or JSON: environments to lists of applications, each a name or a
/// mapping with `name`, `namespace`, `repoURL`, `branch`, `path` and `runtime`. Errors:
/// OutOfMemory; problems of the text are in the report. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<ArgoApplicationsReport> read_argo_applications(
    std::string_view text, const ReadOptions& options = {}) noexcept;

/// Where the cluster is, and how workflows are created on it.
struct ArgoOptions {
  /// A kubeconfig. Empty: those of $KUBECONFIG, else ~/.kube/config, else, in a pod, its service
  /// account.
  std::string kubeconfig{};
  std::string context{};     ///< Of the kubeconfig; empty: its current one.
  std::string name_space{};  ///< Of the workflows; empty: that of the context, else `default`.
  /// The URL of an Argo Server, to be used instead of the API server. It neither keeps outcomes
  /// (no finalizer can be removed through it) nor answers check_argo().
  std::string argo_server{};
  /// A label's value. Workflows of another instance are not this host's: hosts that go on with each
  /// other's releases have the same one.
  std::string instance = "promoflow";
  /// Hooks whose templates are ClusterWorkflowTemplates; `*`: all are.
  std::vector<std::string> cluster_templates{};
  /// Carries out the promotions, between the workflows of their preAction and postAction; not asked
  /// for `action: none`. Thread-safe; outlives this executor. Null: promotions fail.
  Executor* promotions = nullptr;
  /// Environments whose applications are promoted each on its own, all at once: preAction,
  /// `promotions` (PromotionCall::application) and postAction of each, with APP_NAME,
  /// APP_NAMESPACE, REPO_URL, BRANCH, PATH and RUNTIME as arguments. The calls have one ticket and
  /// a Reply each; they are cancelled and settled together. All run to their ends; the promotion
  /// has failed if one of them has, and its message names those that did, as does
  /// FAILED_ENVIRONMENTS.
  ArgoApplications applications{};
  /// Whether the outcome of a call is stored, for workflows that a process before this one has left
  /// behind. Called on the executor's thread; may block for a moment. Empty: they are left as they
  /// are.
  std::function<bool(std::string_view release_id, Ticket ticket)> is_settled{};
  /// For hosts without a common store: each release has a Lease in the namespace, and only the host
  /// that holds it creates or changes workflows of the release. A host that cannot renew it within
  /// 10 s begins nothing until it can; after 15 s another host may take it over. Not through an
  /// Argo Server.
  bool lease = false;
  /// This host, as others are told of it; empty: the system's name of it, and the process id.
  std::string host{};
  /// Another host has taken over a release. Its calls are not answered any more: stop driving it.
  /// `who` is for people. Called on the executor's thread; must not call the executor.
  std::function<void(std::string_view release_id, std::string_view who)> lease_lost{};
  /// What is to be told to whoever runs the host: that TLS is not verified, that the server is not
  /// reached. Called on the executor's thread, or within create(). Has no secrets in it.
  std::function<void(std::string_view message)> notice{};
};

/// Something that speaks against running a flow on that cluster.
struct ArgoFinding {
  Severity severity = Severity::Error;  ///< Error: a hook would fail, or nothing would work.
  std::string message{};
  std::string hint{};  ///< What to do; may be empty.
};

/// Creates a Workflow for each hook, and answers with how it ends. Thread-safe: it may serve
/// several runs and engines at once. It has one thread. Workflows outlive this process: after a
/// restart recover() finds them by their names.
///
/// Each is kept by a finalizer until settled() has been called for its call: an Engine and run() do
/// so; a host with a loop of its own must. What is not noexcept may throw std::bad_alloc.
/// A forked child must neither use nor destroy its copy, which has no thread.
class PROMOFLOW_API ArgoExecutor final : public Executor {
 public:
  /// Reads the kubeconfig; does not speak to the cluster. Errors: InvalidArgument (`where` names
  /// the option), OutOfMemory, Internal (the system refuses a thread).
  [[nodiscard]] static Result<std::unique_ptr<ArgoExecutor>> create(ArgoOptions options) noexcept;
  /// Leaves running what runs.
  ~ArgoExecutor() override;

  /// Every problem but want of memory is answered as a failure of the call; if the server is not
  /// reached it is tried again until the call is cancelled.
  void run_hook(HookCall call, Reply reply) override;
  void promote(PromotionCall call, Reply reply) override;
  /// Stops the workflow; its exit handlers run.
  void cancel(std::string_view release_id, Ticket ticket) override;
  [[nodiscard]] ExecutorReports reports() const noexcept override;

  [[nodiscard]] std::string reference(std::string_view release_id, Ticket ticket,
                                      std::uint32_t attempt) override;
  /// The workflow's name.
  [[nodiscard]] std::string hook_reference(std::string_view release_id, Ticket ticket,
                                           std::uint32_t attempt) override;
  /// Asks the server, for at most some seconds. If it is not reached by then the call is attached,
  /// and the workflow created if it is not there.
  [[nodiscard]] Recovery recover(const HookCall& call, std::string_view reference,
                                 const Reply& reply) override;
  [[nodiscard]] Recovery recover(const PromotionCall& call, std::string_view reference,
                                 const Reply& reply) override;
  [[nodiscard]] bool recover_cancelled(std::string_view release_id, Ticket ticket,
                                       std::string_view reference, const Reply& reply) override;
  void hold(bool wait) noexcept override;
  /// Lets the workflow go; stops it if it runs.
  void settled(std::string_view release_id, Ticket ticket) noexcept override;
  /// Terminates what was cancelled of the release; exit handlers do not run.
  void force(std::string_view release_id) noexcept override;

  /// Waits until this host holds the release's lease (ArgoOptions::lease): at once if nobody has
  /// it, some 15 s if the host that had it is gone. To be called before the release is started or
  /// gone on with. Errors: NotOwner (the message says who has it); InvalidArgument (no leases, or
  /// the server is not reached for a minute); OutOfMemory. All leases are given up by the
  /// destructor, which may take some seconds.
  [[nodiscard]] Result<void> claim(std::string_view release_id) noexcept;
  /// The release has ended, or is driven here no more: its lease is given up as soon as what was
  /// settled of it is let go. Without this the lease is renewed until the executor ends.
  void give_up(std::string_view release_id) noexcept;

  /// Lists what the cluster has of this instance, and lets go what a process before this one has
  /// left behind (ArgoOptions::is_settled). The first call of a hook does so, too: this is for a
  /// host that has none. Does not wait; wait_idle() does.
  void settle_left_behind() noexcept;
  /// Waits until every workflow that was cancelled has ended, and every one that was settled or
  /// left behind is let go; for some seconds at most. What else runs is not waited for.
  void wait_idle() noexcept;

  /// For the library's own modules and tests. May throw.
  static std::unique_ptr<ArgoExecutor> over(const ArgoOptions& options,
                                            detail::Connection connection);

 private:
  struct Impl;
  explicit ArgoExecutor(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Asks the cluster whether the flow's hooks can run: that each template is there, is marked as a
/// promotion's, and declares no parameter that nobody provides; that the host may do what it must.
/// `selection`: as in RunOptions. `context_keys`: those that the release starts with. Nothing is
/// found through an Argo Server. Errors: InvalidArgument (options), OutOfMemory; that the server is
/// not reached is a finding. Blocks. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::vector<ArgoFinding>> check_argo(
    const Flow& flow, const ArgoOptions& options, const EnvironmentSelection& selection = {},
    const std::vector<std::string>& context_keys = {}) noexcept;

/// A ServiceAccount, a Role and a RoleBinding with the least rights of a host, as YAML. Errors:
/// InvalidArgument (a name that Kubernetes refuses), OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> argo_host_manifests(
    std::string_view name, std::string_view name_space) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

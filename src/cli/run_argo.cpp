// SPDX-License-Identifier: Apache-2.0
#include "cli/run_argo.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/input.hpp"
#include "cli/output.hpp"
#include "promoflow/argo_executor.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::cli {

void add_argo(CLI::App& app, ArgoSettings& settings) {
  app.add_option("--executor", settings.executor,
                 "What hooks are: programs (process, the default), or Argo Workflows on a cluster")
      ->check([](const std::string& given) {
        return given == "process" || given == "argo"
                   ? std::string()
                   : "'" + given + "' is not known; use process or argo";
      })
      ->option_text("process|argo");
  app.add_option("--namespace", settings.name_space, "Argo: where the workflows are created")
      ->option_text("N");
  app.add_option("--kubeconfig", settings.kubeconfig,
                 "Argo: how the cluster is reached; else $KUBECONFIG, ~/.kube/config, the pod's")
      ->option_text("FILE");
  app.add_option("--kube-context", settings.context, "Argo: which context of the kubeconfig")
      ->option_text("C");
  app.add_option("--argo-server", settings.argo_server,
                 "Argo: an Argo Server to be asked instead of the API server")
      ->option_text("URL");
  app.add_option("--cluster-templates", settings.cluster_templates,
                 "Argo: hooks that are ClusterWorkflowTemplates; '*': all")
      ->allow_extra_args(false)
      ->take_all()
      ->delimiter(',')
      ->option_text("NAME,...");
  app.add_option(
         "--applications", settings.applications_file,
         "Argo: the applications of environments, each promoted on its own; a file that says "
         "'applications: {ENVIRONMENT: [{name: NAME}]}'")
      ->option_text("FILE");
  app.add_option("--instance", settings.instance,
                 "Argo: hosts that go on with each other's releases have the same; promoflow if "
                 "not given")
      ->option_text("LABEL");
  app.add_flag("--lease", settings.lease,
               "Argo: only the host that holds the release's Lease drives it; for hosts whose "
               "stores are not the same");
}

void merge_argo(ArgoSettings& stored, const ArgoSettings& given) {
  const auto take = [](std::string& to, const std::string& from) {
    if (!from.empty()) { to = from; }
  };
  take(stored.executor, given.executor);
  take(stored.name_space, given.name_space);
  take(stored.kubeconfig, given.kubeconfig);
  take(stored.context, given.context);
  take(stored.argo_server, given.argo_server);
  take(stored.instance, given.instance);
  if (!given.applications_file.empty()) {
    stored.applications_file = given.applications_file;
    stored.applications_text = given.applications_text;
  }
  stored.lease = stored.lease || given.lease;
  if (!given.cluster_templates.empty()) { stored.cluster_templates = given.cluster_templates; }
}

Exit check_argo_settings(const ArgoSettings& settings) {
  if (settings.is_argo()) {
#if defined(PROMOFLOW_HAS_ARGO)
    return Exit::Fine;
#else
    return complain("--executor argo: this promoflow was built without it (libcurl was missing)");
#endif
  }
  const std::pair<const char*, bool> given[] = {
      {"--namespace", !settings.name_space.empty()},
      {"--kubeconfig", !settings.kubeconfig.empty()},
      {"--kube-context", !settings.context.empty()},
      {"--argo-server", !settings.argo_server.empty()},
      {"--cluster-templates", !settings.cluster_templates.empty()},
      {"--applications", !settings.applications_file.empty()},
      {"--instance", !settings.instance.empty()},
      {"--lease", settings.lease},
  };
  const auto* const found =
      std::find_if(std::begin(given), std::end(given), [](const auto& one) { return one.second; });
  return found == std::end(given)
             ? Exit::Fine
             : complain(std::string(found->first) + " is of --executor argo; say that, too");
}

#if defined(PROMOFLOW_HAS_ARGO)
namespace {

ArgoOptions options_of(const ArgoSettings& settings) {
  ArgoOptions options;
  options.kubeconfig = settings.kubeconfig;
  options.context = settings.context;
  options.name_space = settings.name_space;
  options.argo_server = settings.argo_server;
  options.cluster_templates = settings.cluster_templates;
  options.lease = settings.lease;
  if (!settings.instance.empty()) { options.instance = settings.instance; }
  if (!settings.applications_text.empty()) {  // It was read without an error.
    auto report = read_argo_applications(settings.applications_text);
    if (report && report->applications) { options.applications = std::move(*report->applications); }
  }
  return options;
}

Exit complain_of_argo(const Error& error) {
  if (error.where == "kubeconfig") { return complain("--kubeconfig: " + error.message); }
  if (error.where == "context") { return complain("--kube-context: " + error.message); }
  if (error.where == "argo_server") { return complain("--argo-server: " + error.message); }
  if (error.where == "options.lease") { return complain("--lease: " + error.message); }
  if (error.where == "options.instance") { return complain("--instance: " + error.message); }
  return complain(error);
}

/// With what is told, and what the store knows.
ArgoOptions options_of(const ArgoSettings& settings, Store& store,
                       std::function<void(std::string_view)> tell) {
  ArgoOptions options = options_of(settings);
  options.notice = std::move(tell);
  options.is_settled = [&store](std::string_view release, Ticket ticket) {
    return is_settled(store, release, ticket).value_or(false);
  };
  return options;
}

}  // namespace

Exit read_applications(ArgoSettings& settings, std::string_view color) {
  if (settings.applications_file.empty() || !settings.applications_text.empty()) {
    return Exit::Fine;
  }
  const std::optional<std::string> text = read_input(settings.applications_file);
  if (!text) { return Exit::Usage; }
  const auto report = read_argo_applications(*text);
  if (!report) { return complain(report.error()); }
  const Exit shown =
      show_diagnostics(report->diagnostics, settings.applications_file, *text, color);
  if (shown != Exit::Fine || !report->applications) { return Exit::Usage; }
  settings.applications_text = *text;
  return Exit::Fine;
}

Exit check_templates(const ArgoSettings& settings, const Flow& flow,
                     const EnvironmentSelection& selection,
                     const std::vector<std::string>& context_keys) {
  const auto findings = check_argo(flow, options_of(settings), selection, context_keys);
  if (!findings) { return complain_of_argo(findings.error()); }
  return tell_findings(*findings);
}

Exit make_argo(const ArgoSettings& settings, Executor& promotions, Store& store,
               std::function<void(std::string_view)> tell, std::function<void()> lost,
               ArgoHooks& made) {
  ArgoOptions options = options_of(settings, store, std::move(tell));
  options.promotions = &promotions;
  options.lease_lost = [lost = std::move(lost)](std::string_view, std::string_view) { lost(); };
  auto executor = ArgoExecutor::create(std::move(options));
  if (!executor) { return complain_of_argo(executor.error()); }
  ArgoExecutor& argo = **executor;
  made.executor = std::move(*executor);
  made.wait_idle = [&argo] { argo.wait_idle(); };
  if (settings.lease) {
    made.claim = [&argo](const std::string& release) {
      const Result<void> claimed = argo.claim(release);
      return claimed ? Exit::Fine : complain(claimed.error().message);
    };
  }
  return Exit::Fine;
}

Exit settle_left_behind(const ArgoSettings& settings, Store& store,
                        std::function<void(std::string_view)> tell) {
  const auto executor = ArgoExecutor::create(options_of(settings, store, std::move(tell)));
  if (!executor) { return complain_of_argo(executor.error()); }
  (*executor)->settle_left_behind();
  (*executor)->wait_idle();
  return Exit::Fine;
}
#else
Exit read_applications(ArgoSettings& settings, std::string_view /*color*/) {
  return check_argo_settings(settings);
}

Exit check_templates(const ArgoSettings& settings, const Flow& /*flow*/,
                     const EnvironmentSelection& /*selection*/,
                     const std::vector<std::string>& /*context_keys*/) {
  return check_argo_settings(settings);
}

Exit make_argo(const ArgoSettings& settings, Executor& /*promotions*/, Store& /*store*/,
               std::function<void(std::string_view)> /*tell*/, std::function<void()> /*lost*/,
               ArgoHooks& /*made*/) {
  return check_argo_settings(settings);
}

Exit settle_left_behind(const ArgoSettings& settings, Store& /*store*/,
                        std::function<void(std::string_view)> /*tell*/) {
  return check_argo_settings(settings);
}
#endif

}  // namespace promoflow::cli

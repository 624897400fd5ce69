// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "promoflow/argo_executor.hpp"
#include "promoflow/configuration.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow manifests service-account --namespace argo > service-account.yaml\n"
    "  promoflow manifests service-account --namespace argo --name hooks | kubectl apply -f -\n"
    "  promoflow manifests host --namespace argo | kubectl apply -f -";

struct ManifestsOptions {
  std::string what;
  std::string name{};
  std::string name_space = "codefresh";
};

Result<std::string> text_of(const ManifestsOptions& options) {
  const auto name_or = [&](const char* standard) {
    return options.name.empty() ? std::string(standard) : options.name;
  };
#if defined(PROMOFLOW_HAS_ARGO)
  if (options.what == "host") {
    return argo_host_manifests(name_or("promoflow-host"), options.name_space);
  }
#endif
  return service_account_manifests(name_or("cf-default-promotion-workflows-sa"),
                                   options.name_space);
}

Exit manifests(const ManifestsOptions& options) {
  const Result<std::string> text = text_of(options);
  if (!text) { return complain("--" + text.error().where + ": " + text.error().message); }
  write_out(*text);
  return Exit::Fine;
}

}  // namespace

void add_manifests(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "manifests",
      "Print manifests to apply to a cluster. service-account: the ServiceAccount that hooks run\n"
      "as, with the least rights that they need; host: that of the program that runs releases "
      "with\n"
      "--executor argo.");
  const auto options = std::make_shared<ManifestsOptions>();
  std::vector<std::string> kinds{"service-account"};
#if defined(PROMOFLOW_HAS_ARGO)
  kinds.emplace_back("host");
#endif
  self->add_option("WHAT", options->what, "service-account or host")
      ->required()
      ->check(CLI::IsMember(kinds))
      ->option_text(" ");
  self->add_option("--name", options->name,
                   "Name of the service account; cf-default-promotion-workflows-sa or "
                   "promoflow-host if not given")
      ->option_text("NAME");
  self->add_option("--namespace", options->name_space, "Where the hooks run")->option_text("N");
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return manifests(*options); }; });
}

}  // namespace promoflow::cli

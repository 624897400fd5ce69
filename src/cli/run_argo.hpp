// SPDX-License-Identifier: Apache-2.0
/// @file
/// Hooks as Argo Workflows, as a command line asks for them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"
#include "promoflow/store.hpp"

namespace promoflow::cli {

/// Where the hooks run, as the command line says it.
struct ArgoSettings {
  std::string executor{};  ///< `argo`; else hooks are programs.
  std::string name_space{};
  std::string kubeconfig{};
  std::string context{};
  std::string argo_server{};
  std::string instance{};
  std::vector<std::string> cluster_templates{};
  std::string applications_file{};
  std::string applications_text{};  ///< What the file said when the release was started.
  bool lease = false;

  bool is_argo() const noexcept { return executor == "argo"; }
};

/// `--executor`, `--namespace`, `--kubeconfig`, `--context-name` and their like.
void add_argo(CLI::App& app, ArgoSettings& settings);

/// What is given here stands over what a release was started with.
void merge_argo(ArgoSettings& stored, const ArgoSettings& given);

/// Refuses options that do not fit together, and a program that was built without Argo.
Exit check_argo_settings(const ArgoSettings& settings);

/// Reads the file of `--applications`, unless its text is known already; exit, or Exit::Fine.
Exit read_applications(ArgoSettings& settings, std::string_view color);

/// Asks the cluster whether the flow's hooks can run. `context_keys`: those that the release starts
/// with. All problems are told at once.
Exit check_templates(const ArgoSettings& settings, const Flow& flow,
                     const EnvironmentSelection& selection,
                     const std::vector<std::string>& context_keys);

/// An executor whose hooks are workflows, and whose promotions are those of another one.
struct ArgoHooks {
  std::unique_ptr<Executor> executor{};
  /// Waits until what was cancelled has ended, and what is stored was let go.
  std::function<void()> wait_idle{};
  /// Waits until this host may drive the release; empty: it may. Exit::Fine, or a complaint.
  std::function<Exit(const std::string& release)> claim{};
};

/// `promotions` and `store` outlive it. `tell` is called from any thread. Exit::Fine, or a
/// complaint. `lost`: another host has taken over a release; called from any thread.
Exit make_argo(const ArgoSettings& settings, Executor& promotions, Store& store,
               std::function<void(std::string_view)> tell, std::function<void()> lost,
               ArgoHooks& made);

/// Lets go the workflows of releases that have ended, where the process that drove them was killed
/// before it could. Waits for it, at most some seconds. `store` outlives the call.
Exit settle_left_behind(const ArgoSettings& settings, Store& store,
                        std::function<void(std::string_view)> tell);

}  // namespace promoflow::cli

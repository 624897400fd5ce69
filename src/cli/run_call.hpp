// SPDX-License-Identifier: Apache-2.0
/// @file
/// How `run` was called, as the store keeps it for whoever goes on with the release.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/run_argo.hpp"
#include "cli/run_programs.hpp"
#include "promoflow/event.hpp"
#include "promoflow/store.hpp"

namespace promoflow::cli {

/// Paths are absolute, so that it may be used from any directory.
struct RunCall {
  ProgramSettings programs{};
  ArgoSettings argo{};
  std::string parallel{};        ///< As it was typed; empty: the default.
  std::string grace{};           ///< The same.
  std::string work_directory{};  ///< Where logs are.
  std::string directory{};       ///< In which the programs run.
};

/// One JSON object.
std::string to_text(const RunCall& call);
/// None: another program started the release.
std::optional<RunCall> read_run_call(std::string_view text);

/// The log of a command; empty: there is none.
std::string log_of(const StoreStart& start, Ticket ticket);

}  // namespace promoflow::cli

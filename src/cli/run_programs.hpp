// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which programs a run is given, and whether they can be those of the flow.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::cli {

/// Where the programs are, as the command line says it.
struct ProgramSettings {
  std::string directory{};
  std::string commands_file{};
  std::string commands_text{};  ///< Of a file that was standard input: what it said.
  std::vector<std::string> export_variables{};
  bool no_promotions = false;  ///< The flow promotes nothing: promotions succeed at once.
};

/// The options with which a command line says it.
void add_programs(CLI::App& app, ProgramSettings& settings);

/// Reads the commands, and fills in what `options` says of programs, and what standard input says
/// in `settings`. `promotions_only`: hooks are no programs. Exit::Fine, or a complaint.
Exit read_programs(ProgramSettings& settings, std::string_view color, ProcessOptions& options,
                   bool promotions_only);

/// Refuses a run in which nothing would be promoted, unless the call says that this is meant, and
/// one of whose programs some cannot be run; warns of programs that the flow does not use.
Exit check_programs(const ProgramSettings& settings, const Flow& flow, ProcessOptions options,
                    const EnvironmentSelection& selection, bool promotions_only);

}  // namespace promoflow::cli

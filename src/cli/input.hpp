// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the program reads: files, standard input, the flow of a command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "promoflow/diagnostic.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::cli {

/// The text of a file, `-` for standard input; never more than one byte beyond what the library
/// takes, so that it can say `limit-exceeded`. None, and a complaint, if it cannot be read.
std::optional<std::string> read_input(const std::string& path);

/// The name of an input in messages.
std::string input_name(const std::string& path);

/// A flow, or the exit status without one: the reason has been written to standard error.
struct LoadedFlow {
  std::optional<Flow> flow{};
  Exit exit = Exit::Fine;
};

/// Reads the one flow of a file, or the one called `name`. Diagnostics go to standard error.
LoadedFlow load_one_flow(const std::string& path, const std::string& name, std::string_view color);

/// Prints diagnostics on standard error.
Exit show_diagnostics(const std::vector<Diagnostic>& diagnostics, const std::string& path,
                      std::string_view text, std::string_view color);

}  // namespace promoflow::cli

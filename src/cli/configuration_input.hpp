// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reads the manifests of a directory as a configuration.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "cli/input.hpp"
#include "promoflow/configuration.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace promoflow::cli {

/// The texts of a directory's manifests.
struct DirectoryTexts {
  std::vector<std::string> names{};  ///< Paths, in the order of their bytes.
  std::vector<std::string> texts{};
  std::vector<DiagnosticSource> sources() const;
};

/// Every *.yaml, *.yml and *.json below the directory, but hidden ones; links are not followed.
/// None, and a complaint, if one cannot be read. No more is read than the library takes, so that it
/// can say `limit-exceeded`.
std::optional<DirectoryTexts> read_directory(const std::string& path);

bool is_directory(const std::string& path);

/// A configuration, or the exit status without one: the reason has been written to standard error.
struct LoadedConfiguration {
  std::optional<Configuration> configuration{};
  Exit exit = Exit::Fine;
};

/// Reads a directory. Errors go to standard error, and nothing else does: `validate` shows the
/// rest.
LoadedConfiguration load_configuration(const std::string& path, std::string_view color);

/// What the command line says of a configuration, and of what triggers a promotion in it.
struct ConfigurationChoice {
  std::string directory{};
  std::string product{};
  std::string message{};
  std::string revision{};
  std::string order{};

  PolicyOrder policy_order() const;
};

/// `--product`, `--message` and `--revision`.
void add_trigger(CLI::App& app, ConfigurationChoice& choice);
/// `--policy-order`.
void add_policy_order(CLI::App& app, ConfigurationChoice& choice);
/// `--config` and all of the above, for a command whose argument FLOW is `flow_file`.
void add_configuration(CLI::App& app, ConfigurationChoice& choice, CLI::Option* flow_file);

/// The flow of a command: of its file, or of its configuration with the policies filled in.
/// `configuration`, if not null, is set to what the flow is of.
LoadedFlow load_chosen_flow(const std::string& flow_file, const std::string& flow_name,
                            const ConfigurationChoice& choice, std::string_view color,
                            std::optional<Configuration>* configuration = nullptr);

}  // namespace promoflow::cli

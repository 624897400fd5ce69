// SPDX-License-Identifier: Apache-2.0
/// @file
/// Options that several commands have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"

namespace CLI {
class Option;
}

namespace promoflow::cli {

/// An option that takes one of some words; the first is the default.
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& help);

/// `--color auto|always|never`.
void add_color(CLI::App& app, std::string& value);

/// `a, b or c`.
std::string listed(const std::vector<std::string>& words);

/// Reads the value of an option that takes a whole number. Exit::Fine, or a complaint, which ends
/// in `or_else`: what else the option takes.
Exit read_number(std::string_view option, const std::string& text, std::uint64_t least,
                 std::uint64_t most, std::uint64_t& number, std::string_view or_else = {});

/// ` - did you mean 'simulate'?`, or nothing if none of the candidates is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// `--set KEY=VALUE`: Exit::Fine, or a complaint.
Exit apply_setting(const std::string& setting, ReleaseInfo& release);

/// The environments that a release leaves out, as the command line names them.
struct SelectionOptions {
  std::vector<std::string> skip{};
  std::vector<std::string> until{};
  std::vector<std::string> only{};
};

/// `--skip`, `--until` and `--only`, of which one may be given.
void add_selection(CLI::App& app, SelectionOptions& options);

/// Replaces `selection` if the command line has one of them. Exit::Fine, or a complaint.
Exit apply_selection(const SelectionOptions& options, const Flow& flow,
                     EnvironmentSelection& selection);

}  // namespace promoflow::cli

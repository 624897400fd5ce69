// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the commands of the program share. A command reads its input, calls the library and writes
/// the result; it decides nothing itself.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace promoflow::cli {

/// How the program ends.
enum class Exit : int {
  Fine = 0,
  Wrong = 1,     ///< The flow or scenario is wrong, or the simulated release did not succeed.
  Usage = 2,     ///< The call is wrong, a file cannot be read, the output cannot be written.
  Forced = 130,  ///< A second Ctrl-C forced the end of a release.
};

/// The worse of two.
Exit worse(Exit left, Exit right);

/// What the command line asked for; main() runs it once everything is parsed.
using Command = std::function<Exit()>;

/// One function a command: its options, its help, and what it sets `command` to.
void add_validate(CLI::App& app, Command& command);
void add_simulate(CLI::App& app, Command& command);
void add_run(CLI::App& app, Command& command);  ///< Where promoflow::process is built.
void add_graph(CLI::App& app, Command& command);
void add_schema(CLI::App& app, Command& command);

// --- options -------------------------------------------------------------------------------------

/// An option that takes one of some words; the first is the default.
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& help);

/// `--color auto|always|never`.
void add_color(CLI::App& app, std::string& value);

/// `a, b or c`.
std::string listed(const std::vector<std::string>& words);

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

// --- input and output ----------------------------------------------------------------------------

/// Writes one line to standard error. Returns Exit::Usage, for `return complain(...)`.
Exit complain(std::string_view line);

/// What went wrong inside the library, as a line on standard error.
Exit complain(const Error& error);

/// The text of a file, `-` for standard input; never more than one byte beyond what the library
/// takes, so that it can say `limit-exceeded`. None, and a complaint, if it cannot be read.
std::optional<std::string> read_input(const std::string& path);

/// The name of an input in messages.
std::string input_name(const std::string& path);

/// Writes to standard output. finish_output() reports a failure.
void write_out(std::string_view text);
void write_error(std::string_view text);

/// Flushes standard output. Exit::Usage if any of it could not be written.
Exit finish_output();

/// Whether to colour what goes to `stream`: as `choice` says, and for `auto` on a terminal only,
/// never with NO_COLOR.
bool wants_color(std::string_view choice, std::FILE* stream);

/// Columns of the terminal, or 100.
std::uint32_t terminal_width();

// --- flows ---------------------------------------------------------------------------------------

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

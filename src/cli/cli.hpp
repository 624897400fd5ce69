// SPDX-License-Identifier: Apache-2.0
/// @file
/// The commands of the program. A command reads its input, calls the library and writes the result;
/// it decides nothing itself.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace promoflow::cli {

/// How the program ends.
enum class Exit : int {
  Fine = 0,
  Wrong = 1,     ///< The flow or scenario is wrong, or the simulated release did not succeed.
  Usage = 2,     ///< The call is wrong, a file cannot be read, the output cannot be written.
  Undriven = 3,  ///< Nobody drives the release that was to be asked for something.
  Forced = 130,  ///< A second Ctrl-C forced the end of a release.
};

/// The worse of two.
Exit worse(Exit left, Exit right);

/// What the command line asked for; main() runs it once everything is parsed.
using Command = std::function<Exit()>;

/// One function a command: its options, its help, and what it sets `command` to.
void add_validate(CLI::App& app, Command& command);
void add_simulate(CLI::App& app, Command& command);
void add_graph(CLI::App& app, Command& command);
void add_explore(CLI::App& app, Command& command);
void add_diff(CLI::App& app, Command& command);
void add_resolve(CLI::App& app, Command& command);
void add_manifests(CLI::App& app, Command& command);
void add_schema(CLI::App& app, Command& command);
void add_completion(CLI::App& app, Command& command);

// Where promoflow::process and promoflow::engine are built.
void add_run(CLI::App& app, Command& command);
void add_resume(CLI::App& app, Command& command);
void add_retry(CLI::App& app, Command& command);
void add_terminate(CLI::App& app, Command& command);
void add_answer(CLI::App& app, Command& command);
void add_approve(CLI::App& app, Command& command);
void add_reject(CLI::App& app, Command& command);
void add_list(CLI::App& app, Command& command);
void add_show(CLI::App& app, Command& command);
void add_logs(CLI::App& app, Command& command);
void add_export(CLI::App& app, Command& command);
void add_verify(CLI::App& app, Command& command);
void add_replay(CLI::App& app, Command& command);
void add_prune(CLI::App& app, Command& command);

}  // namespace promoflow::cli

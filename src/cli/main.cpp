// SPDX-License-Identifier: Apache-2.0
// The program promoflow: parses the call, runs one command, exits with its status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "executor/threads.hpp"
#include "promoflow/version.hpp"

#if defined(PROMOFLOW_HAS_RUN)
#include "promoflow/sqlite_store.hpp"
#endif

namespace promoflow::cli {
namespace {

constexpr const char* kFooter =
    "Start here:\n"
    "  promoflow validate flow.yaml                     is it right?\n"
    "  promoflow graph flow.yaml                        what does it look like?\n"
    "  promoflow simulate flow.yaml --scenario s.yaml   what would happen?\n"
    "  promoflow explore flow.yaml                      what can happen at all?\n"
#if defined(PROMOFLOW_HAS_RUN)
    "  promoflow run flow.yaml --hooks ./hooks          make it happen\n"
    "  promoflow list                                   what has been run?\n"
    "  promoflow show ID                                how does a release stand?\n"
#endif
    "\n"
    "'promoflow COMMAND --help' has options and examples.\n"
    "Exit status: 0 fine; 1 the flow is wrong or the release did not succeed; 2 the call is wrong.";

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) { names.push_back("--" + name); }
  }
  return names;
}

/// CLI11's help with an empty line above the usage.
class Formatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    return "\n" + CLI::Formatter::make_usage(app, std::move(name));
  }
};

std::shared_ptr<CLI::FormatterBase> make_formatter(std::size_t column) {
  auto formatter = std::make_shared<Formatter>();
  formatter->column_width(column);
  formatter->label("SUBCOMMAND", "COMMAND");
  return formatter;
}

/// What is wrong with the number of an option's values, from the parser's words for it.
std::string mismatch(const std::string& what) {
  const std::string option = what.substr(0, what.find_first_of(": "));
  constexpr std::string_view kReceived = "but received ";
  if (const std::size_t at = what.find(kReceived); at != std::string::npos) {
    return option + " is given " + what.substr(at + kReceived.size()) + " times; give it once";
  }
  const bool is_flag = what.find("flag override") != std::string::npos;
  return option + (is_flag ? " takes no value" : " needs a value");
}

/// The parser's complaint as one line that says what to do.
Exit explain(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  const CLI::App& where = chosen.empty() ? app : *chosen.front();
  const std::string name = chosen.empty() ? "" : where.get_name() + ": ";
  const std::string help =
      fmt::format("; see 'promoflow {}--help'", chosen.empty() ? "" : where.get_name() + " ");
  const std::vector<std::string> extras = app.remaining(true);
  // An unknown option is the cause of whatever else the parser reports.
  for (const std::string& word : extras) {
    if (word.size() < 2 || word.front() != '-') { continue; }
    const std::string option = word.substr(0, word.find('='));
    return complain(fmt::format("{}there is no option {}{}{}", name, option,
                                suggestion(option, options_of(where)), help));
  }
  if (!extras.empty() && chosen.empty()) {
    return complain("there is no command '" + extras.front() + "'" +
                    suggestion(extras.front(), commands_of(app)) + "; the commands are " +
                    listed(commands_of(app)));
  }
  if (!extras.empty()) {
    return complain(name + "'" + extras.front() + "' is one argument too many" + help);
  }
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return complain(name + mismatch(what) + help);
  }
  // Options with values take texts, so this one is a flag that was given one.
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    const std::size_t option = std::min(what.find("--"), what.size());
    return complain(name + what.substr(option, what.find(' ', option) - option) +
                    " takes no value" + help);
  }
  return complain(name + what + help);
}

/// `--store ''` names nothing, as `--store=` does: the first option of the call that is given so.
std::string option_without_value(const CLI::App& app) {
  for (const CLI::Option* const option : app.get_options()) {
    const std::vector<std::string>& values = option->results();
    if (option->get_lnames().empty() || option->get_items_expected_max() == 0) { continue; }
    const bool is_list = option->get_delimiter() != '\0';
    const auto is_empty = [](const std::string& value) { return value.empty(); };
    const bool none = is_list
                          ? !values.empty() && std::all_of(values.begin(), values.end(), is_empty)
                          : std::any_of(values.begin(), values.end(), is_empty);
    if (none) { return "--" + option->get_lnames().front(); }
  }
  return {};
}

/// The version, and that of what may lose data: docs/store.md says which SQLite does what.
std::string version_line() {
  std::string line = "promoflow " + std::string(promoflow::version());
#if defined(PROMOFLOW_HAS_RUN)
  line += " (SQLite " + std::string(sqlite_version()) + ")";
#endif
  return line;
}

Exit run(int argc, char** argv) {
  CLI::App app(
      "promoflow checks, draws, simulates and runs promotion flows: which environments a release\n"
      "goes through, what each waits for, and which hooks run on the way.",
      "promoflow");
  Command command;
  app.set_version_flag("--version", version_line(), "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.formatter(make_formatter(32));
  add_validate(app, command);
  add_simulate(app, command);
#if defined(PROMOFLOW_HAS_RUN)
  add_run(app, command);
  add_resume(app, command);
  add_list(app, command);
  add_show(app, command);
  add_logs(app, command);
  add_approve(app, command);
  add_reject(app, command);
  add_answer(app, command);
  add_retry(app, command);
  add_terminate(app, command);
  add_export(app, command);
  add_verify(app, command);
  add_replay(app, command);
  add_prune(app, command);
#endif
  add_graph(app, command);
  add_explore(app, command);
  add_diff(app, command);
  add_resolve(app, command);
  add_manifests(app, command);
  add_schema(app, command);
  add_completion(app, command);
  app.footer(kFooter);
  for (CLI::App* const self : app.get_subcommands([](CLI::App*) { return true; })) {
    self->group("Commands");
  }
  app.formatter(make_formatter(14));  // Commands' names are short.
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    write_out(chosen.empty() ? app.help() : chosen.front()->help("promoflow"));
    return Exit::Fine;
  } catch (const CLI::CallForVersion& call) {
    write_out(std::string(call.what()) + "\n");
    return Exit::Fine;
  } catch (const CLI::ParseError& error) { return explain(app, error); }
  for (const CLI::App* const chosen : app.get_subcommands()) {
    const std::string option = option_without_value(*chosen);
    if (option.empty()) { continue; }
    return complain(fmt::format("{0}: {1} needs a value; see 'promoflow {0} --help'",
                                chosen->get_name(), option));
  }
  if (!command) {
    return complain("say what to do: " + listed(commands_of(app)) + "; see 'promoflow --help'");
  }
  return command();
}

/// The guard of the whole program: no exception reaches the user.
Exit guarded(int argc, char** argv) noexcept {
  try {
    const Exit exit = run(argc, argv);
    return worse(exit, finish_output());
  } catch (const std::bad_alloc&) {
    write_error("promoflow: out of memory\n");
  } catch (const detail::NoThread& error) {
    complain(error.what());
  } catch (const std::exception& error) {
    complain(std::string("internal error, please report it: ") + error.what());
  }
  return Exit::Usage;
}

}  // namespace
}  // namespace promoflow::cli

int main(int argc, char** argv) {
  if (!promoflow::cli::open_standard_streams()) {
    return static_cast<int>(promoflow::cli::Exit::Usage);
  }
#if defined(SIGPIPE)
  std::signal(SIGPIPE, SIG_IGN);  // A closed pipe is an error of write(); see finish_output().
#endif
#if defined(SIGXFSZ)
  std::signal(SIGXFSZ, SIG_IGN);  // A file at its limit is an error of write(), as a full disk is.
#endif
  return static_cast<int>(promoflow::cli::guarded(argc, argv));
}

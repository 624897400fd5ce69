// SPDX-License-Identifier: Apache-2.0
// The program promoflow: parses the call, runs one command, exits with its status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <memory>
#include <new>

#include "cli/cli.hpp"
#include "promoflow/version.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kFooter =
    "Start here:\n"
    "  promoflow validate flow.yaml                     is it right?\n"
    "  promoflow graph flow.yaml                        what does it look like?\n"
    "  promoflow simulate flow.yaml --scenario s.yaml   what would happen?\n"
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
    return complain(name + what.substr(0, what.find(':')) + " needs a value" + help);
  }
  return complain(name + what + help);
}

Exit run(int argc, char** argv) {
  CLI::App app(
      "promoflow checks, draws and simulates promotion flows: which environments a release\n"
      "goes through, what each waits for, and which hooks run on the way.",
      "promoflow");
  Command command;
  app.set_version_flag("--version", "promoflow " + std::string(promoflow::version()),
                       "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.formatter(make_formatter(32));
  add_validate(app, command);
  add_simulate(app, command);
#if defined(PROMOFLOW_HAS_PROCESS)
  add_run(app, command);
#endif
  add_graph(app, command);
  add_schema(app, command);
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
  } catch (const std::exception& error) {
    write_error("promoflow: internal error, please report it: ");
    write_error(error.what());
    write_error("\n");
  }
  return Exit::Usage;
}

}  // namespace
}  // namespace promoflow::cli

int main(int argc, char** argv) {
#if defined(SIGPIPE)
  std::signal(SIGPIPE, SIG_IGN);  // A closed pipe is an error of write(); see finish_output().
#endif
  return static_cast<int>(promoflow::cli::guarded(argc, argv));
}

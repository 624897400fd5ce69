// SPDX-License-Identifier: Apache-2.0
// promoflow explore: everything that can happen to a release of a flow.
#include "promoflow/exploration.hpp"

#include <fmt/format.h>
#if !defined(_WIN32)
#include <unistd.h>
#endif

#include <CLI/CLI.hpp>
#include <csignal>
#include <limits>
#include <memory>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/explore_page.hpp"
#include "cli/explore_scenarios.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/properties_file.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow explore flow.yaml                     every outcome with at most 2 failures\n"
    "  promoflow explore flow.yaml --failures all --states-max 5000000\n"
    "  promoflow explore flow.yaml --terminate --retries 1 --skip\n"
    "                                                  also what an operator may do\n"
    "  promoflow explore flow.yaml --scenarios tests/outcomes\n"
    "                                                  one scenario for each outcome\n"
    "  promoflow explore flow.yaml --check properties.yaml\n"
    "                                                  does what must hold hold in every run?\n"
    "  promoflow explore flow.yaml --exports exports.yaml\n"
    "                                                  which exports overwrite one another by "
    "chance\n"
    "  promoflow explore flow.yaml --format html > outcomes.html\n"
    "  promoflow explore flow.yaml --format json | jq -r '.outcomes[].release'\n"
    "\n"
    "A failure is a failed attempt, also one that is retried or ignored. Durations are not "
    "weighed:\n"
    "a soak or a wait may end at any moment. Ctrl-C prints what is known so far.\n"
    "\n"
    "A properties file says what must hold, in three forms:\n"
    "  properties:\n"
    "    - name: production is not promoted to while staging is broken\n"
    "      never: {environment: production, status: Running,\n"
    "              while: {environment: staging, status: Failed}}\n"
    "    - name: the scan comes before production\n"
    "      before: {promotion: production}\n"
    "      requires: {hook: security-scan, environment: staging, succeeded: true}\n"
    "    - name: every failure is told\n"
    "      after: {release: Failed}\n"
    "      eventually: {hook: slack-fail, point: release.onFail}\n"
    "'promoflow schema properties' has all of it.\n"
    "\n"
    "Exit status: 0 explored, or a bound was reached, which the answer says; 1 the flow or the\n"
    "properties file is wrong, or a property is violated; 2 the call is wrong or a file can't be\n"
    "read or written; 130 stopped by Ctrl-C.";

struct ExploreOptions {
  std::string flow_file;
  std::string flow_name;
  std::string failures = "2";
  std::string retries = "0";
  std::string states_max = "1000000";
  std::string scenarios;
  std::string properties_file;
  std::string exports_file;
  std::string format;
  std::string color;
  ExplorationOptions exploration;
};

volatile std::sig_atomic_t g_stopped = 0;

void stop(int) { g_stopped = 1; }

bool is_terminal_error() {
#if defined(_WIN32)
  return false;
#else
  return isatty(STDERR_FILENO) != 0;
#endif
}

/// One line on a terminal, which is written over again and again.
void show_progress(const ExplorationProgress& progress) {
  write_error(fmt::format("\r\x1b[K{} states, {} transitions, {} outcomes; {}", progress.states,
                          progress.transitions, progress.outcomes,
                          progress.failures == 0
                              ? std::string("looking at runs without failures")
                              : fmt::format("complete up to {} failure{}", progress.failures - 1,
                                            progress.failures == 2 ? "" : "s")));
}

/// The bounds that are numbers. Exit::Fine, or a complaint.
Exit read_bounds(const ExploreOptions& options, ExplorationOptions& out) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t number = 0;
  if (options.failures == "all") {
    out.failures_max.reset();
  } else {
    const Exit exit = read_number("--failures", options.failures, 0, kMost, number, ", or all");
    if (exit != Exit::Fine) { return exit; }
    out.failures_max = static_cast<std::uint32_t>(number);
  }
  const Exit exit = read_number("--retries", options.retries, 0, kMost, number);
  if (exit != Exit::Fine) { return exit; }
  out.retries_max = static_cast<std::uint32_t>(number);
  return read_number("--states-max", options.states_max, 1,
                     std::numeric_limits<std::uint64_t>::max(), out.states_max);
}

Exit print(const Flow& flow, const Exploration& found,
           const std::optional<std::vector<PropertyFinding>>& properties,
           const std::string& format) {
  if (format == "json") {
    const Result<std::string> text =
        to_json(flow, found, properties.value_or(std::vector<PropertyFinding>()));
    if (!text) { return complain(text.error()); }
    write_json(*text + "\n");
    return Exit::Fine;
  }
  const std::vector<PropertyFinding> checked = properties.value_or(std::vector<PropertyFinding>());
  const Result<std::string> text =
      format == "html" ? exploration_page(flow, found, checked)
                       : render_exploration(flow, found, checked, {.width = terminal_width()});
  if (!text) { return complain(text.error()); }
  write_out(*text);
  return Exit::Fine;
}

/// What hooks export, by the rules of a scenario. Exit::Fine, or its problems were shown.
Exit read_exports_file(const ExploreOptions& options, const Flow& flow,
                       std::vector<Outcome>& exports) {
  const std::optional<std::string> text = read_input(options.exports_file);
  if (!text) { return Exit::Usage; }
  Result<ScenarioReport> report = read_scenario(*text, &flow);
  if (!report) { return complain(report.error()); }
  const Exit shown =
      show_diagnostics(report->diagnostics, options.exports_file, *text, options.color);
  if (report->scenario) { exports = std::move(report->scenario->outcomes); }
  return shown;
}

/// Explores, and lets Ctrl-C end that.
class Exploring {
 public:
  explicit Exploring(ExplorationOptions& options) : shows_(is_terminal_error()) {
    options.progress = [shows = shows_](const ExplorationProgress& progress) {
      if (shows) { show_progress(progress); }
      return g_stopped == 0;
    };
    std::signal(SIGINT, stop);
  }
  Exploring(const Exploring&) = delete;
  Exploring& operator=(const Exploring&) = delete;
  ~Exploring() {
    std::signal(SIGINT, SIG_DFL);
    if (shows_) { write_error("\r\x1b[K"); }
  }

 private:
  bool shows_;
};

struct Answers {
  Exploration exploration{};
  std::optional<std::vector<PropertyFinding>> properties{};
};

Result<Answers> find_answers(const Flow& flow, ExplorationOptions options,
                             const std::optional<std::vector<Property>>& properties) {
  const Exploring exploring(options);
  Answers answers;
  Result<Exploration> found = promoflow::explore(flow, options);
  if (!found) { return tl::unexpected(std::move(found.error())); }
  answers.exploration = std::move(*found);
  if (properties) {
    auto checked = check_properties(flow, *properties, options);
    if (!checked) { return tl::unexpected(std::move(checked.error())); }
    answers.properties = std::move(*checked);
  }
  return answers;
}

Exit explore(const ExploreOptions& options) {
  const int from_input = (options.flow_file == "-" ? 1 : 0) +
                         (options.properties_file == "-" ? 1 : 0) +
                         (options.exports_file == "-" ? 1 : 0);
  if (from_input > 1) {
    return complain("only one file can be read from standard input, which is -");
  }
  ExplorationOptions exploration = options.exploration;
  const Exit read = read_bounds(options, exploration);
  if (read != Exit::Fine) { return read; }
  const LoadedFlow loaded = load_one_flow(options.flow_file, options.flow_name, options.color);
  if (!loaded.flow) { return loaded.exit; }
  if (!options.exports_file.empty()) {
    const Exit shown = read_exports_file(options, *loaded.flow, exploration.exports);
    if (shown != Exit::Fine) { return shown; }
  }
  std::optional<std::vector<Property>> properties;
  if (!options.properties_file.empty()) {
    const Exit shown = read_properties_file(options.properties_file, *loaded.flow, options.color,
                                            properties.emplace());
    if (shown != Exit::Fine) { return shown; }
  }
  const Result<Answers> found = find_answers(*loaded.flow, exploration, properties);
  if (!found) { return complain(found.error()); }
  Exit exit = print(*loaded.flow, found->exploration, found->properties, options.format);
  if (!options.scenarios.empty()) {
    exit = worse(exit,
                 write_scenarios(*loaded.flow, found->exploration, exploration, options.scenarios));
  }
  for (const PropertyFinding& property :
       found->properties.value_or(std::vector<PropertyFinding>())) {
    if (property.verdict == Verdict::Violated) { exit = worse(exit, Exit::Wrong); }
  }
  return g_stopped != 0 ? Exit::Forced : exit;
}

void add_bounds(CLI::App& self, ExploreOptions& options) {
  ExplorationOptions& exploration = options.exploration;
  self.add_option("--failures", options.failures,
                  "So many failures in one run at most, 2 if not given, or all")
      ->option_text("N");
  self.add_option("--retries", options.retries,
                  "The operator retries a release that has ended so many times at most")
      ->option_text("N");
  self.add_flag("--terminate", exploration.terminate,
                "The operator terminates once, and forces the end once after that");
  self.add_flag("--skip", exploration.skip, "The operator skips one environment");
  self.add_flag("--suspend", exploration.suspend, "Commands wait for a person, and go on");
  self.add_flag("--timeouts", exploration.timeouts, "Timeouts and deadlines come due");
  self.add_flag("--all-orders", exploration.all_orders,
                "Look at every order of events, also where it cannot matter");
  self.add_option("--states-max", options.states_max,
                  "Stop after so many states, 1000000 if not given")
      ->option_text("N");
}

}  // namespace

void add_explore(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "explore",
      "Find everything that can happen to a release of a flow: each outcome, how few failures\n"
      "lead to it, and which hooks run always, sometimes or never.");
  const auto options = std::make_shared<ExploreOptions>();
  self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
      ->required()
      ->option_text(" ");
  add_bounds(*self, *options);
  self->add_option("--check", options->properties_file,
                   "Check the properties of this file in every run; - as above")
      ->option_text("FILE");
  self->add_option("--exports", options->exports_file,
                   "Hooks export the contexts of this scenario's outcomes; look for conflicts")
      ->option_text("FILE");
  self->add_option("--scenarios", options->scenarios,
                   "Write a scenario for each outcome into this directory")
      ->option_text("DIR");
  add_choice(*self, "--format", options->format, {"text", "json", "html"},
             "Sentences and tables to read, one JSON object, or one page for a browser");
  self->add_option("--flow", options->flow_name, "Which flow, where the file has several")
      ->option_text("NAME");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return explore(*options); }; });
}

}  // namespace promoflow::cli

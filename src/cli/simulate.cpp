// SPDX-License-Identifier: Apache-2.0
#include "promoflow/simulation.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"
#include "cli/configuration_input.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow simulate flow.yaml                   everything succeeds at once\n"
    "  promoflow simulate flow.yaml --scenario bad-day.yaml\n"
    "  promoflow simulate flow.yaml --set release.id=r-42 --set release.version=1.4.0\n"
    "  promoflow simulate flow.yaml --until staging   all but staging and its dependencies "
    "skipped\n"
    "  promoflow simulate flow.yaml --skip qa,docs\n"
    "  promoflow simulate --config . --product billing --revision main\n"
    "  promoflow simulate flow.yaml --format jsonl | jq -r 'select(.event == \"hook\").hook'\n"
    "\n"
    "A scenario says what fails, what waits and what the operator does:\n"
    "  outcomes:\n"
    "    - {environment: staging, attempt: 1, after: 5m, fail: Application degraded}\n"
    "    - {hook: open-ticket, after: 3s, context: {TICKET: ABC-1}}\n"
    "  actions:\n"
    "    - {at: 1h, retry: true, by: ann}\n"
    "    - {at: 2h, skip: docs, reason: known to be broken}\n"
    "'promoflow schema scenario' has all of it.\n"
    "\n"
    "--skip, --until and --only replace a skip, until or only of the scenario, as --set replaces\n"
    "what it says of the release. Its actions stay.\n"
    "\n"
    "Exit status: 0 the release succeeded; 1 it did not, or the flow or scenario is wrong;\n"
    "2 the call is wrong or a file can't be read.";

struct SimulateOptions {
  std::string flow_file;
  std::string flow_name;
  ConfigurationChoice choice;
  std::string scenario_file;
  std::string format;
  std::string color;
  std::vector<std::string> settings;
  SelectionOptions selection;
  bool ascii = false;
};

Exit read_scenario_file(const SimulateOptions& options, const Flow& flow, Scenario& scenario) {
  const std::optional<std::string> text = read_input(options.scenario_file);
  if (!text) { return Exit::Usage; }
  Result<ScenarioReport> report = read_scenario(*text, &flow);
  if (!report) { return complain(report.error()); }
  const Exit shown =
      show_diagnostics(report->diagnostics, options.scenario_file, *text, options.color);
  if (shown == Exit::Fine && report->scenario) { scenario = std::move(*report->scenario); }
  return shown;
}

/// Line by line: the text of a long trace need not fit into memory together with the trace.
Exit print_jsonl(const Trace& trace) {
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const Result<std::string> line = to_json(trace[i], trace.origin());
    if (!line) { return complain(line.error()); }
    write_json(*line);
    write_out("\n");
  }
  return Exit::Fine;
}

Exit print_text(const Trace& trace, const SimulateOptions& options) {
  const Result<std::string> text =
      render_timeline(trace, {.color = wants_color(options.color, stdout),
                              .ascii = options.ascii,
                              .width = terminal_width()});
  if (!text) { return complain(text.error()); }
  write_out(*text);
  return Exit::Fine;
}

/// The library refused to start the release: the scenario is wrong, or the call is.
Exit refused(const Error& error) {
  const bool is_of_scenario = error.code == ErrorCode::InvalidContext ||
                              error.code == ErrorCode::UnknownEnvironment ||
                              error.code == ErrorCode::LimitExceeded;
  const Exit exit = complain(error);
  return is_of_scenario ? Exit::Wrong : exit;
}

Exit simulate(const SimulateOptions& options) {
  if (options.flow_file == "-" && options.scenario_file == "-") {
    return complain("flow and scenario cannot both be read from standard input");
  }
  Scenario scenario;
  scenario.release.product = options.choice.product;
  for (const std::string& setting : options.settings) {  // A wrong call is reported first.
    const Exit exit = apply_setting(setting, scenario.release);
    if (exit != Exit::Fine) { return exit; }
  }
  const LoadedFlow loaded =
      load_chosen_flow(options.flow_file, options.flow_name, options.choice, options.color);
  if (!loaded.flow) { return loaded.exit; }
  if (!options.scenario_file.empty()) {
    const Exit exit = read_scenario_file(options, *loaded.flow, scenario);
    if (exit != Exit::Fine) { return exit; }
    if (scenario.release.product.empty()) { scenario.release.product = options.choice.product; }
    for (const std::string& setting : options.settings) {
      (void)apply_setting(setting, scenario.release);  // It has been tried above.
    }
  }
  const Exit selected = apply_selection(options.selection, *loaded.flow, scenario.selection);
  if (selected != Exit::Fine) { return selected; }
  const Result<Trace> trace = promoflow::simulate(*loaded.flow, scenario);
  if (!trace) { return refused(trace.error()); }
  const Exit printed =
      options.format == "jsonl" ? print_jsonl(*trace) : print_text(*trace, options);
  return worse(printed, trace->status() == ReleaseStatus::Succeeded ? Exit::Fine : Exit::Wrong);
}

}  // namespace

void add_simulate(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "simulate",
      "Run a release of a flow in virtual time: nothing is promoted, no hook is called.\n"
      "Shows which hooks would run, when, and with which arguments.");
  const auto options = std::make_shared<SimulateOptions>();
  CLI::Option* const flow_file =
      self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
          ->option_text(" ");
  self->add_option("--scenario", options->scenario_file, "What happens to the release; - as above")
      ->option_text("FILE");
  add_choice(*self, "--format", options->format, {"text", "jsonl"},
             "A timeline to read, or one JSON object a line");
  self->add_option("--set", options->settings,
                   "Set release.id, .url, .product, .version or .commitSha; can be repeated")
      ->allow_extra_args(false)
      ->take_all()
      ->option_text("KEY=VALUE");
  add_selection(*self, options->selection);
  self->add_option("--flow", options->flow_name, "Which flow, where there are several")
      ->option_text("NAME");
  add_configuration(*self, options->choice, flow_file);
  self->add_flag("--ascii", options->ascii, "Draw with ASCII characters only");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return simulate(*options); }; });
}

}  // namespace promoflow::cli

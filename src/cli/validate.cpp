// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/cli.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow validate flow.yaml\n"
    "  promoflow validate --strict flows/*.yaml       warnings fail, too\n"
    "  helm template chart | promoflow validate -     from standard input\n"
    "  promoflow validate --format sarif flow.yaml    for code scanning\n"
    "\n"
    "Exit status: 0 all are fine; 1 a flow is wrong; 2 the call is wrong or a file can't be read.";

struct ValidateOptions {
  std::vector<std::string> files;
  std::string format;
  std::string color;
  bool strict = false;
};

/// The diagnostics of one file, kept for SARIF: one log speaks of all files.
struct Checked {
  std::string name;
  std::vector<Diagnostic> diagnostics;
};

std::string counted(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::size_t hook_count(const Flow& flow) {
  std::size_t count = 0;
  for (const Point point : {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail}) {
    count += flow.hooks(point).size();
  }
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    for (const Point point :
         {Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail}) {
      count += flow.hooks(point, EnvironmentId{i}).size();
    }
  }
  return count;
}

/// `flow.yaml: 2 errors, 1 warning`, or `flow.yaml: ok (3 environments, 5 hooks)`.
std::string summary(const std::string& name, const ManifestReport& report) {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const Diagnostic& diagnostic : report.diagnostics) {
    ++(diagnostic.severity == Severity::Error ? errors : warnings);
  }
  std::string line = name + ": ";
  if (errors > 0) {
    line += counted(errors, "error");
    if (warnings > 0) { line += ", " + counted(warnings, "warning"); }
    return line + "\n";
  }
  std::size_t environments = 0;
  std::size_t hooks = 0;
  for (const Flow& flow : report.flows) {
    environments += flow.environment_count();
    hooks += hook_count(flow);
  }
  line += "ok";
  if (warnings > 0) { line += ", " + counted(warnings, "warning"); }
  line += " (";
  if (report.flows.size() > 1) { line += counted(report.flows.size(), "flow") + ", "; }
  return line + counted(environments, "environment") + ", " + counted(hooks, "hook") + ")\n";
}

Exit print(const ManifestReport& report, const std::string& name, std::string_view text,
           const ValidateOptions& options) {
  const DiagnosticFormat format = options.format == "json" ? DiagnosticFormat::Json
                                  : wants_color(options.color, stdout)
                                      ? DiagnosticFormat::ColoredText
                                      : DiagnosticFormat::Text;
  const Result<std::string> lines =
      format_diagnostics(report.diagnostics, {.file = name, .text = text}, format);
  if (!lines) { return complain(lines.error()); }
  write_out(*lines);
  if (options.format == "text") { write_out(summary(name, report)); }
  return Exit::Fine;
}

Exit check_file(const std::string& path, const ValidateOptions& options,
                std::vector<Checked>& kept) {
  const std::optional<std::string> text = read_input(path);
  if (!text) { return Exit::Usage; }
  Result<ManifestReport> report = read_manifest(*text);
  if (!report) { return complain(report.error()); }
  if (options.strict) {
    for (Diagnostic& diagnostic : report->diagnostics) { diagnostic.severity = Severity::Error; }
  }
  const std::string name = input_name(path);
  const Exit verdict = has_errors(report->diagnostics) ? Exit::Wrong : Exit::Fine;
  if (options.format == "sarif") {
    kept.push_back({name, std::move(report->diagnostics)});
    return verdict;
  }
  return worse(verdict, print(*report, name, *text, options));
}

Exit validate(const ValidateOptions& options) {
  Exit exit = Exit::Fine;
  std::vector<Checked> kept;
  if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
    return complain("standard input (-) can be read only once");
  }
  for (const std::string& path : options.files) {
    exit = worse(exit, check_file(path, options, kept));
  }
  if (options.format == "sarif") {
    std::vector<SarifInput> inputs;
    inputs.reserve(kept.size());
    for (const Checked& checked : kept) { inputs.push_back({checked.name, checked.diagnostics}); }
    const Result<std::string> log = format_sarif(inputs);
    if (!log) { return complain(log.error()); }
    write_out(*log);
    if (!log->ends_with('\n')) { write_out("\n"); }
  }
  return exit;
}

}  // namespace

void add_validate(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "validate",
      "Check manifests: every problem at once, with its line, its column and what to do.\n"
      "Several files and several flows in one file are fine.");
  const auto options = std::make_shared<ValidateOptions>();
  self->add_option("FILE", options->files, "Manifests in YAML or JSON; - is standard input")
      ->required()
      ->option_text("...");
  add_choice(*self, "--format", options->format, {"text", "json", "sarif"},
             "How to print; json: one object a line");
  self->add_flag("--strict", options->strict, "Take warnings as errors");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return validate(*options); }; });
}

}  // namespace promoflow::cli

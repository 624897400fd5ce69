// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "base/parse_json.hpp"
#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/configuration_input.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "promoflow/context.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow validate flow.yaml\n"
    "  promoflow validate --strict flows/*.yaml       warnings fail, too\n"
    "  helm template chart | promoflow validate -     from standard input\n"
    "  promoflow validate --format sarif flow.yaml    for code scanning\n"
    "  promoflow validate .                           a whole configuration repository\n"
    "\n"
    "The manifests of a directory (*.yaml, *.yml, *.json; hidden ones and links are left out) are\n"
    "checked together: flows, the workflow templates of their hooks, products, policies and "
    "roles.\n"
    "\n"
    "Exit status: 0 all are fine; 1 a flow is wrong; 2 the call is wrong or a file can't be read.";

struct ValidateOptions {
  std::vector<std::string> files;
  std::string format;
  std::string color;
  std::string order;
  std::string context_file;
  std::vector<std::string> initial_context;
  bool strict = false;
};

/// All that is to be in one SARIF log.
struct Checked {
  std::vector<std::string> names{};
  std::vector<ConfigurationDiagnostic> diagnostics{};
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

struct Counts {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t notes = 0;

  void add(Severity severity) {
    switch (severity) {
      case Severity::Error: ++errors; return;
      case Severity::Warning: ++warnings; return;
      case Severity::Note: ++notes; return;
    }
  }
};

/// `flow.yaml: 2 errors, 1 warning`, or `flow.yaml: ok (3 environments, 5 hooks)`.
std::string summary(const std::string& name, const Counts& counts, std::span<const Flow> flows,
                    const std::string& files = {}) {
  std::string line = detail::printable(name) + ": ";
  line += counts.errors > 0 ? counted(counts.errors, "error") : "ok";
  if (counts.warnings > 0) { line += ", " + counted(counts.warnings, "warning"); }
  if (counts.notes > 0) { line += ", " + counted(counts.notes, "note"); }
  if (counts.errors > 0) { return line + (files.empty() ? "" : " (" + files + ")") + "\n"; }
  std::size_t environments = 0;
  std::size_t hooks = 0;
  for (const Flow& flow : flows) {
    environments += flow.environment_count();
    hooks += hook_count(flow);
  }
  line += " (";
  if (flows.size() > 1 || !files.empty()) { line += counted(flows.size(), "flow") + ", "; }
  line += counted(environments, "environment") + ", " + counted(hooks, "hook");
  return line + (files.empty() ? "" : ", " + files) + ")\n";
}

DiagnosticFormat format_of(const ValidateOptions& options) {
  return options.format == "json"             ? DiagnosticFormat::Json
         : wants_color(options.color, stdout) ? DiagnosticFormat::ColoredText
                                              : DiagnosticFormat::Text;
}

/// Takes warnings as errors, if that is wanted; notes stay.
void apply_strict(Diagnostic& diagnostic, const ValidateOptions& options) {
  if (options.strict && diagnostic.severity == Severity::Warning) {
    diagnostic.severity = Severity::Error;
  }
}

Exit print(const Result<std::string>& lines, const std::string& last,
           const ValidateOptions& options) {
  if (!lines) { return complain(lines.error()); }
  if (options.format == "json") {
    write_json(*lines);
    return Exit::Fine;
  }
  write_out(*lines);
  write_out(last);
  return Exit::Fine;
}

Exit check_file(const std::string& path, const ValidateOptions& options, Checked& kept) {
  const std::optional<std::string> text = read_input(path);
  if (!text) { return Exit::Usage; }
  Result<ManifestReport> report = read_manifest(*text);
  if (!report) { return complain(report.error()); }
  Counts counts;
  for (Diagnostic& diagnostic : report->diagnostics) {
    apply_strict(diagnostic, options);
    counts.add(diagnostic.severity);
  }
  const std::string name = input_name(path);
  const Exit verdict = counts.errors > 0 ? Exit::Wrong : Exit::Fine;
  if (options.format == "sarif") {
    const auto file = static_cast<std::uint32_t>(kept.names.size());
    kept.names.push_back(name);
    for (Diagnostic& diagnostic : report->diagnostics) {
      kept.diagnostics.push_back({file, std::move(diagnostic), {}});
    }
    return verdict;
  }
  const Result<std::string> lines =
      format_diagnostics(report->diagnostics, {.file = name, .text = *text}, format_of(options));
  return worse(verdict, print(lines, summary(name, counts, report->flows), options));
}

/// What is said of a directory that holds nothing to check.
ConfigurationDiagnostic no_flow(std::size_t files, std::uint32_t place) {
  ConfigurationDiagnostic diagnostic;
  diagnostic.file = place;
  diagnostic.problem.code = DiagnosticCode::MissingField;
  diagnostic.problem.message =
      files == 0 ? "the directory holds no manifest: no *.yaml, *.yml or *.json"
                 : "the directory holds no PromotionFlow in its " + counted(files, "file");
  diagnostic.problem.hint =
      "a flow begins with 'apiVersion: codefresh.io/v1beta1' and 'kind: PromotionFlow'";
  return diagnostic;
}

Exit check_directory(const std::string& path, const ValidateOptions& options, Checked& kept) {
  const std::optional<DirectoryTexts> read = read_directory(path);
  if (!read) { return Exit::Usage; }
  std::vector<DiagnosticSource> sources = read->sources();
  Result<ConfigurationReport> report =
      read_configuration(sources, {.limits = {}, .initial_context = options.initial_context});
  if (!report) { return complain(report.error()); }
  sources.push_back({.file = path, .text = {}});  // For what is about the directory as a whole.
  const auto whole = static_cast<std::uint32_t>(read->names.size());
  if (report->flows == 0) { report->diagnostics.push_back(no_flow(read->names.size(), whole)); }
  Counts counts;
  for (ConfigurationDiagnostic& diagnostic : report->diagnostics) {
    apply_strict(diagnostic.problem, options);
    counts.add(diagnostic.problem.severity);
    diagnostic.file = std::min(diagnostic.file, whole);
  }
  const Exit verdict = counts.errors > 0 ? Exit::Wrong : Exit::Fine;
  if (options.format == "sarif") {
    const auto first = static_cast<std::uint32_t>(kept.names.size());
    for (const DiagnosticSource& source : sources) { kept.names.emplace_back(source.file); }
    for (ConfigurationDiagnostic& diagnostic : report->diagnostics) {
      diagnostic.file += first;
      for (RelatedPlace& place : diagnostic.related) { place.file += first; }
      kept.diagnostics.push_back(std::move(diagnostic));
    }
    return verdict;
  }
  const std::span<const Flow> flows =
      report->configuration ? report->configuration->flows() : std::span<const Flow>();
  const Result<std::string> lines =
      format_diagnostics(report->diagnostics, sources, format_of(options));
  return worse(
      verdict,
      print(lines, summary(path, counts, flows, counted(read->names.size(), "file")), options));
}

Exit write_sarif(const Checked& kept) {
  std::vector<DiagnosticSource> sources;
  sources.reserve(kept.names.size());
  for (const std::string& name : kept.names) { sources.push_back({.file = name, .text = {}}); }
  const Result<std::string> log = format_sarif(kept.diagnostics, sources);
  if (!log) { return complain(log.error()); }
  write_json(*log);
  return Exit::Fine;
}

/// The keys of `--context`.
Exit read_initial_context(ValidateOptions& options) {
  if (options.context_file.empty()) { return Exit::Fine; }
  const std::optional<std::string> text = read_input(options.context_file);
  if (!text) { return Exit::Usage; }
  const auto refused = [&](const std::string& why) {
    return complain("--context " + options.context_file + ": " + why);
  };
  const Result<std::string> wrong = check_export(*text);
  if (!wrong) { return refused(wrong.error().message); }
  if (!wrong->empty()) { return refused(*wrong); }
  const nlohmann::json context = detail::parse_json(*text);
  if (!context.is_object()) { return refused("it holds no JSON object"); }
  for (const auto& [key, value] : context.items()) { options.initial_context.push_back(key); }
  return Exit::Fine;
}

Exit validate(ValidateOptions& options) {
  if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
    return complain("standard input (-) can be read only once");
  }
  if (const Exit read = read_initial_context(options); read != Exit::Fine) { return read; }
  Exit exit = Exit::Fine;
  Checked kept;
  for (const std::string& path : options.files) {
    exit = worse(exit, is_directory(path) ? check_directory(path, options, kept)
                                          : check_file(path, options, kept));
  }
  return options.format == "sarif" ? worse(exit, write_sarif(kept)) : exit;
}

}  // namespace

void add_validate(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "validate",
      "Check manifests: every problem at once, with its line, its column and what to do.\n"
      "Several files and several flows in one file are fine; a directory is checked as a whole.");
  const auto options = std::make_shared<ValidateOptions>();
  self->add_option("FILE", options->files,
                   "Manifests in YAML or JSON, or directories of them; - is standard input")
      ->required()
      ->option_text("...");
  add_choice(*self, "--format", options->format, {"text", "json", "sarif"},
             "How to print; json: one object a line");
  self->add_flag("--strict", options->strict, "Take warnings as errors");
  self->add_option("--context", options->context_file,
                   "A JSON object; every release starts with its keys, for checking directories")
      ->option_text("CONTEXT");
  add_choice(*self, "--policy-order", options->order, {"descending", "ascending"},
             "For all commands alike; no check depends on it");
  self->get_option("--policy-order")->option_text("ORDER");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return validate(*options); }; });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration_input.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/options.hpp"
#include "cli/output.hpp"
#include "configuration/resolve.hpp"

namespace promoflow::cli {
namespace {

namespace fs = std::filesystem;

bool is_manifest(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

/// The path as messages show it: `flows/a.yaml`, also where the directory is `.`.
std::string shown(const fs::path& path) {
  std::string text = path.generic_string();
  while (text.starts_with("./")) { text.erase(0, 2); }
  return text;
}

/// Lists the manifests below a directory. False, and a complaint: a directory cannot be read.
bool list_files(const std::string& directory, std::vector<std::string>& names) {
  const std::size_t most = ConfigurationLimits{}.files_max + 1;
  std::vector<fs::path> open{directory};
  while (!open.empty() && names.size() < most) {
    const fs::path next = std::move(open.back());
    open.pop_back();
    std::error_code error;
    fs::directory_iterator entry(next, error);
    for (; !error && entry != fs::directory_iterator() && names.size() < most;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.')) { continue; }
      std::error_code gone;
      const fs::file_status status = entry->symlink_status(gone);
      if (gone) { continue; }
      if (fs::is_directory(status)) {
        open.push_back(entry->path());
      } else if (fs::is_regular_file(status) && is_manifest(name)) {
        names.push_back(shown(entry->path()));
      }
    }
    if (error) {
      complain("cannot read " + next.generic_string() + ": " + error.message());
      return false;
    }
  }
  std::sort(names.begin(), names.end());
  return true;
}

std::string names_of(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShownMax = 10;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShownMax; ++i) {
    out += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return names.size() > kShownMax ? out + ", ..." : out;
}

std::vector<std::string> owned(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

/// What a trigger starts, or the exit status without it.
LoadedFlow flow_of_trigger(const Configuration& configuration, const ConfigurationChoice& choice) {
  const Result<Resolution> resolution =
      detail::resolve(configuration.data(), {choice.product, choice.message, choice.revision},
                      choice.policy_order(), {.none = true});
  if (!resolution) {
    complain(resolution.error().message);
    return {std::nullopt, Exit::Wrong};
  }
  if (resolution->flow) { return {resolution->flow, Exit::Fine}; }
  complain("no flow of product " + choice.product + " is started by this trigger");
  for (const Rejected& flow : resolution->rejected) { tell("  " + flow.name + ": " + flow.why); }
  return {std::nullopt, Exit::Wrong};
}

LoadedFlow flow_of_name(const Configuration& configuration, const std::string& name) {
  if (auto flow = configuration.find_flow(name)) { return {std::move(flow), Exit::Fine}; }
  std::vector<std::string_view> names;
  for (const Flow& flow : configuration.flows()) { names.push_back(flow.name()); }
  complain("there is no flow " + name + suggestion(name, owned(names)) +
           (names.empty() ? std::string() : "; there is " + names_of(names)));
  return {std::nullopt, Exit::Wrong};
}

}  // namespace

std::vector<DiagnosticSource> DirectoryTexts::sources() const {
  std::vector<DiagnosticSource> sources;
  sources.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) { sources.push_back({names[i], texts[i]}); }
  return sources;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return path != "-" && fs::is_directory(path, ignored);
}

std::optional<DirectoryTexts> read_directory(const std::string& path) {
  const ConfigurationLimits limits;
  DirectoryTexts read;
  if (!list_files(path, read.names)) { return std::nullopt; }
  std::size_t bytes = 0;
  for (const std::string& name : read.names) {
    std::optional<std::string> text;
    if (bytes <= limits.text_bytes_max) {
      text = read_input(name);
      if (!text) { return std::nullopt; }
    }
    read.texts.push_back(std::move(text).value_or(""));
    bytes += read.texts.back().size();
  }
  return read;
}

LoadedConfiguration load_configuration(const std::string& path, std::string_view color) {
  if (!is_directory(path)) {
    return {std::nullopt, complain(path + " is no directory; name the one of the manifests")};
  }
  const std::optional<DirectoryTexts> read = read_directory(path);
  if (!read) { return {std::nullopt, Exit::Usage}; }
  const std::vector<DiagnosticSource> sources = read->sources();
  Result<ConfigurationReport> report = read_configuration(sources);
  if (!report) { return {std::nullopt, complain(report.error())}; }
  if (report->configuration) { return {std::move(report->configuration), Exit::Fine}; }
  std::vector<ConfigurationDiagnostic> errors;
  std::copy_if(report->diagnostics.begin(), report->diagnostics.end(), std::back_inserter(errors),
               [](const ConfigurationDiagnostic& diagnostic) {
                 return diagnostic.problem.severity == Severity::Error;
               });
  const Result<std::string> lines = format_diagnostics(
      errors, sources,
      wants_color(color, stderr) ? DiagnosticFormat::ColoredText : DiagnosticFormat::Text);
  if (!lines) { return {std::nullopt, complain(lines.error())}; }
  write_error(*lines);
  return {std::nullopt, Exit::Wrong};
}

PolicyOrder ConfigurationChoice::policy_order() const {
  return order == "ascending" ? PolicyOrder::Ascending : PolicyOrder::Descending;
}

void add_trigger(CLI::App& app, ConfigurationChoice& choice) {
  app.add_option("--product", choice.product, "The product that is promoted")->option_text("P");
  app.add_option("--message", choice.message, "The message of the commit")->option_text("M");
  app.add_option("--revision", choice.revision, "The branch or the tag")->option_text("R");
}

void add_policy_order(CLI::App& app, ConfigurationChoice& choice) {
  add_choice(app, "--policy-order", choice.order, {"descending", "ascending"},
             "descending or ascending: the highest or the lowest priority of a policy decides");
  app.get_option("--policy-order")->option_text("ORDER");
}

void add_configuration(CLI::App& app, ConfigurationChoice& choice, CLI::Option* flow_file) {
  CLI::Option* const directory =
      app.add_option("--config", choice.directory,
                     "Directory of manifests, in the place of FLOW; policies are filled in")
          ->option_text("DIR");
  directory->excludes(flow_file);
  add_trigger(app, choice);
  add_policy_order(app, choice);
  for (const char* const name : {"--product", "--message", "--revision"}) {
    app.get_option(name)->needs(directory);
  }
}

LoadedFlow load_chosen_flow(const std::string& flow_file, const std::string& flow_name,
                            const ConfigurationChoice& choice, std::string_view color,
                            std::optional<Configuration>* configuration) {
  if (choice.directory.empty()) {
    if (flow_file.empty()) {
      return {std::nullopt, complain("name a flow's file, or a directory with --config")};
    }
    return load_one_flow(flow_file, flow_name, color);
  }
  if (choice.product.empty() == flow_name.empty()) {
    return {std::nullopt, complain("--config: choose a flow with either --product or --flow")};
  }
  LoadedConfiguration loaded = load_configuration(choice.directory, color);
  if (!loaded.configuration) { return {std::nullopt, loaded.exit}; }
  LoadedFlow found = choice.product.empty() ? flow_of_name(*loaded.configuration, flow_name)
                                            : flow_of_trigger(*loaded.configuration, choice);
  if (found.flow && configuration == nullptr) {
    Result<Flow> flow =
        loaded.configuration->with_policies(*found.flow, choice.product, choice.policy_order());
    if (!flow) { return {std::nullopt, complain(flow.error())}; }
    found.flow = *std::move(flow);
  }
  if (configuration != nullptr) { *configuration = std::move(loaded.configuration); }
  return found;
}

}  // namespace promoflow::cli

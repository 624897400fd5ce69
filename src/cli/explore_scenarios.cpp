// SPDX-License-Identifier: Apache-2.0
#include "cli/explore_scenarios.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/json_writer.hpp"
#include "base/printable.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
namespace {

/// `002-failed-prod-eu.yaml`: the environments are those that stopped.
std::string file_name(const Flow& flow, const ReleaseOutcome& outcome, std::size_t number) {
  std::string name = fmt::format("{:03}-{}", number, to_string(outcome.release));
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    const EnvironmentStatus status = outcome.environments[e];
    if (status != EnvironmentStatus::Failed && status != EnvironmentStatus::Terminated) {
      continue;
    }
    name += '-';
    name += flow.environment_name(EnvironmentId{e});
  }
  constexpr std::size_t kNameMax = 80;
  if (name.size() > kNameMax) { name.resize(kNameMax); }
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    } else if (!is_plain) {
      c = '_';
    }
  }
  return name + ".yaml";
}

/// The comment above a scenario: what it is expected to end in.
std::string header(const Flow& flow, const ReleaseOutcome& outcome) {
  std::string text = fmt::format("# Flow {}: this ends {}.\n", detail::printable(flow.name()),
                                 to_string(outcome.release));
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    text += fmt::format("#   {}: {}\n", detail::printable(flow.environment_name(EnvironmentId{e})),
                        to_string(outcome.environments[e]));
  }
  return text;
}

/// What hooks export, as a scenario; the exploration reads nothing else of it.
Result<std::string> exports_of(const ExplorationOptions& options) {
  Scenario exports;
  exports.outcomes = options.exports;
  Result<std::string> text = write_scenario(exports, TextFormat::Json);
  while (text && text->ends_with('\n')) { text->pop_back(); }
  return text;
}

std::string options_line(const ExplorationOptions& options, const std::string& exports) {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("failures");
  options.failures_max ? json.number(*options.failures_max) : json.text("all");
  json.key("retries").number(options.retries_max).key("terminate").boolean(options.terminate);
  json.key("skip").boolean(options.skip).key("suspend").boolean(options.suspend);
  json.key("timeouts").boolean(options.timeouts);
  json.key("states_max").number(options.states_max);
  if (!options.exports.empty()) { json.key("exports").raw(exports); }
  json.end_object();
  return out;
}

std::string outcome_line(const Flow& flow, const ReleaseOutcome& outcome, const std::string& file) {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("scenario");
  file.empty() ? json.null() : json.text(file);
  json.key("release").text(to_string(outcome.release)).key("environments").begin_object();
  for (std::uint32_t e = 0; e < flow.environment_count(); ++e) {
    json.key(flow.environment_name(EnvironmentId{e})).text(to_string(outcome.environments[e]));
  }
  json.end_object().key("failures").number(outcome.failures).end_object();
  return out;
}

/// One line for each outcome, so that people can read how two versions differ.
std::string index_of(const Flow& flow, const Exploration& found, const ExplorationOptions& options,
                     const std::vector<std::string>& files, const std::string& exports) {
  std::string name;
  detail::JsonWriter(name).text(flow.name());
  std::string out = fmt::format("{{\"flow\":{},\n\"options\":{},\n\"complete\":{},\n\"outcomes\":[",
                                name, options_line(options, exports), found.complete);
  for (std::size_t i = 0; i < files.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out += outcome_line(flow, found.outcomes[i], files[i]);
  }
  return out + "\n]}\n";
}

Exit write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) { return complain("explore: cannot write the file '" + path.string() + "'"); }
  return Exit::Fine;
}

}  // namespace

Exit write_scenarios(const Flow& flow, const Exploration& found, const ExplorationOptions& options,
                     const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return complain(
        fmt::format("explore: cannot make the directory '{}': {}", directory, error.message()));
  }
  const std::filesystem::path there(directory);
  std::vector<std::string> files;
  std::size_t written = 0;
  for (const ReleaseOutcome& outcome : found.outcomes) {
    files.emplace_back();
    if (!outcome.scenario) { continue; }
    const Result<std::string> text = write_scenario(*outcome.scenario);
    if (!text) { return complain(text.error()); }
    files.back() = file_name(flow, outcome, files.size());
    const Exit exit = write_file(there / files.back(), header(flow, outcome) + *text);
    if (exit != Exit::Fine) { return exit; }
    ++written;
  }
  const Result<std::string> exports = exports_of(options);
  if (!exports) { return complain(exports.error()); }
  const Exit exit =
      write_file(there / "outcomes.json", index_of(flow, found, options, files, *exports));
  if (exit != Exit::Fine) { return exit; }
  tell(fmt::format("{} scenario{} written to '{}'", written, written == 1 ? "" : "s", directory));
  if (!found.complete) {
    tell(
        fmt::format("warning: not everything was looked at ({}): the flow may have other outcomes, "
                    "and a test of the directory fails until all are found",
                    found.bound));
  }
  return Exit::Fine;
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Small configurations for tests: files given by name and text.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "promoflow/configuration.hpp"

namespace promoflow::test {

using Files = std::vector<std::pair<std::string, std::string>>;

inline std::vector<DiagnosticSource> sources_of(const Files& files) {
  std::vector<DiagnosticSource> sources;
  for (const auto& [name, text] : files) { sources.push_back({name, text}); }
  return sources;
}

inline ConfigurationReport read_files(const Files& files,
                                      const ConfigurationOptions& options = {}) {
  Result<ConfigurationReport> report = read_configuration(sources_of(files), options);
  REQUIRE(report);
  return *std::move(report);
}

/// `file:line:column code`, one for each problem, with `~` for a warning and `-` for a note.
inline std::vector<std::string> facts_of(const ConfigurationReport& report, const Files& files) {
  std::vector<std::string> facts;
  for (const ConfigurationDiagnostic& diagnostic : report.diagnostics) {
    const Diagnostic& problem = diagnostic.problem;
    const char* const mark = problem.severity == Severity::Error     ? ""
                             : problem.severity == Severity::Warning ? "~"
                                                                     : "-";
    const std::string file =
        diagnostic.file < files.size() ? files[diagnostic.file].first : std::string("all");
    facts.push_back(mark + file + ":" + std::to_string(problem.line) + ":" +
                    std::to_string(problem.column) + " " + std::string(to_string(problem.code)));
  }
  return facts;
}

inline std::vector<std::string> facts_of(const Files& files) {
  return facts_of(read_files(files), files);
}

/// The configuration of files without errors.
inline Configuration configuration_of(const Files& files) {
  ConfigurationReport report = read_files(files);
  const Result<std::string> lines =
      format_diagnostics(report.diagnostics, sources_of(files), DiagnosticFormat::Text);
  INFO(lines.value_or(""));
  REQUIRE(report.configuration);
  return *report.configuration;
}

/// The messages and hints of the problems of one code.
inline std::string said_of(const ConfigurationReport& report, DiagnosticCode code) {
  std::string said;
  for (const ConfigurationDiagnostic& diagnostic : report.diagnostics) {
    if (diagnostic.problem.code != code) { continue; }
    said += diagnostic.problem.message + " (" + diagnostic.problem.hint + ")\n";
  }
  return said;
}

}  // namespace promoflow::test

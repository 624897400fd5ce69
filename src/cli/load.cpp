// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/input.hpp"
#include "cli/output.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

constexpr std::size_t kNamesShownMax = 10;

std::string names_of(const std::vector<Flow>& flows) {
  std::string names;
  for (std::size_t i = 0; i < flows.size() && i < kNamesShownMax; ++i) {
    if (i > 0) { names += ", "; }
    names += flows[i].name();
  }
  if (flows.size() > kNamesShownMax) { names += ", ..."; }
  return names;
}

/// The flow that --flow names, or the only one of the file.
LoadedFlow choose(const std::vector<Flow>& flows, const std::string& path,
                  const std::string& name) {
  const std::string file = input_name(path);
  if (name.empty() && flows.size() == 1) { return {flows.front(), Exit::Fine}; }
  if (name.empty()) {
    return {std::nullopt, complain(fmt::format("{} has {} flows; choose one with --flow: {}", file,
                                               flows.size(), names_of(flows)))};
  }
  const Flow* found = nullptr;
  for (const Flow& flow : flows) {
    if (flow.name() != name) { continue; }
    if (found != nullptr) {
      return {std::nullopt, complain(fmt::format("{} has more than one flow '{}'", file, name))};
    }
    found = &flow;
  }
  if (found == nullptr) {
    return {std::nullopt,
            complain(fmt::format("{} has no flow '{}'; it has {}", file, name, names_of(flows)))};
  }
  return {*found, Exit::Fine};
}

}  // namespace

Exit show_diagnostics(const std::vector<Diagnostic>& diagnostics, const std::string& path,
                      std::string_view text, std::string_view color) {
  const std::string name = input_name(path);
  const DiagnosticFormat format =
      wants_color(color, stderr) ? DiagnosticFormat::ColoredText : DiagnosticFormat::Text;
  const Result<std::string> lines =
      format_diagnostics(diagnostics, {.file = name, .text = text}, format);
  if (!lines) { return complain(lines.error()); }
  write_error(*lines);
  return has_errors(diagnostics) ? Exit::Wrong : Exit::Fine;
}

LoadedFlow load_one_flow(const std::string& path, const std::string& name, std::string_view color) {
  const std::optional<std::string> text = read_input(path);
  if (!text) { return {std::nullopt, Exit::Usage}; }
  const Result<ManifestReport> report = read_manifest(*text);
  if (!report) { return {std::nullopt, complain(report.error())}; }
  const Exit shown = show_diagnostics(report->diagnostics, path, *text, color);
  if (shown != Exit::Fine) { return {std::nullopt, shown}; }
  return choose(report->flows, path, name);
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/properties_file.hpp"

#include "cli/input.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {

Exit read_properties_file(const std::string& file, const Flow& flow, const std::string& color,
                          std::vector<Property>& properties) {
  const std::optional<std::string> text = read_input(file);
  if (!text) { return Exit::Usage; }
  Result<PropertiesReport> report = read_properties(*text, flow);
  if (!report) { return complain(report.error()); }
  const Exit shown = show_diagnostics(report->diagnostics, file, *text, color);
  if (report->properties) { properties = std::move(*report->properties); }
  return shown;
}

}  // namespace promoflow::cli

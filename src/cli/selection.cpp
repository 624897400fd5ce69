// SPDX-License-Identifier: Apache-2.0
// The options --skip, --until and --only: which environments a release leaves out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "cli/options.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
namespace {

/// The names of `--skip a,b --skip c`, empty parts left out.
std::vector<std::string> split(const std::vector<std::string>& values) {
  std::vector<std::string> names;
  for (const std::string& value : values) {
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      if (end > begin) { names.push_back(value.substr(begin, end - begin)); }
      begin = end + 1;
    }
  }
  return names;
}

/// Complains of a name that is no environment of the flow, with the nearest one as a suggestion.
Exit complain_unknown(const char* option, const std::string& name, const Flow& flow) {
  std::vector<std::string> known;
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    known.emplace_back(flow.environment_name(EnvironmentId{i}));
  }
  return complain(fmt::format("{} {}: the flow '{}' has no environment '{}'{}", option, name,
                              flow.name(), name, suggestion(name, known)));
}

}  // namespace

void add_selection(CLI::App& app, SelectionOptions& options) {
  const auto add = [&app](const char* name, std::vector<std::string>& values, const char* help) {
    app.add_option(name, values, help)->allow_extra_args(false)->take_all()->option_text("NAMES");
  };
  add("--skip", options.skip, "Skip these environments (a,b); what depends on them begins");
  add("--until", options.until, "Skip all but these environments and what they depend on");
  add("--only", options.only, "Skip all but these environments");
}

Exit apply_selection(const SelectionOptions& options, const Flow& flow,
                     EnvironmentSelection& selection) {
  struct Row {
    const char* option;
    const std::vector<std::string>& values;
    std::optional<std::vector<std::string>> EnvironmentSelection::*field;
  };
  const Row rows[] = {{"--skip", options.skip, &EnvironmentSelection::skip},
                      {"--until", options.until, &EnvironmentSelection::until},
                      {"--only", options.only, &EnvironmentSelection::only}};
  const auto given = std::count_if(std::begin(rows), std::end(rows),
                                   [](const Row& row) { return !row.values.empty(); });
  if (given > 1) { return complain("give only one of --skip, --until and --only"); }
  for (const Row& row : rows) {
    if (row.values.empty()) { continue; }
    std::vector<std::string> names = split(row.values);
    if (names.empty()) {
      return complain(fmt::format("{}: name one environment or more, such as {} staging,production",
                                  row.option, row.option));
    }
    for (const std::string& name : names) {
      if (!flow.find_environment(name)) { return complain_unknown(row.option, name, flow); }
    }
    selection = {};
    selection.*row.field = std::move(names);
  }
  return Exit::Fine;
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
// promoflow diff: what a change to a flow changes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/cli.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/properties_file.hpp"
#include "promoflow/flow_diff.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow diff old.yaml new.yaml\n"
    "  git show main:flow.yaml | promoflow diff - flow.yaml --format markdown\n"
    "                                                  for a comment on a pull request\n"
    "  promoflow diff old.yaml new.yaml --check properties.yaml\n"
    "                                                  does what must hold still hold?\n"
    "\n"
    "Outcomes are compared by exploring both flows with at most 2 failures. Where a flow is too\n"
    "large for that, only its structure is compared, and the answer says so.\n"
    "\n"
    "Exit status: 0 the flows are equal; 1 they differ, or a property of the new one is violated; "
    "2\n"
    "a flow or the properties file is wrong, the call is wrong or a file can't be read.";

struct DiffOptions {
  std::string old_file;
  std::string new_file;
  std::string flow_name;
  std::string properties_file;
  std::string format;
  std::string color;
};

struct Format {
  const char* name;
  FlowDiffFormat format;
};
constexpr Format kFormats[] = {{"text", FlowDiffFormat::Text},
                               {"json", FlowDiffFormat::Json},
                               {"markdown", FlowDiffFormat::Markdown}};

Exit diff(const DiffOptions& options) {
  const int from_input = (options.old_file == "-" ? 1 : 0) + (options.new_file == "-" ? 1 : 0) +
                         (options.properties_file == "-" ? 1 : 0);
  if (from_input > 1) {
    return complain("only one file can be read from standard input, which is -");
  }
  // 1 says that the flows differ, so a flow that is wrong is 2 here.
  const LoadedFlow before = load_one_flow(options.old_file, options.flow_name, options.color);
  if (!before.flow) { return Exit::Usage; }
  const LoadedFlow after = load_one_flow(options.new_file, options.flow_name, options.color);
  if (!after.flow) { return Exit::Usage; }
  std::vector<Property> properties;
  if (!options.properties_file.empty()) {
    const Exit shown =
        read_properties_file(options.properties_file, *after.flow, options.color, properties);
    if (shown != Exit::Fine) { return Exit::Usage; }
  }
  const Result<FlowDifference> difference = diff_flows(*before.flow, *after.flow, {}, properties);
  if (!difference) { return complain(difference.error()); }
  FlowDiffFormat format = FlowDiffFormat::Text;
  for (const Format& one : kFormats) {
    if (options.format == one.name) { format = one.format; }
  }
  const Result<std::string> text = render_flow_diff(*difference, format);
  if (!text) { return complain(text.error()); }
  if (format == FlowDiffFormat::Json) {
    write_json(*text);
  } else {
    write_out(*text);
  }
  const bool any_violated =
      std::any_of(difference->properties.begin(), difference->properties.end(),
                  [](const PropertyChange& one) { return one.after.verdict == Verdict::Violated; });
  return difference->equal && !any_violated ? Exit::Fine : Exit::Wrong;
}

}  // namespace

void add_diff(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "diff",
      "Say what a change to a flow changes: what came, went and moved, what waits for what, and\n"
      "which outcomes a release can have that it could not have before.");
  const auto options = std::make_shared<DiffOptions>();
  self->add_option("OLD", options->old_file, "Manifest of the flow as it was; - is standard input")
      ->required()
      ->option_text(" ");
  self->add_option("NEW", options->new_file, "Manifest of the flow as it is; - as above")
      ->required()
      ->option_text(" ");
  std::vector<std::string> names;
  for (const Format& format : kFormats) { names.emplace_back(format.name); }
  add_choice(*self, "--format", options->format, names, "How to say it");
  self->add_option("--check", options->properties_file,
                   "Check the properties of this file in both flows; - as above")
      ->option_text("FILE");
  self->add_option("--flow", options->flow_name, "Which flow, where a file has several")
      ->option_text("NAME");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return diff(*options); }; });
}

}  // namespace promoflow::cli

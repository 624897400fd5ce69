// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow graph flow.yaml                        in the terminal\n"
    "  promoflow graph flow.yaml --format svg > flow.svg\n"
    "  promoflow graph flow.yaml --format mermaid       for a README on GitHub\n"
    "  promoflow graph flow.yaml --format dot | dot -Tpdf > flow.pdf\n"
    "\n"
    "Exit status: 0 drawn; 1 the flow is wrong; 2 the call is wrong or the file can't be read.";

struct GraphOptions {
  std::string flow_file;
  std::string flow_name;
  std::string format;
  std::string color;
  bool ascii = false;
};

struct Format {
  const char* name;
  RenderFormat format;
};
constexpr Format kFormats[] = {{"text", RenderFormat::Text},
                               {"mermaid", RenderFormat::Mermaid},
                               {"dot", RenderFormat::Dot},
                               {"svg", RenderFormat::Svg}};

Exit graph(const GraphOptions& options) {
  const LoadedFlow loaded = load_one_flow(options.flow_file, options.flow_name, options.color);
  if (!loaded.flow) { return loaded.exit; }
  RenderOptions drawing{.color = wants_color(options.color, stdout),
                        .ascii = options.ascii,
                        .width = terminal_width()};
  for (const Format& format : kFormats) {
    if (options.format == format.name) { drawing.format = format.format; }
  }
  const Result<std::string> text = render(*loaded.flow, drawing);
  if (!text) { return complain(text.error()); }
  write_out(*text);
  return Exit::Fine;
}

}  // namespace

void add_graph(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "graph",
      "Draw a flow: its environments, what each waits for, and the hooks of each.\n"
      "text draws in the terminal; svg is a picture that needs no other program.");
  const auto options = std::make_shared<GraphOptions>();
  self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
      ->required()
      ->option_text(" ");
  std::vector<std::string> names;
  for (const Format& format : kFormats) { names.emplace_back(format.name); }
  add_choice(*self, "--format", options->format, names, "What to draw it as");
  self->add_option("--flow", options->flow_name, "Which flow, where the file has several")
      ->option_text("NAME");
  self->add_flag("--ascii", options->ascii, "Draw text with ASCII characters only");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return graph(*options); }; });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"
#include "cli/configuration_input.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow graph flow.yaml                        in the terminal\n"
    "  promoflow graph flow.yaml --format svg > flow.svg\n"
    "  promoflow graph flow.yaml --format mermaid       for a README on GitHub\n"
    "  promoflow graph flow.yaml --format dot | dot -Tpdf > flow.pdf\n"
    "  promoflow graph --config . --product billing     with its policies\n"
    "  promoflow graph --config . --flow to-prod --data\n"
    "\n"
    "Exit status: 0 drawn; 1 the flow is wrong; 2 the call is wrong or the file can't be read.";

struct GraphOptions {
  std::string flow_file;
  std::string flow_name;
  ConfigurationChoice choice;
  std::string format;
  std::string color;
  bool ascii = false;
  bool data = false;
};

struct Format {
  const char* name;
  RenderFormat format;
};
constexpr Format kFormats[] = {{"text", RenderFormat::Text},
                               {"mermaid", RenderFormat::Mermaid},
                               {"dot", RenderFormat::Dot},
                               {"svg", RenderFormat::Svg}};

RenderOptions drawing_of(const GraphOptions& options) {
  RenderOptions drawing{.color = wants_color(options.color, stdout),
                        .ascii = options.ascii,
                        .width = terminal_width()};
  for (const Format& format : kFormats) {
    if (options.format == format.name) { drawing.format = format.format; }
  }
  return drawing;
}

Exit draw(const Result<std::string>& text) {
  if (!text) { return complain(text.error()); }
  write_out(*text);
  return Exit::Fine;
}

Exit graph(const GraphOptions& options) {
  if (options.data && options.choice.directory.empty()) {
    return complain("--data needs --config: the templates of hooks say what they read and export");
  }
  std::optional<Configuration> configuration;
  LoadedFlow loaded = load_chosen_flow(options.flow_file, options.flow_name, options.choice,
                                       options.color, options.data ? &configuration : nullptr);
  if (!loaded.flow) { return loaded.exit; }
  if (options.data) {
    const Result<std::vector<ContextUse>> uses = configuration->context_uses(*loaded.flow);
    if (!uses) { return complain(uses.error()); }
    if (uses->empty()) {
      write_out("no hook of the flow is known to read or export a context key\n");
      return Exit::Fine;
    }
    return draw(render_context_uses(*loaded.flow, *uses, drawing_of(options)));
  }
  return draw(render(*loaded.flow, drawing_of(options)));
}

}  // namespace

void add_graph(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "graph",
      "Draw a flow: its environments, what each waits for, and the hooks of each.\n"
      "text draws in the terminal; svg is a picture that needs no other program.");
  const auto options = std::make_shared<GraphOptions>();
  CLI::Option* const flow_file =
      self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
          ->option_text(" ");
  std::vector<std::string> names;
  for (const Format& format : kFormats) { names.emplace_back(format.name); }
  add_choice(*self, "--format", options->format, names, "What to draw it as");
  self->add_option("--flow", options->flow_name, "Which flow, where there are several")
      ->option_text("NAME");
  add_configuration(*self, options->choice, flow_file);
  self->add_flag("--data", options->data,
                 "Draw the context's data flow instead: who exports which key to whom");
  self->add_flag("--ascii", options->ascii, "Draw text with ASCII characters only");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return graph(*options); }; });
}

}  // namespace promoflow::cli

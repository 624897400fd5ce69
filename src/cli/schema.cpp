// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/properties.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow schema > promotion-flow.schema.json\n"
    "  promoflow schema scenario > scenario.schema.json\n"
    "  promoflow schema properties > properties.schema.json\n"
    "\n"
    "An editor with the YAML language server completes and checks a manifest that begins with\n"
    "  # yaml-language-server: $schema=promotion-flow.schema.json";

}  // namespace

void add_schema(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "schema",
      "Print the JSON Schema of a manifest, a scenario or properties: for editors and checkers.\n"
      "'promoflow validate' finds more: cycles, unknown environments, limits.");
  const auto what = std::make_shared<std::string>();
  add_choice(*self, "WHAT", *what, {"manifest", "scenario", "properties"}, "Which of these");
  self->footer(kExamples);
  self->callback([what, &command] {
    command = [what] {
      const std::string_view text = *what == "scenario"     ? scenario_schema()
                                    : *what == "properties" ? properties_schema()
                                                            : manifest_schema();
      write_out(text);
      if (!text.ends_with('\n')) { write_out("\n"); }
      return Exit::Fine;
    };
  });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/cli.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow schema > promotion-flow.schema.json\n"
    "  promoflow schema scenario > scenario.schema.json\n"
    "\n"
    "An editor with the YAML language server completes and checks a manifest that begins with\n"
    "  # yaml-language-server: $schema=promotion-flow.schema.json";

}  // namespace

void add_schema(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "schema",
      "Print the JSON Schema of a manifest, or of a scenario: for editors and other checkers.\n"
      "'promoflow validate' finds more: cycles, unknown environments, limits.");
  const auto what = std::make_shared<std::string>();
  add_choice(*self, "WHAT", *what, {"manifest", "scenario"}, "Which of the two");
  self->footer(kExamples);
  self->callback([what, &command] {
    command = [what] {
      const std::string_view text = *what == "scenario" ? scenario_schema() : manifest_schema();
      write_out(text);
      if (!text.ends_with('\n')) { write_out("\n"); }
      return Exit::Fine;
    };
  });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/configuration_input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "configuration/resolve.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow resolve . --product billing --revision main\n"
    "  promoflow resolve . --product billing --message 'fix: deploy' --environment production\n"
    "  promoflow resolve . --product billing --format json | jq .flow.name\n"
    "\n"
    "Exit status: 0 a flow is started; 1 none is, or the configuration is wrong, or it does not\n"
    "have the product or the environment; 2 the call is wrong or a file can't be read.";

struct ResolveOptions {
  ConfigurationChoice choice;
  std::string environment;
  std::string format;
  std::string color;
};

/// Exit::Wrong, and a complaint: the flow does not have the environment that was asked for.
Exit check_environment(const Resolution& resolution, const std::string& environment) {
  if (environment.empty() || !resolution.flow || !resolution.environments.empty()) {
    return Exit::Fine;
  }
  const std::string flow(resolution.flow->name());
  if (resolution.flow->environment_name(kTriggerEnvironment) == environment) {
    complain("unknown-environment: " + environment + " triggers the flow " + flow +
             " and is never promoted to; it has no policy");
    return Exit::Wrong;
  }
  std::vector<std::string> names;
  for (std::uint32_t i = 1; i < resolution.flow->environment_count(); ++i) {
    names.emplace_back(resolution.flow->environment_name(EnvironmentId{i}));
  }
  complain("unknown-environment: the flow " + flow + " has no environment " + environment +
           suggestion(environment, names));
  return Exit::Wrong;
}

void append_field(std::string& out, const char* name, const PolicyField& field) {
  out += std::string("    ") + name + detail::printable(field.value) + "  (" +
         detail::printable(field.origin) + ")\n";
}

std::string as_text(const Resolution& resolution) {
  std::string out = "product " + detail::printable(resolution.product) + "\n";
  out += resolution.flow
             ? "flow    " + detail::printable(std::string(resolution.flow->name())) + "\n"
             : std::string("flow    none is started\n");
  for (const Rejected& flow : resolution.rejected) {
    out += "  not " + detail::printable(flow.name) + ": " + detail::printable(flow.why) + "\n";
  }
  for (const EnvironmentPolicy& environment : resolution.environments) {
    out += "\n  " + detail::printable(environment.environment) + "\n";
    if (environment.pre_action) { append_field(out, "preAction   ", *environment.pre_action); }
    append_field(out, "action      ", environment.action);
    if (environment.post_action) { append_field(out, "postAction  ", *environment.post_action); }
    for (const Rejected& policy : environment.lost) {
      out += "    not policy " + detail::printable(policy.name) + ": " +
             detail::printable(policy.why) + "\n";
    }
  }
  return out;
}

Exit resolve(const ResolveOptions& options) {
  const ConfigurationChoice& choice = options.choice;
  const LoadedConfiguration loaded = load_configuration(choice.directory, options.color);
  if (!loaded.configuration) { return loaded.exit; }
  const Result<Resolution> resolution = detail::resolve(
      loaded.configuration->data(), {choice.product, choice.message, choice.revision},
      choice.policy_order(), {.only = options.environment});
  if (!resolution) {
    complain(resolution.error().message);
    return resolution.error().code == ErrorCode::InvalidArgument ? Exit::Wrong : Exit::Usage;
  }
  const Exit known = check_environment(*resolution, options.environment);
  if (known != Exit::Fine) { return known; }
  for (const EnvironmentPolicy& environment : resolution->environments) {
    for (const std::string& tie : environment.ties) { tell("warning: " + tie + " [policy-tie]"); }
  }
  if (options.format == "json") {
    const Result<std::string> json = to_json(*resolution);
    if (!json) { return complain(json.error()); }
    write_json(*json);
  } else {
    write_out(as_text(*resolution));
  }
  return resolution->flow ? Exit::Fine : Exit::Wrong;
}

}  // namespace

void add_resolve(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "resolve",
      "Say which flow a trigger starts, and which policy each environment has: what stood over\n"
      "what, and why the others did not.");
  const auto options = std::make_shared<ResolveOptions>();
  self->add_option("DIR", options->choice.directory, "Directory of manifests")
      ->required()
      ->option_text(" ");
  add_trigger(*self, options->choice);
  self->get_option("--product")->required();
  self->add_option("--environment", options->environment, "Only this environment of the flow")
      ->option_text("E");
  add_policy_order(*self, options->choice);
  add_choice(*self, "--format", options->format, {"text", "json"}, "How to print");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return resolve(*options); }; });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
// A flow without a manifest: built in code, checked like any other, drawn, and written as YAML.
#include <iostream>
#include <promoflow/promoflow.hpp>
#include <string>
#include <string_view>

namespace pf = promoflow;

/// A canary, two regions side by side, then the rest.
pf::FlowReport regions(std::string_view canary_waits_for) {
  pf::StepOptions region;
  region.policy.action = pf::PolicyAction::PullRequest;
  region.hooks.on_fail = {{.name = "jira-open-bug"}};

  pf::FlowOptions options;
  options.hooks.on_start = {{.name = "slack-start"}};
  options.hooks.on_fail = {{.name = "slack-fail"}, {.name = "page-on-call"}};

  return pf::FlowBuilder("all-regions", "staging")
      .options(options)
      .step("canary", {canary_waits_for})
      .step("eu", {"canary"}, region)
      .step("us", {"canary"}, region)
      .step("rest", {"eu", "us"}, region)
      .build()
      .value();
}

int main() {
  const pf::FlowReport good = regions("staging");
  std::cout << pf::render(*good.flow, {.ascii = true}).value() << "\n"
            << pf::write_manifest(*good.flow).value() << "\n";

  const pf::FlowReport bad = regions("rest");  // No flow: its diagnostics say why.
  std::cout << pf::format_diagnostics(bad.diagnostics, {"regions()", ""},
                                      pf::DiagnosticFormat::Text)
                   .value();
  return bad.flow ? 1 : 0;
}

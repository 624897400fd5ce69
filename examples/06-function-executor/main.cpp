// SPDX-License-Identifier: Apache-2.0
// run() drives a release with functions as hooks: the host needs no loop of its own.
#include <iostream>
#include <promoflow/promoflow.hpp>

namespace pf = promoflow;

int main() {
  const pf::Flow flow = pf::load_flow(R"(
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
    - {environment: staging, dependsOn: [dev], hooks: {onSuccess: smoke-tests}}
    - {environment: production, dependsOn: [staging]}
  hooks: {onFail: slack-fail}
)")
                            .value();

  pf::FunctionExecutor executor;
  executor.on_other_promotions([](const pf::PromotionCall& call) {
    std::cout << "promote into " << call.environment << "\n";
    return pf::Answer::success();
  });
  executor.on_hook("smoke-tests",
                   [](const pf::HookCall&) { return pf::Answer::failed("3 of 17 tests failed"); });
  executor.on_hook("slack-fail", [](const pf::HookCall& call) {
    for (const auto& [name, value] : call.arguments) {
      if (name == "ERROR_MESSAGE") std::cout << "slack: " << value << "\n";
    }
    return pf::Answer::success();
  });

  const pf::Release release = pf::run(flow, {.id = "r-42"}, executor).value();
  std::cout << to_string(release.status()) << "\n";
}

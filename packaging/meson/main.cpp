// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <promoflow/promoflow.hpp>

int main() {
  const auto flow = promoflow::load_flow(R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: production, dependsOn: [dev]}]}})");
  if (!flow) { return 1; }
  const auto trace = promoflow::simulate(*flow, {.release = {.id = "r-42"}});
  if (!trace) { return 1; }
  std::cout << promoflow::version() << " " << flow->name() << " " << to_string(trace->status())
            << "\n";
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <promoflow/promoflow.hpp>

int main() {
  auto flow = promoflow::load_flow(R"(
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing-to-production}
spec:
  triggerEnvironment: dev
  steps: [{environment: staging, dependsOn: [dev]}]
)");
  if (!flow) {
    std::cerr << flow.error().message << '\n';
    return 1;
  }
  std::cout << promoflow::version() << ' ' << flow->name() << '\n';
}

// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <promoflow/argo_executor.hpp>

int main() {
  promoflow::ArgoOptions options;
  options.kubeconfig = "/nowhere/config";
  const auto executor = promoflow::ArgoExecutor::create(options);
  if (executor) { return 1; }
  std::cout << executor.error().message << "\n";
  return 0;
}

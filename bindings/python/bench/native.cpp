// SPDX-License-Identifier: Apache-2.0
// The C++ half of bench.py: simulates the flow of a file again and again, prints the nanoseconds of
// each time.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <promoflow/promoflow.hpp>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) { return 2; }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const promoflow::Flow flow = promoflow::load_flow(text).value();
  for (int round = 0; round < std::atoi(argv[2]); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const bool fine = promoflow::simulate(flow, {}).value().status() ==
                      promoflow::ReleaseStatus::Succeeded;
    const auto end = std::chrono::steady_clock::now();
    if (!fine) { return 1; }
    std::cout << std::chrono::nanoseconds(end - begin).count() << "\n";
  }
}

// SPDX-License-Identifier: Apache-2.0
// The C++ half of bench.py: simulates the flow of a file again and again, prints the CPU time of
// each in nanoseconds.
#include <cstdlib>
#include <ctime>
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
    const std::clock_t begin = std::clock();
    const bool fine =
        promoflow::simulate(flow, {}).value().status() == promoflow::ReleaseStatus::Succeeded;
    const std::clock_t end = std::clock();
    if (!fine) { return 1; }
    std::cout << (end - begin) * (1'000'000'000 / CLOCKS_PER_SEC) << "\n";
  }
}

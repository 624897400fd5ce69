// SPDX-License-Identifier: Apache-2.0
// The benchmark: promoflow and its peers in the same run, on the same graphs.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "suite.hpp"

namespace {

using namespace promoflow::bench;

struct Options {
  bool quick = false;
  bool own = false;  ///< promoflow alone, without the peers.
  const char* json = nullptr;
  const char* only = nullptr;  ///< The part of this name alone.
  bool good = true;
};

Options read(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--quick") == 0) {
      options.quick = true;
    } else if (std::strcmp(arguments[i], "--own") == 0) {
      options.own = true;
    } else if (std::strcmp(arguments[i], "--json") == 0 && i + 1 < count) {
      options.json = arguments[++i];
    } else if (std::strcmp(arguments[i], "--only") == 0 && i + 1 < count) {
      options.only = arguments[++i];
    } else {
      options.good = false;
    }
  }
  return options;
}

struct Part {
  const char* name;
  void (*add)(Suite&);
  bool is_peer = false;
};
constexpr Part kParts[] = {
    {"limit", add_minimal},
    {"releases", add_releases},
    {"flows", add_flows},
    {"hooks", add_hooks},
#if defined(PROMOFLOW_BENCH_CAPI)
    {"c-abi", add_c_abi},
#endif
    {"texts", add_texts},
    {"explorations", add_explorations},
    {"configurations", add_configurations},
    {"releases", add_graph_peers, true},
    {"releases", add_tbb, true},
};

/// `fast` is that much faster than `slow`. One of its units is `unit` of the other's.
void print_ratio(const Suite& suite, const char* slow, const char* fast, double unit = 1) {
  const Figure* const a = suite.find(slow);
  const Figure* const b = suite.find(fast);
  if (a != nullptr && b != nullptr) {
    std::printf("  %9.2f  %s / %s\n", a->value / (b->value * unit), slow, fast);
  }
}

void print(const Suite& suite, const std::vector<Goal>& goals) {
  std::printf("Figures (medians of processor time; counts are exact)\n");
  for (const Figure& figure : suite.figures()) {
    std::printf("  %12.2f %-15s %s\n", figure.value, figure.unit.c_str(), figure.name.c_str());
  }
  std::printf("\nRatios\n");
  print_ratio(suite, "release/layered/1k", "limit/layered/1k");
  print_ratio(suite, "release/layered/100k", "limit/layered/100k");
  print_ratio(suite, "release/layered/100k", "Boost.Graph topological_sort/layered/100k");
  print_ratio(suite, "oneTBB flow graph, 3 tasks/layered/1k", "release with hooks/layered/1k");
  print_ratio(suite, "oneTBB flow graph, 3 tasks/layered/100k", "release with hooks/layered/100k");
  print_ratio(suite, "Python graphlib, build included/layered/1k", "release/layered/1k");
  print_ratio(suite, "xstate, an actor for each environment/layered/1k",
              "release with hooks/layered/1k");
  // Milliseconds for 10,000 environments, and nanoseconds for each.
  print_ratio(suite, "Temporal testsuite, 24 hours/layered/1k",
              "simulate/10k environments with hooks, 24 hours", 100);
  print_ratio(suite, "yaml-cpp Load/10k environments", "YAML/10k environments");
  print_ratio(suite, "nlohmann/JSON text, 8 + 50 keys", "arguments/JSON text, 8 + 50 keys");
  print_ratio(suite, "nlohmann/copy of 50 keys, 5 merged",
              "context/a hook's success, 5 keys merged into 50");
  for (const std::string& name : suite.absent()) { std::printf("  absent: %s\n", name.c_str()); }
  std::printf("\nGoals\n");
  for (const Goal& goal : goals) {
    std::printf("  %-5s %10.2f %-15s bar %8.2f  %s\n", goal.holds ? "holds" : "NO", goal.value,
                goal.unit.c_str(), goal.bar, goal.name.c_str());
  }
}

bool write(const char* path, const Suite& suite, const std::vector<Goal>& goals) {
  nlohmann::ordered_json out{{"goals", nlohmann::ordered_json::array()},
                             {"figures", nlohmann::ordered_json::array()}};
  for (const Goal& goal : goals) {
    out["goals"].push_back({{"name", goal.name},
                            {"value", goal.value},
                            {"unit", goal.unit},
                            {"bar", goal.bar},
                            {"holds", goal.holds}});
  }
  for (const Figure& figure : suite.figures()) {
    out["figures"].push_back(
        {{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}});
  }
  std::ofstream file(path);
  file << out.dump(2) << '\n';
  return file.good();
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = read(count, arguments);
  if (!options.good) {
    std::fputs("usage: promoflow_bench [--quick] [--own] [--only PART] [--json FILE]\n", stderr);
    return 2;
  }
  int none = 1;
  benchmark::Initialize(&none, arguments);
  Suite suite(options.quick);
  bool any = false;
  for (const Part& part : kParts) {
    if (options.only != nullptr && std::strcmp(options.only, part.name) != 0) { continue; }
    any = true;
    if (!options.own || !part.is_peer) { part.add(suite); }
  }
  if (!any) {
    std::fprintf(stderr, "promoflow_bench: there is no part %s\n", options.only);
    return 2;
  }
  suite.run();
  if (!options.own) { run_scripts(suite, options.only); }
  const std::vector<Goal> reached = goals(suite);
  print(suite, reached);
  if (options.json != nullptr && !write(options.json, suite, reached)) {
    std::fprintf(stderr, "promoflow_bench: %s cannot be written\n", options.json);
    return 2;
  }
  return 0;
}

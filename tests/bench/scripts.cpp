// SPDX-License-Identifier: Apache-2.0
// Peers in other languages: small programs beside this file, each of which prints lines of
// `NAME VALUE`, or nothing if its library is not installed.
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "suite.hpp"

namespace promoflow::bench {

namespace {

struct Script {
  const char* name;
  const char* command;
  bool quick = true;                    ///< False: only a whole run has it.
  const char* unit = "ns/environment";  ///< Of its values.
  const char* part = "releases";        ///< Of the benchmark.
};
constexpr std::array kScripts = {
    Script{"graphlib", "python3 " PROMOFLOW_BENCH_DIR "/peers/graph_libraries.py graphlib"},
    Script{"networkx", "python3 " PROMOFLOW_BENCH_DIR "/peers/graph_libraries.py networkx"},
    Script{"transitions", "python3 " PROMOFLOW_BENCH_DIR "/peers/graph_libraries.py transitions"},
    Script{"xstate", "node " PROMOFLOW_BENCH_DIR "/peers/xstate.mjs"},
    // The module comes from Go's cache: a benchmark fetches nothing.
    Script{"Temporal's testsuite",
           "cd " PROMOFLOW_BENCH_DIR "/peers/temporal && "
           "GOPROXY=off GOTOOLCHAIN=local go run .",
           false},
    Script{"SPIN", "python3 " PROMOFLOW_BENCH_DIR "/peers/spin.py", true, "ms", "explorations"},
};

/// Whether it printed a figure.
bool run_script(Suite& suite, const Script& script) {
  const std::string command = std::string(script.command) + " 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) { return false; }
  bool any = false;
  std::array<char, 200> line{};
  while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    const std::string text(line.data());
    const std::size_t space = text.rfind(' ');
    if (space == std::string::npos) { continue; }
    const bool is_count = text.find("/states") != std::string::npos;
    suite.count(text.substr(0, space), std::stod(text.substr(space + 1)),
                is_count ? "states" : script.unit);
    any = true;
  }
  return any;
}

}  // namespace

void run_scripts(Suite& suite, const char* only) {
  for (const Script& script : kScripts) {
    if (suite.quick() && !script.quick) { continue; }
    if (only != nullptr && std::strcmp(only, script.part) != 0) { continue; }
    if (!run_script(suite, script)) { suite.absent(script.name); }
  }
}

}  // namespace promoflow::bench

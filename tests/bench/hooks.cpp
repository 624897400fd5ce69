// SPDX-License-Identifier: Apache-2.0
// What hooks receive and what they export: arguments as views and as JSON text, contexts merged,
// and the same with nlohmann/json.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "drive.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

void add_arguments(Suite& suite, int context_keys) {
  const std::shared_ptr<Release> release = failed_release(context_keys);
  const auto command = release->next_command();
  const auto* hook = command ? std::get_if<RunHook>(&*command) : nullptr;
  if (hook == nullptr) { std::abort(); }
  const std::string size = "8 + " + std::to_string(context_keys) + " keys";
  suite.time("arguments/views, " + size, 1, "ns", [release, run = *hook] {
    std::size_t bytes = 0;
    for (const Argument& argument : run.arguments) {
      bytes += argument.name.size() + argument.value.size();
    }
    benchmark::DoNotOptimize(bytes);
  });
  suite.time("arguments/JSON text, " + size, 1, "ns", [release, run = *hook] {
    if (!run.arguments.to_json()) { std::abort(); }
  });
  suite.time("nlohmann/JSON text, " + size, 1, "ns", [release, run = *hook] {
    nlohmann::ordered_json object;
    for (const Argument& argument : run.arguments) {
      object[std::string(argument.name)] = argument.value;
    }
    const std::string text = object.dump();
    benchmark::DoNotOptimize(text.data());
  });
}

/// Five keys of fifty, exported again by every hook of a chain. The cost of events without exports
/// is subtracted: it is the figure of a release with hooks.
void add_merge(Suite& suite) {
  constexpr std::uint32_t kChain = 1'000;
  suite.time("context/a hook's success, 5 keys merged into 50", 2.0 * kChain, "ns",
             [context = context_of(0, 50, "value "), exported = context_of(10, 5, "other ")] {
               auto release = Release::start(flow(Shape::Chain, kChain, true), release_info(),
                                             kStart, context);
               if (!release) { std::abort(); }
               while (const auto command = release->next_command()) {
                 if (!release->apply({kStart, success_of(*command, exported)})) { std::abort(); }
               }
             });
  suite.time("nlohmann/copy of 50 keys, 5 merged", 1, "ns",
             [context = nlohmann::json::parse(context_of(0, 50, "value ")),
              exported = context_of(10, 5, "other ")] {
               nlohmann::json copy = context;
               copy.merge_patch(nlohmann::json::parse(exported));
               benchmark::DoNotOptimize(&copy);
             });
}

}  // namespace

void add_hooks(Suite& suite) {
  add_arguments(suite, 5);
  add_arguments(suite, 50);
  add_merge(suite);
}

}  // namespace promoflow::bench

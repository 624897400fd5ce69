// SPDX-License-Identifier: Apache-2.0
// How much longer a call through the C ABI takes than the same call in C++: the same release is
// driven in both ways, in turns; the figure is the median of the rounds' differences.
#include <benchmark/benchmark.h>
#include <promoflow/promoflow.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "drive.hpp"
#include "promoflow/manifest.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// A fan's first half is ready at once: so many hooks are taken, then answered, in a row.
constexpr std::uint32_t kFan = 1'000;
constexpr std::size_t kHooks = kFan / 2 - 1;
constexpr std::string_view kContext = R"({"SLACK_CHANNEL":"#releases"})";

enum Stage : std::size_t { kTake, kArguments, kApply, kStatus, kStages };
using Times = std::array<double, kStages>;  ///< Nanoseconds of processor time.

double now_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void must(bool holds) {
  if (!holds) { std::abort(); }
}

Times in_cpp(const Flow& flow, std::vector<RunHook>& hooks, std::size_t& bytes) {
  auto release = Release::start(flow, release_info(), kStart, kContext);
  must(release.has_value());
  hooks.clear();
  hooks.reserve(kHooks);
  const double start = now_ns();
  while (const auto command = release->next_command()) {
    const auto* const hook = std::get_if<RunHook>(&*command);
    must(hook != nullptr);
    hooks.push_back(*hook);
  }
  const double taken = now_ns();
  for (const RunHook& hook : hooks) {
    for (const Argument& argument : hook.arguments) {
      bytes += argument.name.size() + argument.value.size();
    }
  }
  const double read = now_ns();
  for (const RunHook& hook : hooks) {
    must(release->apply({kStart, HookSucceeded{hook.ticket}}).has_value());
  }
  const double applied = now_ns();
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    auto status = release->status();
    benchmark::DoNotOptimize(status);
  }
  return {taken - start, read - taken, applied - read, now_ns() - applied};
}

promoflow_str text(std::string_view from) { return {from.data(), from.size()}; }

Times in_c(const promoflow_flow* flow, std::vector<promoflow_command>& hooks, std::size_t& bytes) {
  const ReleaseInfo who = release_info();
  promoflow_release_info info{};
  info.id = text(who.id);
  info.url = text(who.url);
  info.product = text(who.product);
  info.version = text(who.version);
  info.commit_sha = text(who.commit_sha);
  const std::int64_t now_ms = kStart.time_since_epoch().count();
  promoflow_release* release = nullptr;
  must(promoflow_release_start(flow, &info, now_ms, text(kContext), &release, nullptr) ==
       PROMOFLOW_OK);
  promoflow_command one{};
  one.struct_size = sizeof(one);
  hooks.assign(kHooks + 1, one);
  std::array<promoflow_argument, 16> arguments;
  std::size_t count = 0;
  std::size_t size = 0;
  const double start = now_ns();
  while (promoflow_release_next_command(release, &hooks[size], nullptr) == PROMOFLOW_OK) {
    must(++size <= kHooks);
  }
  const double taken = now_ns();
  hooks.resize(size);
  for (const promoflow_command& hook : hooks) {
    must(promoflow_command_arguments(release, &hook, arguments.data(), arguments.size(), &count) ==
         PROMOFLOW_OK);
    for (std::size_t i = 0; i < count; ++i) {
      bytes += arguments[i].name.size + arguments[i].value.size;
    }
  }
  const double read = now_ns();
  promoflow_event event{};
  event.struct_size = sizeof(event);
  event.kind = PROMOFLOW_EVENT_HOOK_SUCCEEDED;
  event.at_ms = now_ms;
  for (const promoflow_command& hook : hooks) {
    event.ticket = hook.ticket;
    must(promoflow_release_apply(release, &event, nullptr) == PROMOFLOW_OK);
  }
  const double applied = now_ns();
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    std::int32_t status = 0;
    must(promoflow_release_status(release, &status) == PROMOFLOW_OK);
    benchmark::DoNotOptimize(status);
  }
  const Times times{taken - start, read - taken, applied - read, now_ns() - applied};
  promoflow_release_free(release);
  return times;
}

}  // namespace

void add_c_abi(Suite& suite) {
  const auto written = write_manifest(flow(Shape::Fan, kFan, true), TextFormat::Yaml);
  must(written.has_value());
  const auto same = load_flow(*written);
  promoflow_flow* same_in_c = nullptr;
  must(same.has_value() &&
       promoflow_flow_load(text(*written), nullptr, &same_in_c, nullptr) == PROMOFLOW_OK);
  const std::size_t rounds = suite.quick() ? 501 : 2'001;
  std::array<std::vector<double>, kStages> differences;
  std::vector<RunHook> hooks;
  std::vector<promoflow_command> hooks_in_c;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::size_t bytes = 0;
    std::size_t bytes_in_c = 0;
    Times cpp{};
    const bool is_first = round % 2 == 0;  // The second one finds warmer caches.
    if (is_first) { cpp = in_cpp(*same, hooks, bytes); }
    const Times c = in_c(same_in_c, hooks_in_c, bytes_in_c);
    if (!is_first) { cpp = in_cpp(*same, hooks, bytes); }
    must(bytes == bytes_in_c && hooks.size() == kHooks && hooks_in_c.size() == kHooks);
    for (std::size_t i = 0; i < kStages; ++i) { differences[i].push_back(c[i] - cpp[i]); }
  }
  promoflow_flow_free(same_in_c);
  const auto add = [&](const char* name, Stage stage) {
    std::vector<double>& all = differences[stage];
    std::sort(all.begin(), all.end());
    suite.count(name, all[all.size() / 2] / static_cast<double>(kHooks), "ns/call");
  };
  add("C ABI over C++/status", kStatus);
  add("C ABI over C++/apply", kApply);
  add("C ABI over C++/next_command, a hook", kTake);
  add("C ABI over C++/7 arguments of a hook", kArguments);
}

}  // namespace promoflow::bench

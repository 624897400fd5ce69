// SPDX-License-Identifier: Apache-2.0
// Drives releases of flows of many shapes to their ends, always in the same way, and prints
// fingerprints, snapshots, journals and traces. What it prints is the same on every platform:
// tests/portability/run.py compares it byte by byte.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <promoflow/promoflow.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

namespace {

using namespace promoflow;

/// Numbers that look like chance, and are the same everywhere.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  /// From 0 to `limit` - 1.
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33U) % limit;
  }
  bool one_in(std::uint32_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

std::vector<Hook> some_hooks(Chance& chance) {
  std::vector<Hook> hooks;
  for (std::uint32_t count = chance.below(3); count != 0; --count) {
    Hook hook{.name = "hook-" + std::to_string(chance.below(100))};
    if (chance.one_in(2)) { hook.arguments = {{"REGION", "eu-\xC3\xA9"}, {"LIST", "[1.5]", true}}; }
    if (chance.one_in(3)) { hook.timeout = std::chrono::seconds(90); }
    if (chance.one_in(3)) {
      hook.retry = {.limit = 2, .duration = std::chrono::milliseconds(1500), .factor = 1.7};
    }
    if (chance.one_in(4)) { hook.on_error = OnError::Ignore; }
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

Hooks hooks_of(Chance& chance) {
  return {some_hooks(chance), some_hooks(chance), some_hooks(chance)};
}

Result<FlowReport> some_flow(Chance& chance) {
  FlowBuilder builder("flow", "dev");
  FlowOptions options;
  options.hooks = hooks_of(chance);
  options.context_merge = chance.one_in(2) ? ContextMerge::Deep : ContextMerge::Shallow;
  options.failure_policy = static_cast<FailurePolicy>(1 + chance.below(3));
  builder.options(std::move(options));
  std::vector<std::string> names{"dev"};
  for (std::uint32_t i = 1 + chance.below(12); i != 0; --i) {
    StepOptions step;
    step.hooks = hooks_of(chance);
    if (chance.one_in(4)) { step.soak = std::chrono::minutes(3); }
    const std::string on = names[chance.below(static_cast<std::uint32_t>(names.size()))];
    names.push_back("environment-" + std::to_string(i));
    builder.step(names.back(), {on}, step);
  }
  return builder.build();
}

constexpr std::string_view kExports[] = {
    R"({"version":"1.2.3","count":18446744073709551615,"ratio":0.1})",
    R"({"nested":{"a":[1,2,{"b":null}],"c":-1e-7},"text":"\u00e9\ud83d\ude00\n"})",
    R"({"nested":{"c":null,"d":true},"count":-9223372036854775808})",
    "this is not JSON",
};

/// What the host reports next.
Event::What answer(Chance& chance, const Command& command) {
  if (const auto* hook = std::get_if<RunHook>(&command)) {
    if (chance.one_in(5)) { return HookFailed{hook->ticket, "exit status 1"}; }
    return HookSucceeded{hook->ticket, kExports[chance.below(4)]};
  }
  if (const auto* promotion = std::get_if<Promote>(&command)) {
    if (chance.one_in(8)) { return PromotionFailed{promotion->ticket, "not healthy"}; }
    return PromotionSucceeded{promotion->ticket};
  }
  return Tick{};
}

bool drive(const Flow& flow, Chance& chance) {
  Instant now{std::chrono::milliseconds(1'700'000'000'123)};
  const Instant origin = now;
  auto release = Release::start(flow, {.id = "r", .version = "1.0"}, now, R"({"start":[0.25]})");
  if (!release) { return false; }
  for (int events = 0; !is_final(release->status()) && events < 500; ++events) {
    while (auto record = release->next_record()) {
      print(to_json(*record, origin).value_or("no line"));
    }
    const auto outstanding = release->outstanding();
    if (!outstanding) { return false; }
    now += std::chrono::milliseconds(chance.below(2000));
    if (outstanding->empty()) {
      now = std::max(now, release->next_timer().value_or(now));
      if (!release->apply({now, Tick{}})) { return false; }
      continue;
    }
    const auto count = static_cast<std::uint32_t>(outstanding->size());
    const Event event{now, answer(chance, (*outstanding)[chance.below(count)].command)};
    print(to_json(event).value_or("no line"));
    if (auto applied = release->apply(event); !applied) { print(to_string(applied.error().code)); }
    if (chance.one_in(3)) {
      const std::string snapshot = release->snapshot().value_or("no snapshot");
      print(snapshot);
      release = Release::restore(flow, snapshot);
      if (!release) { return false; }
    }
  }
  print(release->snapshot().value_or("no snapshot"));
  print(release->describe().value_or("no description"));
  return true;
}

}  // namespace

int main() {
#ifdef _WIN32
  _setmode(_fileno(stdout), _O_BINARY);  // A line end is one character, as everywhere.
#endif
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Chance chance(seed);
    const auto report = some_flow(chance);
    if (!report || !report->flow || !drive(*report->flow, chance)) {
      std::fputs("a release could not be driven\n", stderr);
      return 1;
    }
    print(std::to_string(report->flow->fingerprint()));
    print(write_manifest(*report->flow).value_or("no manifest"));
  }
}

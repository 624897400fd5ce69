// SPDX-License-Identifier: Apache-2.0
// Each kind of input that is wrong, in a program that would end if anything were thrown; and a
// release from its start to its end.
#include <cstdio>
#include <promoflow/promoflow.hpp>
#include <string>
#include <string_view>

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) { return; }
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

constexpr std::string_view kFlow = R"(apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: f}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onStart: gate, onFail: report}}
)";

using promoflow::ErrorCode;
using promoflow::Flow;
using promoflow::Instant;
using promoflow::Release;

Instant at(int ms) { return Instant{std::chrono::milliseconds{ms}}; }

/// Commands succeed; the first one fails. Both hooks export.
std::string run(Release& release) {
  std::string damaged;
  int now = 0;
  while (const auto command = release.next_command()) {
    const auto* hook = std::get_if<promoflow::RunHook>(&*command);
    ++now;
    if (const auto snapshot = release.snapshot()) { damaged = *snapshot; }
    if (hook != nullptr && hook->hook == "gate") {
      check(release.apply({at(now), promoflow::HookFailed{hook->ticket, "closed", "{\"A\": 1}"}})
                .has_value(),
            "a failed hook");
      const auto again = release.apply({at(now), promoflow::HookSucceeded{hook->ticket, {}}});
      check(!again && again.error().code == ErrorCode::SettledTicket, "a ticket twice");
    } else if (hook != nullptr) {
      const auto applied =
          release.apply({at(now), promoflow::HookSucceeded{hook->ticket, "{\"B\": not JSON"}});
      check(applied.has_value(), "an export that is not JSON");
    }
  }
  return damaged;
}

/// Every snapshot that is cut, or has another character somewhere, is restored or refused.
void damage(const Flow& flow, const std::string& snapshot) {
  int refused = 0;
  const auto restore = [&](const std::string& text) {
    if (!Release::restore(flow, text)) { ++refused; }
  };
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    restore(snapshot.substr(0, i));
    for (const char other : {'0', '9', '"', '[', '}', 'x'}) {
      std::string text = snapshot;
      text[i] = other;
      restore(text);
    }
  }
  check(refused > 100, "damaged snapshots are refused");
}

ErrorCode error_of(std::string_view text) {
  const auto flow = promoflow::load_flow(text);
  return flow ? ErrorCode{} : flow.error().code;
}

}  // namespace

int main() {
  check(error_of("a: [") == ErrorCode::InvalidManifest, "YAML that ends early");
  check(error_of("{\"a\": tru}") == ErrorCode::InvalidManifest, "JSON with a wrong word");
  check(error_of(std::string(5000, '[')) == ErrorCode::InvalidManifest, "a text that is too deep");
  std::string cycle(kFlow);
  cycle.replace(cycle.find("[dev]"), 5, "[staging]");
  check(error_of(cycle) == ErrorCode::InvalidManifest, "an environment that depends on itself");
  cycle = std::string(kFlow) + "  - {environment: a, dependsOn: [b]}\n" +
          "  - {environment: b, dependsOn: [a]}\n";
  check(error_of(cycle) == ErrorCode::InvalidManifest, "a cycle");

  const auto flow = promoflow::load_flow(kFlow);
  check(flow.has_value(), "the flow");
  if (!flow) { return 1; }
  check(!Release::start(*flow, {.id = "r"}, at(0), "[1]"), "a context that is no object");
  auto release = Release::start(*flow, {.id = "r"}, at(0), "{\"C\": [1, {\"D\": null}]}");
  check(release.has_value(), "the release");
  if (!release) { return 1; }
  const std::string snapshot = run(*release);
  check(release->status() == promoflow::ReleaseStatus::Failed, "the release has failed");
  check(promoflow::render(*flow).has_value(), "a drawing");
  const auto trace = promoflow::simulate(*flow, promoflow::Scenario{});
  check(trace && trace->to_jsonl().has_value(), "a simulation");
  damage(*flow, snapshot);
  return failures == 0 ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0
// The loop of a host: take commands, carry them out, wait, apply what happened. This host has a
// virtual clock, so that it prints the same every time. Its approval comes too late.
#include <chrono>
#include <iostream>
#include <map>
#include <promoflow/promoflow.hpp>
#include <string_view>

using namespace std::chrono_literals;
namespace pf = promoflow;

constexpr std::string_view kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev],
    hooks: {onSuccess: {name: approve, timeout: 10m, onError: ignore}}},
  {environment: production, dependsOn: [staging]}]}})";

struct Host {
  pf::Instant now{};
  std::multimap<pf::Instant, pf::Event> coming{};

  void carry_out(const pf::Command& command) {
    std::cout << now.time_since_epoch() / 1min << "m  ";
    std::visit(*this, command);
  }
  void operator()(const pf::RunHook& hook) {
    std::cout << "run " << hook.hook << " at " << to_string(hook.point) << "\n";
    coming.insert({now + 12min, {now + 12min, pf::HookSucceeded{hook.ticket}}});
  }
  void operator()(const pf::Promote& promote) {
    std::cout << "promote to " << promote.environment_name << "\n";
    coming.insert({now + 5min, {now + 5min, pf::PromotionSucceeded{promote.ticket}}});
  }
  void operator()(const pf::Cancel&) { std::cout << "cancel what runs under the ticket\n"; }

  pf::Event wait(std::optional<pf::Instant> timer) {
    pf::Event next{timer.value_or(pf::Instant::max()), pf::Tick{}};
    if (!coming.empty() && coming.begin()->first <= next.at) {
      next = coming.extract(coming.begin()).mapped();
    }
    now = next.at;
    return next;
  }
};

int main() {
  Host host;
  const pf::Flow flow = pf::load_flow(kFlow).value();
  pf::Release release = pf::Release::start(flow, {.id = "r-42"}, host.now).value();
  while (!is_final(release.status())) {
    while (auto command = release.next_command()) host.carry_out(*command);
    auto applied = release.apply(host.wait(release.next_timer()));
    if (!applied) std::cout << "refused: " << applied.error().message << "\n";
  }
  std::cout << to_string(release.status()) << "\n";
  return 0;
}

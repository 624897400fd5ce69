// SPDX-License-Identifier: Apache-2.0
// An operator repairs a release: asks why an environment waits, retries one that failed while
// another runs, and goes on without a third. Nothing that has succeeded is promoted again.
#include <array>
#include <iostream>
#include <promoflow/promoflow.hpp>
#include <string_view>

namespace pf = promoflow;

constexpr std::string_view kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: eu, dependsOn: [dev]},
    {environment: us, dependsOn: [dev]}, {environment: global, dependsOn: [eu, us]}]}})";

void show_why_pending(const pf::Release& release, std::string_view name) {
  const pf::Flow& flow = release.flow();
  const auto reason = release.why_pending(flow.find_environment(name).value()).value();
  std::cout << "  " << name << " waits (block: " << to_string(reason.block) << ") for";
  for (const pf::EnvironmentId unmet : reason.unmet) {
    std::cout << " " << flow.environment_name(unmet) << " "
              << to_string(release.environment(unmet).status);
  }
  std::cout << "\n";
}

/// Applies one event and shows the records of what it causes.
void apply(pf::Release& release, pf::Event::What what) {
  const auto applied = release.apply({pf::Instant{}, what});
  if (!applied) std::cout << "  refused: " << applied.error().message << "\n";
  while (const auto record = release.next_record()) {
    std::cout << "  " << pf::to_json(*record, pf::Instant{}).value() << "\n";
  }
}

int main() {
  const pf::Flow flow = pf::load_flow(kFlow).value();
  pf::Release release = pf::Release::start(flow, {.id = "r-42"}, pf::Instant{}).value();

  std::cout << "the release starts, and eu fails\n";
  apply(release, pf::PromotionFailed{pf::Ticket{1}, "out of sync"});
  show_why_pending(release, "global");

  std::cout << "eu is repaired: retry it while us goes on\n";
  constexpr std::array<std::string_view, 1> kEu = {"eu"};
  apply(release, pf::Retry{kEu, "ann"});
  apply(release, pf::PromotionSucceeded{pf::Ticket{3}});

  std::cout << "us fails, and the release ends: skip us, then let the release go on\n";
  apply(release, pf::PromotionFailed{pf::Ticket{2}, "no quota"});
  apply(release, pf::Skip{"us", "the region is closed", "ann"});
  apply(release, pf::Retry{std::nullopt, "ann"});

  std::cout << "global succeeds\n";
  apply(release, pf::PromotionSucceeded{pf::Ticket{4}});
  return release.status() == pf::ReleaseStatus::Succeeded ? 0 : 1;
}

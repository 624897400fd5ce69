// SPDX-License-Identifier: Apache-2.0
// A host that crashes and starts again: the last snapshot, the events stored since, and reissue()
// give the same release, and commands without an answer come again under the same tickets.
#include <chrono>
#include <iostream>
#include <promoflow/promoflow.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;
namespace pf = promoflow;

constexpr std::string_view kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: prod-eu, dependsOn: [dev]},
                                   {environment: prod-us, dependsOn: [dev]}]}})";

/// What outlives the process: a file, a table.
struct Disk {
  std::string snapshot{};
  std::vector<std::string> journal{};  ///< An event a line, as to_json() writes it.
};

void carry_out_commands(pf::Release& release) {
  while (auto command = release.next_command()) {
    if (const auto* promote = std::get_if<pf::Promote>(&*command)) {
      std::cout << "  promote to " << promote->environment_name << ", key "
                << release.key(promote->ticket).value() << "\n";
    }
  }
}

int main() {
  const pf::Flow flow = pf::load_flow(kFlow).value();
  Disk disk;
  std::cout << "first life\n";
  {
    pf::Release release = pf::Release::start(flow, {.id = "r-42"}, pf::Instant{}).value();
    disk.snapshot = release.snapshot().value();  // Before its commands are carried out.
    carry_out_commands(release);
    const pf::Event event{pf::Instant{9min}, pf::PromotionSucceeded{pf::Ticket{1}}};
    disk.journal.push_back(pf::to_json(event).value());  // Before it is applied.
    if (release.apply(event)) carry_out_commands(release);
  }  // The process dies here, before the promotion to prod-us has been answered.

  std::cout << "second life\n";
  pf::Release release = pf::Release::restore(flow, disk.snapshot).value();
  for (const std::string& line : disk.journal) {
    const pf::StoredEvent stored = pf::StoredEvent::read(line).value();
    if (!release.apply(stored.event())) std::cout << "  refused again, as before the crash\n";
  }
  if (release.reissue()) carry_out_commands(release);
  std::cout << "  dev " << to_string(release.environment(pf::kTriggerEnvironment).status)
            << ", prod-eu "
            << to_string(release.environment(*flow.find_environment("prod-eu")).status) << "\n";
  return 0;
}

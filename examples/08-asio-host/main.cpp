// SPDX-License-Identifier: Apache-2.0
// Four hundred releases on one thread with Boost.Asio (host.hpp): some fail, some time out, some
// are terminated, some are left when the host stops, and go on from their journals in a second
// life.
#include <array>
#include <promoflow/promoflow.hpp>

#include "crowd.hpp"

using namespace std::chrono_literals;

/// dev -> staging with a hook, whose timeout is to be put in.
pf::Flow flow(const std::string& timeout) {
  return pf::load_flow(
             R"({apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f},
    spec: {triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev], hooks: {
      onSuccess: [{name: smoke)" +
             timeout + "}]}}]}}")
      .value();
}

/// Of each four releases one succeeds, one fails, and the hook of two never ends.
Work plan(const pf::ReleaseInfo& release, const pf::Command& command) {
  const int kind = std::stoi(release.id) % 4;
  if (std::holds_alternative<pf::Promote>(command)) {
    return kind == 1 ? Work{1ms, "2 of 3 pods crash"} : Work{};
  }
  return kind < 2 ? Work{2ms} : Work{24h};
}

int main() {
  const std::array<pf::Flow, 2> flows{flow(""), flow(", timeout: 20ms")};
  All all;
  {
    asio::io_context context;
    for (int i = 0; i < 400; ++i) {
      all.push_back(Hosted::launch(context, flows[i % 4 == 2], {.id = std::to_string(i)}, plan));
      all.back()->start();
    }
    asio::co_spawn(context, operate(context, all), asio::detached);
    context.run();  // Returns when nothing is left to do.
    print("first life:", all);
  }
  All again;
  asio::io_context context;
  for (std::size_t i = 203; i < all.size(); i += 4) {
    again.push_back(Hosted::recover(context, flows[0], all[i]->journal,
                                    [](const auto&, const auto&) { return Work{}; }));
    again.back()->start();
  }
  context.run();
  print("second life:", again);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A flow, a bad day, and what a release would do: in virtual time, nothing is promoted. Staging
// fails, its hook opens a ticket, the release's own hook is handed the ticket, the operator
// retries.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <promoflow/promoflow.hpp>
#include <string>

using namespace std::chrono_literals;

int fail(const promoflow::Error& error) {
  std::cerr << error.message << "\n";
  return 1;
}

int main() {
  std::ifstream file("flow.yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});

  auto flow = promoflow::load_flow(text);
  if (!flow) return fail(flow.error());
  promoflow::Scenario scenario{.release = {.id = "r-42"}};
  scenario.outcomes = {
      {.environment = "staging", .attempt = 1, .after = 5min, .fail = "Application degraded"},
      {.hook = "jira-open-bug", .after = 3s, .context = R"({"JIRA_ISSUE": "ABC-123"})"}};
  scenario.actions = {{.at = 1h, .what = promoflow::RetryAction{}, .by = "ann"}};
  auto trace = promoflow::simulate(*flow, scenario);
  if (!trace) return fail(trace.error());
  std::cout << promoflow::render_timeline(*trace, {.ascii = true}).value();
  return 0;
}

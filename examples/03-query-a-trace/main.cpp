// SPDX-License-Identifier: Apache-2.0
// A test of a flow: run a scenario, then ask the trace. It ends with 1 when an answer is wrong, so
// it can stand in the CI of whoever writes flows.
#include <fstream>
#include <iostream>
#include <iterator>
#include <promoflow/promoflow.hpp>
#include <string>
#include <string_view>

namespace pf = promoflow;

std::string read(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int failed = 0;

void expect(bool holds, std::string_view what) {
  std::cout << (holds ? "ok      " : "FAILED  ") << what << "\n";
  failed += holds ? 0 : 1;
}

int main() {
  const pf::Flow flow = pf::load_flow(read("../demo/flow.yaml")).value();
  const auto report = pf::read_scenario(read("../demo/scenario.yaml"), &flow).value();
  const pf::Trace trace = pf::simulate(flow, report.scenario.value()).value();

  expect(trace.status() == pf::ReleaseStatus::Succeeded, "the retried release succeeds");

  const auto told = trace.hooks(pf::Point::ReleaseOnFail).value();
  expect(told.size() == 1 && told[0].hook == "slack-fail", "a failure is told once");
  const auto url = told.at(0).arguments.find("JIRA_ISSUE_URL");
  expect(url == "https://jira.example/browse/ABC-123", "it is told with the ticket's URL");

  const auto staging = flow.find_environment("staging");
  const auto starts = trace.hooks(pf::Point::EnvironmentOnStart, staging).value();
  expect(starts.size() == 1, "what had succeeded is not run again after the retry");

  const auto written = trace.context().find("JIRA_ISSUE_URL");
  expect(written && written->writer == trace.hooks(pf::Point::EnvironmentOnFail)->at(0).ticket,
         "the context knows who wrote the URL");
  return failed == 0 ? 0 : 1;
}

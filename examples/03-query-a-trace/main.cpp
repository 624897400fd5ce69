// SPDX-License-Identifier: Apache-2.0
// A test of a flow: run a scenario, then query the trace. It exits with 1 when an answer is wrong,
// so it can run in the CI of a repository of flows.
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

  const auto notices = trace.hooks(pf::Point::ReleaseOnFail).value();
  expect(notices.size() == 1 && notices[0].hook == "slack-fail", "the failure is announced once");
  const auto url = notices.at(0).arguments.find("JIRA_ISSUE_URL");
  expect(url == "https://jira.example/browse/ABC-123", "the announcement has the ticket's URL");

  const auto staging = flow.find_environment("staging");
  const auto starts = trace.hooks(pf::Point::EnvironmentOnStart, staging).value();
  expect(starts.size() == 1, "what had succeeded is not run again after the retry");

  const auto written = trace.context().find("JIRA_ISSUE_URL");
  expect(written && written->writer == trace.hooks(pf::Point::EnvironmentOnFail)->at(0).ticket,
         "the context says which hook wrote the URL");

  expect(trace.context_conflicts()->empty(), "no two hooks wrote different values of one key");
  return failed == 0 ? 0 : 1;
}

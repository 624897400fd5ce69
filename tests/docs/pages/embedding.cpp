// SPDX-License-Identifier: Apache-2.0
// The end of the source file that docs/embedding.md is: a host in virtual time, which uses all of
// it.
#include <cstdlib>
#include <deque>
#include <iostream>

namespace {

void expect(bool holds, const char* what) {
  if (holds) { return; }
  std::cerr << "docs/embedding.md: " << what << "\n";
  std::exit(1);
}

constexpr const char* kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, hooks: {onStart: hello}, steps: [
    {environment: staging, dependsOn: [dev], hooks: {onStart: announce}},
    {environment: production, dependsOn: [staging]}]}})";

class TestHost final : public Host {
 public:
  pf::Instant now() override { return time; }
  void run_hook(const std::string& key, const pf::RunHook& hook) override {
    carried_out.push_back(key + " " + std::string(hook.hook));
    environments.push_back(variables_of(hook)["ENVIRONMENT"]);
    answers.push_back(pf::HookSucceeded{hook.ticket});
  }
  void promote(const std::string& key, const pf::Promote& promote) override {
    carried_out.push_back(key + " " + std::string(promote.environment_name));
    if (promote.environment_name == failing) {
      answers.push_back(pf::PromotionFailed{promote.ticket, "2 of 3 pods crash"});
    } else {
      answers.push_back(pf::PromotionSucceeded{promote.ticket});
    }
  }
  void cancel(const std::string& /*key*/) override {}
  pf::Event wait(std::optional<pf::Instant> timer) override {
    if (answers.empty()) { return {timer.value(), pf::Tick{}}; }
    const pf::Event::What what = answers.front();
    answers.pop_front();
    return {time += std::chrono::minutes(1), what};
  }
  void store(const pf::Event& event) override { journal += journal_line(event); }
  void log(const pf::Error& error) override { logged.push_back(error.message); }

  pf::Instant time{};
  std::string failing{};
  std::string journal{};
  std::deque<pf::Event::What> answers{};
  std::vector<std::string> carried_out{}, environments{}, logged{};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    lines.push_back(text.substr(at, text.find('\n', at) - at));
  }
  return lines;
}

}  // namespace

int main() {
  TestHost host;
  const pf::Flow flow = load(kFlow, host).value();
  expect(!load("{}", host) && host.logged.size() == 1, "load() logs what is wrong");
  expect(!read_untrusted("[")->diagnostics.empty(), "read_untrusted() reports what is wrong");

  pf::Release release = begin(flow, {.id = "r-1"}, host).value();
  const std::string first_snapshot = release.snapshot().value();
  expect(host.carried_out.empty() && !host.journal.empty(), "the start is stored before a command");
  expect(drive(release, host) && release.status() == pf::ReleaseStatus::Succeeded, "drive()");
  expect(host.carried_out == std::vector<std::string>{"r-1/1 hello", "r-1/2 announce",
                                                      "r-1/3 staging", "r-1/4 production"},
         "every command has its key");
  expect(host.environments == std::vector<std::string>{"", "staging"}, "variables_of()");

  std::string torn = host.journal + "{\"at\":";
  expect(come_back(flow, torn)->snapshot().value() == release.snapshot().value(), "the journal");
  std::vector<std::string> since = lines_of(host.journal);
  since.erase(since.begin());
  expect(come_back(flow, first_snapshot, since, host)->snapshot().value() ==
             release.snapshot().value(),
         "the snapshot and what was stored since");

  TestHost bad;
  bad.failing = "staging";
  pf::Release failed = begin(flow, {.id = "r-2"}, bad).value();
  expect(drive(failed, bad) && failed.status() == pf::ReleaseStatus::Failed, "a failure");
  expect(explain(failed, *flow.find_environment("production")) == "block: final, staging is Failed",
         "explain()");
  expect(retry_one(failed, bad.time, "staging", "ann").has_value(), "retry_one()");
  expect(drive(failed, bad) && failed.status() == pf::ReleaseStatus::Failed, "it fails again");
  expect(go_on_without(failed, bad.time, "staging", "ann").has_value(), "go_on_without()");

  std::string log;
  pf::Release audited = pf::Release::start(flow, {.id = "r-3"}, bad.time).value();
  audit(audited, bad, bad.time, log);
  expect(log.find("\"event\":\"hook\"") != std::string::npos, "audit()");
  expect(bad.carried_out.back() == "r-3/1 hello", "audit() carries out");
  std::cout << "ok\n";
  return 0;
}

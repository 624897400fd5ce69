// SPDX-License-Identifier: Apache-2.0
#include "snapshots.hpp"

#include <fstream>
#include <iterator>

namespace promoflow::prove {

namespace {

namespace fs = std::filesystem;

constexpr int kPresentVersion = 2;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  expect(file.good(), "there is no " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

Instant at(std::int64_t seconds) { return Instant{std::chrono::seconds{seconds}}; }
Ticket t(std::uint64_t number) { return Ticket{number}; }

/// A state, by the events that lead to it from a start of the present version's flow.
struct Story {
  const char* name;
  std::vector<Event> events;
  EnvironmentSelection selection{};
};

std::vector<Event> then(std::vector<Event> events, const std::vector<Event>& more) {
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

/// Tickets: 1 slack-start, 2 smoke-tests, 3 announce of eu, 4 approve of us, 5 docs; then 6 eu, 7
/// us.
std::vector<Event> to_promotions() {
  return {{at(1), HookSucceeded{t(1)}},
          {at(2), PromotionSucceeded{t(2)}},
          {at(3), HookSucceeded{t(3), "{\"A\":1,\"RELEASE_ID\":\"spoofed\"}"}},
          {at(4), HookSucceeded{t(4), "{\"A\":{\"b\":\"text\"}}"}}};
}

/// us has failed and its onFail chain has ended (8 page, 9 jira); eu, docs: as given.
std::vector<Event> to_failure_of_us() {
  return then(to_promotions(), {{at(5), PromotionFailed{t(7), "degraded \"badly\""}},
                                {at(6), HookFailed{t(8), "no pager", "{\"lost\":1}"}},
                                {at(7), HookSucceeded{t(9), "[1]"}}});
}

std::vector<Story> stories_of_hosts() {
  const auto promoted = to_promotions();
  const std::vector<Event> both{{at(1), HookSucceeded{t(1)}}, {at(2), PromotionSucceeded{t(2)}}};
  const auto failed = then(promoted, {{at(5), PromotionFailed{t(7), "degraded"}}});
  return {{"started", {}},
          {"trigger-environment", {{at(1), HookSucceeded{t(1), "{\"CHANNEL\":{\"id\":7}}"}}}},
          {"two-hooks", both},
          {"suspended", then(both, {{at(3), Suspended{t(3)}}, {at(4), Suspended{t(4)}}})},
          {"queued", then(both, {{at(3), Queued{t(3)}},
                                 {at(4), Queued{t(4)}},
                                 {at(5), Started{t(4)}},
                                 {at(6), Suspended{t(3)}}})},
          {"attempt-waits", then(promoted, {{at(5), PromotionFailed{t(6), "flaky"}}})},
          {"soaking", then(promoted, {{at(5), PromotionSucceeded{t(6)}}})},
          {"soak-failed", then(promoted, {{at(5), PromotionSucceeded{t(6)}},
                                          {at(6), PromotionFailed{t(6), "error rate 4 %"}}})},
          {"conflict", promoted},
          {"on-fail-chain", then(failed, {{at(6), HookFailed{t(8), "no", "\xFF\xFE"}}})},
          {"expired", then(both, {{at(400), Tick{}}})}};
}

std::vector<Story> stories_of_operators() {
  static constexpr std::string_view kUs[] = {"us"};
  const auto promoted = to_promotions();
  const auto us_failed = to_failure_of_us();
  const auto soaking = then(promoted, {{at(5), PromotionSucceeded{t(6)}}});
  // 10 smoke of eu; then 11 slack-fail.
  const auto ends = then(us_failed, {{at(8), PromotionSucceeded{t(5)}},
                                     {at(9), PromotionSucceeded{t(6)}},
                                     {at(400), Tick{}},
                                     {at(401), HookSucceeded{t(10)}}});
  const auto ended = then(ends, {{at(402), HookSucceeded{t(11)}}});
  return {{"release-on-fail", ends},
          {"failed", ended},
          {"retried", then(ended, {{at(500), Retry{{}, "ann"}}})},
          {"retried-some", then(us_failed, {{at(8), Retry{kUs, "ann"}}})},
          {"skipped", then(us_failed, {{at(8), Skip{"us", "the region is closed", "ann"}}})},
          {"skipped-when-failed", then(ended, {{at(500), Skip{"us", "closed", ""}}})},
          {"terminating",
           then(us_failed, {{at(8), Terminate{"stopped by the operator", false, "ann"}}})},
          {"terminated-in-a-soak", then(soaking, {{at(6), Terminate{"stop"}}})},
          {"forced", then(promoted, {{at(5), Terminate{"stop"}}, {at(6), Terminate{"now", true}}})},
          {"forced-in-a-soak", then(soaking, {{at(6), Terminate{"now", true}}})},
          {"started-with-skips", {}, {.skip = {{"dev", "docs"}}}},
          {"started-until", {{at(1), HookSucceeded{t(1)}}}, {.until = {{"us"}}}}};
}

std::vector<Story> stories() {
  std::vector<Story> all = stories_of_hosts();
  for (Story& story : stories_of_operators()) { all.push_back(std::move(story)); }
  return all;
}

/// All that the release does from here to its end, answered by ticket, a minute each; then
/// retried, once.
std::string continued(Release release) {
  std::string text;
  Counts counts{};
  std::int64_t now = 600;  // Past all that the stories do, and before the flow's deadline.
  bool retried = false;
  for (int step = 0; step < 200; ++step, now += 60) {
    for (const std::string& line : take_lines(release, nullptr, counts)) { text += line + "\n"; }
    const auto commands = value_of(release.outstanding(), "outstanding");
    Event event{at(now), Tick{}};
    if (!commands.empty()) {
      const Ticket ticket = ticket_of(commands.front().command);
      event.what = PromotionSucceeded{ticket};
      if (std::holds_alternative<RunHook>(commands.front().command)) {
        event.what = HookSucceeded{ticket, "{\"LATER\":true}"};
      }
    } else if (is_final(release.status())) {
      if (retried) { break; }
      retried = true;
      event.what = Retry{};
    }
    text += "answer: " + answer_of(release.apply(event)) + "\n";
  }
  return text;
}

void refused(const Flow& flow, const std::string& text, ErrorCode code, Counts& counts) {
  const auto release = Release::restore(flow, text);
  expect(!release && release.error().code == code && !release.error().message.empty(),
         "a snapshot was not refused with " + std::string(to_string(code)));
  ++counts[kRefusals];
}

/// One snapshot of a version: it restores and goes on as it did, and what is damaged is refused.
void check_snapshot(const fs::path& path, int version, const Flow& flow, Counts& counts) {
  const Flow other = value_of(
      load_flow("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: x}\n"
                "spec: {triggerEnvironment: a, steps: [{environment: b, dependsOn: [a]}]}\n"),
      "another flow");
  std::string text = read(path);
  text.pop_back();  // The line's end.
  Release release = value_of(Release::restore(flow, text), path.string());
  if (version == kPresentVersion) { expect_equal(path.string(), text, snapshot_of(release)); }
  fs::path expected = path;
  expect_equal("what follows " + path.string(), read(expected.replace_extension(".txt")),
               continued(std::move(release)));
  ++counts[kCrashes];
  refused(other, text, ErrorCode::SnapshotOfOtherFlow, counts);
  const std::string key = "\"version\":" + std::to_string(version);
  std::string newer = text;
  newer.replace(newer.find(key), key.size(), "\"version\":" + std::to_string(kPresentVersion + 1));
  refused(flow, newer, ErrorCode::SnapshotTooNew, counts);
  for (std::size_t cut = 0; cut < text.size(); cut += 7) {
    refused(flow, text.substr(0, cut), ErrorCode::InvalidSnapshot, counts);
  }
}

Flow flow_of(const fs::path& folder, int version) {
  return value_of(load_flow(read(folder / std::to_string(version) / "flow.yaml")), "the flow");
}

}  // namespace

void check_snapshots(const fs::path& folder, Counts& counts) {
  for (int version = 1; version <= kPresentVersion; ++version) {
    const Flow flow = flow_of(folder, version);
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator(folder / std::to_string(version))) {
      if (entry.path().extension() != ".json") { continue; }
      check_snapshot(entry.path(), version, flow, counts);
      ++found;
    }
    const std::size_t wanted = version == kPresentVersion ? stories().size() : 1;
    expect(found >= wanted, "snapshots of version " + std::to_string(version) + " are missing");
  }
}

void write_snapshots(const fs::path& folder) {
  const Flow flow = flow_of(folder, kPresentVersion);
  const ReleaseInfo info{.id = "r-42",
                         .url = "https://x/r-42",
                         .product = "billing",
                         .version = "1.4.0",
                         .commit_sha = "3f2a91c"};
  for (const Story& story : stories()) {
    Release release = value_of(
        Release::start(flow, info, at(0), "{\"GIVEN\":[1,\"two\"]}", story.selection), "start");
    Counts counts{};
    take_lines(release, nullptr, counts);
    for (const Event& event : story.events) {
      expect_equal(std::string(story.name) + ": an event", "ok", answer_of(release.apply(event)));
      // The last event's commands are not taken: a snapshot has them, too.
      if (&event != &story.events.back()) { take_lines(release, nullptr, counts); }
    }
    const std::string text = snapshot_of(release);
    const fs::path path = folder / std::to_string(kPresentVersion) / story.name;
    std::ofstream(path.string() + ".json", std::ios::binary) << text << '\n';
    std::ofstream(path.string() + ".txt", std::ios::binary)
        << continued(value_of(Release::restore(flow, text), "restore"));
  }
}

}  // namespace promoflow::prove

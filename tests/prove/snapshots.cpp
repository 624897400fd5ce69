// SPDX-License-Identifier: Apache-2.0
#include "snapshots.hpp"

#include <fstream>
#include <iterator>

namespace promoflow::prove {

namespace {

namespace fs = std::filesystem;

constexpr int kPresentVersion = 1;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  expect(file.good(), "there is no " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

Instant at(std::int64_t seconds) { return Instant{std::chrono::seconds{seconds}}; }
Ticket t(std::uint64_t number) { return Ticket{number}; }

/// A state by the events that lead to it.
struct Story {
  const char* name;
  std::vector<Event> events;
};

std::vector<Story> stories() {
  const std::vector<Event> open{{at(1), HookSucceeded{t(1), "{\"CHANNEL\":{\"id\":7}}"}}};
  const std::vector<Event> both{{at(1), HookSucceeded{t(1)}}, {at(2), PromotionSucceeded{t(2)}}};
  const auto then = [](std::vector<Event> events, std::vector<Event> more) {
    events.insert(events.end(), more.begin(), more.end());
    return events;
  };
  const auto promoted = then(both, {{at(3), HookSucceeded{t(3), "{\"A\":1}"}},
                                    {at(4), HookSucceeded{t(4), "{\"A\":{\"b\":\"text\"}}"}}});
  const auto failed = then(promoted, {{at(5), PromotionFailed{t(6), "degraded \"badly\""}},
                                      {at(6), HookFailed{t(7), "no pager", "{\"lost\":1}"}},
                                      {at(7), HookSucceeded{t(8), "[1]"}},
                                      {at(8), PromotionSucceeded{t(5)}}});
  const auto ended = then(failed, {{at(9), HookSucceeded{t(9), "not JSON"}},
                                   {at(10), HookSucceeded{t(10)}},
                                   {at(11), HookSucceeded{t(11)}}});
  return {{"started", {}},
          {"trigger-environment", open},
          {"two-hooks", both},
          {"suspended", then(both, {{at(3), Suspended{t(3)}}, {at(4), Suspended{t(4)}}})},
          {"attempt-waits", then(promoted, {{at(5), PromotionFailed{t(5), "flaky"}}})},
          {"on-fail-chain", then(promoted, {{at(5), PromotionFailed{t(6), "degraded"}},
                                            {at(6), HookFailed{t(7), "no", "\xFF\xFE"}}})},
          {"release-on-fail",
           then(failed, {{at(9), HookFailed{t(9), "smoke"}}, {at(10), HookSucceeded{t(10)}}})},
          {"failed", ended},
          {"retried", then(ended, {{at(12), Retry{}}})},
          {"terminating", then(promoted, {{at(5), Terminate{"stopped by the operator"}}})},
          {"forced", then(promoted, {{at(5), Terminate{"stop"}}, {at(6), Terminate{"now"}}})},
          {"expired", then(both, {{at(400), Tick{}}})}};
}

/// All that the release does from here to its end, answered by ticket, a minute each; then
/// retried, once.
std::string continued(Release release) {
  std::string text = value_of(release.describe(), "describe") + "\n";
  Counts counts{};
  std::int64_t now = 10'000;
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
    const auto applied = release.apply(event);
    text += "answer: " + std::string(applied ? "ok" : to_string(applied.error().code)) + "\n";
  }
  return text + value_of(release.describe(), "describe") + "\n";
}

void refused(const Flow& flow, const std::string& text, ErrorCode code, Counts& counts) {
  const auto release = Release::restore(flow, text);
  expect(!release && release.error().code == code && !release.error().message.empty(),
         "a snapshot was not refused with " + std::string(to_string(code)));
  ++counts[kRefusals];
}

}  // namespace

void check_snapshots(const fs::path& folder, Counts& counts) {
  const Flow flow = value_of(load_flow(read(folder / "flow.yaml")), "the flow");
  const Flow other = value_of(
      load_flow("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: x}\n"
                "spec: {triggerEnvironment: a, steps: [{environment: b, dependsOn: [a]}]}\n"),
      "another flow");
  std::size_t found = 0;
  for (int version = 1; version <= kPresentVersion; ++version) {
    for (const auto& entry : fs::directory_iterator(folder / std::to_string(version))) {
      if (entry.path().extension() != ".json") { continue; }
      std::string text = read(entry.path());
      text.pop_back();  // The line's end.
      Release release = value_of(Release::restore(flow, text), entry.path().string());
      if (version == kPresentVersion) {
        expect_equal(entry.path().string(), text, snapshot_of(release));
      }
      fs::path then = entry.path();
      expect_equal("what follows " + entry.path().string(), read(then.replace_extension(".txt")),
                   continued(std::move(release)));
      ++counts[kCrashes];
      ++found;
      refused(other, text, ErrorCode::SnapshotOfOtherFlow, counts);
      const std::string key = "\"version\":" + std::to_string(version);
      std::string newer = text;
      newer.replace(newer.find(key), key.size(),
                    "\"version\":" + std::to_string(kPresentVersion + 1));
      refused(flow, newer, ErrorCode::SnapshotTooNew, counts);
      for (std::size_t cut = 0; cut < text.size(); cut += 7) {
        refused(flow, text.substr(0, cut), ErrorCode::InvalidSnapshot, counts);
      }
    }
  }
  expect(found >= stories().size(), "snapshots are missing");
}

void write_snapshots(const fs::path& folder) {
  const Flow flow = value_of(load_flow(read(folder / "flow.yaml")), "the flow");
  for (const Story& story : stories()) {
    const ReleaseInfo info{.id = "r-42",
                           .url = "https://x/r-42",
                           .product = "billing",
                           .version = "1.4.0",
                           .commit_sha = "3f2a91c"};
    Release release =
        value_of(Release::start(flow, info, at(0), "{\"GIVEN\":[1,\"two\"]}"), "start");
    Counts counts{};
    take_lines(release, nullptr, counts);
    for (const Event& event : story.events) {
      const auto applied = release.apply(event);
      expect(applied.has_value(), std::string(story.name) + ": an event was refused");
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

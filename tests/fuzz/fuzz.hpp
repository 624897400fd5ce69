// SPDX-License-Identifier: Apache-2.0
/// @file
/// What fuzz targets share. A target is one function; what it must never do is crash, hang, leak,
/// or break what it checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "promoflow/promoflow.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace promoflow::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Stops the fuzzer with a finding.
inline void expect(bool holds, const char* what) {
  if (holds) { return; }
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Whether both succeeded with the same text.
inline bool same(const Result<std::string>& left, const Result<std::string>& right) {
  return left && right && *left == *right;
}

/// Bytes as choices; 0 when there are none left.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t next() {
    if (bytes_.empty()) { return 0; }
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  /// A text whose length is the next byte.
  std::string_view text() {
    const std::string_view found = bytes_.substr(0, next());
    bytes_.remove_prefix(found.size());
    return found;
  }

 private:
  std::string_view bytes_;
};

inline Flow flow_of(std::string_view text) {
  auto loaded = load_flow(text);
  expect(loaded.has_value(), "a sample flow is valid");
  return *loaded;
}

/// A flow with something of everything that the first edition of the rules had, for targets that
/// are not about manifests. It never changes: the snapshots among the seeds carry its fingerprint.
inline const Flow& sample_flow() {
  static const Flow flow = flow_of(R"({"apiVersion":"codefresh.io/v1beta1","kind":"PromotionFlow",
"metadata":{"name":"fuzzed"},"spec":{"triggerEnvironment":"dev","postTrigger":"after",
"failurePolicy":"continue","contextMerge":"deep",
"hooks":{"onStart":"begin","onSuccess":"celebrate","onFail":{"name":"page","retry":{"limit":1}}},
"steps":[
{"environment":"eu","dependsOn":["dev"],"timeout":"5m","retry":{"limit":2,"backoff":{
"duration":"10s","factor":2}},"hooks":{"onStart":"announce","onSuccess":["smoke","load"]}},
{"environment":"us","dependsOn":["dev"],"hooks":{"onFail":"jira","onSuccess":{"name":"smoke",
"timeout":"1m","onError":"ignore","arguments":{"A":[1]}}}},
{"environment":"asia","dependsOn":["eu","us"],"hooks":{"onEnd":"sweep"}}]}})");
  return flow;
}

/// A flow with soaks and the flow's own timeouts; of it, too, there are snapshots.
inline const Flow& soaking_flow() {
  static const Flow flow = flow_of(R"({"apiVersion":"codefresh.io/v1beta1","kind":"PromotionFlow",
"metadata":{"name":"soaks"},"spec":{"triggerEnvironment":"dev","failurePolicy":"failFast",
"hookTimeout":"5m","terminationGracePeriod":"10m","promotionTimeoutLimit":60,
"hooks":{"onStart":"begin","onSuccess":"celebrate","onFail":"page"},
"steps":[
{"environment":"eu","dependsOn":["dev"],"soak":"1m","retry":{"limit":1},
"hooks":{"onSuccess":"smoke","onFail":"jira"}},
{"environment":"us","dependsOn":["dev"],"soak":"30s","hooks":{"onStart":"announce"}},
{"environment":"asia","dependsOn":["eu"],"timeout":"2m"}]}})");
  return flow;
}

/// Answers and time until the release is final: nothing that was restored may hang.
inline void drive_to_the_end(Release& release) {
  for (int step = 0; !is_final(release.status()); ++step) {
    expect(step < 500, "a release ends");
    const auto commands = release.outstanding();
    expect(commands.has_value(), "outstanding() has memory");
    Event event{Instant::min(), Tick{}};
    if (const auto timer = release.next_timer(); timer && commands->empty()) { event.at = *timer; }
    if (!commands->empty()) {
      const Command& command = commands->front().command;
      if (const auto* run = std::get_if<RunHook>(&command)) {
        event.what = HookSucceeded{run->ticket};
      } else {
        event.what = PromotionSucceeded{std::get<Promote>(command).ticket};
      }
    }
    // A timer that is due may settle the ticket first (R10); nothing else may go wrong.
    const auto applied = release.apply(event);
    expect(applied || applied.error().code == ErrorCode::SettledTicket ||
               applied.error().code == ErrorCode::NotAllowed,
           "an answer is taken");
    while (auto record = release.next_record()) {
      expect(to_json(*record, Instant{}).has_value(), "a record has a line");
    }
  }
  expect(!release.next_timer() && release.outstanding()->empty(), "a final release is quiet");
}

}  // namespace promoflow::fuzz

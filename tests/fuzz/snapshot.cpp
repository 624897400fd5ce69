// SPDX-License-Identifier: Apache-2.0
// Snapshots: refused with a reason, or a release that works to its end, whatever an operator does.
#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

namespace {

/// Each event of an operator, to a release of its own that was just restored.
void ask_all(const Flow& flow, std::string_view snapshot) {
  static constexpr std::string_view kBoth[] = {"us", "eu"};
  const Event::What events[] = {Terminate{"stop"}, Terminate{"now", true}, Retry{{kBoth}},
                                Skip{"us"}, Skip{"asia", "closed"}};
  for (const Event::What& what : events) {
    auto release = Release::restore(flow, snapshot);
    expect(release.has_value(), "what was restored once restores again");
    if (release->apply({Instant::min(), what})) {
      const auto saved = release->snapshot();
      auto again = Release::restore(flow, *saved);
      expect(again && same(again->snapshot(), saved), "what was changed restores to the byte");
    }
    if (is_final(release->status())) { static_cast<void>(release->apply({{}, Retry{}})); }
    drive_to_the_end(*release);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bool soaks = false;
  auto release = Release::restore(sample_flow(), text_of(data, size));
  if (!release && release.error().code == ErrorCode::SnapshotOfOtherFlow) {
    soaks = true;
    release = Release::restore(soaking_flow(), text_of(data, size));
  }
  if (!release) {
    const ErrorCode code = release.error().code;
    expect(code == ErrorCode::InvalidSnapshot || code == ErrorCode::SnapshotTooNew ||
               code == ErrorCode::SnapshotOfOtherFlow,
           "a snapshot is refused for one of its reasons");
    expect(!release.error().message.empty(), "with its reason in words");
    return 0;
  }
  const auto saved = release->snapshot();
  expect(saved.has_value(), "what was restored can be saved");
  const Flow& flow = soaks ? soaking_flow() : sample_flow();
  auto again = Release::restore(flow, *saved);
  expect(again && same(again->snapshot(), saved), "what was saved restores to the byte");
  expect(release->describe().has_value(), "it can be described");
  drive_to_the_end(*release);
  if (release->apply({Instant::min(), Retry{}})) { drive_to_the_end(*release); }
  ask_all(flow, *saved);
  return 0;
}

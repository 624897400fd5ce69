// SPDX-License-Identifier: Apache-2.0
// Snapshots: refused with a reason, or a release that works to its end.
#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

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
  auto again = Release::restore(soaks ? soaking_flow() : sample_flow(), *saved);
  expect(again && same(again->snapshot(), saved), "what was saved restores to the byte");
  expect(release->describe().has_value(), "it can be described");
  drive_to_the_end(*release);
  if (release->apply({Instant::min(), Retry{}})) { drive_to_the_end(*release); }
  return 0;
}

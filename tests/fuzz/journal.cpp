// SPDX-License-Identifier: Apache-2.0
// Lines of a journal, and durations: what is read is printed as it was.
#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto stored = StoredEvent::read(text)) {
    const auto line = to_json(stored->event());
    expect(line.has_value(), "an event has a line");
    const auto again = StoredEvent::read(*line);
    expect(again && same(to_json(again->event()), line), "a line is the event again");
  } else {
    expect(stored.error().code == ErrorCode::InvalidEvent, "a line is refused as what it is");
  }
  if (const auto duration = parse_duration(text)) {
    const auto printed = format_duration(*duration);
    expect(printed && parse_duration(*printed) == *duration, "a duration is what it was");
  }
  return 0;
}

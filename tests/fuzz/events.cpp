// SPDX-License-Identifier: Apache-2.0
// Event sequences: a release and its twin, which is restored before each event, stay equal.
#include <optional>
#include <string>

#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

namespace {

Event draw(Choices& choices, Instant now) {
  Event event{now + std::chrono::milliseconds{static_cast<std::int8_t>(choices.next()) * 500}, {}};
  const std::uint8_t kind = choices.next();
  const Ticket ticket{choices.next()};
  switch (kind % 9) {
    case 0: event.what = Tick{}; break;
    case 1: event.what = HookSucceeded{ticket}; break;
    case 2: event.what = HookSucceeded{ticket, choices.text()}; break;
    case 3: event.what = HookFailed{ticket, choices.text()}; break;
    case 4: event.what = PromotionSucceeded{ticket}; break;
    case 5: event.what = PromotionFailed{ticket, choices.text()}; break;
    case 6:
      event.what = kind < 128 ? Event::What(Suspended{ticket}) : Event::What(Resumed{ticket});
      break;
    case 7: event.what = Terminate{choices.text()}; break;
    case 8: event.what = Retry{}; break;
  }
  return event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(text_of(data, size));
  auto release = Release::start(sample_flow(), {.id = "r"}, Instant{});
  expect(release.has_value(), "it starts");
  Instant now{};
  for (int step = 0; step < 60 && !choices.empty(); ++step) {
    const Event event = draw(choices, now);
    now = std::max(now, event.at);
    const auto before = release->snapshot();
    auto twin = Release::restore(sample_flow(), *before);
    expect(twin.has_value(), "a snapshot restores");
    const auto line = to_json(event);
    expect(line.has_value(), "an event has a line");
    const auto stored = StoredEvent::read(*line);
    expect(stored && same(to_json(stored->event()), line), "a line is the event again");
    const auto timer = release->next_timer();
    const auto applied = release->apply(event);
    const auto twice = twin->apply(stored->event());
    expect(applied.has_value() == twice.has_value(), "the twin answers alike");
    while (release->next_record()) {}
    while (twin->next_record()) {}
    const auto after = release->snapshot();
    expect(same(after, twin->snapshot()), "the twin is equal to the byte");
    if (!applied && (!timer || *timer > now)) {
      expect(same(after, before), "a refused event changes nothing");
    }
  }
  drive_to_the_end(*release);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Event sequences: a release and its twin, which is restored before each event, stay equal.
#include <array>
#include <optional>
#include <string>

#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

namespace {

/// An event that owns the names which it points to.
struct Drawn {
  Event event;
  std::array<std::string_view, 3> names{};
};

/// Mostly the name of an environment.
std::string_view draw_name(Choices& choices) {
  static constexpr std::string_view kNames[] = {"eu", "us", "asia", "dev"};
  const std::uint8_t choice = choices.next();
  return choice < 250 ? kNames[choice % 4] : choices.text();
}

void draw_operator(Choices& choices, std::uint8_t kind, Drawn& drawn) {
  Event::What& what = drawn.event.what;
  const std::string_view by = kind >= 128 ? "ann" : "";
  switch (kind % 5) {
    case 0: what = Terminate{choices.text(), false, by}; break;
    case 1: what = Terminate{choices.text(), true, by}; break;
    case 2: what = Retry{{}, by}; break;
    case 3: {
      const std::size_t count = choices.next() % (drawn.names.size() + 1);
      for (std::size_t i = 0; i < count; ++i) { drawn.names[i] = draw_name(choices); }
      what = Retry{std::span<const std::string_view>(drawn.names.data(), count), by};
      break;
    }
    case 4: {
      const std::string_view environment = draw_name(choices);
      what = Skip{environment, choices.text(), by};
      break;
    }
  }
}

void draw(Choices& choices, Instant now, Drawn& drawn) {
  Event& event = drawn.event;
  event.at = now + std::chrono::milliseconds{static_cast<std::int8_t>(choices.next()) * 500};
  const std::uint8_t kind = choices.next();
  const Ticket ticket{choices.next()};
  switch (kind % 11) {
    case 0: event.what = Tick{}; break;
    case 1: event.what = HookSucceeded{ticket}; break;
    case 2: event.what = HookSucceeded{ticket, choices.text()}; break;
    case 3: event.what = HookFailed{ticket, choices.text()}; break;
    case 4: event.what = PromotionSucceeded{ticket}; break;
    case 5: event.what = PromotionFailed{ticket, choices.text()}; break;
    case 6: event.what = Suspended{ticket}; break;
    case 7: event.what = Resumed{ticket, kind < 128 ? "" : "ann"}; break;
    case 8: event.what = Queued{ticket}; break;
    case 9: event.what = Started{ticket}; break;
    case 10: draw_operator(choices, choices.next(), drawn); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(text_of(data, size));
  const Flow& flow = choices.next() % 2 == 0 ? sample_flow() : soaking_flow();
  auto release = Release::start(flow, {.id = "r"}, Instant{});
  expect(release.has_value(), "it starts");
  Instant now{};
  for (int step = 0; step < 60 && !choices.empty(); ++step) {
    Drawn drawn;
    draw(choices, now, drawn);
    const Event& event = drawn.event;
    now = std::max(now, event.at);
    const auto before = release->snapshot();
    auto twin = Release::restore(flow, *before);
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
    expect(release->describe().has_value(), "it can be described");
    if (!applied && (!timer || *timer > now)) {
      expect(same(after, before), "a refused event changes nothing");
    }
  }
  drive_to_the_end(*release);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Promotion contexts: the first line is given at start, each further one is a hook's export.
#include <string>

#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = text_of(data, size);
  const auto line = [&] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
  };
  auto release = Release::start(sample_flow(), {.id = "r"}, Instant{}, line());
  if (!release) {
    expect(release.error().code == ErrorCode::InvalidContext, "a start is refused for its context");
    return 0;
  }
  for (int step = 0; step < 100 && !is_final(release->status()); ++step) {
    const auto commands = release->outstanding();
    if (commands->empty()) { break; }
    const Command& command = commands->front().command;
    if (const auto* run = std::get_if<RunHook>(&command)) {
      const std::string_view exported = line();
      expect(release->apply({Instant{}, HookSucceeded{run->ticket, exported}}).has_value(),
             "an export is taken, or fails its hook");
    } else {
      const Ticket ticket = std::get<Promote>(command).ticket;
      expect(release->apply({Instant{}, PromotionSucceeded{ticket}}).has_value(), "it is taken");
    }
    while (auto next = release->next_command()) {
      if (const auto* run = std::get_if<RunHook>(&*next)) {
        expect(run->arguments.to_json().has_value(), "arguments can be printed");
        expect(run->arguments.size() >= 6, "the default arguments are there (A1)");
      }
    }
    const auto whole = release->context().to_json();
    expect(whole.has_value(), "a context can be printed");
    // C4 bounds the result of a merge as it bounds what is given at start.
    const auto again = Release::start(sample_flow(), {.id = "r"}, Instant{}, *whole);
    expect(again.has_value(), "a context can be given again");
    expect(same(again->context().to_json(), whole), "and is the same then");
    const auto saved = release->snapshot();
    const auto restored = Release::restore(sample_flow(), *saved);
    expect(restored && same(restored->snapshot(), saved), "a snapshot restores to the byte");
  }
  return 0;
}

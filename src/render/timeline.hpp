// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the timeline remembers while it walks a trace, and the summary that it makes of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/render.hpp"
#include "promoflow/simulation.hpp"
#include "render/words.hpp"

namespace promoflow::detail {

/// A command and what has become of it. Views live as long as the trace.
struct TicketFacts {
  std::string_view hook{};  ///< Empty: a promotion.
  Point point{};            ///< Of a hook.
  std::optional<EnvironmentId> environment{};
  std::uint32_t attempt = 1;
  Instant issued{};
  Instant suspended{};  ///< When it was last suspended.
  bool cancelled = false;
};

/// How one environment fared.
struct EnvironmentFacts {
  std::optional<Instant> began{};
  Instant changed{};  ///< Its latest change of status.
  std::uint32_t attempts = 0;
};

/// How many commands of one kind ended how.
struct Counts {
  std::size_t issued = 0;
  std::size_t succeeded = 0;
  std::size_t failed = 0;  ///< Those that timed out among them.
  std::size_t cancelled = 0;
};

struct Story {
  std::vector<TicketFacts> tickets;  ///< By ticket, from 1: [0] stands for none.
  std::vector<EnvironmentFacts> environments;
  Counts hooks;
  Counts promotions;
  Instant ended{};  ///< The release's latest change of status.
};

/// `KEY=value` for each key of a promotion context; the first few, and how many more there are.
std::vector<std::string> context_words(std::string_view json);
std::vector<std::string> context_words(const Context& context);

/// The end state, one line an environment, and the totals.
void append_summary(std::string& out, const Trace& trace, const Story& story,
                    const RenderOptions& options);

}  // namespace promoflow::detail

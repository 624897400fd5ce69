// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the timeline remembers as it goes through a trace, and the summary made from it.
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

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A command and how it has ended. Views live as long as the trace.
struct TicketFacts {
  std::string_view hook{};  ///< Empty: a promotion.
  Point point{};            ///< Of a hook.
  std::optional<EnvironmentId> environment{};
  std::uint32_t attempt = 1;
  Instant issued{};
  Instant suspended{};  ///< When it was last suspended.
  bool timed_out = false;
  bool succeeded = false;
};

/// What is known of one environment.
struct EnvironmentFacts {
  std::optional<Instant> began{};
  Instant changed{};  ///< Its latest change of status, but for that to Skipped.
  EnvironmentStatus status = EnvironmentStatus::Pending;
  std::uint32_t attempts = 0;
  bool soaks = false;  ///< Its promotion has succeeded and its soak has not ended yet.
};

/// How many commands of one kind ended in which way.
struct Counts {
  std::size_t issued = 0;
  std::size_t succeeded = 0;
  std::size_t failed = 0;  ///< Those that timed out among them.
  std::size_t cancelled = 0;
};

struct TraceFacts {
  std::vector<TicketFacts> tickets;  ///< By ticket, from 1; [0] is not used.
  std::vector<EnvironmentFacts> environments;
  Counts hooks;
  Counts promotions;
  std::size_t conflicts = 0;
  Instant ended{};  ///< The release's latest change of status.
};

/// `KEY=value` for each key of a promotion context; the first few, and how many more there are.
std::vector<std::string> context_words(std::string_view json);
std::vector<std::string> context_words(const Context& context);

/// The end state, one line an environment, and the totals.
void append_summary(std::string& out, const Trace& trace, const TraceFacts& facts,
                    const RenderOptions& options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// From a run, which has an order and no times, to a scenario that shows it (X4).
///
/// Commands take as long as a scenario says, but waits, soaks and limits are the flow's. So the
/// moments of a run's steps are unknowns, and each length a bound on the difference of two of them:
///
///     T[soak's end] = T[promotion's success] + soak       T[i + 1] >= T[i] + gap
///     T[an end in time] < T[issue] + timeout
///
/// Where the order of two steps does not matter, another order than the run's may keep the bounds.
/// The earliest moments that keep all bounds are found, or a circle of bounds that contradict one
/// another: its lengths are why no scenario shows the run.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "exploration/exports.hpp"
#include "exploration/stepper.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A scenario of an outcome, or the lengths that forbid it.
struct Scheduled {
  std::optional<Scenario> scenario{};
  std::string forbidden_by{};
};

/// Of what happens at one time, what comes first in a simulation (S3): 0, deadlines; 1, other
/// timers; 2, what the operator does; 3, answers. Timers and answers come by their tickets.
int order_of(ChoiceKind choice) noexcept;

/// Whether a scenario of another order with the same outcome will do.
enum class Reordering : std::uint8_t { Allowed, Forbidden };

/// A scenario of the run, which ends with these statuses: the numbers of the release's and of each
/// environment's. Its simulation has been seen to end with them. Hooks that succeed export what
/// `exports` says. May throw.
Scheduled schedule(const Flow& flow, std::span<const Choice> run, const std::string& statuses,
                   Reordering reordering, const Exports& exports);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

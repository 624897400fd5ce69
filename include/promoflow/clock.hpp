// SPDX-License-Identifier: Apache-2.0
/// @file
/// Clock: where run() and an engine take the time from, and how they wait.
#pragma once

#include <chrono>
#include <optional>

#include "promoflow/event.hpp"
#include "promoflow/export.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
class Inbox;
}  // namespace detail

/// What a clock waits for: an answer or a request for run(). Used within Clock::wait() only, from
/// any thread. Nothing throws.
class PROMOFLOW_API Waiting {
 public:
  /// Whether there is something to do: an answer, or a request of a Control.
  bool ready() const noexcept;
  /// Sleeps until there is, or for `time` of the machine's steady clock at most (none: no limit).
  /// Returns ready(); may return earlier without it.
  bool wait_for(std::optional<std::chrono::milliseconds> time) noexcept;

  /// For the library's own modules.
  explicit Waiting(detail::Inbox& inbox) noexcept : inbox_(&inbox) {}

 private:
  detail::Inbox* inbox_;
};

/// The clock that run() uses. What a clock throws ends the run.
class PROMOFLOW_API Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Should not run backwards (an earlier time counts as the latest one seen, R10). Called from
  /// run()'s thread, and from wherever an executor calls it.
  [[nodiscard]] virtual Instant now() = 0;
  /// Returns when there is something to do, or when now() has reached `deadline` (not given: only
  /// `waiting` can end the wait); to return earlier costs a turn of the loop. A real clock:
  /// `waiting.wait_for(*deadline - now())`; a test's: `if (!waiting.ready()) time = *deadline`.
  virtual void wait(Waiting& waiting, std::optional<Instant> deadline) = 0;
};

/// The system's clock: the wall clock's time when it is first asked, counted on by the steady
/// clock, so that it is never set back. Thread-safe.
PROMOFLOW_API Clock& system_clock() noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

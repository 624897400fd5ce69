// SPDX-License-Identifier: Apache-2.0
/// @file
/// The promises, each as a check of what a release reports and does. Watch knows nothing of the
/// model; the comparisons with the model are below it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "promoflow/promoflow.hpp"

namespace promoflow::prove {

/// The promises of docs/reliability.md, by their numbers; and what else is counted.
enum Count : std::size_t {
  kAttempts = 1,      ///< Statuses of environments that were entered as they may be.
  kFailureArguments,  ///< Hooks whose arguments were checked for FAILED_ENVIRONMENTS.
  kDependencies,      ///< Environments that began after all that they depend on.
  kEndHooks,          ///< Hooks of the release's end, while nothing else was left to do.
  kFinal,             ///< Releases driven to a final status, by answers or by time.
  kSameBytes,         ///< Events applied to two releases with the same bytes.
  kCrashes,           ///< Crash points: restored, or replayed.
  kRefusals,          ///< Events that were refused and changed nothing.
  kInputs,            ///< Texts that were read without harm.
  kAllocations,       ///< Allocations that failed.
  kInTime,            ///< Commands that were issued before the deadline that counted.
  kTwice,             ///< Events that were delivered twice, the second time without effect.
  kBounded,           ///< Events after which a release's end was bounded.
  kSkipped,           ///< Environments that were skipped; no command of them is issued.
  kFlows,
  kStates,
  kTransitions,
  kLines,  ///< Lines of traces that were compared with the model's.
  kSeeds,
  kCounts
};

/// How often each thing was seen to hold.
using Counts = std::array<std::uint64_t, kCounts>;

/// A promise that was broken, or a difference from the model; its text says which.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void expect(bool holds, std::string_view what) {
  if (!holds) { throw Broken(std::string(what)); }
}
void expect_equal(std::string_view what, std::string_view wanted, std::string_view got);

/// The value of a call that must not fail here.
template <class T>
T value_of(Result<T> result, std::string_view what) {
  if (!result) { throw Broken(std::string(what) + ": " + result.error().message); }
  return std::move(*result);
}

/// Watches one release: hand it the records in their order, from any moment on.
class Watch {
 public:
  /// Of a release that has just been started: none of its records has been taken.
  Watch(const Flow& flow, Instant start);

  /// Checks one record, and remembers it.
  void check(const Record& record, Counts& counts);
  /// After the records of one event: what must hold between events.
  void check_rest(const Release& release, Counts& counts);

  /// By when the release has ended at the latest, if the host sends an event at each of its timers.
  Instant ends_by() const;

 private:
  void check_environment(const EnvironmentChanged& changed, Counts& counts);
  void check_hook(const RunHook& run, Counts& counts);
  void check_issue(Ticket ticket, std::optional<EnvironmentId> environment, bool on_fail,
                   Counts& counts);
  void check_release(ReleaseStatus status);
  void begin_end();
  void settle(Ticket ticket);

  Flow flow_;
  std::vector<EnvironmentStatus> environments_;
  std::vector<std::vector<std::uint64_t>> open_;  ///< Tickets outstanding, by environment.
  std::vector<std::uint64_t> release_open_;
  std::optional<ReleaseStatus> status_;
  std::uint64_t last_ticket_ = 0;
  Instant now_;                           ///< Of the last record.
  std::optional<Instant> flow_deadline_;  ///< R7: while it counts.
  std::optional<Instant> end_deadline_;   ///< R7: from the termination, or from release.onFail.
  bool retrying_ = false;                 ///< This event is a Retry.
  bool skipping_ = true;                  ///< This event is a Skip, or the start.
  bool ending_ = false;                   ///< Hooks of the release's end run.
};

/// Takes all records of a release as lines, through a watch where there is one.
std::vector<std::string> take_lines(Release& release, Watch* watch, Counts& counts);

/// All that can be read of a release, against the model.
void compare_state(const Release& release, const Model& model);
/// The error's name, or "ok".
std::string answer_of(const Result<void>& applied);
/// Promise 12: delivers an event once more that `release` has just taken or refused. The release's
/// records must have been taken; it is of no use afterwards.
void deliver_again(Release& release, const Event& event, Counts& counts);

/// The lines of one event, against the model's.
void compare_lines(const std::vector<std::string>& wanted, const std::vector<std::string>& got,
                   Counts& counts);
/// What a release issues again after a restore: every outstanding command once, by ticket.
void compare_reissued(Release& release, const Model& model, Counts& counts);

std::string snapshot_of(const Release& release);
Ticket ticket_of(const Command& command);

}  // namespace promoflow::prove

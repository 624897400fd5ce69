// SPDX-License-Identifier: Apache-2.0
/// @file
/// The promises, each as a check of what a release says and does. They know nothing of the model.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "promoflow/promoflow.hpp"

namespace promoflow::prove {

/// The promises of docs/reliability.md, by their numbers; and what has been counted besides.
enum Count : std::size_t {
  kAttempts = 1,      ///< Statuses of environments that were entered as they may be.
  kFailureArguments,  ///< Hooks whose arguments were looked at for FAILED_ENVIRONMENTS.
  kDependencies,      ///< Environments that began, with all that they depend on.
  kEndHooks,          ///< Hooks of the release's end, with nothing else left.
  kFinal,             ///< Releases driven to a final status, by answers or by time.
  kSameBytes,         ///< Events applied twice with the same bytes.
  kCrashes,           ///< Crash points: restored, or replayed.
  kRefusals,          ///< Events that were refused and changed nothing.
  kInputs,            ///< Texts that were read without harm.
  kAllocations,       ///< Allocations that failed.
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
  /// Remembers how the release stands now; its records must all have been taken.
  explicit Watch(const Release& release);

  /// Checks one record, and remembers.
  void see(const Record& record, Counts& counts);
  /// After the records of one event: what must hold between events.
  void rest(const Release& release);

 private:
  void see_environment(const EnvironmentChanged& changed, Counts& counts);
  void see_hook(const RunHook& run, Counts& counts);
  void see_release(ReleaseStatus status);
  void issued(Ticket ticket);
  void settle(Ticket ticket);

  Flow flow_;
  std::vector<EnvironmentStatus> environments_;
  std::vector<std::vector<std::uint64_t>> open_;  ///< Tickets outstanding, by environment.
  std::vector<std::uint64_t> release_open_;
  ReleaseStatus status_;
  std::uint64_t last_ticket_ = 0;
  bool retrying_ = false;
  bool ending_ = false;
};

/// Takes all records of a release as lines, through a watch where there is one.
std::vector<std::string> take_lines(Release& release, Watch* watch, Counts& counts);

/// All that can be read of a release, against the model.
void compare_state(const Release& release, const Model& model);
/// The lines of one event, against the model's.
void compare_lines(const std::vector<std::string>& wanted, const std::vector<std::string>& got,
                   Counts& counts);
/// What a release hands out after a restore: every outstanding command once, by ticket.
void compare_reissued(Release& release, const Model& model, Counts& counts);

std::string snapshot_of(const Release& release);
Ticket ticket_of(const Command& command);

}  // namespace promoflow::prove

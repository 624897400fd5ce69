// SPDX-License-Identifier: Apache-2.0
/// @file
/// Exploration: everything that can happen to a release of a flow, found before it happens.
///
/// explore() visits every state that a release can reach under stated bounds, by the release
/// machine itself, and says which outcomes there are, what each takes at least, and which hooks run
/// always, sometimes or never. Each outcome has a scenario: simulate() shows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/result.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// How far an exploration has come.
struct ExplorationProgress {
  std::uint64_t states = 0;       ///< Found so far.
  std::uint64_t transitions = 0;  ///< Tried so far.
  std::uint32_t failures = 0;     ///< Runs with fewer failures than this are complete.
  std::uint64_t outcomes = 0;     ///< Found so far.
};

/// What may happen in a run, and how far to look.
struct ExplorationOptions {
  /// So many commands fail in one run at most; not given: any number. Each failed attempt counts,
  /// also one that is retried or ignored.
  std::optional<std::uint32_t> failures_max = 2;
  std::uint32_t retries_max = 0;  ///< Retries of a whole release that has ended, in one run.
  bool terminate = false;         ///< The operator terminates, and then forces, once each.
  bool skip = false;              ///< The operator skips one environment.
  bool suspend = false;           ///< Commands wait for a person, and go on.
  bool timeouts = false;          ///< Timeouts and deadlines come due.
  /// Looks at every order of what happens, also where it cannot matter. The answers are the same,
  /// but for the numbers of states and transitions.
  bool all_orders = false;
  std::uint64_t states_max = 1'000'000;
  std::size_t memory_bytes_max = std::size_t{2} << 30;
  /// What hooks export when they succeed: the `context` of the first rule that has one and whose
  /// `hook`, `point`, `environment` and `place` fit. Nothing else of a rule is read.
  std::vector<Outcome> exports{};
  /// Called every few thousand states; false ends the exploration, as a bound does.
  std::function<bool(const ExplorationProgress&)> progress{};
};

/// What an operator can still do with a release that has ended in an outcome.
struct NextMoves {
  bool retry = false;  ///< A retry is taken. If nothing fails any more, it leads to:
  ReleaseStatus release{};
  std::vector<EnvironmentStatus> environments{};  ///< Of each environment, by its id.
  std::vector<EnvironmentId> skips{};             ///< Environments of which a skip is taken.
};

/// One way in which a release can end.
struct ReleaseOutcome {
  ReleaseStatus release{};
  std::vector<EnvironmentStatus> environments{};  ///< Of each environment, by its id.
  /// The fewest that lead to it, of the runs that the durations of the flow allow; if they allow
  /// none, of all.
  std::uint32_t failures = 0;
  std::uint32_t steps = 0;  ///< The fewest events that do, among the runs with so few failures.
  /// Its simulation ends in exactly this outcome, after so many failures.
  std::optional<Scenario> scenario{};
  /// Why there is no scenario: the durations of the flow that forbid the best run. All other runs
  /// to it are forbidden, too, unless `undecided`.
  std::string impossible{};
  NextMoves next{};        ///< After a best run to it.
  bool undecided = false;  ///< No scenario was found, but not every run was looked at.
};

/// How often something happens in the runs of a release. Part of the ABI.
enum class Occurrence : std::int32_t {
  Unknown = 0,    ///< Not seen, but a bound was reached before all runs were.
  Always = 1,     ///< In every run.
  Sometimes = 2,  ///< In some runs, not in all; or, if a bound was reached, in some.
  Never = 3,      ///< In no run.
};

/// The occurrence's name, such as `sometimes`. Static storage.
PROMOFLOW_API std::string_view to_string(Occurrence occurrence) noexcept;

/// In which runs something happens, and how many failures it takes at least.
struct Finding {
  Occurrence occurrence = Occurrence::Unknown;
  std::uint32_t failures = 0;  ///< The fewest; 0 if it never happens.
};

/// A hook of one list.
struct HookFinding {
  std::string hook{};
  Point point{};
  std::optional<EnvironmentId> environment{};  ///< None: a hook of the release.
  std::uint32_t place = 1;                     ///< In the list of its point, from 1.
  Finding runs{};
  /// In which of the runs that do not succeed it runs. `failures` as in `runs`.
  Finding runs_unless_succeeded{};
};

/// One environment.
struct EnvironmentFinding {
  EnvironmentId environment{};
  Finding begun{};
  Finding succeeded{};
  Finding failed{};
  Finding terminated{};
};

/// A place at which a hook stands.
struct HookPlace {
  std::string hook{};
  Point point{};
  std::optional<EnvironmentId> environment{};  ///< None: a hook of the release.
  std::uint32_t place = 1;                     ///< In the list of its point, from 1.
};

/// Two hooks that write one key of the promotion context in an order that is left to chance.
struct ConflictFinding {
  std::string key{};
  HookPlace earlier{};
  HookPlace later{};
  std::uint32_t failures = 0;          ///< The fewest with which it happens.
  std::optional<Scenario> scenario{};  ///< In its simulation the two writes conflict.
  std::string impossible{};            ///< Why there is no scenario: as of an outcome.
};

/// A wait that the flow demands: a soak, or those before further attempts of one command.
struct Wait {
  std::optional<EnvironmentId> environment{};  ///< None: of a hook of the release.
  std::optional<std::string> hook{};           ///< None: of a promotion, or a soak.
  std::uint32_t attempts = 0;                  ///< Further attempts that wait; 0: a soak.
  std::chrono::milliseconds length{0};
};

/// What an exploration found. A plain value.
struct Exploration {
  std::vector<ReleaseOutcome> outcomes{};          ///< By failures, then by steps.
  std::vector<HookFinding> hooks{};                ///< Of the release first, then in step order.
  std::vector<EnvironmentFinding> environments{};  ///< By id.
  /// In which of the runs that do not succeed no onFail hook succeeds: nobody is told of the
  /// failure. `failures`: the fewest with which that happens.
  Finding untold{};
  /// Most commands that one run issues; none: it was not found, because a bound was reached,
  /// because what is suspended may be so any number of times, or because more than 64 failures are
  /// allowed but not as many as can happen, and there are too many ways to spend them.
  std::optional<std::uint64_t> commands_max{};
  std::vector<ConflictFinding> conflicts{};  ///< By failures. Empty without `exports`.
  /// The longest wait of a run that succeeds, part by part, if commands take no time: what soaks
  /// and further attempts make it wait, one after another. Limits of time are not considered, nor
  /// retries of the release. None: it was not found, because more than 64 failures are allowed but
  /// not as many as all further attempts of the flow.
  std::optional<std::vector<Wait>> longest_wait{};
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  bool complete = true;
  /// Not complete: all runs with fewer failures than this were looked at nevertheless.
  std::uint32_t complete_below = 0;
  std::string bound{};  ///< Not complete: which bound was reached.
};

/// Explores a flow. Cost: that of its states, of which there may be very many; see the bounds.
/// Errors: InvalidArgument, OutOfMemory, LimitExceeded (the flow is too large for any exploration).
/// Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<Exploration> explore(
    const Flow& flow, const ExplorationOptions& options = {}) noexcept;

/// The exploration as one JSON object. Errors: InvalidArgument (it is of another flow),
/// OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> to_json(const Flow& flow,
                                                        const Exploration& exploration) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

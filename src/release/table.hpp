// SPDX-License-Identifier: Apache-2.0
/// @file
/// The machine's table: who goes where on what. SPEC section 2's algorithm as data.
///
/// A release and each of its environments are *lanes* that run through the same stages: a chain of
/// onStart hooks, the work itself (a promotion; for the release all its environments), a chain of
/// onSuccess hooks; and from wherever it fails, a chain of onFail hooks. docs/semantics.md draws
/// the diagram that tools/diagram.py makes from kTransitions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"

namespace promoflow::detail {

/// Where a lane is.
enum class Stage : std::uint8_t {
  Waiting,    ///< Not begun.
  Starting,   ///< Its onStart hooks run.
  Working,    ///< It is promoted to; the release: its environments run.
  Finishing,  ///< Its onSuccess hooks run.
  Done,       ///< Succeeded; never run again.
  Failing,    ///< It failed or was cut; its onFail hooks run.
  Stopped,    ///< It failed or was cut, and its onFail hooks have ended.
};
inline constexpr std::size_t kStages = 7;

/// What moves a lane on.
enum class Input : std::uint8_t {
  Begin,     ///< All it depends on has succeeded; the release: start.
  Complete,  ///< The last command of its stage has ended well; of onFail chains: has ended.
  Fail,      ///< A command failed for good; the release: an environment is not successful.
  Cut,       ///< R6, abort: stopped from outside.
  Force,     ///< R6: everything is skipped.
  Resume,    ///< R12: goes on at the stage where it stopped.
};
inline constexpr std::size_t kInputs = 6;

struct Transition {
  Stage from;
  Input input;
  Stage to;
};

// clang-format off
inline constexpr Transition kTransitions[] = {
    {Stage::Waiting,   Input::Begin,    Stage::Starting},
    {Stage::Starting,  Input::Complete, Stage::Working},
    {Stage::Working,   Input::Complete, Stage::Finishing},
    {Stage::Finishing, Input::Complete, Stage::Done},

    {Stage::Starting,  Input::Fail,     Stage::Failing},
    {Stage::Working,   Input::Fail,     Stage::Failing},
    {Stage::Finishing, Input::Fail,     Stage::Failing},

    {Stage::Starting,  Input::Cut,      Stage::Failing},
    {Stage::Working,   Input::Cut,      Stage::Failing},
    {Stage::Finishing, Input::Cut,      Stage::Failing},

    {Stage::Failing,   Input::Complete, Stage::Stopped},
    {Stage::Failing,   Input::Force,    Stage::Stopped},
    {Stage::Working,   Input::Force,    Stage::Stopped},

    {Stage::Stopped,   Input::Resume,   Stage::Starting},
    {Stage::Stopped,   Input::Resume,   Stage::Working},
    {Stage::Stopped,   Input::Resume,   Stage::Finishing},
};

/// What runs while a lane is in a stage: the chain of a point, or the work.
struct StagePoint {
  Stage stage;
  Point release;
  Point environment;
};
inline constexpr StagePoint kPoints[] = {
    {Stage::Starting,  Point::ReleaseOnStart,   Point::EnvironmentOnStart},
    {Stage::Finishing, Point::ReleaseOnSuccess, Point::EnvironmentOnSuccess},
    {Stage::Failing,   Point::ReleaseOnFail,    Point::EnvironmentOnFail},
};

/// R13, for the events that have no ticket: in which status of the release each is taken.
struct Acceptance {
  ReleaseStatus status;
  bool terminate;
  bool retry;
};
inline constexpr Acceptance kAcceptance[] = {
    {ReleaseStatus::Running,     true,  false},
    {ReleaseStatus::Suspended,   true,  false},
    {ReleaseStatus::Terminating, true,  false},
    {ReleaseStatus::Succeeded,   false, false},
    {ReleaseStatus::Failed,      false, true},
    {ReleaseStatus::Terminated,  false, true},
};
// clang-format on

/// The next stage; none: the table has no such row. Resume answers with the first of its rows:
/// the lane itself knows where it stopped.
constexpr std::optional<Stage> next_stage(Stage from, Input input) noexcept {
  for (const Transition& row : kTransitions) {
    if (row.from == from && row.input == input) { return row.to; }
  }
  return std::nullopt;
}

/// Which of a lane's chains a stage runs, by stage: an index into Chains::of.
inline constexpr std::size_t kNoChain = std::size(kPoints);
inline constexpr auto kChainOf = [] {
  std::array<std::uint8_t, kStages> chains{};
  chains.fill(kNoChain);
  for (std::size_t i = 0; i != kNoChain; ++i) {
    chains[static_cast<std::size_t>(kPoints[i].stage)] = static_cast<std::uint8_t>(i);
  }
  return chains;
}();

constexpr std::size_t chain_of(Stage stage) noexcept {
  return kChainOf[static_cast<std::size_t>(stage)];
}
constexpr bool runs_chain(Stage stage) noexcept { return chain_of(stage) != kNoChain; }

/// Where a lane comes to: stages whose chains have no hooks are passed. `chains` has bit i set if
/// the lane's chain i has hooks.
constexpr Stage pass(Stage from, Input input, unsigned chains) noexcept {
  Stage stage = next_stage(from, input).value_or(from);
  while (runs_chain(stage) && (chains >> chain_of(stage) & 1U) == 0) {
    stage = next_stage(stage, Input::Complete).value_or(stage);
  }
  return stage;
}

/// The same as an array, so that a step through the table costs one load.
inline constexpr std::size_t kChainSets = std::size_t{1} << std::size(kPoints);
inline constexpr auto kPassed = [] {
  std::array<std::array<std::array<Stage, kInputs>, kStages>, kChainSets> passed{};
  for (std::size_t chains = 0; chains < kChainSets; ++chains) {
    for (std::size_t from = 0; from < kStages; ++from) {
      for (std::size_t input = 0; input < kInputs; ++input) {
        passed[chains][from][input] = pass(static_cast<Stage>(from), static_cast<Input>(input),
                                           static_cast<unsigned>(chains));
      }
    }
  }
  return passed;
}();

constexpr Stage advance(Stage from, Input input, std::size_t chains) noexcept {
  return kPassed[chains][static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

/// The point of a stage that runs a chain.
constexpr Point point_of(Stage stage, bool release) noexcept {
  // Not taken: the end of the table. This is only asked of stages that run a chain.
  for (const StagePoint& row : kPoints) {
    if (row.stage == stage) { return release ? row.release : row.environment; }
  }
  return Point::ReleaseOnStart;  // GCOV_EXCL_LINE
}

constexpr const Acceptance& acceptance(ReleaseStatus status) noexcept {
  // Not taken: the end of the table. Every status has its row.
  for (const Acceptance& row : kAcceptance) {
    if (row.status == status) { return row; }
  }
  return kAcceptance[0];  // GCOV_EXCL_LINE
}

/// The tables hold what SPEC says, proved where they stand.
constexpr bool accepts_nothing(Stage stage) noexcept {
  for (const Transition& row : kTransitions) {
    if (row.from == stage) { return false; }
  }
  return true;
}
static_assert(accepts_nothing(Stage::Done), "what succeeded is not run again (R12)");
static_assert(!next_stage(Stage::Failing, Input::Fail), "an onFail chain goes on (chain)");
static_assert(!next_stage(Stage::Failing, Input::Cut), "onFail chains already running go on (R6)");
static_assert(!next_stage(Stage::Waiting, Input::Cut), "what never began stays Pending (R3)");
static_assert(!acceptance(ReleaseStatus::Succeeded).retry, "Retry: Failed or Terminated (R12)");
static_assert(acceptance(ReleaseStatus::Terminating).terminate, "a second Terminate forces (R6)");

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// The transition table of the release machine: the algorithm of docs/semantics.md, section 2, as
/// data.
///
/// A release and each of its environments are *entities* that pass through the same states: a chain
/// of onStart hooks, the work itself (a promotion; for the release all its environments), for an
/// environment perhaps a soak, a chain of onSuccess hooks; and from wherever an entity fails, a
/// chain of onFail hooks. docs/machine.md shows the diagram and the tables that tools/diagram.py
/// makes of this file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The state of an entity. Snapshots carry the numbers: they are never changed.
enum class State : std::uint8_t {
  Pending = 0,    ///< Not begun.
  Starting = 1,   ///< Its onStart hooks run.
  Working = 2,    ///< It is promoted to; the release: its environments run.
  Finishing = 3,  ///< Its onSuccess hooks run.
  Done = 4,       ///< Succeeded or skipped; never run again.
  Failing = 5,    ///< It failed or was cut; its onFail hooks run.
  Stopped = 6,    ///< It failed or was cut, and its onFail hooks have ended.
  Soaking = 7,    ///< Its promotion has succeeded and its soak is not over (R18).
};
inline constexpr std::size_t kStates = 8;

/// What moves an entity to another state.
enum class Input : std::uint8_t {
  Begin,     ///< All that it depends on has succeeded or was skipped; the release: start.
  Complete,  ///< The last command, or the soak, of its state has ended well; onFail chains: ended.
  Fail,      ///< A command failed for good; the release: an environment did not succeed.
  Revoke,    ///< The promotion turned out bad while the environment soaked (R18).
  Cut,       ///< Stopped from outside: a termination (R6), abort (R3).
  Force,     ///< Ended at once, without hooks (R6).
  Resume,    ///< A Retry: it goes on in the state in which it stopped (R12).
  Skip,      ///< An operator goes on without it (R16).
};
inline constexpr std::size_t kInputs = 8;

struct Transition {
  State from;
  Input input;
  State to;
};

// clang-format off
inline constexpr Transition kTransitions[] = {
    {State::Pending,   Input::Begin,    State::Starting},
    {State::Starting,  Input::Complete, State::Working},
    {State::Working,   Input::Complete, State::Soaking},
    {State::Soaking,   Input::Complete, State::Finishing},
    {State::Finishing, Input::Complete, State::Done},

    {State::Starting,  Input::Fail,     State::Failing},
    {State::Working,   Input::Fail,     State::Failing},
    {State::Finishing, Input::Fail,     State::Failing},
    {State::Soaking,   Input::Revoke,   State::Working},

    {State::Starting,  Input::Cut,      State::Failing},
    {State::Working,   Input::Cut,      State::Failing},
    {State::Soaking,   Input::Cut,      State::Failing},
    {State::Finishing, Input::Cut,      State::Failing},
    {State::Failing,   Input::Complete, State::Stopped},

    {State::Starting,  Input::Force,    State::Stopped},
    {State::Working,   Input::Force,    State::Stopped},
    {State::Soaking,   Input::Force,    State::Stopped},
    {State::Finishing, Input::Force,    State::Stopped},
    {State::Failing,   Input::Force,    State::Stopped},

    {State::Stopped,   Input::Resume,   State::Starting},
    {State::Stopped,   Input::Resume,   State::Working},
    {State::Stopped,   Input::Resume,   State::Soaking},
    {State::Stopped,   Input::Resume,   State::Finishing},

    {State::Pending,   Input::Skip,     State::Done},
    {State::Stopped,   Input::Skip,     State::Done},
};

/// The chain of hooks that runs while an entity is in a state.
struct StatePoint {
  State state;
  Point release;
  Point environment;
};
inline constexpr StatePoint kPoints[] = {
    {State::Starting,  Point::ReleaseOnStart,   Point::EnvironmentOnStart},
    {State::Finishing, Point::ReleaseOnSuccess, Point::EnvironmentOnSuccess},
    {State::Failing,   Point::ReleaseOnFail,    Point::EnvironmentOnFail},
};

/// In which status of the release an operator's event is taken, if at all (R6, R12, R16). What else
/// it needs is checked where the event is handled (operator.cpp).
struct Acceptance {
  ReleaseStatus status;
  bool terminate;   ///< Before release.onFail.
  bool force;
  bool retry_all;
  bool retry_some;  ///< Before release.onFail.
  bool skip;        ///< Before release.onSuccess and release.onFail.
};
inline constexpr Acceptance kAcceptance[] = {
    {ReleaseStatus::Running,     true,  true,  false, true,  true},
    {ReleaseStatus::Suspended,   true,  true,  false, true,  true},
    {ReleaseStatus::Terminating, false, true,  false, false, false},
    {ReleaseStatus::Succeeded,   false, false, false, false, false},
    {ReleaseStatus::Failed,      false, false, true,  true,  true},
    {ReleaseStatus::Terminated,  false, false, true,  true,  true},
};
// clang-format on

/// The next state; none: the table has no such row. Resume gives the first of its rows: the
/// entity's stop record has the state in which it stopped.
constexpr std::optional<State> next_state(State from, Input input) noexcept {
  for (const Transition& row : kTransitions) {
    if (row.from == from && row.input == input) { return row.to; }
  }
  return std::nullopt;
}

/// Which of an entity's chains a state runs: an index into Chains::of. The soak comes behind the
/// chains, since an entity may have none of either: then the state is passed.
inline constexpr std::size_t kSoak = std::size(kPoints);
inline constexpr std::size_t kNoChain = kSoak + 1;
inline constexpr auto kChainOf = [] {
  std::array<std::uint8_t, kStates> chains{};
  chains.fill(kNoChain);
  for (std::size_t i = 0; i != std::size(kPoints); ++i) {
    chains[static_cast<std::size_t>(kPoints[i].state)] = static_cast<std::uint8_t>(i);
  }
  chains[static_cast<std::size_t>(State::Soaking)] = kSoak;
  return chains;
}();

constexpr std::size_t chain_of(State state) noexcept {
  return kChainOf[static_cast<std::size_t>(state)];
}
constexpr bool runs_chain(State state) noexcept { return chain_of(state) < kSoak; }

/// The state that an entity enters: states whose chain has no hooks, and a soak that it does not
/// have, are passed. `present` has bit i set if the entity has chain i (Chains::present).
constexpr State pass(State from, Input input, unsigned present) noexcept {
  State state = next_state(from, input).value_or(from);
  while (chain_of(state) != kNoChain && (present >> chain_of(state) & 1U) == 0) {
    state = next_state(state, Input::Complete).value_or(state);
  }
  return state;
}

/// The same as an array, so that a step through the table costs one load.
inline constexpr std::size_t kPresentSets = std::size_t{1} << kNoChain;
inline constexpr auto kPassed = [] {
  std::array<std::array<std::array<State, kInputs>, kStates>, kPresentSets> passed{};
  for (std::size_t present = 0; present < kPresentSets; ++present) {
    for (std::size_t from = 0; from < kStates; ++from) {
      for (std::size_t input = 0; input < kInputs; ++input) {
        passed[present][from][input] = pass(static_cast<State>(from), static_cast<Input>(input),
                                            static_cast<unsigned>(present));
      }
    }
  }
  return passed;
}();

constexpr State advance(State from, Input input, std::size_t present) noexcept {
  return kPassed[present][static_cast<std::size_t>(from)][static_cast<std::size_t>(input)];
}

/// The point of a state that runs a chain.
constexpr Point point_of(State state, bool release) noexcept {
  const StatePoint& row = kPoints[chain_of(state)];
  return release ? row.release : row.environment;
}

constexpr const Acceptance& acceptance(ReleaseStatus status) noexcept {
  return kAcceptance[static_cast<std::size_t>(status) - 1];
}

// The tables say what the rules demand: it is proved here, where they are defined.
constexpr bool accepts_nothing(State state) noexcept {
  for (const Transition& row : kTransitions) {
    if (row.from == state) { return false; }
  }
  return true;
}
constexpr bool acceptance_is_indexed() noexcept {
  for (const Acceptance& row : kAcceptance) {
    if (acceptance(row.status).status != row.status) { return false; }
  }
  return true;
}
static_assert(acceptance_is_indexed(), "kAcceptance is in the order of ReleaseStatus");
static_assert(accepts_nothing(State::Done), "what succeeded is not run again (R12)");
static_assert(!next_state(State::Failing, Input::Fail), "a failed onFail hook is noted (chain)");
static_assert(!next_state(State::Failing, Input::Cut), "onFail chains already running go on (R6)");
static_assert(!next_state(State::Pending, Input::Cut), "what never began stays Pending (R3)");
static_assert(!next_state(State::Failing, Input::Skip), "Skip waits for the onFail chain (R16)");
static_assert(!next_state(State::Working, Input::Skip), "what runs is not skipped (R16)");
static_assert(!acceptance(ReleaseStatus::Succeeded).retry_all, "Retry: Failed, Terminated (R12)");
static_assert(!acceptance(ReleaseStatus::Terminating).terminate, "a second Terminate is refused");

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

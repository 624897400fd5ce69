// SPDX-License-Identifier: Apache-2.0
/// @file
/// Stepper: what can happen in one state, and what becomes of it; by the release machine.
///
/// A state's code is that of the machine (Machine::encode), followed by what was used of the
/// budgets that last for a whole run, if the options give any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exploration/places.hpp"
#include "promoflow/exploration.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

enum class ChoiceKind : std::uint8_t {
  Succeed,
  Fail,
  Attempt,  ///< The wait for the next attempt is over.
  SoakEnds,
  FailInSoak,
  Expire,
  Suspend,
  Resume,
  Deadline,  ///< From here on: choices that are no environment's.
  Terminate,
  Force,
  Retry,
  Skip,
};

/// One thing that can happen in a state.
struct Choice {
  ChoiceKind kind{};
  EntityIndex entity = 0;  ///< Whose command, wait or soak; what is skipped; else 0.

  bool is_failure() const noexcept {
    return kind == ChoiceKind::Fail || kind == ChoiceKind::FailInSoak || kind == ChoiceKind::Expire;
  }
};

/// What a run has used of what it may do (X1).
struct Used {
  std::uint32_t retries = 0;
  std::uint8_t terminations = 0;
  std::uint8_t skips = 0;
};

class Stepper {
 public:
  /// Throws what starting a release does.
  Stepper(const Flow& flow, const ExplorationOptions& options);

  /// The state in which a release starts.
  void start();
  /// Takes on a state.
  void load(std::span<const std::uint8_t> code);
  /// What can happen in the state that was loaded, in an order that does not change. Some of the
  /// operator's choices may still be refused.
  void choices(std::vector<Choice>& out) const;
  /// Takes a choice in the state that was just loaded; false: it is refused.
  bool take(const Choice& choice);
  /// What the last start() or take() did, in order.
  void facts(std::vector<Fact>& out) const;
  void encode(std::vector<std::uint8_t>& out) const;

  const Machine& machine() const noexcept { return *machine_; }
  const Places& places() const noexcept { return places_; }
  const Used& used() const noexcept { return used_; }
  /// The numbers of the release's and of the environments' statuses. May throw std::bad_alloc.
  std::string statuses() const;
  bool is_ended() const noexcept { return is_final(machine_->state().status); }

 private:
  void entity_choices(const CommandSlot& slot, std::vector<Choice>& out) const;

  Flow flow_;
  const ExplorationOptions& options_;
  bool has_budgets_;
  std::unique_ptr<Machine> machine_;
  Places places_;
  Used used_;
  std::vector<std::uint32_t> place_of_ticket_;  ///< Of the commands when the state was loaded.
};

/// Makes a choice's event happen on a machine at its latest time; false: it is refused. `next` is
/// the machine's slot for the choice's entity.
bool carry_out(Machine& machine, const Choice& choice);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

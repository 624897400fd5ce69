// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reduction: where the order of what happens cannot matter, one order stands for all (X6).
///
/// In a state, the choices of one environment stand for all choices if nothing that can happen
/// before that environment goes on can see what it does, or be seen by it. Then every run has an
/// equal one, with the same steps in another order, in which that environment goes first. (Such
/// choices are a persistent set; there is always one run left for each run that is left out.)
///
/// What an environment does is seen by others where
///   - it fails for good: under failFast nothing new begins, under abort what runs is cut;
///   - it is done: what depends on it begins, unless a failure forbids that;
///   - the operator may still terminate or skip, which sees everything.
#pragma once

#include <vector>

#include "exploration/stepper.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Reduction {
 public:
  Reduction(const FlowData& flow, const ExplorationOptions& options);

  /// Drops choices of the stepper's state that other ones stand for. `may_fail`: whether commands
  /// may still fail in runs that come to this state.
  void reduce(const Stepper& stepper, bool may_fail, std::vector<Choice>& choices) const;

 private:
  bool stands_for_all(const Machine& machine, const CommandSlot& slot, bool may_fail) const;
  bool is_independent_of_failures(const Machine& machine, const CommandSlot& slot) const;
  bool all_pending_wait_for(const Machine& machine, EntityIndex environment) const;

  const FlowData& flow_;
  const ExplorationOptions& options_;
  bool enabled_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

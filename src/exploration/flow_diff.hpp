// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the parts of a difference share: which environment of one flow is which of the other.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "promoflow/flow_diff.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Pairs of environments: by name, or renamed.
class Pairs {
 public:
  /// May throw std::bad_alloc.
  Pairs(const Flow& before, const Flow& after);

  /// The environment of the new flow; none: it is gone.
  std::optional<EnvironmentId> after_of(EnvironmentId before) const;
  std::optional<EnvironmentId> before_of(EnvironmentId after) const;
  bool is_renamed(EnvironmentId after) const;

 private:
  bool find_renamed();
  bool is_same_but_for_its_name(EnvironmentId before, EnvironmentId after) const;
  void pair(EnvironmentId before, EnvironmentId after);

  const Flow& before_;
  const Flow& after_;
  std::map<EnvironmentId, EnvironmentId> to_after_;
  std::map<EnvironmentId, EnvironmentId> to_before_;
};

/// Where changes of a kind are listed: those of environments come first, then those of hooks, ...
constexpr int place_of(FlowChangeKind kind) noexcept {
  const FlowChangeKind after =
      kind == FlowChangeKind::EnvironmentMoved ? FlowChangeKind::EnvironmentRenamed : kind;
  return static_cast<int>(after) * 2 + (after == kind ? 0 : 1);
}

/// Adds which environments have another place among the steps. May throw std::bad_alloc.
void diff_order(const Flow& after, const Pairs& pairs, std::vector<FlowChange>& changes);

/// All that an environment depends on, also through others. May throw std::bad_alloc.
std::set<EnvironmentId> waits_for(const Flow& flow, EnvironmentId environment);

/// `a`, `b` and `c`, safe to print. May throw std::bad_alloc.
std::string names_words(const std::vector<std::string>& names);

/// Adds what became of hooks. May throw std::bad_alloc.
void diff_hooks(const Flow& before, const Flow& after, const Pairs& pairs,
                std::vector<FlowChange>& changes);

/// Explores both flows and adds what became of hooks' runs and of outcomes. May throw.
void diff_behaviour(const Flow& before, const Flow& after, const Pairs& pairs,
                    const ExplorationOptions& options, FlowDifference& difference);

/// Checks properties of the new flow in both. Errors: those of check_properties(). May throw.
Result<std::vector<PropertyChange>> diff_properties(const Flow& before, const Flow& after,
                                                    const ExplorationOptions& options,
                                                    const std::vector<Property>& properties);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Exports: what hooks export when they succeed in an exploration.
#pragma once

#include <string>
#include <vector>

#include "exploration/places.hpp"
#include "simulation/outcomes.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Exports {
 public:
  /// May throw std::bad_alloc.
  explicit Exports(const std::vector<Outcome>& rules);
  Exports(const Exports&) = delete;
  Exports& operator=(const Exports&) = delete;

  bool empty() const noexcept { return scenario_.outcomes.empty(); }
  /// Why one of the rules cannot be carried out; empty: all can. May throw std::bad_alloc.
  std::string problem() const;
  /// What the hook of a place exports; null: nothing.
  const std::string* of(const FlowData& flow, const Place& place) const;

 private:
  Scenario scenario_;  ///< The rules that say what a hook exports, and nothing else.
  Outcomes outcomes_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

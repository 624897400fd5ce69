// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which outcome decides a command (S1): the first that matches. Rules are indexed by name,
/// so that not all of them are tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "promoflow/command.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::detail {

/// Borrows the scenario.
class Outcomes {
 public:
  explicit Outcomes(const Scenario& scenario);

  /// The rule that decides such a command, or null: success after 0s. `environment`: none, if it is
  /// a hook of the release. `place`: of the hook in the list of its point, from 1; without it rules
  /// that ask for a place do not match.
  const Outcome* find_hook(std::string_view hook, Point point,
                           std::optional<std::string_view> environment, std::uint32_t attempt,
                           std::optional<std::uint32_t> place = {}) const;
  const Outcome* find_promotion(std::string_view environment, std::uint32_t attempt) const;

 private:
  using ByName = std::unordered_map<std::string_view, std::vector<std::uint32_t>>;

  const std::vector<Outcome>* outcomes_;
  ByName by_hook_;         ///< Rules for hooks of this name, in their order.
  ByName by_environment_;  ///< Rules for promotions into this environment, in their order.
};

}  // namespace promoflow::detail

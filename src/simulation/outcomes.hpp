// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which outcome decides a command (S1): the first that matches, found without walking all.
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

  /// The rule that decides the command, or null: success after 0s.
  const Outcome* find(const RunHook& command) const;
  const Outcome* find(const Promote& command) const;
  /// The same for one who has no command, but what it says.
  const Outcome* find_hook(std::string_view hook, Point point,
                           std::optional<std::string_view> environment,
                           std::uint32_t attempt) const;
  const Outcome* find_promotion(std::string_view environment, std::uint32_t attempt) const;

 private:
  using ByName = std::unordered_map<std::string_view, std::vector<std::uint32_t>>;

  const std::vector<Outcome>* outcomes_;
  ByName by_hook_;         ///< Rules that speak of a hook, in their order.
  ByName by_environment_;  ///< Rules that speak of a promotion, in their order.
};

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which outcome decides a command (S1): the first that matches.
///
/// A rule says which of a command's properties it asks for. Rules that ask for the same properties
/// are in one index, from the values that they ask for to the first such rule; a command looks its
/// own values up in each index. There are at most 32 of these, so a command costs the same however
/// many rules there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "promoflow/command.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The properties of a command that rules can ask for.
struct RuleKey {
  std::string_view hook{};
  std::string_view environment{};
  Point point{};
  std::uint32_t attempt = 0;
  std::uint32_t place = 0;
};

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
  /// The rules that ask for one set of properties. If they are more than a few, a hash table with
  /// open addressing leads to them: at most half full, its size a power of two.
  struct Group {
    unsigned asked = 0;
    std::vector<std::uint32_t> rules{};  ///< In the order of the scenario.
    std::vector<std::uint32_t> slots{};  ///< Of these, the first of those that ask for the same.
  };

  void add_slots(Group& group) const;
  std::uint64_t hash(const RuleKey& key, unsigned asked) const noexcept;
  /// The slot of the rule that asks for these values, or the free one where it would be.
  std::size_t slot_of(const Group& group, const RuleKey& key) const;
  /// The first of its rules that asks for these values; UINT32_MAX: there is none.
  std::uint32_t first_in(const Group& group, const RuleKey& key) const;
  /// The first rule that asks for a set of properties from `offered`, and for these values of them.
  const Outcome* first_of(const RuleKey& key, unsigned offered) const;

  const std::vector<Outcome>* outcomes_;
  std::uint64_t seed_;
  std::vector<Group> groups_;  ///< At most 32, none of them empty.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

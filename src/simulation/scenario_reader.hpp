// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the parts of the scenario reader share: scenario.cpp reads the whole, scenario_outcomes.cpp
/// and scenario_actions.cpp its two lists.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/fields.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The names of the flow that a scenario is read for, if any. Reports names that it does not have.
class KnownNames {
 public:
  explicit KnownNames(const Flow* flow);

  /// Reports an environment that the flow does not have. `otherwise`: the hint if no name is near.
  void check_environment(Checker& checker, const NodePath& name, Severity severity,
                         std::string_view otherwise);
  /// Warns of a hook that the flow does not have.
  void check_hook(Checker& checker, const NodePath& name);

 private:
  void add(const Hooks& hooks);
  /// Whether a similar name may be searched for: that is a walk over all names.
  bool may_search() noexcept;

  const Flow* flow_;
  std::set<std::string_view> hooks_;
  std::size_t searches_left_ = 100;
};

/// See TextLimits::work_max.
inline constexpr std::size_t kEntryWork = 8;

/// Calls `read` for each entry of a list that is of the type.
template <class Read>
void read_entries(Checker& checker, const NodePath& list, Expect expect, const Read& read) {
  NodePath entry{checker.document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (checker.has_type(expect, entry) && checker.spend(kEntryWork, entry)) { read(entry); }
  }
}

/// Whether the object has the field, well-formed or not. `read`: its value, if it was read; that
/// of a misspelt field is, too.
bool has_field(const Checker& checker, const NodePath& object, std::string_view name,
               const NodePath& read);

/// A context as JSON text; empty: a value of it is not JSON, and that is reported.
std::string context_as_json(Checker& checker, const NodePath& value);

std::vector<Outcome> read_outcomes(Checker& checker, const NodePath& list, KnownNames& names);
std::vector<Action> read_actions(Checker& checker, const NodePath& list, KnownNames& names);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

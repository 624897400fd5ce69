// SPDX-License-Identifier: Apache-2.0
#include "exploration/property_check.hpp"

#include <algorithm>

#include "base/enumerator.hpp"
#include "base/position.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr unsigned kDepthMax = 16;

template <class Status>
bool are_statuses(const std::vector<Status>& given, Status last) {
  return std::all_of(given.begin(), given.end(),
                     [last](Status status) { return is_enumerator(status, last); });
}

class PatternCheck {
 public:
  explicit PatternCheck(const FlowData& flow) : flow_(flow) {}

  /// `depth`: how many patterns it is within, as one of their `meanwhile`.
  std::string problem(const Pattern& pattern, unsigned depth) const {
    const bool is_status = !pattern.release.empty() || !pattern.status.empty();
    const int kinds = (pattern.release.empty() ? 0 : 1) + (pattern.status.empty() ? 0 : 1) +
                      (pattern.hook ? 1 : 0) + (pattern.promotion ? 1 : 0);
    if (kinds != 1) { return "a pattern has one of 'release', 'status', 'hook' and 'promotion'"; }
    if (depth > 0 && !is_status) { return "'meanwhile' takes a status only"; }
    if (depth > kDepthMax) { return "'meanwhile' is nested too deeply"; }
    if (!pattern.status.empty() && !pattern.environment) {
      return "'status' is an environment's, and none is named";
    }
    if (!are_statuses(pattern.release, ReleaseStatus::Terminated) ||
        !are_statuses(pattern.status, EnvironmentStatus::Skipped)) {
      return "a status is no value of its enumeration";
    }
    for (const auto* const name : {&pattern.environment, &pattern.promotion}) {
      if (*name && flow_.names.find(**name) == NameTable::kNone) {
        return "the flow has no environment " + in_quotes(**name);
      }
    }
    if (pattern.hook && !has_hook(*pattern.hook)) {
      return "the flow has no hook " + in_quotes(*pattern.hook);
    }
    if (!is_status && !pattern.meanwhile.empty()) { return "'meanwhile' narrows a status only"; }
    return first_problem(pattern.meanwhile, depth + 1);
  }

  std::string first_problem(const std::vector<Pattern>& patterns, unsigned depth) const {
    for (const Pattern& pattern : patterns) {
      if (std::string found = problem(pattern, depth); !found.empty()) { return found; }
    }
    return {};
  }

 private:
  bool has_hook(std::string_view name) const {
    for (const Chains& chains : flow_.chains) {
      for (const auto& list : chains.of) {
        if (std::any_of(list.begin(), list.end(),
                        [name](const Hook& hook) { return hook.name == name; })) {
          return true;
        }
      }
    }
    return false;
  }

  const FlowData& flow_;
};

}  // namespace

std::string problem_of(const FlowData& flow, const Property& property) {
  if (!is_enumerator(property.form, PropertyForm::After)) { return "its form is none"; }
  const PatternCheck check(flow);
  std::string found = check.first_problem(property.first, 0);
  return found.empty() ? check.first_problem(property.second, 0) : found;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

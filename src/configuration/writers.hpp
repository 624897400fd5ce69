// SPDX-License-Identifier: Apache-2.0
/// @file
/// Writers: the hooks that export one key, with what is asked of them again and again.
#pragma once

#include <cstdint>
#include <vector>

#include "configuration/precedence.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Writers {
 public:
  /// Rows are added in ascending order.
  void add(const FlowFacts& facts, const std::vector<HookRow>& hooks, std::uint32_t row);

  const std::vector<std::uint32_t>& rows() const noexcept { return rows_; }
  bool empty() const noexcept { return rows_.empty(); }

  /// Whether one of them must precede the hook. Cost: those of the release, or of its environment.
  bool must_precede(const FlowFacts& facts, const std::vector<HookRow>& hooks,
                    std::uint32_t hook) const;
  /// Whether one of them may precede the hook. Cost: as above, and at most all hooks of what
  /// directly depends on its environment.
  bool may_precede(const FlowFacts& facts, const std::vector<HookRow>& hooks,
                   std::uint32_t hook) const;

 private:
  template <class Wanted>
  bool any_nearby(const FlowFacts& facts, const std::vector<HookRow>& hooks, std::uint32_t hook,
                  const Wanted& wanted) const;

  std::vector<std::uint32_t> rows_;
  std::size_t first_of_environments_ = 0;  ///< Rows before it are the release's.
  bool any_on_start_ = false;              ///< Of the release, as the two that follow.
  bool any_on_start_counts_ = false;       ///< One whose failure is not ignored.
  bool any_on_fail_ = false;
  bool any_before_release_fails_ = false;  ///< Of environments.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

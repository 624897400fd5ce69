// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reach: answers many questions of which environments lead to which, 64 at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Reach {
 public:
  explicit Reach(const Flow& flow);

  /// Sets bit `bit` (below 64) of an environment: it is a source of the question of that number.
  void mark(std::uint32_t environment, unsigned bit) {
    own_[environment] |= std::uint64_t{1} << bit;
  }
  /// Finds, for each environment, the questions that have a source among those that it depends on,
  /// directly or through others. Cost: the graph, once for all 64 questions.
  void spread();
  /// Whether an environment depends on a source of the question.
  bool has_source_before(std::uint32_t environment, unsigned bit) const noexcept {
    return (before_[environment] >> bit & 1U) != 0;
  }
  void clear();

 private:
  const Flow& flow_;
  std::vector<std::uint32_t> order_;  ///< Each environment after all that it depends on.
  std::vector<std::uint64_t> own_;
  std::vector<std::uint64_t> before_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

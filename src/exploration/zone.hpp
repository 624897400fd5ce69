// SPDX-License-Identifier: Apache-2.0
/// @file
/// Zone: all the times that the latest step and the clocks that run may have, by bounds on the
/// differences of two of them. Bounds are kept closed: each is as tight as all others make it.
///
///     moment 0: the latest step      moment i: when clock i began
///     bound(i, j) = the most that moment i may be after moment j
#pragma once

#include <vector>

#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Zone {
 public:
  static constexpr Millis kNoBound = kNever / 4;

  /// The start of a release, as the latest step and as the beginning of so many clocks.
  explicit Zone(std::size_t clocks) : size_(clocks + 1), most_(size_ * size_, 0) {}

  /// What a next step must keep, seen from a clock.
  struct Limit {
    Millis most = kNoBound;  ///< The step is at most so long after the clock began.
    bool is_exact = false;   ///< It is exactly so long after it.
  };
  /// Adds a step at least `gap` after the latest one, as a last moment. False: there is no time for
  /// it, and the zone is of no use any more. `limits`: of each clock.
  bool add_step(Millis gap, const std::vector<Limit>& limits);
  /// After add_step(): keeps the step as the latest, and the clocks of these moments; a moment of
  /// size() - 1 is a clock that began with the step. May throw std::bad_alloc.
  void keep(const std::vector<std::uint32_t>& moments);

  std::size_t size() const noexcept { return size_; }
  /// Whether all times of another zone of the same clocks are times of this one.
  bool includes(const Zone& other) const noexcept;

 private:
  Millis& most(std::size_t later, std::size_t earlier) noexcept {
    return most_[later * size_ + earlier];
  }

  std::size_t size_;
  std::vector<Millis> most_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

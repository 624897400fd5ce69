// SPDX-License-Identifier: Apache-2.0
/// @file
/// Moments: unknown times with bounds on their differences, and the earliest times that keep them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Moments {
 public:
  static constexpr std::uint32_t kNoLength = 0xFFFFFFFF;

  /// A length of the flow that bounds refer to, in words; each text once.
  std::uint32_t add_length(std::string words);
  /// `to` is at least `least` after `from`, because of a length, or of the order.
  void at_least(std::uint32_t from, std::uint32_t to, Millis least,
                std::uint32_t length = kNoLength) {
    bounds_.push_back({from, to, least, length});
  }
  void at_most(std::uint32_t from, std::uint32_t to, Millis most, std::uint32_t length) {
    bounds_.push_back({to, from, -most, length});
  }

  /// One moment is at least so long after another, in one attempt to find times.
  struct Order {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    Millis gap = 0;
  };
  /// Finds the times of moments 0 to `count` - 1, moment 0 at 0 and the earliest. False: there are
  /// none, and forbidden_by() says why. May throw std::bad_alloc.
  bool solve(std::uint32_t count, const std::vector<Order>& orders);
  Millis operator[](std::uint32_t moment) const noexcept { return times_[moment]; }
  /// The lengths that contradict one another, in words.
  std::string forbidden_by() const;

 private:
  struct Bound {
    std::uint32_t from;
    std::uint32_t to;
    Millis least;
    std::uint32_t length;
  };
  void find_circle(std::uint32_t moment, const std::vector<Bound>& bounds);

  std::vector<std::string> lengths_;
  std::vector<Bound> bounds_;
  std::vector<Millis> times_;
  std::vector<std::uint32_t> why_;  ///< The bound that set each moment's time.
  std::vector<std::uint32_t> circle_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

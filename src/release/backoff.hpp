// SPDX-License-Identifier: Apache-2.0
/// @file
/// How long further attempts wait.
#pragma once

#include <cmath>

#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// How long the n-th further attempt waits (R9), from 1.
inline Millis backoff(const RetryPolicy& retry, std::uint32_t n) noexcept {
  const double wait = static_cast<double>(retry.duration.count()) *
                      std::pow(retry.factor, static_cast<double>(n) - 1.0);
  const Millis most = retry.max_duration ? retry.max_duration->count() : kNever;
  return wait >= static_cast<double>(most) ? most : static_cast<Millis>(wait);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

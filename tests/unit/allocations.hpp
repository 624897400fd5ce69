// SPDX-License-Identifier: Apache-2.0
/// @file
/// Makes the n-th allocation of this thread fail, for tests of what happens when memory runs out.
#pragma once

#include <cstddef>

namespace promoflow::test {

/// While it lives, the allocation after `allowed` further ones fails, and every one behind it.
class FailingAllocations {
 public:
  explicit FailingAllocations(std::size_t allowed) noexcept;
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();

  /// Whether one has failed.
  static bool failed() noexcept;
};

/// Allocations of this thread so far.
std::size_t allocations() noexcept;

}  // namespace promoflow::test

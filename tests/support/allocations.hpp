// SPDX-License-Identifier: Apache-2.0
/// @file
/// The one replacement of operator new for tests: it counts allocations, and makes the n-th of a
/// thread fail. A program that wants it compiles allocations.cpp; allocations.h is its face to C.
#pragma once

#include <cstddef>

namespace promoflow::test {

/// Whether one allocation fails, or that one and all behind it.
enum class Fails : bool { Once, ForGood };

/// While it lives, `allowed` further allocations of this thread succeed, then one or all fail.
class FailingAllocations {
 public:
  explicit FailingAllocations(std::size_t allowed, Fails fails = Fails::ForGood) noexcept;
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();

  /// Whether one has failed since the last object of this class was made.
  static bool failed() noexcept;
};

/// While it lives, no allocation of this thread fails, and none counts towards those that may.
class UnlimitedAllocations {
 public:
  UnlimitedAllocations() noexcept;
  UnlimitedAllocations(const UnlimitedAllocations&) = delete;
  UnlimitedAllocations& operator=(const UnlimitedAllocations&) = delete;
  ~UnlimitedAllocations();

 private:
  std::size_t allowed_;
};

/// Allocations of this thread so far, those that failed included.
std::size_t allocations() noexcept;

/// Bytes that operator new was asked for in this thread so far.
std::size_t allocated_bytes() noexcept;

}  // namespace promoflow::test

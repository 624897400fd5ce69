// SPDX-License-Identifier: Apache-2.0
/// @file
/// Crashes of an engine: its process dies, its disk fails, or its memory runs out at each operation
/// in turn, and the releases that it drives come to the same end all the same.
#pragma once

#include <cstdint>

#include "promises.hpp"

namespace promoflow::prove {

struct CrashCounts {
  std::uint64_t operations = 0;   ///< Of the file system, in a run without faults.
  std::uint64_t crashes = 0;      ///< Lives of an engine that ended in a crash.
  std::uint64_t faults = 0;       ///< Lives in which the disk failed and worked again.
  std::uint64_t allocations = 0;  ///< Lives in which an allocation failed.
  std::uint64_t lines = 0;        ///< Lines that had been shown, and were found after a crash.
  std::uint64_t handed_out = 0;   ///< Commands whose row was found after a crash.
};

/// Every `step`-th operation of the disk, and every `allocations`-th allocation of the engine's
/// thread; 1: each. Throws Broken, whose text says where.
CrashCounts crashes(std::uint64_t step, std::uint64_t allocations);

}  // namespace promoflow::prove

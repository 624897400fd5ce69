// SPDX-License-Identifier: Apache-2.0
/// @file
/// Makes the n-th allocation of this thread fail: malloc's where the C library lets a program
/// replace it (then libyaml's fail, too), else operator new's.
#pragma once

#include <cstddef>

namespace promoflow::prove {

enum class Fails : bool { Once, ForGood };

/// While it lives, `allowed` further allocations succeed, then one fails, or all do.
class ShortOfMemory {
 public:
  ShortOfMemory(std::size_t allowed, Fails fails) noexcept;
  ShortOfMemory(const ShortOfMemory&) = delete;
  ShortOfMemory& operator=(const ShortOfMemory&) = delete;
  ~ShortOfMemory();

  /// Whether one has failed since the last of them began.
  static bool failed() noexcept;
};

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// A machine's whole state as text: for people (describe), and to be restored from (R15).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/result.hpp"
#include "release/machine.hpp"

namespace promoflow::detail {

/// The snapshot format's version. A newer one is refused; older ones are read for ever.
inline constexpr std::uint32_t kSnapshotVersion = 1;

/// May throw std::bad_alloc.
class Snapshots {
 public:
  static std::string describe(const Machine& machine);
  static std::string save(const Machine& machine);
  static Result<std::unique_ptr<Machine>> restore(Flow flow, std::string_view text);

 private:
  class Reader;
  static char letter_of(const Lane& lane) noexcept;
  /// By ticket: in which slot an attempt waits is no part of the state.
  static std::vector<const Slot*> waiting(const Machine& machine);
};

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// A machine's whole state as text: for people (describe), and to be restored from (R15).
/// docs/snapshots.md describes the format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "promoflow/result.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The version of the snapshot format. A newer one is refused; every older one is read.
inline constexpr std::uint32_t kSnapshotVersion = 2;

/// These may throw std::bad_alloc.
std::string describe(const Machine& machine);
std::string save_snapshot(const Machine& machine);
/// Errors: InvalidSnapshot, SnapshotOfOtherFlow, SnapshotTooNew.
Result<std::unique_ptr<Machine>> restore_snapshot(const FlowData& flow, std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// HookTable: all hooks of a flow in one list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "configuration/model.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// One hook, and its place in the flow.
struct HookRow {
  const Hook* hook = nullptr;
  std::uint32_t environment = 0;  ///< Counts for points of environments only.
  std::uint32_t index = 0;        ///< In its list.
  Point point = Point::ReleaseOnStart;
};

/// The hooks of the release, then those of each environment in step order; within each onStart,
/// onSuccess, onFail, in the order of the lists. Borrowed from the flow.
std::vector<HookRow> hook_table(const Flow& flow);

bool is_release_point(Point point) noexcept;
bool is_on_fail(Point point) noexcept;

/// `the onStart hook 'notify' of 'staging'`, `the release's onFail hook 'page'`.
std::string describe(const Flow& flow, const HookRow& row);

/// Where a hook stands, by its position in the table.
SourcePlace hook_place(const FlowDocument& document, const std::vector<HookRow>& table,
                       std::size_t position);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

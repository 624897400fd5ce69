// SPDX-License-Identifier: Apache-2.0
/// @file
/// Separator: the fewest environments without which no writer's environment is needed any more.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The fewest environments that, when they are skipped, leave `environment` depending on none of
/// `sources`: each path of dependencies from it to a source meets one of them, which may be the
/// source itself. In ascending order. Cost: the part of the graph that `environment` depends on,
/// for each of them; counted in `work`. None: that passed `work_max`.
std::optional<std::vector<std::uint32_t>> separator(const Flow& flow, std::uint32_t environment,
                                                    const std::vector<std::uint32_t>& sources,
                                                    std::uint64_t& work, std::uint64_t work_max);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

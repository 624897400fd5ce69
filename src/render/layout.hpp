// SPDX-License-Identifier: Apache-2.0
/// @file
/// Layout: environments in layers by their level, ordered within a layer so that few edges cross.
/// Deterministic, and linear in the size of what it lays out, but for sorting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Largest layout: environments, and bends of edges that pass through layers. A larger
/// picture cannot be read: drawings fall back to a list.
inline constexpr std::size_t kLayoutNodesMax = 2000;
inline constexpr std::size_t kLayoutEdgesMax = 8000;

/// An environment, or a bend: the place where a long edge passes through a layer. Edges of one
/// source share their bends.
struct LayoutNode {
  std::optional<EnvironmentId> environment{};  ///< Not given: a bend.
  std::uint32_t layer = 0;
  std::vector<std::uint32_t> before{};  ///< Nodes of the layer before that lead here.
  std::vector<std::uint32_t> after{};   ///< Nodes of the layer after.
  double size = 0;                      ///< Height; set before place().
  double position = 0;                  ///< Centre; set by place().
};

struct Layout {
  std::vector<LayoutNode> nodes;  ///< The first environment_count() ones are the environments.
  std::vector<std::vector<std::uint32_t>> layers;  ///< From first to last.
};

/// Layers and their order; none if the flow is too large to be drawn.
std::optional<Layout> make_layout(const Flow& flow);

/// Sets the positions: nodes of a layer keep their order and `gap` between them, and are placed as
/// near to the middle of their neighbours as that allows. The smallest edge of a node is at 0.
void place(Layout& layout, double gap);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

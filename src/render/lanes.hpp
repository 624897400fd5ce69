// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lanes: a flow as a graph down the left side of a text, as `git log --graph` draws history. A
/// lane is a vertical line that leads to an environment further down; lines to the same one join.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/flow.hpp"
#include "promoflow/render.hpp"
#include "render/layout.hpp"
#include "render/words.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// One row of the graph. Text beside it belongs to `environment`.
struct LaneRow {
  /// What a row shows beside its graph.
  enum class Kind : unsigned char { Environment, Edges };
  struct Cell {
    unsigned char sides = 0;  ///< Which sides a line leaves it to: see kUp and the others.
    bool node = false;
  };
  Kind kind = Kind::Edges;
  std::optional<EnvironmentId> environment{};  ///< For Kind::Environment.
  std::vector<Cell> cells{};
  std::vector<Cell> below{};  ///< For Kind::Environment: the graph beside further lines of text.
  std::size_t first = 0;      ///< For Kind::Edges: a horizontal line goes from this cell
  std::size_t last = 0;       ///< to this one.
};

inline constexpr unsigned char kUp = 1;
inline constexpr unsigned char kDown = 2;
inline constexpr unsigned char kLeft = 4;
inline constexpr unsigned char kRight = 8;

/// The rows from top to bottom; none if more than `lanes_max` lanes would be side by side.
/// `is_tall` says for which environments the text takes more than one row.
std::optional<std::vector<LaneRow>> make_lanes(const Flow& flow, const Layout& layout,
                                               std::size_t lanes_max,
                                               const std::function<bool(EnvironmentId)>& is_tall);

/// One row of the graph as text, without trailing spaces; `cells` are the row's, or those below it.
std::string lane_text(const LaneRow& row, const std::vector<LaneRow::Cell>& cells,
                      std::string_view node, Tone tone, const RenderOptions& options);

/// Columns that lane_text() takes.
std::size_t lane_columns(const std::vector<LaneRow::Cell>& cells);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

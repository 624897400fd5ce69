// SPDX-License-Identifier: Apache-2.0
#include "render/lanes.hpp"

#include <algorithm>
#include <cstdint>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

using Cells = std::vector<LaneRow::Cell>;

/// Lines by the sides that they leave to: bits of kUp, kDown, kLeft, kRight.
constexpr std::string_view kLines[16] = {" ",      "\u2502", "\u2502", "\u2502", "\u2500", "\u256F",
                                         "\u256E", "\u2524", "\u2500", "\u2570", "\u256D", "\u251C",
                                         "\u2500", "\u2534", "\u252C", "\u253C"};
constexpr std::string_view kAsciiLines[16] = {" ", "|", "|", "|", "-", "'", ".", "+",
                                              "-", "'", ".", "+", "-", "+", "+", "+"};

class Lanes {
 public:
  Lanes(const Flow& flow, const Layout& layout, std::size_t lanes_max,
        const std::function<bool(EnvironmentId)>& is_tall)
      : flow_(flow), lanes_max_(lanes_max), is_tall_(is_tall), ranks_(flow.environment_count()) {
    for (const auto& layer : layout.layers) {
      for (const std::uint32_t node : layer) {
        if (!layout.nodes[node].environment) { continue; }
        ranks_[node] = static_cast<std::uint32_t>(order_.size());
        order_.push_back(EnvironmentId{node});
      }
    }
  }

  std::optional<std::vector<LaneRow>> draw() {
    for (const EnvironmentId environment : order_) {
      add_environment(environment);
      if (lanes_.size() > lanes_max_) { return std::nullopt; }
    }
    return std::move(rows_);
  }

 private:
  using Lane =
      std::optional<EnvironmentId>;  ///< The environment that it leads to; none: it is free.

  /// The lanes that lead to an environment, from left to right.
  std::vector<std::size_t> lanes_of(EnvironmentId environment) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i] == environment) { found.push_back(i); }
    }
    return found;
  }

  static auto nearer_to(std::size_t lane) {
    return [lane](std::size_t left, std::size_t right) {
      const auto distance = [lane](std::size_t i) { return i > lane ? i - lane : lane - i; };
      return distance(left) < distance(right);
    };
  }

  Cells open_lanes() const {
    Cells cells(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i]) { cells[i].sides = kUp | kDown; }
    }
    return cells;
  }

  /// An empty row between two environments in one lane, which would touch otherwise.
  void add_spacer(std::size_t lane) {
    if (rows_.empty() || rows_.back().kind != LaneRow::Kind::Environment) { return; }
    const LaneRow& last = rows_.back();
    const bool touches = lane < last.cells.size() && last.cells[lane].node;
    if (touches || is_tall_(*last.environment)) {
      LaneRow spacer;
      spacer.cells = open_lanes();
      rows_.push_back(std::move(spacer));
    }
  }

  void add_environment(EnvironmentId environment) {
    if (environment == kTriggerEnvironment) { lanes_.emplace_back(environment); }
    const std::vector<std::size_t> arriving = lanes_of(environment);
    const std::size_t lane = arriving.front();
    if (arriving.size() > 1) {
      join(arriving);
    } else {
      add_spacer(lane);
    }
    LaneRow row;
    row.kind = LaneRow::Kind::Environment;
    row.environment = environment;
    row.cells = open_lanes();
    row.cells[lane] = {.sides = 0, .node = true};
    row.below = open_lanes();
    if (flow_.dependents(environment).empty()) { row.below[lane].sides = 0; }
    rows_.push_back(std::move(row));
    lanes_[lane].reset();
    add_edges(environment, lane);
  }

  /// Leads all lanes into the first of them.
  void join(const std::vector<std::size_t>& arriving) {
    for (const std::size_t lane : arriving) { lanes_[lane].reset(); }
    LaneRow row;
    row.cells = open_lanes();
    row.first = arriving.front();
    row.last = arriving.back();
    for (std::size_t i = row.first; i <= row.last; ++i) {
      const bool joins = std::find(arriving.begin(), arriving.end(), i) != arriving.end();
      if (joins) {
        const unsigned sides = kUp | (i > row.first ? kLeft : kDown) | (i < row.last ? kRight : 0U);
        row.cells[i].sides = static_cast<unsigned char>(sides);
      } else if (row.cells[i].sides == 0) {
        row.cells[i].sides = kLeft | kRight;
      }
    }
    rows_.push_back(std::move(row));
  }

  /// Free lanes for `count` environments to come: the nearest to `lane`, from left to right.
  std::vector<std::size_t> nearest_free(std::size_t lane, std::size_t count) {
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < lanes_.size() + count; ++i) {
      if (i >= lanes_.size() || !lanes_[i]) { free.push_back(i); }
    }
    std::stable_sort(free.begin(), free.end(), nearer_to(lane));
    free.resize(count);
    std::sort(free.begin(), free.end());
    return free;
  }

  /// Leads from an environment to the lanes of all that depend on it, opening those that are new.
  /// A single dependent is led to in the environment's own lane: lanes meet above their end.
  void add_edges(EnvironmentId environment, std::size_t lane) {
    const auto dependents = flow_.dependents(environment);
    if (dependents.size() == 1) {
      lanes_[lane] = dependents.front();
      return;
    }
    std::vector<std::size_t> ends;
    std::vector<EnvironmentId> fresh;
    const Cells before = open_lanes();
    for (const EnvironmentId target : dependents) {
      const std::vector<std::size_t> lanes = lanes_of(target);
      if (lanes.empty()) {
        fresh.push_back(target);
      } else {
        ends.push_back(*std::min_element(lanes.begin(), lanes.end(), nearer_to(lane)));
      }
    }
    std::sort(fresh.begin(), fresh.end(),
              [this](EnvironmentId left, EnvironmentId right) { return rank(left) < rank(right); });
    const std::vector<std::size_t> opened = nearest_free(lane, fresh.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      if (opened[i] >= lanes_.size()) { lanes_.resize(opened[i] + 1); }
      lanes_[opened[i]] = fresh[i];
      ends.push_back(opened[i]);
    }
    if (!ends.empty()) { add_edge_row(before, lane, ends); }
  }

  void add_edge_row(const Cells& before, std::size_t lane, const std::vector<std::size_t>& ends) {
    const auto [least, greatest] = std::minmax_element(ends.begin(), ends.end());
    const std::size_t first = std::min(lane, *least);
    const std::size_t last = std::max(lane, *greatest);
    LaneRow row;
    row.cells = open_lanes();
    for (std::size_t i = first; i <= last; ++i) {
      const bool is_end = std::find(ends.begin(), ends.end(), i) != ends.end();
      if (!is_end && i != lane) {
        // A lane that is only crossed keeps its line whole: nothing joins here.
        if (row.cells[i].sides == 0) { row.cells[i].sides = kLeft | kRight; }
        continue;
      }
      unsigned sides = 0;
      if (i == lane || (i < before.size() && before[i].sides != 0)) { sides |= kUp; }
      if (is_end) { sides |= kDown; }
      if (i > first) { sides |= kLeft; }
      if (i < last) { sides |= kRight; }
      row.cells[i].sides = static_cast<unsigned char>(sides);
    }
    row.first = first;
    row.last = last;
    rows_.push_back(std::move(row));
  }

  std::uint32_t rank(EnvironmentId environment) const {
    return ranks_[static_cast<std::uint32_t>(environment)];
  }

  const Flow& flow_;
  std::size_t lanes_max_;
  const std::function<bool(EnvironmentId)>& is_tall_;
  std::vector<std::uint32_t> ranks_;
  std::vector<EnvironmentId> order_;
  std::vector<Lane> lanes_;
  std::vector<LaneRow> rows_;
};

}  // namespace

std::optional<std::vector<LaneRow>> make_lanes(const Flow& flow, const Layout& layout,
                                               std::size_t lanes_max,
                                               const std::function<bool(EnvironmentId)>& is_tall) {
  return Lanes(flow, layout, lanes_max, is_tall).draw();
}

std::string lane_text(const LaneRow& row, const std::vector<LaneRow::Cell>& cells,
                      std::string_view node, Tone tone, const RenderOptions& options) {
  const auto& lines = options.ascii ? kAsciiLines : kLines;
  std::size_t count = cells.size();
  while (count > 0 && cells[count - 1].sides == 0 && !cells[count - 1].node) { --count; }
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) { out += row.first < i && i <= row.last ? lines[kLeft] : std::string_view(" "); }
    if (cells[i].node) {
      paint(out, tone, node, options.color);
    } else {
      out += lines[cells[i].sides];
    }
  }
  return out;
}

std::size_t lane_columns(const std::vector<LaneRow::Cell>& cells) {
  std::size_t count = cells.size();
  while (count > 0 && cells[count - 1].sides == 0 && !cells[count - 1].node) { --count; }
  return count == 0 ? 0 : 2 * count - 1;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

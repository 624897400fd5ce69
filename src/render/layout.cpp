// SPDX-License-Identifier: Apache-2.0
#include "render/layout.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

constexpr int kOrderSweeps = 12;
constexpr int kPlaceSweeps = 24;
/// Long edges are kept straight before boxes are centred.
constexpr double kBendWeight = 4.0;

std::uint32_t index_of(EnvironmentId environment) {
  return static_cast<std::uint32_t>(environment);
}

/// The layers that the longest edge of an environment passes through, between its ends.
std::uint32_t bends_of(const Flow& flow, EnvironmentId source) {
  std::uint32_t last = flow.level(source) + 1;
  for (const EnvironmentId target : flow.dependents(source)) {
    last = std::max(last, flow.level(target));
  }
  return last - flow.level(source) - 1;
}

bool is_small_enough(const Flow& flow) {
  if (flow.environment_count() > kLayoutNodesMax || flow.dependency_count() > kLayoutEdgesMax) {
    return false;
  }
  std::size_t nodes = flow.environment_count();
  std::size_t steps = 0;  // Of all edges' paths.
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    const EnvironmentId source{i};
    nodes += bends_of(flow, source);
    for (const EnvironmentId target : flow.dependents(source)) {
      steps += flow.level(target) - flow.level(source);
    }
  }
  return nodes <= kLayoutNodesMax && steps <= 4 * kLayoutEdgesMax;
}

std::uint32_t add_node(Layout& layout, LayoutNode node) {
  const auto index = static_cast<std::uint32_t>(layout.nodes.size());
  if (node.layer >= layout.layers.size()) { layout.layers.resize(node.layer + 1); }
  layout.layers[node.layer].push_back(index);
  layout.nodes.push_back(std::move(node));
  return index;
}

void connect(Layout& layout, std::uint32_t from, std::uint32_t to) {
  std::vector<std::uint32_t>& after = layout.nodes[from].after;
  if (std::find(after.begin(), after.end(), to) != after.end()) { return; }
  after.push_back(to);
  layout.nodes[to].before.push_back(from);
}

/// Edges of one source run together as far as they can, and leave the bundle one layer before
/// their target.
void add_edges(Layout& layout, const Flow& flow, EnvironmentId source) {
  std::vector<std::uint32_t> bundle{index_of(source)};
  for (std::uint32_t i = 0, count = bends_of(flow, source); i < count; ++i) {
    bundle.push_back(add_node(layout, {.layer = flow.level(source) + 1 + i}));
  }
  for (const EnvironmentId target : flow.dependents(source)) {
    const std::uint32_t span = flow.level(target) - flow.level(source);
    for (std::uint32_t i = 1; i < span; ++i) { connect(layout, bundle[i - 1], bundle[i]); }
    connect(layout, bundle[span - 1], index_of(target));
  }
}

std::vector<std::uint32_t> ranks_of(const Layout& layout) {
  std::vector<std::uint32_t> ranks(layout.nodes.size());
  for (const auto& layer : layout.layers) {
    for (std::uint32_t i = 0; i < layer.size(); ++i) { ranks[layer[i]] = i; }
  }
  return ranks;
}

/// Crossings between a layer and the next: pairs of edges whose ends are in opposite order.
/// Counted by a Fenwick tree over the ends, O(edges * log nodes).
std::size_t crossings_after(const Layout& layout, std::size_t layer,
                            const std::vector<std::uint32_t>& ranks) {
  if (layer + 1 >= layout.layers.size()) { return 0; }
  std::vector<std::size_t> tree(layout.layers[layer + 1].size() + 1, 0);
  std::size_t crossings = 0;
  std::size_t seen = 0;
  for (const std::uint32_t node : layout.layers[layer]) {
    for (const std::uint32_t target : layout.nodes[node].after) {
      crossings += seen;
      for (std::size_t i = ranks[target] + 1; i > 0; i -= i & (~i + 1)) { crossings -= tree[i]; }
    }
    for (const std::uint32_t target : layout.nodes[node].after) {
      for (std::size_t i = ranks[target] + 1; i < tree.size(); i += i & (~i + 1)) { ++tree[i]; }
      ++seen;
    }
  }
  return crossings;
}

std::size_t crossings_of(const Layout& layout) {
  const std::vector<std::uint32_t> ranks = ranks_of(layout);
  std::size_t total = 0;
  for (std::size_t i = 0; i < layout.layers.size(); ++i) {
    total += crossings_after(layout, i, ranks);
  }
  return total;
}

/// Sorts a layer by the middle of each node's neighbours; a node without any keeps its place.
void sort_layer(Layout& layout, std::size_t layer, bool by_before) {
  const std::vector<std::uint32_t> ranks = ranks_of(layout);
  std::vector<std::pair<double, std::uint32_t>> order;
  for (const std::uint32_t node : layout.layers[layer]) {
    const auto& neighbours = by_before ? layout.nodes[node].before : layout.nodes[node].after;
    double sum = 0;
    for (const std::uint32_t neighbour : neighbours) { sum += ranks[neighbour]; }
    const double middle =
        neighbours.empty() ? ranks[node] : sum / static_cast<double>(neighbours.size());
    order.emplace_back(middle, node);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  for (std::size_t i = 0; i < order.size(); ++i) { layout.layers[layer][i] = order[i].second; }
}

/// Sweeps down and up, and keeps the best order seen. The first is that of the steps, so a flow
/// without crossings is drawn in the order in which it was written.
void order_layers(Layout& layout) {
  auto best = layout.layers;
  std::size_t fewest = crossings_of(layout);
  for (int sweep = 0; sweep < kOrderSweeps && fewest > 0; ++sweep) {
    const bool down = sweep % 2 == 0;
    for (std::size_t i = 1; i < layout.layers.size(); ++i) {
      sort_layer(layout, down ? i : layout.layers.size() - 1 - i, down);
    }
    const std::size_t crossings = crossings_of(layout);
    if (crossings < fewest) {
      fewest = crossings;
      best = layout.layers;
    }
  }
  layout.layers = std::move(best);
}

/// Nodes at their least distance from each other, moved as one.
struct Block {
  double sum = 0;  ///< Of weight * (wanted - offset in the layer).
  double weight = 0;
  std::size_t first = 0;
  double middle() const { return sum / weight; }
};

/// The position that suits a node best.
struct Preference {
  double position = 0;
  double weight = 1;
};

/// The middle of a node's neighbours, or its own position if it has none.
Preference preference_of(const Layout& layout, std::uint32_t node, bool before, bool after) {
  const LayoutNode& self = layout.nodes[node];
  double sum = 0;
  double weight = 0;
  const auto add = [&](const std::vector<std::uint32_t>& neighbours) {
    for (const std::uint32_t neighbour : neighbours) {
      const bool bend = !self.environment || !layout.nodes[neighbour].environment;
      sum += (bend ? kBendWeight : 1.0) * layout.nodes[neighbour].position;
      weight += bend ? kBendWeight : 1.0;
    }
  };
  if (before) { add(self.before); }
  if (after) { add(self.after); }
  return weight > 0 ? Preference{sum / weight, weight} : Preference{self.position, 0.1};
}

/// The positions nearest to the preferred ones (least squares) that keep order and distances: pool
/// adjacent violators, linear.
void place_layer(Layout& layout, std::size_t layer, double gap, bool before, bool after) {
  const std::vector<std::uint32_t>& nodes = layout.layers[layer];
  std::vector<double> offsets(nodes.size(), 0);
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) {
      const double sizes = layout.nodes[nodes[i - 1]].size + layout.nodes[nodes[i]].size;
      offsets[i] = offsets[i - 1] + sizes / 2 + gap;
    }
    const Preference wanted = preference_of(layout, nodes[i], before, after);
    blocks.push_back({wanted.weight * (wanted.position - offsets[i]), wanted.weight, i});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].middle() >= blocks.back().middle()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
    }
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].first : nodes.size();
    for (std::size_t i = blocks[b].first; i < end; ++i) {
      layout.nodes[nodes[i]].position = blocks[b].middle() + offsets[i];
    }
  }
}

}  // namespace

std::optional<Layout> make_layout(const Flow& flow) {
  if (!is_small_enough(flow)) { return std::nullopt; }
  Layout layout;
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    const EnvironmentId environment{i};
    add_node(layout, {.environment = environment, .layer = flow.level(environment)});
  }
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    add_edges(layout, flow, EnvironmentId{i});
  }
  order_layers(layout);
  return layout;
}

void place(Layout& layout, double gap) {
  const std::size_t count = layout.layers.size();
  for (std::size_t i = 0; i < count; ++i) { place_layer(layout, i, gap, true, false); }
  for (int sweep = 0; sweep < kPlaceSweeps; ++sweep) {
    const bool last = sweep + 2 >= kPlaceSweeps;  // The last ones look both ways: a compromise.
    for (std::size_t i = 0; i < count; ++i) {
      const bool down = sweep % 2 == 1;
      place_layer(layout, down ? i : count - 1 - i, gap, down || last, !down || last);
    }
  }
  double top = std::numeric_limits<double>::max();
  for (const LayoutNode& node : layout.nodes) {
    top = std::min(top, node.position - node.size / 2);
  }
  for (LayoutNode& node : layout.nodes) { node.position -= top; }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

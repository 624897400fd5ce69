// SPDX-License-Identifier: Apache-2.0
// Menger's theorem: as many environments separate as there are paths that share none. Each round
// adds one path, by a search in the graph that is left over (Ford and Fulkerson), in which every
// environment is two nodes with one edge of capacity 1 between them.
#include "configuration/separator.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

/// Paths lead from the environment backwards, along its dependencies, to a source.
class Paths {
 public:
  Paths(const Flow& flow, std::uint32_t environment, const std::vector<std::uint32_t>& sources)
      : flow_(flow), sources_(sources) {
    local_.emplace(environment, 0U);
    members_.push_back(environment);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (const EnvironmentId on : flow_.dependencies(EnvironmentId{members_[i]})) {
        const auto at = static_cast<std::uint32_t>(on);
        if (at == 0) { continue; }
        if (local_.emplace(at, static_cast<std::uint32_t>(members_.size())).second) {
          members_.push_back(at);
        }
        ++edges_;
      }
    }
    next_.assign(members_.size(), kNone);
    before_.assign(members_.size(), kNone);
    is_source_.assign(members_.size(), false);
    for (const std::uint32_t source : sources_) {
      if (const auto found = local_.find(source); found != local_.end()) {
        is_source_[found->second] = true;
      }
    }
  }

  std::uint64_t cost() const noexcept { return members_.size() * 2 + edges_; }

  /// Adds a path; false: there is no further one.
  bool add() {
    search();
    return end_ != kNone && take();
  }

  /// The environments whose entry the last search reached, and not their exit. The sources, if
  /// they are as few: nothing is more to the point.
  std::vector<std::uint32_t> cut() const {
    std::vector<std::uint32_t> found;
    std::vector<std::uint32_t> sources;
    for (std::uint32_t i = 1; i < members_.size(); ++i) {
      if (in_from_[i] != kNone && out_from_[i] == kNone) { found.push_back(members_[i]); }
      if (is_source_[i]) { sources.push_back(members_[i]); }
    }
    if (sources.size() == found.size()) { found = std::move(sources); }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  /// Nodes: 2 i is the entry of member i, 2 i + 1 its exit. in_from_, out_from_: the node from
  /// which the search came.
  void search() {
    in_from_.assign(members_.size(), kNone);
    out_from_.assign(members_.size(), kNone);
    end_ = kNone;
    std::vector<std::uint32_t> open{1};
    out_from_[0] = 1;
    for (std::size_t at = 0; at < open.size() && end_ == kNone; ++at) {
      const std::uint32_t member = open[at] / 2;
      if (open[at] % 2 != 0) {
        from_exit(member, open);
      } else {
        from_entry(member, open);
      }
    }
  }
  void from_exit(std::uint32_t member, std::vector<std::uint32_t>& open) {
    if (is_source_[member] && member != 0 && !ends(member)) {
      end_ = member;
      return;
    }
    for (const EnvironmentId on : flow_.dependencies(EnvironmentId{members_[member]})) {
      if (on == kTriggerEnvironment) { continue; }
      const std::uint32_t to = local_.at(static_cast<std::uint32_t>(on));
      if (to != 0 && in_from_[to] == kNone) {
        in_from_[to] = 2 * member + 1;
        open.push_back(2 * to);
      }
    }
    // Back through an environment that a path uses.
    if (member != 0 && before_[member] != kNone && in_from_[member] == kNone) {
      in_from_[member] = 2 * member + 1;
      open.push_back(2 * member);
    }
  }
  void from_entry(std::uint32_t member, std::vector<std::uint32_t>& open) {
    const auto reach_exit = [&](std::uint32_t of) {
      if (out_from_[of] != kNone) { return; }
      out_from_[of] = 2 * member;
      open.push_back(2 * of + 1);
    };
    if (before_[member] == kNone) {
      reach_exit(member);  // No path uses it.
    } else if (before_[member] != 0) {
      reach_exit(before_[member]);  // Back along the edge by which a path came.
    }
  }
  bool ends(std::uint32_t member) const { return before_[member] != kNone && next_[member] == 0; }

  /// Turns over the edges on the way that the search found.
  bool take() {
    std::vector<std::uint32_t> way{2 * end_ + 1};
    while (way.back() != 1) {
      const std::uint32_t node = way.back();
      way.push_back(node % 2 != 0 ? out_from_[node / 2] : in_from_[node / 2]);
    }
    std::reverse(way.begin(), way.end());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> added;
    for (std::size_t i = 1; i < way.size(); ++i) {
      const std::uint32_t from = way[i - 1] / 2;
      const std::uint32_t to = way[i] / 2;
      if (from == to) { continue; }
      if (way[i - 1] % 2 != 0) {
        added.emplace_back(from, to);
      } else {  // Back along to -> from.
        before_[from] = kNone;
        if (to != 0) { next_[to] = kNone; }
      }
    }
    for (const auto& [from, to] : added) {
      before_[to] = from;
      if (from != 0) { next_[from] = to; }
    }
    next_[end_] = 0;
    return true;
  }

  const Flow& flow_;
  const std::vector<std::uint32_t>& sources_;
  std::unordered_map<std::uint32_t, std::uint32_t> local_;
  std::vector<std::uint32_t> members_;  ///< [0]: the environment itself.
  std::vector<std::uint32_t> next_;     ///< On the path through a member; 0: it ends there.
  std::vector<std::uint32_t> before_;   ///< Likewise; kNone: no path uses it.
  std::vector<bool> is_source_;
  std::vector<std::uint32_t> in_from_;
  std::vector<std::uint32_t> out_from_;
  std::uint32_t end_ = kNone;
  std::uint64_t edges_ = 0;
};

}  // namespace

std::optional<std::vector<std::uint32_t>> separator(const Flow& flow, std::uint32_t environment,
                                                    const std::vector<std::uint32_t>& sources,
                                                    std::uint64_t& work, std::uint64_t work_max) {
  Paths paths(flow, environment, sources);
  do {
    work += paths.cost();
    if (work > work_max) { return std::nullopt; }
  } while (paths.add());
  return paths.cut();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

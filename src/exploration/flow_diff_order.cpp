// SPDX-License-Identifier: Apache-2.0
// The order of steps, which is that of commands that can be issued at once. Of the environments
// that both flows have, as many as possible are taken to have stayed in order; the others have
// moved.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.hpp"
#include "exploration/flow_diff.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// An environment of both flows.
struct Kept {
  EnvironmentId now{};
  std::uint32_t old_place = 0;
  bool stays = false;
};

/// In the new flow's order.
std::vector<Kept> kept_environments(const Flow& after, const Pairs& pairs) {
  std::vector<Kept> kept;
  for (std::uint32_t e = 1; e < after.environment_count(); ++e) {
    const auto was = pairs.before_of(EnvironmentId{e});
    if (was) { kept.push_back({EnvironmentId{e}, static_cast<std::uint32_t>(*was)}); }
  }
  return kept;
}

/// Marks a longest sequence whose old places increase.
void find_what_stays(std::vector<Kept>& kept) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> ends;  // Of sequences of each length, the one that ends the earliest.
  std::vector<std::size_t> before(kept.size(), kNone);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto at = std::lower_bound(
        ends.begin(), ends.end(), kept[i].old_place,
        [&](std::size_t end, std::uint32_t place) { return kept[end].old_place < place; });
    if (at != ends.begin()) { before[i] = *(at - 1); }
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  for (std::size_t i = ends.empty() ? kNone : ends.back(); i != kNone; i = before[i]) {
    kept[i].stays = true;
  }
}

}  // namespace

void diff_order(const Flow& after, const Pairs& pairs, std::vector<FlowChange>& changes) {
  std::vector<Kept> kept = kept_environments(after, pairs);
  find_what_stays(kept);
  const auto name_of = [&](const Kept& one) { return printable(after.environment_name(one.now)); };
  const auto add = [&](const Kept& moved, const Kept& first, const Kept& second) {
    const bool may_be_at_once = !waits_for(after, second.now).contains(first.now) &&
                                !waits_for(after, first.now).contains(second.now);
    changes.push_back(
        {FlowChangeKind::EnvironmentMoved, name_of(moved),
         fmt::format("{} {} {} now{}", name_of(first),
                     may_be_at_once ? "begins before" : "is listed before", name_of(second),
                     may_be_at_once ? ", where both can begin" : "")});
  };
  for (auto moved = kept.begin(); moved != kept.end(); ++moved) {
    if (moved->stays) { continue; }
    const auto later = std::find_if(moved + 1, kept.end(), [&](const Kept& other) {
      return other.stays && other.old_place < moved->old_place;
    });
    if (later != kept.end()) {
      add(*moved, *moved, *later);
      continue;
    }
    const auto earlier = std::find_if(
        std::reverse_iterator(moved), kept.rend(),
        [&](const Kept& other) { return other.stays && other.old_place > moved->old_place; });
    if (earlier != kept.rend()) { add(*moved, *earlier, *moved); }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

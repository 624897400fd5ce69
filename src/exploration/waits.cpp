// SPDX-License-Identifier: Apache-2.0
// A release that succeeds waits as long as its longest path does: the release's onStart hooks, a
// path of environments, its onSuccess hooks. Failures are spent where they make it wait longest.
#include "exploration/waits.hpp"

#include <algorithm>
#include <numeric>

#include "release/backoff.hpp"
#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Budgets of more failures are looked at only if they allow every retry of the flow.
constexpr std::uint32_t kBudgetMax = 64;

Millis sum(Millis left, Millis right) noexcept {
  return left > kNever - right ? kNever : left + right;
}

/// How long a command waits whose first `attempts` attempts fail.
Millis wait_of(const RetryPolicy& retry, std::uint32_t attempts) {
  constexpr std::uint32_t kCountedMax = 10'000;  // Beyond, each wait counts as this one.
  const std::uint32_t counted = std::min(attempts, kCountedMax);
  Millis total = 0;
  Millis last = 0;
  for (std::uint32_t n = 1; n <= counted; ++n) {
    last = backoff(retry, n);
    total = sum(total, last);
  }
  const Millis more = attempts - counted;
  return last != 0 && more > kNever / last ? kNever : sum(total, last * more);
}

/// A command, or a soak, on the way of an entity.
struct Item {
  EntityIndex entity = 0;
  const RetryPolicy* retry = nullptr;  ///< Null: a soak.
  const Hook* hook = nullptr;          ///< Null: a promotion, or a soak.
  Millis soak = 0;
};

class LongestWait {
 public:
  LongestWait(const FlowData& flow, std::optional<std::uint32_t> failures_max)
      : flow_(flow), rows_(flow.size()) {
    std::uint64_t retries = 0;
    for (EntityIndex entity = 0; entity <= flow.size(); ++entity) {
      for (const Item& item : way_of(entity)) {
        retries += item.retry != nullptr ? item.retry->limit : 0;
      }
    }
    all_ = !failures_max || *failures_max >= retries;
    budget_ = all_ ? 0 : *failures_max;
  }

  std::optional<std::vector<Wait>> find() {
    if (budget_ > kBudgetMax) { return std::nullopt; }
    Row row(budget_ + 1);
    for (const Item& item : chain(flow_.size(), State::Starting)) { row = extended(row, item); }
    row = all_environments(row);
    for (const Item& item : chain(flow_.size(), State::Finishing)) { row = extended(row, item); }
    std::vector<Wait> waits;
    for (std::uint32_t link = row.back().link; link != kNone32; link = links_[link].before) {
      waits.push_back(links_[link].wait);
    }
    std::reverse(waits.begin(), waits.end());
    return waits;
  }

 private:
  /// The longest wait so far, and its last part.
  struct Longest {
    Millis length = 0;
    std::uint32_t link = kNone32;
  };
  using Row = std::vector<Longest>;  ///< By the failures that it takes at most.
  struct Link {
    Wait wait{};
    std::uint32_t before = kNone32;
  };

  std::vector<Item> chain(EntityIndex entity, State state) const {
    std::vector<Item> items;
    for (const Hook& hook : flow_.chains_of(entity).of[chain_of(state)]) {
      items.push_back({entity, &hook.retry, &hook, 0});
    }
    return items;
  }

  /// All that an entity does until it has succeeded.
  std::vector<Item> way_of(EntityIndex entity) const {
    std::vector<Item> items = chain(entity, State::Starting);
    if (entity != flow_.size()) {
      items.push_back({entity, &flow_.step(entity).retry, nullptr, 0});
      items.push_back({entity, nullptr, nullptr, flow_.chains_of(entity).soak.count()});
    }
    const std::vector<Item> end = chain(entity, State::Finishing);
    items.insert(items.end(), end.begin(), end.end());
    return items;
  }

  Row extended(const Row& row, const Item& item) {
    Row next = row;
    const std::uint32_t limit = item.retry != nullptr ? item.retry->limit : 0;
    for (std::uint32_t left = 0; left <= budget_; ++left) {
      const std::uint32_t spent_max = all_ ? 0 : std::min(limit, left);
      for (std::uint32_t spent = 0; spent <= spent_max; ++spent) {
        const std::uint32_t attempts = all_ ? limit : spent;
        const Millis wait = item.retry != nullptr ? wait_of(*item.retry, attempts) : item.soak;
        const Longest& before = row[left - spent];
        if (sum(before.length, wait) <= next[left].length) { continue; }
        next[left] = {sum(before.length, wait), link(item, attempts, wait, before.link)};
      }
    }
    return next;
  }

  std::uint32_t link(const Item& item, std::uint32_t attempts, Millis length,
                     std::uint32_t before) {
    if (length == 0) { return before; }
    Link made;
    if (item.entity != flow_.size()) { made.wait.environment = EnvironmentId{item.entity}; }
    if (item.hook != nullptr) { made.wait.hook = item.hook->name; }
    made.wait.attempts = attempts;
    made.wait.length = std::chrono::milliseconds(length);
    made.before = before;
    links_.push_back(std::move(made));
    return static_cast<std::uint32_t>(links_.size() - 1);
  }

  /// The longest of all environments, each behind the longest of those that it depends on.
  Row all_environments(const Row& start) {
    std::vector<EntityIndex> order(flow_.size());
    std::iota(order.begin(), order.end(), EntityIndex{0});
    std::stable_sort(order.begin(), order.end(), [this](EntityIndex left, EntityIndex right) {
      return flow_.levels[left] < flow_.levels[right];
    });
    Row longest = start;
    for (const EntityIndex e : order) {
      Row row = start;
      for (const EnvironmentId on : flow_.dependencies[e]) { take_longer(rows_[index(on)], row); }
      for (const Item& item : way_of(e)) { row = extended(row, item); }
      take_longer(row, longest);
      rows_[e] = std::move(row);
    }
    return longest;
  }

  static void take_longer(const Row& other, Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (other[i].length > row[i].length) { row[i] = other[i]; }
    }
  }

  const FlowData& flow_;
  std::vector<Row> rows_;  ///< Of each environment, when it is done.
  std::vector<Link> links_;
  bool all_ = false;  ///< Every attempt that may be repeated is; failures are not counted.
  std::uint32_t budget_ = 0;
};

}  // namespace

std::optional<std::vector<Wait>> longest_wait(const FlowData& flow,
                                              std::optional<std::uint32_t> failures_max) {
  return LongestWait(flow, failures_max).find();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

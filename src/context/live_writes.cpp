// SPDX-License-Identifier: Apache-2.0
// C5: which write supersedes which, and whose order matters.
#include "context/live_writes.hpp"

#include <algorithm>
#include <utility>

#include "context/json_value.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Write = LiveWrites::Write;

}  // namespace

bool order_matters(std::string_view left, std::string_view right, ContextMerge merge) {
  if (left == right) { return false; }
  // Only numbers, lists and objects have more than one compact text.
  const auto has_one_text = [](std::string_view json) {
    return std::string_view("\"tfn").find(json.front()) != std::string_view::npos;
  };
  if (has_one_text(left) || has_one_text(right)) { return true; }
  const Document a = read_value(left);
  const Document b = read_value(right);
  const JsonValue first{&a, a.roots.front()};
  const JsonValue second{&b, b.roots.front()};
  return merge == ContextMerge::Deep ? !commute(first, second) : !are_equal(first, second);
}

bool Dependencies::include(std::uint32_t other) {
  if (other != last_asked_) {
    last_answer_ = search(other);
    last_asked_ = other;
  }
  return last_answer_;
}

bool Dependencies::search(std::uint32_t other) {
  const auto& levels = flow_->levels;
  if (levels[environment_] <= levels[other]) { return false; }
  const auto direct = flow_->dependencies[environment_];
  if (std::find(direct.begin(), direct.end(), EnvironmentId{other}) != direct.end()) {
    return true;
  }
  const auto is_lower = [&levels](std::uint32_t a, std::uint32_t b) {
    return levels[a] < levels[b];
  };
  if (seen_.empty()) {
    seen_.resize(levels.size(), false);
    open_.push_back(environment_);
  }
  // A path to it leads through higher levels only, and the highest are followed first.
  while (!open_.empty() && levels[open_.front()] > levels[other]) {
    std::pop_heap(open_.begin(), open_.end(), is_lower);
    const std::uint32_t environment = open_.back();
    open_.pop_back();
    for (const EnvironmentId on : flow_->dependencies[environment]) {
      if (seen_[index(on)]) { continue; }
      seen_[index(on)] = true;
      open_.push_back(index(on));
      std::push_heap(open_.begin(), open_.end(), is_lower);
    }
  }
  return seen_[other];
}

const std::vector<Write>* LiveWrites::find(std::string_view key) const noexcept {
  if (!lists_) { return nullptr; }
  const auto known = lists_->find(key);
  return known == lists_->end() ? nullptr : &known->second;
}

Ticket LiveWrites::plan(const NewWrite& write, Dependencies& dependencies, Changes& changes) const {
  const std::vector<Write>* const known = find(write.key);
  const bool is_known = known != nullptr;
  const auto change = [&](std::vector<Write> live) {
    if (!changes.lists) { changes.lists = std::make_unique<ByKey>(); }
    changes.lists->emplace(write.key, std::move(live));
  };
  if (write.writer.environment == Writer::kRelease) {  // It supersedes all.
    if (is_known) { change({}); }
    return Ticket{};
  }
  const auto is_superseded = [&](const Writer& earlier) {
    return earlier.environment == Writer::kRelease ||
           earlier.environment == write.writer.environment ||
           dependencies.include(earlier.environment);
  };
  const bool row_is_live =
      !is_known && write.row_before != nullptr && !is_superseded(write.row_before->writer());
  // Mostly all is superseded, and the key's row says all that there is to know.
  if (!is_known && !row_is_live && write.becomes_value) { return Ticket{}; }
  std::vector<Write> live;
  if (is_known) {
    live.reserve(std::min(known->size() + 1, kLiveWritesMax + 1));
    std::copy_if(known->begin(), known->end(), std::back_inserter(live),
                 [&](const Write& earlier) { return !is_superseded(earlier.writer); });
  } else if (row_is_live) {
    live.push_back({write.row_before->writer(),
                    std::make_shared<const std::string>(write.row_before->json())});
  }
  if (live.empty() && write.becomes_value) {
    change(std::move(live));
    return Ticket{};
  }
  const auto conflict = std::find_if(live.rbegin(), live.rend(), [&write](const Write& earlier) {
    return order_matters(*earlier.json, write.json, write.merge);
  });
  const Ticket earlier = conflict == live.rend() ? Ticket{} : conflict->writer.ticket;
  const bool repeats = !live.empty() && *live.back().json == write.json;
  live.push_back(
      {write.writer, repeats ? live.back().json : std::make_shared<const std::string>(write.json)});
  if (live.size() > kLiveWritesMax) { live.erase(live.begin()); }
  change(std::move(live));
  return earlier;
}

void LiveWrites::commit(Changes& changes) noexcept {
  if (!changes.lists) { return; }
  if (!lists_) {  // No key is known: none of the new lists is empty.
    lists_ = std::move(changes.lists);
    return;
  }
  while (!changes.lists->empty()) {
    auto node = changes.lists->extract(changes.lists->begin());
    const auto known = lists_->find(node.key());
    if (known == lists_->end()) {
      lists_->insert(std::move(node));
    } else if (node.mapped().empty()) {
      lists_->erase(known);
    } else {
      known->second.swap(node.mapped());
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

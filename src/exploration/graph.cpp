// SPDX-License-Identifier: Apache-2.0
#include "exploration/graph.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text_index.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

std::uint32_t Labels::add(std::span<const Fact> facts) {
  const std::uint64_t hash =
      hash_text({reinterpret_cast<const char*>(facts.data()), facts.size_bytes()}, 7);
  const auto [first, last] = index_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const std::span<const Fact> other = (*this)[known->second];
    if (std::equal(other.begin(), other.end(), facts.begin(), facts.end())) {
      return known->second;
    }
  }
  const std::uint32_t label = size();
  facts_.insert(facts_.end(), facts.begin(), facts.end());
  begins_.push_back(facts_.size());
  index_.emplace(hash, label);
  return label;
}

StateGraph::StateGraph(const Flow& flow, const ExplorationOptions& options)
    : options_(options), stepper_(flow, options), reduction_(flow.data(), options) {}

std::size_t StateGraph::memory_bytes() const noexcept {
  return store_.memory_bytes() + nodes_.capacity() * sizeof(Node) +
         steps_.capacity() * sizeof(GraphStep) + order_.capacity() * sizeof(StateNumber) +
         labels_.memory_bytes() + (entered_.size() + now_.size() + next_.size()) * sizeof(Due);
}

void StateGraph::end_below(std::uint32_t failures) {
  bound_ = fmt::format("more than {} MiB of memory", options_.memory_bytes_max >> 20U);
  failures_ = failures;
}

bool StateGraph::is_within_bounds() {
  constexpr std::size_t kStatesMax = 0xFFFFFFF0;
  constexpr std::size_t kCheckEvery = 4096;
  if (store_.size() > options_.states_max || store_.size() > kStatesMax) {
    bound_ = fmt::format("more than {} states", options_.states_max);
  } else if (order_.size() % kCheckEvery == 0) {
    const bool too_large = memory_bytes() > options_.memory_bytes_max ||
                           steps_.size() > kStatesMax || labels_.size() > (1U << 31U) - 2;
    const ExplorationProgress progress{store_.size(), taken_, failures_, endings_.size()};
    if (too_large) {
      end_below(failures_);
    } else if (options_.progress && !order_.empty() && !options_.progress(progress)) {
      bound_ = "it was stopped";
    }
  }
  return bound_.empty();
}

/// Puts a state where it is to be visited.
void StateGraph::put(StateNumber state) {
  const Node& node = nodes_[state];
  (node.failures == failures_ ? now_ : next_).push_back({state, node.steps});
}

std::optional<StateGraph::Due> StateGraph::take_due() {
  const bool is_entered =
      !entered_.empty() && (now_.empty() || entered_.front().steps <= now_.front().steps);
  Queue& queue = is_entered ? entered_ : now_;
  if (queue.empty()) { return std::nullopt; }
  const Due due = queue.front();
  queue.pop_front();
  return due;
}

Result<bool> StateGraph::explore() {
  stepper_.start();
  stepper_.encode(code_);
  if (code_.size() * 4 > StateStore::kLengthMax) {
    return tl::unexpected(Error{ErrorCode::LimitExceeded, "flow",
                                "the flow has too many environments for an exploration"});
  }
  stepper_.facts(facts_);
  start_label_ = labels_.add(facts_);
  store_.add(code_);
  nodes_.emplace_back();
  put(0);
  for (; !now_.empty() || !entered_.empty(); ++failures_) {
    while (const std::optional<Due> due = take_due()) {
      const Node& node = nodes_[due->state];
      // A better way was found since, or it was put here twice.
      if (node.visited || node.failures != failures_ || node.steps != due->steps) { continue; }
      if (!is_within_bounds()) { return false; }
      visit(due->state);
    }
    entered_.swap(next_);
  }
  return true;
}

void StateGraph::choose(StateNumber state) {
  stepper_.choices(choices_);
  const bool may_fail = !options_.failures_max || nodes_[state].failures < *options_.failures_max;
  reduction_.reduce(stepper_, may_fail, choices_);
  if (may_fail) { return; }
  choices_.erase(std::remove_if(choices_.begin(), choices_.end(),
                                [](const Choice& choice) { return choice.is_failure(); }),
                 choices_.end());
}

void StateGraph::visit(StateNumber state) {
  stepper_.load(store_[state]);
  choose(state);
  nodes_[state].visited = true;
  order_.push_back(state);
  nodes_[state].first_step = static_cast<std::uint32_t>(steps_.size());
  if (stepper_.is_ended()) { note_ending(state); }
  bool is_loaded = true;
  std::uint32_t number = 0;
  for (const Choice& choice : choices_) {
    if (!is_loaded) { stepper_.load(store_[state]); }
    is_loaded = !stepper_.take(choice);
    if (is_loaded) { continue; }
    reach(state, choice);
    ++number;
  }
  nodes_[state].step_count = number;
}

void StateGraph::reach(StateNumber from, const Choice& choice) {
  const bool fails = choice.is_failure();
  stepper_.encode(code_);
  stepper_.facts(facts_);
  ++taken_;
  const auto [to, is_new] = store_.add(code_);
  steps_.emplace_back(to, labels_.add(facts_), fails);
  const std::uint32_t failures = nodes_[from].failures + (fails ? 1 : 0);
  const std::uint32_t steps = nodes_[from].steps + 1;
  if (is_new) { nodes_.emplace_back(); }
  Node& node = nodes_[to];
  const bool is_better = failures != node.failures ? failures < node.failures : steps < node.steps;
  if (!is_new && !is_better) { return; }
  node.from = from;
  node.kind = choice.kind;
  node.entity = choice.entity;
  node.failures = failures;
  node.steps = steps;
  put(to);
}

void StateGraph::note_ending(StateNumber state) {
  nodes_[state].ended = true;
  nodes_[state].succeeded = stepper_.machine().state().status == ReleaseStatus::Succeeded;
  std::string statuses = stepper_.statuses();
  if (ending_index_.emplace(statuses, endings_.size()).second) {
    endings_.push_back({state, std::move(statuses)});
  }
}

bool StateGraph::ends_in(StateNumber state, const std::string& statuses) {
  if (!nodes_[state].ended) { return false; }
  stepper_.load(store_[state]);
  return stepper_.statuses() == statuses;
}

std::vector<Choice> StateGraph::choices_of(StateNumber state) {
  std::vector<Choice> taken;
  stepper_.load(store_[state]);
  choose(state);
  const std::vector<Choice> offered = choices_;
  for (const Choice& choice : offered) {
    stepper_.load(store_[state]);
    if (stepper_.take(choice)) { taken.push_back(choice); }
  }
  return taken;
}

std::vector<Choice> StateGraph::way_to(StateNumber state) const {
  std::vector<Choice> way;
  for (; nodes_[state].from != kNoState; state = nodes_[state].from) {
    way.push_back({nodes_[state].kind, nodes_[state].entity});
  }
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

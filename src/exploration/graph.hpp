// SPDX-License-Identifier: Apache-2.0
/// @file
/// StateGraph: the states that a release can reach, the steps between them, and the best way to
/// each: the one with the fewest failures and, among those, the fewest steps.
///
/// States are visited in the order of these, so a state whose best way has k failures has a way
/// with k failures to everything that needs no further one, and no better way is found later.
///
///     failures 0:  start --> . --> . --> final      each row is complete before the next begins
///                    |       |
///     failures 1:    +-> .   +-> . --> final
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "exploration/reduction.hpp"
#include "exploration/state_store.hpp"
#include "exploration/stepper.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// One step from a state. Its choice is the one of the same number among the state's choices.
struct GraphStep {
  GraphStep(StateNumber state, std::uint32_t what, bool is_failure) noexcept
      : to(state), bits(what << 1U | (is_failure ? 1U : 0U)) {}

  /// What it does: the facts of this number.
  std::uint32_t label() const noexcept { return bits >> 1U; }
  bool fails() const noexcept { return (bits & 1U) != 0; }

  StateNumber to;
  std::uint32_t bits;
};
static_assert(sizeof(GraphStep) == 8);

/// Sequences of facts, each once.
class Labels {
 public:
  std::uint32_t add(std::span<const Fact> facts);
  std::span<const Fact> operator[](std::uint32_t label) const noexcept {
    return {facts_.data() + begins_[label], begins_[label + 1] - begins_[label]};
  }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(begins_.size() - 1); }
  std::size_t memory_bytes() const noexcept {
    return facts_.capacity() * sizeof(Fact) + begins_.capacity() * 4 + index_.size() * 48;
  }

 private:
  std::vector<Fact> facts_;
  std::vector<std::size_t> begins_{0};
  std::unordered_multimap<std::uint64_t, std::uint32_t> index_;  ///< By hash.
};

class StateGraph {
 public:
  static constexpr std::uint32_t kNoState = 0xFFFFFFFF;

  struct Node {
    StateNumber from = kNoState;   ///< The state before it on the best way.
    EntityIndex entity = 0;        ///< Of the choice there, which leads here.
    std::uint32_t failures = 0;    ///< Of the best way.
    std::uint32_t steps = 0;       ///< Likewise.
    std::uint32_t first_step = 0;  ///< Where its steps begin.
    std::uint32_t step_count = 0;
    ChoiceKind kind{};  ///< Of the same choice.
    bool visited = false;
    bool ended = false;      ///< The release has ended in it.
    bool succeeded = false;  ///< Likewise, and succeeded.
  };
  /// An outcome: the first ended state, in the order of visits, that shows it.
  struct Ending {
    StateNumber state = 0;
    std::string statuses{};  ///< The numbers of the release's and the environments' statuses.
  };

  /// `options` must outlive it.
  StateGraph(const Flow& flow, const ExplorationOptions& options);

  /// Visits the states. False: a bound was reached. LimitExceeded: it cannot begin. May throw
  /// std::bad_alloc.
  Result<bool> explore();

  Stepper& stepper() noexcept { return stepper_; }
  const Places& places() const noexcept { return stepper_.places(); }
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  std::span<const GraphStep> steps_of(StateNumber state) const noexcept {
    return {steps_.data() + nodes_[state].first_step, nodes_[state].step_count};
  }
  std::uint64_t step_count() const noexcept { return taken_; }
  const Labels& labels() const noexcept { return labels_; }
  std::uint32_t start_label() const noexcept { return start_label_; }
  const std::vector<Ending>& endings() const noexcept { return endings_; }
  /// Whether the release has ended in a state, with these statuses. May throw std::bad_alloc.
  bool ends_in(StateNumber state, const std::string& statuses);
  /// States in the order in which they were visited.
  const std::vector<StateNumber>& order() const noexcept { return order_; }
  const std::string& bound() const noexcept { return bound_; }
  /// The bound on memory is reached: only runs with fewer failures count as looked at. May throw
  /// std::bad_alloc.
  void end_below(std::uint32_t failures);
  /// All runs with fewer failures were looked at.
  std::uint32_t complete_below() const noexcept { return failures_; }
  StateStore::Code code(StateNumber state) const noexcept { return store_[state]; }
  std::size_t memory_bytes() const noexcept;

  /// The choices that can be taken in a state: those of its steps. May throw std::bad_alloc.
  std::vector<Choice> choices_of(StateNumber state);
  /// The choices of the best way to a state. May throw std::bad_alloc.
  std::vector<Choice> way_to(StateNumber state) const;

 private:
  /// A state that is to be visited, by a way of so many steps.
  struct Due {
    StateNumber state = 0;
    std::uint32_t steps = 0;
  };
  /// By steps: states are visited in this order, and each leads to others by one more step.
  using Queue = std::deque<Due>;

  /// Takes the next state with so many failures as are looked at now.
  std::optional<Due> take_due();
  void visit(StateNumber state);
  void reach(StateNumber from, const Choice& choice);
  void note_ending(StateNumber state);
  bool is_within_bounds();
  void put(StateNumber state);
  /// The choices of the loaded state, and which of them stand for all. May throw std::bad_alloc.
  void choose(StateNumber state);

  const ExplorationOptions& options_;
  Stepper stepper_;
  Reduction reduction_;
  StateStore store_;
  std::vector<Node> nodes_;
  std::vector<GraphStep> steps_;
  Labels labels_;
  std::uint32_t start_label_ = 0;
  std::vector<Ending> endings_;
  std::unordered_map<std::string, std::size_t> ending_index_;
  std::vector<StateNumber> order_;
  Queue entered_;  ///< With so many failures as are looked at now, the last step being one.
  Queue now_;      ///< With as many, the last step being none.
  Queue next_;     ///< With one more.
  std::uint32_t failures_ = 0;
  std::uint64_t taken_ = 0;
  std::string bound_;

  std::vector<Choice> choices_;
  std::vector<std::uint8_t> code_;
  std::vector<Fact> facts_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

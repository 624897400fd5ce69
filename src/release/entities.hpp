// SPDX-License-Identifier: Apache-2.0
/// @file
/// Entities: the states of all environments and of the release, how many environments run, have
/// stopped and are done, and which Pending ones have no unmet dependency left.
///
/// Invariants: the counts are those of the states; `unmet(e)` is the number of dependencies of `e`
/// that are not Done; `ready()` holds exactly the Pending steps without unmet dependencies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/flow_data.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Entities {
 public:
  /// All Pending. May throw std::bad_alloc.
  explicit Entities(const FlowData& flow) : flow_(&flow), release_(flow.size()) {
    entities_.resize(std::size_t{flow.size()} + 1);
    unmet_.reserve(flow.size());
    for (EntityIndex e = 0; e < flow.size(); ++e) {
      unmet_.push_back(static_cast<std::uint32_t>(flow.dependencies[e].size()));
    }
  }

  EntityIndex release_index() const noexcept { return release_; }
  bool is_release(EntityIndex e) const noexcept { return e == release_index(); }
  EntityState& operator[](EntityIndex e) noexcept { return entities_[e]; }
  const EntityState& operator[](EntityIndex e) const noexcept { return entities_[e]; }
  const EntityState& release() const noexcept { return entities_[release_index()]; }
  std::size_t size() const noexcept { return entities_.size(); }

  /// Puts an entity into a state.
  void enter(EntityIndex e, State state) noexcept {
    const State from = entities_[e].state;
    entities_[e].state = state;
    if (is_release(e) || (is_active(from) && is_active(state))) { return; }
    active_ += is_active(state) ? 1U : 0U;
    active_ -= is_active(from) ? 1U : 0U;
    failing_ += state == State::Failing ? 1U : 0U;
    failing_ -= from == State::Failing ? 1U : 0U;
    stopped_ += state == State::Stopped ? 1U : 0U;
    stopped_ -= from == State::Stopped ? 1U : 0U;
    done_ += state == State::Done ? 1U : 0U;
  }
  /// The same for what happens most: a Pending environment begins, or one that runs is Done.
  void begin(EntityIndex e, State state) noexcept {
    entities_[e].state = state;
    ++active_;
  }
  void succeed(EntityIndex e) noexcept {
    entities_[e].state = State::Done;
    --active_;
    ++done_;
  }

  /// Environments that are Running or Suspended.
  std::size_t active() const noexcept { return active_; }
  /// Environments whose onFail chain runs.
  std::size_t unfinished() const noexcept { return failing_; }
  /// Environments that are Failed or Terminated.
  std::size_t stopped() const noexcept { return failing_ + stopped_; }
  bool all_done() const noexcept { return done_ == release_; }

  std::uint32_t unmet(EntityIndex e) const noexcept { return unmet_[e]; }

  /// Makes sure that `extra` further environments can become ready. May throw std::bad_alloc.
  void make_room(std::size_t extra) { detail::make_room(ready_, extra); }
  bool has_room(std::size_t extra) const noexcept {
    return ready_.capacity() - ready_.size() >= extra;
  }
  /// An environment is Done: its dependents have one unmet dependency less. `on_ready` is called,
  /// in step order, with each Pending environment that has none left.
  template <class OnReady>
  void meet_dependents(EntityIndex e, const OnReady& on_ready) noexcept {
    for (const EnvironmentId dependent : flow_->dependents_of(e)) {
      const EntityIndex next = index(dependent);
      if (--unmet_[next] == 0 && entities_[next].state == State::Pending) { on_ready(next); }
    }
  }
  /// The same; those environments are added to ready(). Needs room for them.
  void meet_dependents(EntityIndex e) noexcept {
    meet_dependents(e, [this](EntityIndex next) { ready_.push_back(next); });
  }
  /// How many dependents an environment's success would make ready.
  std::size_t ready_after(EntityIndex e) const noexcept {
    std::size_t ready = 0;
    for (const EnvironmentId dependent : flow_->dependents_of(e)) {
      const EntityIndex next = index(dependent);
      ready += unmet_[next] == 1 && entities_[next].state == State::Pending ? 1U : 0U;
    }
    return ready;
  }

  const std::vector<EntityIndex>& ready() const noexcept { return ready_; }
  void sort_ready() noexcept {
    if (!std::is_sorted(ready_.begin(), ready_.end())) { std::sort(ready_.begin(), ready_.end()); }
  }
  void clear_ready() noexcept { ready_.clear(); }
  /// Environments were skipped: those among the ready ones are not Pending any more.
  void drop_skipped_ready() noexcept {
    ready_.erase(
        std::remove_if(ready_.begin(), ready_.end(),
                       [this](EntityIndex e) { return entities_[e].state != State::Pending; }),
        ready_.end());
  }

  /// All are Pending again, and nothing is ready; room is kept.
  void restart() noexcept {
    std::fill(entities_.begin(), entities_.end(), EntityState{});
    for (EntityIndex e = 0; e < flow_->size(); ++e) {
      unmet_[e] = static_cast<std::uint32_t>(flow_->dependencies[e].size());
    }
    active_ = failing_ = stopped_ = done_ = 0;
    ready_.clear();
  }
  /// Computes, from the states that a restore has set, all that follows from them. May throw
  /// std::bad_alloc.
  void count_anew() {
    for (EntityIndex e = 0; e < flow_->size(); ++e) {
      const State state = entities_[e].state;
      entities_[e].state = State::Pending;
      enter(e, state);
      if (entities_[e].state == State::Done) {
        for (const EnvironmentId dependent : flow_->dependents_of(e)) {
          --unmet_[index(dependent)];
        }
      }
    }
    for (EntityIndex e = 1; e < flow_->size(); ++e) {
      if (entities_[e].state == State::Pending && unmet_[e] == 0) { ready_.push_back(e); }
    }
  }

 private:
  static constexpr bool is_active(State state) noexcept {
    constexpr unsigned kActive =
        1U << static_cast<unsigned>(State::Starting) | 1U << static_cast<unsigned>(State::Working) |
        1U << static_cast<unsigned>(State::Soaking) | 1U << static_cast<unsigned>(State::Finishing);
    return (kActive >> static_cast<unsigned>(state) & 1U) != 0;
  }

  const FlowData* flow_;
  EntityIndex release_;
  std::vector<EntityState> entities_;  ///< One for each environment, then the release's.
  /// Apart from the entities: an environment that succeeds counts down those of its dependents,
  /// which are all over the flow.
  std::vector<std::uint32_t> unmet_;
  std::uint32_t active_ = 0;
  std::uint32_t failing_ = 0;  ///< In State::Failing.
  std::uint32_t stopped_ = 0;  ///< In State::Stopped.
  std::uint32_t done_ = 0;
  std::vector<EntityIndex> ready_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

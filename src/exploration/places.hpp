// SPDX-License-Identifier: Apache-2.0
/// @file
/// Places: numbers for all that can happen in a release of a flow.
///
/// A *place* is where commands are issued: a hook of one list, or the promotion into one
/// environment. A *fact* is something that happened at a place, or a status that was taken on:
///
///     place * 4 + PlaceEvent      for each place
///     status_base + entity * 8 + status   for each environment, then the release
#pragma once

#include <cstdint>
#include <vector>

#include "flow/flow_data.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Fact = std::uint32_t;

/// What happened to a command of a place.
enum class PlaceEvent : std::uint8_t { Issued, Succeeded, Failed, Cancelled };

struct Place {
  EntityIndex entity = 0;
  State state = State::Working;  ///< Working: the promotion.
  std::uint32_t hook = 0;        ///< Index in its list.

  bool is_hook() const noexcept { return state != State::Working; }
};

class Places {
 public:
  /// May throw std::bad_alloc.
  explicit Places(const FlowData& flow);

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(list_.size()); }
  const Place& operator[](std::uint32_t place) const noexcept { return list_[place]; }
  std::uint32_t find(EntityIndex entity, State state, std::uint32_t hook) const noexcept {
    return first_[entity * kStates + static_cast<std::size_t>(state)] + hook;
  }
  std::uint32_t find(const CommandSlot& slot) const noexcept {
    return find(slot.entity, slot.state, slot.hook);
  }

  std::uint32_t fact_count() const noexcept { return status_base_ + entities_ * 8; }
  static Fact fact(std::uint32_t place, PlaceEvent event) noexcept {
    return place * 4 + static_cast<Fact>(event);
  }
  /// Of a fact that happened at a place.
  static std::uint32_t place_of(Fact fact) noexcept { return fact / 4; }
  /// Whether a command succeeds.
  bool is_success(Fact fact) const noexcept {
    return fact < status_base_ && fact % 4 == static_cast<Fact>(PlaceEvent::Succeeded);
  }
  /// Whether a command is issued.
  bool is_issued(Fact fact) const noexcept { return fact < status_base_ && fact % 4 == 0; }
  /// `status`: the number of an EnvironmentStatus, or of a ReleaseStatus for the release.
  Fact status(EntityIndex entity, std::uint8_t status) const noexcept {
    return status_base_ + entity * 8 + status;
  }

 private:
  std::vector<Place> list_;
  std::vector<std::uint32_t> first_;  ///< Of each entity and state.
  std::uint32_t status_base_ = 0;
  std::uint32_t entities_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

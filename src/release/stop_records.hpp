// SPDX-License-Identifier: Apache-2.0
/// @file
/// StopRecords: where and why entities stopped. An entity that never stopped has no record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "release/hook_inputs.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Where and why an entity stopped, and how often its onFail hooks were issued. It is kept when the
/// entity goes on, for the attempts (R4). A skipped environment keeps its reason in one.
struct StopRecord {
  EntityIndex entity = 0;
  State state = State::Working;  ///< Where a Retry resumes (R12).
  std::uint32_t hook = 0;        ///< Place in its chain of the command at which it stopped.
  std::uint32_t attempt = 0;     ///< Attempt of that command.
  std::uint64_t soaked = 0;      ///< Its promotion's ticket, if it stopped while it soaked (R18).
  Text message{};                ///< Why; null: it goes on, or no reason was given.
  Failure failure{};             ///< For its onFail chain (A2).
  std::vector<std::uint32_t> on_fail_attempts{};  ///< Of each hook of the chain (R4).
};

class StopRecords {
 public:
  explicit StopRecords(std::size_t entities) : entities_(entities) {}

  /// Makes sure that `extra` further entities can stop. May throw std::bad_alloc.
  void make_room(std::size_t extra) {
    if (extra == 0) { return; }
    if (!kept_) {
      kept_ = std::make_unique<Kept>(Kept{{}, std::vector<StopIndex>(entities_, kNone32)});
    }
    detail::make_room(kept_->list, extra);
  }

  /// No entity has stopped; room is kept.
  void clear() noexcept {
    if (!kept_) { return; }
    for (const StopRecord& record : kept_->list) { kept_->index[record.entity] = kNone32; }
    kept_->list.clear();
  }

  /// Null: it has never stopped.
  const StopRecord* find(EntityIndex e) const noexcept {
    return !kept_ || kept_->index[e] == kNone32 ? nullptr : &kept_->list[kept_->index[e]];
  }
  StopRecord& at(EntityIndex e) noexcept { return kept_->list[kept_->index[e]]; }
  /// The entity's record, or a new one, which needs room.
  StopRecord& find_or_add(EntityIndex e) noexcept {
    if (kept_->index[e] == kNone32) {
      kept_->index[e] = static_cast<StopIndex>(kept_->list.size());
      kept_->list.emplace_back().entity = e;
    }
    return at(e);
  }

  std::span<const StopRecord> list() const noexcept {
    return kept_ ? std::span<const StopRecord>(kept_->list) : std::span<const StopRecord>();
  }
  std::span<StopRecord> list() noexcept {
    return kept_ ? std::span<StopRecord>(kept_->list) : std::span<StopRecord>();
  }

 private:
  struct Kept {
    std::vector<StopRecord> list;  ///< In the order in which entities stopped first.
    std::vector<StopIndex> index;  ///< Of each entity.
  };

  std::size_t entities_;
  std::unique_ptr<Kept> kept_;  ///< Null while no entity can have stopped.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

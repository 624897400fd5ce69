// SPDX-License-Identifier: Apache-2.0
/// @file
/// StopRecords: where and why entities stopped. An entity that never stopped has no record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "release/hook_inputs.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

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
    detail::make_room(list_, extra);
    if (extra != 0 && index_.empty()) { index_.resize(entities_, kNone32); }
  }

  /// Null: it has never stopped.
  const StopRecord* find(EntityIndex e) const noexcept {
    return index_.empty() || index_[e] == kNone32 ? nullptr : &list_[index_[e]];
  }
  StopRecord& at(EntityIndex e) noexcept { return list_[index_[e]]; }
  /// The entity's record, or a new one, which needs room.
  StopRecord& find_or_add(EntityIndex e) noexcept {
    if (index_[e] == kNone32) {
      index_[e] = static_cast<StopIndex>(list_.size());
      list_.emplace_back().entity = e;
    }
    return list_[index_[e]];
  }

  const std::vector<StopRecord>& list() const noexcept { return list_; }
  std::vector<StopRecord>& list() noexcept { return list_; }

 private:
  std::size_t entities_;
  std::vector<StopRecord> list_;  ///< In the order in which entities stopped first.
  std::vector<StopIndex> index_;  ///< Of each entity; empty while none has stopped.
};

}  // namespace promoflow::detail

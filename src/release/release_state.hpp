// SPDX-License-Identifier: Apache-2.0
/// @file
/// ReleaseState: all that changes in a release, as a value. The machine changes it, a snapshot
/// writes it, a restore makes one.
#pragma once

#include <limits>
#include <string>
#include <utility>

#include "context/promotion_context.hpp"
#include "release/commands.hpp"
#include "release/entities.hpp"
#include "release/hook_inputs.hpp"
#include "release/rare_list.hpp"
#include "release/records.hpp"
#include "release/state.hpp"
#include "release/stop_records.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// An export that was not merged (C1, C4).
struct Rejection {
  Ticket ticket{};
  std::string reason;
  std::string text;
};

struct ReleaseState {
  /// Nothing has begun. May throw std::bad_alloc.
  explicit ReleaseState(const FlowData& flow) : entities(flow), stops(entities.size()) {}

  Entities entities;
  Commands commands;
  HookInputsTable inputs;
  StopRecords stops;
  PromotionContext context;
  Records records;
  RareList<ContextNote> conflicts;  ///< C5, in order.
  RareList<Rejection> rejections;

  Millis now = 0;            ///< The latest time seen (R10).
  Millis deadline = kNever;  ///< The flow deadline, or the end deadline (R7).
  bool ending = false;       ///< The deadline is the end deadline: the release is to end by then.
  bool terminated = false;   ///< R6; cleared by a Retry.
  ReleaseStatus status = ReleaseStatus::Running;
  Text message{};  ///< Of the release; null: none.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

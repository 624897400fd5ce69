// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a trace keeps: the machine's records as it queued them, and all that they speak of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arguments/arguments_data.hpp"
#include "context/context_data.hpp"
#include "promoflow/release.hpp"
#include "promoflow/simulation.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// A command of the trace; the record's item refers to it by its index.
struct TracedCommand {
  std::uint32_t lane = 0;
  std::uint32_t hook = 0;
  std::uint32_t attempt = 0;
  Stage stage = Stage::Waiting;
  std::uint32_t context = kNone32;  ///< Index into TraceData::contexts.
  std::uint32_t failure = kNone32;  ///< Index into TraceData::failures.
};

/// An action that was refused. The machine has no record of it, so the trace notes it here.
struct TracedRefusal {
  std::uint32_t item = 0;  ///< Index of the record.
  bool retry = false;
  ErrorCode error{};
};

struct TraceData {
  explicit TraceData(Release simulated) : release(std::move(simulated)) {}

  Release release;  ///< As it stands at the end; its views are the trace's.
  DefaultArguments defaults;
  std::vector<Item> items;  ///< A refused action is an item of kind Retry that `refused` names.
  std::vector<TracedCommand> commands;
  std::vector<TracedRefusal> refused;  ///< In the order of items.
  std::vector<std::shared_ptr<const ContextData>> contexts;
  std::vector<std::shared_ptr<const FailureArguments>> failures;
  std::vector<std::shared_ptr<const std::string>> texts;
};

}  // namespace promoflow::detail

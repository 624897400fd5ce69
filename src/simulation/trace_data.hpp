// SPDX-License-Identifier: Apache-2.0
/// @file
/// The data of a trace: the machine's records as it queued them, and all that they refer to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/simulation.hpp"
#include "release/machine.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A command of the trace; its record refers to it by its index.
struct TracedCommand {
  EntityIndex entity = 0;
  std::uint32_t hook = 0;
  std::uint32_t attempt = 0;
  State state = State::Pending;
  std::uint32_t context = kNone32;  ///< Index into TraceData::contexts.
  std::uint32_t failure = kNone32;  ///< Index into TraceData::failures.
};

/// An action that was refused. The machine has no record of it, so it is noted here.
struct TracedRefusal {
  std::uint32_t item = 0;  ///< Index of the record.
  std::string_view action{};
  ErrorCode error{};
  std::string by{};
};

struct TraceData {
  TraceData(const Flow& simulated_flow, std::unique_ptr<Machine> simulated)
      : flow(simulated_flow), machine(std::move(simulated)) {}

  Flow flow;
  std::unique_ptr<Machine> machine;  ///< As it is at the end; records of conflicts refer to it.
  std::vector<RecordItem> items;  ///< A Retry without a `ref` is a refused action: see `refused`.
  std::vector<TracedCommand> commands;
  std::vector<TracedRefusal> refused;  ///< In the order of items.
  std::vector<std::shared_ptr<const ContextData>> contexts;
  std::vector<Failure> failures;
  std::vector<Text> texts;
  std::vector<Request> requests;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Makes public records of those that releases queue and traces keep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "arguments/arguments_data.hpp"
#include "context/promotion_context.hpp"
#include "flow/flow_data.hpp"
#include "promoflow/record.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// All that a command is made of; its arguments are put together when they are read.
struct RawCommand {
  std::uint64_t ticket = 0;
  EntityIndex entity = 0;
  std::uint32_t hook = 0;
  std::uint32_t attempt = 0;
  State state = State::Pending;
  const ContextData* context = nullptr;
  const FailureArguments* failure = nullptr;
};

/// What a record's reference leads to: one of these, or none.
struct RecordReference {
  const std::string* text = nullptr;
  const OperatorRequest* request = nullptr;
  const ContextNote* conflict = nullptr;
  RawCommand command{};
};

/// The results borrow from everything that they are given.
Command to_command(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults);
Record to_record(const RecordItem& item, const RecordReference& reference, const FlowData& flow,
                 const DefaultArguments& defaults);

/// Appends the record's line of a trace (S5), without a line end.
void append_record(std::string& out, const Record& record, Instant origin);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Records as releases queue them and as traces keep them, and their way to public ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flow/flow_data.hpp"
#include "promoflow/record.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// All that a command says, its arguments not yet put together.
struct RawCommand {
  std::uint64_t ticket = 0;
  LaneIndex lane = 0;
  std::uint32_t hook = 0;
  std::uint32_t attempt = 0;
  Stage stage = Stage::Waiting;
  const ContextData* context = nullptr;
  const FailureArguments* failure = nullptr;
};

/// The results borrow from everything that they are given.
Command to_command(const RawCommand& raw, const FlowData& flow, const DefaultArguments& defaults);
Record to_record(const Item& item, std::string_view text, bool has_text, const RawCommand& command,
                 const FlowData& flow, const DefaultArguments& defaults);

/// Appends S5's line, without a line end.
void append_record(std::string& out, const Record& record, Instant origin);

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// A call, the names of its files, and the text of the file that has all of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "promoflow/process_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Call = std::variant<HookCall, PromotionCall>;

Ticket ticket_of(const Call& call) noexcept;
const std::string& release_of(const Call& call) noexcept;
/// Of a promotion (PromotionCall::application); else empty.
std::string_view application_of(const Call& call) noexcept;
/// Whether what its program writes into the file of the context is handed on.
bool may_export(const Call& call) noexcept;
/// What nothing else has: `RELEASE_ID/ticket`, and `/application`.
std::string idempotency_key(const Call& call);

const std::vector<std::pair<std::string, std::string>>& arguments_of(const Call& call) noexcept;

/// 16 digits, the same for the same text (FNV-1a).
std::string hash_text(std::string_view text);

/// The names of one call's files, and of the directory in which they are. The applications of a
/// ticket have one log.
struct TicketFiles {
  std::string release;
  std::string log;
  std::string arguments;
  std::string context;   ///< What is exported.
  std::string rejected;  ///< The same, where it is no promotion context.
};
TicketFiles files_of(const Call& call);

/// The directory of a release, within the work directory: different ids have different ones.
std::string release_directory(const std::string& work_directory, std::string_view release_id);
/// Where the output of a command goes.
std::string log_path(const std::string& work_directory, std::string_view release_id, Ticket ticket);

/// All that the call says, as one JSON object with a line end.
std::string arguments_json(const Call& call);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

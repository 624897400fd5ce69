// SPDX-License-Identifier: Apache-2.0
/// @file
/// Launch: which program runs for a call, and all that is handed to it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "promoflow/process_executor.hpp"

namespace promoflow::detail {

/// Bounds of what goes into the environment; the JSON file always has everything.
inline constexpr std::size_t kVariableBytesMax = std::size_t{64} << 10;    ///< Of one value.
inline constexpr std::size_t kVariablesBytesMax = std::size_t{512} << 10;  ///< Of all arguments.

using Call = std::variant<HookCall, PromotionCall>;

Ticket ticket_of(const Call& call) noexcept;
const std::string& release_of(const Call& call) noexcept;

/// What to do for a call.
struct Choice {
  enum class Kind : unsigned char { Run, Succeed, Fail };
  Kind kind = Kind::Fail;
  ProgramCall program{};  ///< Of Run; the first is a path.
  std::string message{};  ///< Of Fail.
};

/// The program for a call; looks at the files.
Choice choose(const Call& call, const ProcessOptions& options);

/// Files of one ticket, all in the directory of its release.
struct TicketFiles {
  std::string directory;
  std::string log;
  std::string arguments;
  std::string context;  ///< Of hooks: what they export.
};
TicketFiles files_of(const Call& call, const std::string& work_directory);

using Variables = std::map<std::string, std::string, std::less<>>;

/// The environment variables of this process, as they are now.
Variables inherited_variables();

/// `NAME=VALUE` for each variable of the program.
std::vector<std::string> environment_of(const Call& call, const TicketFiles& files,
                                        Variables inherited);

/// All that the call says, as one JSON object with a line end.
std::string arguments_json(const Call& call);

}  // namespace promoflow::detail

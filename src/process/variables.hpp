// SPDX-License-Identifier: Apache-2.0
/// @file
/// Variables: the environment of a program, and what of a call is not in it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "process/launch.hpp"
#include "process/variable_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Bounds of what goes into the environment; the JSON file always has everything.
inline constexpr std::size_t kVariableBytesMax = std::size_t{64} << 10;    ///< Of one value.
inline constexpr std::size_t kVariablesBytesMax = std::size_t{512} << 10;  ///< Of all arguments.
inline constexpr std::size_t kOmittedBytesMax = std::size_t{8} << 10;  ///< Of PROMOFLOW_OMITTED.

using Variables = std::map<std::string, std::string, std::less<>>;

/// The environment variables of this process, as they are now, without those that say something of
/// a call: each program has its own.
Variables inherited_variables();

/// An environment, `NAME=VALUE` each, and what is not in it.
struct Environment {
  std::vector<std::string> variables{};
  std::string omitted{};  ///< For the log: each name with the reason, bounded. Empty: none.
};

/// What a program is told beside its call.
struct ProgramPaths {
  std::string arguments{};
  std::string context{};  ///< Of hooks.
  std::string mark{};     ///< By which its processes are found.
};

/// `exported`: the context keys that are variables of their own name, too.
Environment environment_of(const Call& call, const ProgramPaths& paths,
                           const std::vector<std::string>& exported, Variables inherited);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

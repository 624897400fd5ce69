// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether the system can run a file: it exists, is executable, is for this machine, and what its
/// first line names does and is, too.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Names = std::set<std::string, std::less<>>;

/// Why a program cannot be run, and what to do. An empty message: nothing speaks against it.
struct ProgramProblem {
  std::string message{};
  std::string hint{};
  bool is_doubt = false;    ///< It may run all the same: that cannot be known before.
  bool is_missing = false;  ///< There is no such file, or none was named.
};

/// Looks at a file and at its interpreter. Never waits, whatever is at that path.
ProgramProblem examine_program(const std::string& path);

/// The path of a program that is named without one, as execvp() finds it; empty: it is not in PATH.
/// `cleared`: as it does where PATH is not set.
std::string find_in_path(std::string_view name, bool cleared = false);

/// The names in a directory, hidden ones left out, in order; not more than some thousands.
std::vector<std::string> entries_of(const std::string& directory);

/// What the user may have meant instead of a file that does not exist: one beside it whose name
/// differs by an ending, by case or by a letter, and is none of `taken`. Empty: nothing is near.
std::string near_file(const std::string& directory, std::string_view name, const Names& taken);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lookup: which program runs for a hook or a promotion.
#pragma once

#include <string>
#include <string_view>

#include "process/program_file.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What to do for a call.
struct Choice {
  enum class Kind : unsigned char { Run, Succeed, Fail };
  Kind kind = Kind::Fail;
  ProgramCall program{};     ///< Of Run; the first is a path.
  ProgramProblem problem{};  ///< Of Fail; of Run: a doubt, if there is one.
};

/// These look at the files, each time anew.
Choice choose_hook(const std::string& name, const ProcessOptions& options);
Choice choose_promotion(const std::string& environment, const ProcessOptions& options);

/// Where promotions have their programs; also if it cannot be looked into. Empty: there is no such
/// directory.
std::string promotions_directory(const ProcessOptions& options);
/// Whether the environment has a program of its own name, so that `default` is not used.
bool has_own_promotion(const std::string& environment, const ProcessOptions& options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

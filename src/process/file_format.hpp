// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a file is that is neither a text nor an ELF file, and whether the system may run it.
#pragma once

#include <string>
#include <string_view>

#include "process/program_file.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// `head` is how it begins.
ProgramProblem examine_binary(const std::string& path, std::string_view head);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

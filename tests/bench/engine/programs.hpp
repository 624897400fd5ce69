// SPDX-License-Identifier: Apache-2.0
/// @file
/// How soon a program begins, with a supervisor and without.
#pragma once

#include <filesystem>

namespace promoflow::bench {

/// Medians, from the call to the program's first act.
struct ProgramStarts {
  double direct_us = 0;      ///< By posix_spawn() alone.
  double supervised_us = 0;  ///< By a durable ProcessExecutor.
};

/// Starts a shell script `count` times in each way, in turns. `folder` is used for what it writes.
ProgramStarts measure_program_starts(const std::filesystem::path& folder, int count);

}  // namespace promoflow::bench

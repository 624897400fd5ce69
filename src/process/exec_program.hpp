// SPDX-License-Identifier: Apache-2.0
/// @file
/// The last steps of a forked process before it is a program: the same for the host's own programs
/// and for the supervisor's. Only what is async-signal-safe.
#pragma once

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The status of a program that cannot be run, as shells have it.
inline constexpr int kCannotRun = 127;

/// Closes every descriptor from this one on.
void close_from(int first) noexcept;

/// Writes to standard error; a failure to report a failure cannot be reported.
void write_stderr(const char* text) noexcept;

/// Becomes the program: no descriptor but 0, 1 and 2, all signals at their defaults and none
/// blocked. What goes wrong is written to standard error, and the process exits with kCannotRun.
[[noreturn]] void exec_program(const char* path, char* const* argv, char* const* envp) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

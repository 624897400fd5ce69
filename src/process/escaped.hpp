// SPDX-License-Identifier: Apache-2.0
/// @file
/// Finds the processes of a program that have left its process group: with a session of their own,
/// or in another group. Each program has a mark in its environment, which its children inherit.
///
/// Linux only (it reads /proc); elsewhere nothing is found. Not found either: a process that has
/// given itself another environment. Nothing here allocates: the guard process uses it, too.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The variable, and what its value begins with for all programs of one executor.
inline constexpr std::string_view kMarkName = "PROMOFLOW_PROGRAM";

/// A process may fork while the others are looked at: that is done again, so many times at most.
inline constexpr int kPassesMax = 8;

/// Called with each process and the number of its program. The signal to send; 0: none.
using ChooseSignal = int (*)(pid_t process, std::uint64_t program, void* user);

/// Looks at all processes whose mark begins with `mark` (`PROMOFLOW_PROGRAM=TOKEN.`); what follows
/// is the number of the program. How many were sent a signal.
int signal_marked(std::string_view mark, ChooseSignal choose, void* user) noexcept;

/// Whether this process has the mark; also where that cannot be told.
bool has_mark(pid_t process, std::string_view mark) noexcept;

/// Makes this process one that is not found, whatever environment it was started with.
void remove_own_mark() noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

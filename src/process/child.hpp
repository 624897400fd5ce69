// SPDX-License-Identifier: Apache-2.0
/// @file
/// The system's side of a program: starting it, asking whether it has ended, reaping it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "process/fd.hpp"
#include "process/guard_process.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::detail {

/// Both ends are closed on exec and none is 0, 1 or 2; false: errno says why.
bool make_pipe(Fd& reading, Fd& writing) noexcept;
void set_nonblocking(const Fd& fd) noexcept;

/// A program that runs; it leads a process group of its own.
struct Child {
  pid_t pid = -1;
  Fd ended;  ///< Readable when it has ended; none: the system has no such descriptor.
  Fd out;
  Fd err;
};

/// Starts a program; false: errno says why. What goes wrong in the child is written to its standard
/// error, and it exits with 127. Signals must be blocked in the calling thread, whose end kills the
/// child. May throw std::bad_alloc.
bool spawn(const ProgramCall& program, const std::vector<std::string>& environment,
           const GuardProcess& guard, Child& child);

/// How a program ended.
struct ProgramEnd {
  bool known = true;  ///< False: another part of the host has taken its exit status.
  int status = 0;     ///< Exit status.
  int signal = 0;     ///< Not 0: it was killed by this signal.
};

/// How the program ended, if it has. It stays a zombie, so that its process group keeps its number.
std::optional<ProgramEnd> find_end(const Child& child) noexcept;
/// After its end: kills what is left of its group, then reaps it.
void reap(const Child& child, const ProgramEnd& end, const GuardProcess& guard) noexcept;

}  // namespace promoflow::detail

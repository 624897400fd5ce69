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
#include "process/program_end.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Both ends are closed on exec and none is 0, 1 or 2; false: errno says why.
bool make_pipe(Fd& reading, Fd& writing) noexcept;
void set_nonblocking(const Fd& fd) noexcept;
/// Whether so many descriptors are in use that the host should keep the rest.
bool is_near_limit(const Fd& newest) noexcept;

/// As exec takes them; they borrow the texts.
std::vector<char*> pointers(const std::vector<std::string>& texts);

/// A program that runs; it leads a session of its own, and so a process group.
struct Child {
  pid_t pid = -1;
  Fd ended;  ///< Readable when it has ended; none: the system has no such descriptor.
  Fd out;
  Fd err;
};

/// Starts a program; false: errno says why (EMFILE also if the descriptors that are left are few:
/// the rest of the host needs some). What goes wrong in the child is written to its standard
/// error, and it exits with 127. Signals must be blocked in the calling thread, whose end kills the
/// child. May throw std::bad_alloc.
bool spawn(const ProgramCall& program, const std::vector<std::string>& environment,
           const GuardProcess& guard, Child& child);

/// The limit of descriptors if it is so low that none are left to the rest of the host; else none.
std::optional<unsigned> low_limit() noexcept;

/// Sends a signal to the group of a program that has not been reaped, and to the program itself if
/// it has left that group.
void signal_child(const Child& child, int signal) noexcept;

/// How the program ended, if it has. It stays a zombie, so that its process group keeps its number.
std::optional<ProgramEnd> find_end(const Child& child) noexcept;
/// After its end: kills what is left of its group, then reaps it.
void reap(const Child& child, const ProgramEnd& end, const GuardProcess& guard) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

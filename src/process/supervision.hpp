// SPDX-License-Identifier: Apache-2.0
/// @file
/// The executor's side of supervisors: starting one, finding one again, its signals and its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "process/child.hpp"
#include "process/problem.hpp"
#include "process/run_directory.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Where promoflow-supervisor is; empty: it was not found.
std::string find_supervisor();

/// What a supervisor is told.
struct SupervisorCall {
  const std::string& supervisor;  ///< Its path.
  const RunDirectory& run;
  const Fd& log;
  const ProgramCall& program;
  const std::vector<std::string>& environment;  ///< Of the program, with its mark.
  std::size_t log_left = 0;
  std::optional<std::chrono::milliseconds> timeout{};
  std::chrono::milliseconds grace{};
};

/// A supervisor that runs, started by this executor or by one before it.
struct Supervision {
  RunDirectory run{};
  bool is_child = false;  ///< This executor started it: then `process` is not another's number.
  pid_t process = 0;      ///< 0: it cannot be told, so that its end is all that can be seen.
  Fd ended{};             ///< Readable when it has ended; none: the system has no such descriptor.
  Fd lock{};              ///< Of one that was found again.
};

/// Starts one, in a session of its own. Nothing of this process's memory is copied. May throw
/// std::bad_alloc.
Problem start_supervisor(const SupervisorCall& call, Supervision& supervision);

/// Goes on with one that the run directory's look() found. False: it has ended meanwhile.
bool attach_supervisor(RunLook look, Supervision& supervision);

/// One whose run directory was removed, by its environment. False: there is none.
bool find_supervisor_of(const std::string& path, Supervision& supervision);

/// kCancelSignal or kKillSignal.
void signal_supervisor(const Supervision& supervision, int signal) noexcept;

/// Its exit status, if it has ended; of one that was killed, or that is no child, kSupervisorGone.
/// It is reaped.
std::optional<int> supervisor_end(const Supervision& supervision) noexcept;

/// Kills what a supervisor that was killed has left behind.
void kill_leftovers(const std::string& path);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

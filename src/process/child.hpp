// SPDX-License-Identifier: Apache-2.0
/// @file
/// The system's side of a program: starting it, asking for its end, and the warden, a process that
/// kills the programs' groups when this process is no more.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "process/fd.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::detail {

/// Both ends are closed on exec and none is 0, 1 or 2; false: errno says why.
bool make_pipe(Fd& reading, Fd& writing) noexcept;
void set_nonblocking(const Fd& fd) noexcept;

/// The other side of a socket whose end means: kill every group that was told and not taken back.
/// Only that survives when this process is killed together with its process group.
class Warden {
 public:
  /// `groups_max`: told at the same time. None: errno says why. May throw std::bad_alloc.
  static std::optional<Warden> start(std::size_t groups_max);
  Warden(Warden&& other) noexcept;
  Warden& operator=(Warden&&) = delete;
  ~Warden();

  int socket() const noexcept { return socket_.get(); }
  void forget(pid_t group) const noexcept;

 private:
  Warden(Fd socket, pid_t pid) noexcept : socket_(std::move(socket)), pid_(pid) {}
  Fd socket_;
  pid_t pid_;
};

/// A program that runs; it leads a process group of its own.
struct Child {
  pid_t pid = -1;
  Fd ended;  ///< Readable when it has ended; none: the system cannot tell in this way.
  Fd out;
  Fd err;
};

/// Starts a program; false: errno says why. What goes wrong in the child is told on its standard
/// error, and it ends with 127. Signals must be blocked in the calling thread, whose end kills the
/// child. May throw std::bad_alloc.
bool spawn(const ProgramCall& program, const std::vector<std::string>& environment,
           const Warden& warden, Child& child);

/// How a program ended.
struct Ended {
  bool known = true;  ///< False: somebody else has taken its status.
  int status = 0;     ///< Exit status.
  int signal = 0;     ///< Not 0: it was killed by this.
};

/// Whether the program has ended; it stays a zombie, so that its group's number stays its own.
std::optional<Ended> look(const Child& child) noexcept;
/// After its end: kills what is left of its group, then reaps it.
void reap(const Child& child, const Ended& ended, const Warden& warden) noexcept;

}  // namespace promoflow::detail

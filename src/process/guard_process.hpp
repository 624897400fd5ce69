// SPDX-License-Identifier: Apache-2.0
/// @file
/// GuardProcess: a process that kills the programs' process groups, and what has left them, when
/// this process has ended, however it ended.
///
/// Protocol: numbers of 32 bits over a socket. A program's own process sends its group before it
/// runs the program; this process sends the negated group once the program is reaped. The end of
/// the socket means: kill every group that is registered.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "process/fd.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class GuardProcess {
 public:
  /// `groups_max`: groups registered at the same time. `mark`: by which signal_marked() finds the
  /// programs. None: errno says why. May throw std::bad_alloc.
  static std::optional<GuardProcess> start(std::size_t groups_max, const std::string& mark);
  GuardProcess(GuardProcess&& other) noexcept;
  GuardProcess& operator=(GuardProcess&&) = delete;
  ~GuardProcess();

  int socket() const noexcept { return socket_.get(); }
  /// Removes a group that has ended: its number may become another's.
  void forget(pid_t group) const noexcept;

 private:
  GuardProcess(Fd socket, pid_t pid) noexcept : socket_(std::move(socket)), pid_(pid) {}
  Fd socket_;
  pid_t pid_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Program: the one that the supervisor runs, and all that it starts.
#pragma once

#include <sys/types.h>

#include "supervisor/plan.hpp"
#include "supervisor/records.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

class Program {
 public:
  /// False: it does not run, and errno says why.
  bool start(const Plan& plan) noexcept;
  /// Sends a signal to its group and to what has left it.
  void send(int signal) const noexcept;
  /// Reaps what it left to this process; whether it has ended. It is not reaped yet, so that its
  /// group keeps its number.
  bool has_ended() noexcept;
  /// After its end: kills what is left of it, reaps it, and says how it ended. Waits until nothing
  /// of it runs.
  void finish(End& end) noexcept;

  int out = -1;  ///< What it prints; -1: closed.
  int error = -1;

 private:
  const Plan* plan_ = nullptr;
  pid_t process_ = -1;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ctrl-C, SIGTERM and SIGHUP while releases run.
#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

#include "cli/stop_decision.hpp"

namespace promoflow::cli {

/// The signals that stop a release: SIGINT, SIGTERM and SIGHUP, without those that were ignored
/// when the program began. `nohup` and a shell's `trap ''` ask for that.
class StopSignals {
 public:
  /// Blocks them. To be called before any thread is started: all inherit it. Gives SIGCHLD its
  /// default, in case it was ignored: else the system would not keep the exit status of programs.
  StopSignals();
  const sigset_t& set() const noexcept { return set_; }
  /// One of them; 0: there is none.
  int any() const noexcept { return any_; }

 private:
  sigset_t set_{};
  int any_ = 0;
};

/// What signals do. Called on a thread of its own.
class StopActions {
 public:
  virtual ~StopActions() = default;
  /// Asks for the end of all releases, and returns soon. What to tell the user.
  virtual std::string terminate(const std::string& reason, const std::string& by) = 0;
  /// Ends them at once: everything that runs is killed.
  virtual void force(const std::string& reason, const std::string& by) = 0;
  /// Stops in order and leaves the releases as they are.
  virtual void leave() = 0;
  /// Behind leave(): what nobody reads is not waited for any more.
  virtual void give_up_output() = 0;
};

/// Waits for these signals on a thread of its own, and terminates the releases or forces their end,
/// as StopDecision says; with `leaves` the first signal makes the program leave them, and the
/// second one gives its output up.
class Stopper {
 public:
  Stopper(const StopSignals& signals, StopActions& actions, bool leaves);
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;
  ~Stopper();
  bool forced() const noexcept { return forced_; }

 private:
  void run_thread();
  void stop(int signal);

  const StopSignals& signals_;
  StopActions& actions_;
  const bool leaves_;
  const std::string user_;
  StopDecision decision_{};
  bool told_too_soon_ = false;
  std::atomic<bool> forced_{false};
  std::atomic<bool> done_{false};
  std::thread thread_{};  // Last: it uses all of the above.
};

}  // namespace promoflow::cli

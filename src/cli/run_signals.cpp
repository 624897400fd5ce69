// SPDX-License-Identifier: Apache-2.0
#include "cli/run_signals.hpp"

#include <utility>

#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "executor/threads.hpp"

namespace promoflow::cli {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

const char* name_of(int signal) {
  if (signal == SIGINT) { return "Ctrl-C"; }
  return signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // An ignored signal that is blocked would reach sigwait() nevertheless.
    if (is_ignored(signal)) { continue; }
    sigaddset(&set_, signal);
    any_ = signal;
  }
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  if (is_ignored(SIGCHLD)) { (void)std::signal(SIGCHLD, SIG_DFL); }
}

Stopper::Stopper(const StopSignals& signals, StopActions& actions, bool leaves)
    : signals_(signals), actions_(actions), leaves_(leaves), user_(user_name()) {
  if (signals_.any() != 0) {
    thread_ = detail::start_thread([this] { run_thread(); });
  }
}

Stopper::~Stopper() {
  if (!thread_.joinable()) { return; }
  done_ = true;
  pthread_kill(thread_.native_handle(), signals_.any());  // Ends its wait.
  thread_.join();
}

void Stopper::run_thread() {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals_.set(), &signal) != 0) { continue; }
    if (done_) { return; }
    stop(signal);
  }
}

void Stopper::stop(int signal) {
  const std::string reason = std::string("stopped by ") + name_of(signal);
  switch (decision_.decide(signal != SIGHUP, std::chrono::steady_clock::now())) {
    case StopDecision::Action::Terminate:
      if (leaves_) {
        actions_.leave();
      } else {
        tell(actions_.terminate(reason, user_));
      }
      decision_.terminated(std::chrono::steady_clock::now());
      return;
    case StopDecision::Action::Force:
      forced_ = true;
      if (leaves_) {
        actions_.give_up_output();
      } else {
        actions_.force(reason, user_);
      }
      return;
    case StopDecision::Action::TooSoon:
      if (!leaves_ && !std::exchange(told_too_soon_, true)) {
        tell("the release is being terminated; to force its end, do it again after a second");
      }
      return;
    case StopDecision::Action::Nothing: return;
  }
}

}  // namespace promoflow::cli

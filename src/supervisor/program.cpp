// SPDX-License-Identifier: Apache-2.0
// This process is the subreaper of the program's processes: what their parents leave behind becomes
// its child, wherever it has moved, and so it is found.
#include "supervisor/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "process/escaped.hpp"
#include "process/exec_program.hpp"
#include "supervisor/text.hpp"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

namespace {

constexpr int kLookAgainMs = 10;

bool make_pipe(int (&ends)[2]) noexcept {
  if (pipe(ends) != 0) { return false; }
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return true;
}

void close_pipe(int (&ends)[2]) noexcept {
  for (const int end : ends) {
    if (end >= 0) { close(end); }
  }
}

struct Pipes {
  int out[2] = {-1, -1};
  int error[2] = {-1, -1};
};

/// Runs in the new process. It may share this one's memory, which it changes no more than any call
/// does.
[[noreturn]] void run_child(const Plan& plan, const Pipes& pipes, pid_t parent) noexcept {
  setpgid(0, 0);
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != parent) { _exit(detail::kCannotRun); }  // It ended before the call above.
  dup2(pipes.out[1], STDOUT_FILENO);
  dup2(pipes.error[1], STDERR_FILENO);
  detail::exec_program(plan.program[0], plan.program, plan.environment);
}

/// Sends SIGKILL to every child of this process. How many there are that it may kill; -1: the
/// system does not list them.
int kill_children() noexcept {
  Text<64> path;
  const std::int64_t self = getpid();
  path << "/proc/self/task/" << self << "/children";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) { return -1; }
  int count = 0;
  pid_t process = 0;
  char piece[512];
  for (;;) {
    const ssize_t got = read(file, piece, sizeof piece);
    if (got < 0 && errno == EINTR) { continue; }
    if (got <= 0) { break; }
    for (ssize_t at = 0; at < got; ++at) {
      if (piece[at] >= '0' && piece[at] <= '9') {
        process = process * 10 + (piece[at] - '0');
      } else if (process > 0) {
        if (kill(process, SIGKILL) == 0) { ++count; }
        process = 0;
      }
    }
  }
  close(file);
  return count;
}

/// Reaps those that have ended; false: there is no child.
bool reap_children() noexcept {
  for (;;) {
    const pid_t process = waitpid(-1, nullptr, WNOHANG);
    if (process == 0) { return true; }
    if (process < 0 && errno != EINTR) { return false; }
  }
}

void kill_what_is_left(const char* mark) noexcept {
  const auto every = [](pid_t, std::uint64_t, void*) -> int { return SIGKILL; };
  for (int pass = 0;; ++pass) {
    int left = kill_children();
    if (left < 0 && pass < detail::kPassesMax) {
      left = detail::signal_marked(mark, every, nullptr);
    }
    // Another user's processes cannot be killed, and are not waited for.
    if (!reap_children() || left <= 0) { return; }
    (void)poll(nullptr, 0, kLookAgainMs);
  }
}

}  // namespace

bool Program::start(const Plan& plan) noexcept {
  plan_ = &plan;
  Pipes pipes;
  const pid_t parent = getpid();
  if (make_pipe(pipes.out) && make_pipe(pipes.error)) {
#if defined(__linux__)
    // A copy of this process's memory takes a tenth of a program's whole start.
    process_ = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
#else
    process_ = fork();
#endif
  }
  if (process_ == 0) { run_child(plan, pipes, parent); }
  if (process_ < 0) {
    const int failure = errno;
    close_pipe(pipes.out);
    close_pipe(pipes.error);
    errno = failure;
    return false;
  }
  setpgid(process_, process_);  // The child does it, too: whichever comes first.
  close(pipes.out[1]);
  close(pipes.error[1]);
  out = pipes.out[0];
  error = pipes.error[0];
  fcntl(out, F_SETFL, O_NONBLOCK);
  fcntl(error, F_SETFL, O_NONBLOCK);
  return true;
}

void Program::send(int signal) const noexcept {
  kill(-process_, signal);
  if (getpgid(process_) != process_) { kill(process_, signal); }
  struct Wanted {
    pid_t program;
    int signal;
  };
  const auto choose = [](pid_t process, std::uint64_t, void* user) -> int {
    const auto& wanted = *static_cast<const Wanted*>(user);
    const bool has_it = process == wanted.program || getpgid(process) == wanted.program;
    return has_it ? 0 : wanted.signal;
  };
  Wanted wanted{process_, signal};
  detail::signal_marked(plan_->mark, choose, &wanted);
  if (signal == SIGTERM) { send(SIGCONT); }  // A stopped process handles no SIGTERM.
}

bool Program::has_ended() noexcept {
  for (;;) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno == EINTR) { continue; }
      return true;
    }
    if (info.si_pid == 0) { return false; }
    if (info.si_pid == process_) { return true; }
    waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

void Program::finish(End& end) noexcept {
  kill(-process_, SIGKILL);
  int status = SIGKILL;  // If the system lost it, though it cannot.
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {}
  if (WIFSIGNALED(status)) {
    end.signal = WTERMSIG(status);
#if defined(WCOREDUMP)
    end.has_core = WCOREDUMP(status);
#endif
  } else {
    end.status = WEXITSTATUS(status);
  }
  kill_what_is_left(plan_->mark);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor

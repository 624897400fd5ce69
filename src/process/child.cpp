// SPDX-License-Identifier: Apache-2.0
// Starting and reaping one program. Between fork and exec only what is async-signal-safe.
#include "process/child.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "process/exec_program.hpp"

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr rlim_t kSpareDescriptors = 32;

/// All that the child needs, made before the fork.
struct ExecPlan {
  const char* path;
  char* const* argv;
  char* const* envp;
  int null;
  int out;
  int err;
  int guard;
  pid_t parent;
};

/// Runs in the forked process: nothing here may allocate or take a lock.
[[noreturn]] void exec_child(const ExecPlan& plan) noexcept {
  setsid();  // A group, too. The host's terminal can neither stop it nor be written to by it.
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) { _exit(kCannotRun); }  // It ended before the call above.
#endif
  dup2(plan.null, STDIN_FILENO);
  dup2(plan.out, STDOUT_FILENO);
  dup2(plan.err, STDERR_FILENO);
  const auto self = static_cast<std::int32_t>(getpid());
#if defined(MSG_NOSIGNAL)
  const ssize_t sent = send(plan.guard, &self, sizeof self, MSG_NOSIGNAL);
#else
  const ssize_t sent = send(plan.guard, &self, sizeof self, 0);
#endif
  if (sent != static_cast<ssize_t>(sizeof self)) {
    write_stderr("promoflow: the guard process has ended; the program is not started without it\n");
    _exit(kCannotRun);
  }
  exec_program(plan.path, plan.argv, plan.envp);
}

}  // namespace

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) { result.push_back(const_cast<char*>(text.c_str())); }
  result.push_back(nullptr);
  return result;
}

bool make_pipe(Fd& reading, Fd& writing) noexcept {
  int ends[2] = {-1, -1};
#if defined(__linux__)
  if (pipe2(ends, O_CLOEXEC) != 0) { return false; }
#else
  if (pipe(ends) != 0) { return false; }
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  reading = Fd(ends[0]);
  writing = Fd(ends[1]);
  return move_above_stderr(reading) && move_above_stderr(writing);
}

void set_nonblocking(const Fd& fd) noexcept {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

bool is_near_limit(const Fd& newest) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) { return false; }
  return static_cast<rlim_t>(newest.get()) + kSpareDescriptors >= limit.rlim_cur &&
         limit.rlim_cur > 2 * kSpareDescriptors;
}

std::optional<unsigned> low_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 2 * kSpareDescriptors) {
    return std::nullopt;
  }
  return static_cast<unsigned>(limit.rlim_cur);
}

bool spawn(const ProgramCall& program, const std::vector<std::string>& environment,
           const GuardProcess& guard, Child& child) {
  const std::vector<char*> argv = pointers(program);
  const std::vector<char*> envp = pointers(environment);
  Fd out;
  Fd err;
  Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null || !move_above_stderr(null) || !make_pipe(child.out, out) ||
      !make_pipe(child.err, err)) {
    return false;
  }
  if (is_near_limit(err)) {
    errno = EMFILE;
    return false;
  }
  set_nonblocking(child.out);
  set_nonblocking(child.err);
  const ExecPlan plan{
      program.front().c_str(), argv.data(), envp.data(), null.get(), out.get(), err.get(),
      guard.socket(),          getpid()};
  child.pid = fork();
  if (child.pid == 0) { exec_child(plan); }
  if (child.pid < 0) { return false; }
#if defined(__linux__) && defined(SYS_pidfd_open)
  child.ended = Fd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0U)));
#endif
  return true;
}

void signal_child(const Child& child, int signal) noexcept {
  // One that was just started may not lead its group yet.
  const bool leads = getpgid(child.pid) == child.pid;
  kill(-child.pid, signal);
  if (leads && getpgid(child.pid) == child.pid) { return; }
#if defined(__linux__) && defined(SYS_pidfd_send_signal)
  if (child.ended) {
    syscall(SYS_pidfd_send_signal, child.ended.get(), signal, nullptr, 0U);
    return;
  }
#endif
  kill(child.pid, signal);
}

std::optional<ProgramEnd> find_end(const Child& child) noexcept {
  siginfo_t info{};
  int result = 0;
  do {
    result = waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    return ProgramEnd{.known = false};
  }  // SIGCHLD is ignored, or the host waited.
  if (info.si_pid == 0) { return std::nullopt; }
  if (info.si_code == CLD_EXITED) { return ProgramEnd{.status = info.si_status}; }
  return ProgramEnd{.signal = info.si_status, .core = info.si_code == CLD_DUMPED};
}

void reap(const Child& child, const ProgramEnd& end, const GuardProcess& guard) noexcept {
  // If the host has reaped it, its number may be another's by now.
  if (end.known) { kill(-child.pid, SIGKILL); }
  guard.forget(child.pid);
  while (waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {}
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

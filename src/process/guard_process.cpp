// SPDX-License-Identifier: Apache-2.0
// A program's own children outlive this process unless their group is killed. The guard process
// does that. It runs in a session of its own, so that a signal to our process group does not reach
// it, and reads until the socket ends.
#include "process/guard_process.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <vector>

#include "process/escaped.hpp"
#include "process/exec_program.hpp"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

#if defined(MSG_NOSIGNAL)
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

/// Runs in the forked process: nothing here may allocate or take a lock.
[[noreturn]] void run_guard(int socket, pid_t parent, pid_t* groups, std::size_t size,
                            std::string_view mark) noexcept {
  setsid();
  remove_own_mark();  // Of a promoflow of which our own host is a program.
#if defined(__linux__)
  prctl(PR_SET_NAME, "promoflow-guard");
#endif
  dup2(socket, 0);
  close_from(1);
  // The socket stays open while another child of the host, forked without exec, holds a copy of
  // it: so the parent is looked at once a second, too.
  const timeval second{1, 0};
  setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  for (;;) {
    std::int32_t message = 0;
    const ssize_t got = recv(0, &message, sizeof message, MSG_WAITALL);
    const bool again = got < 0 && (errno == EINTR || errno == EAGAIN);
    if (again && getppid() == parent) { continue; }
    if (got != static_cast<ssize_t>(sizeof message)) { break; }
    const pid_t entry = message > 0 ? 0 : -message;  // A free entry, or the group's.
    for (std::size_t i = 0; i < size; ++i) {
      if (groups[i] != entry) { continue; }
      groups[i] = message > 0 ? message : 0;
      break;
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (groups[i] > 0) { kill(-groups[i], SIGKILL); }
  }
  const auto every = [](pid_t, std::uint64_t, void*) -> int { return SIGKILL; };
  for (int pass = 0; pass < kPassesMax && signal_marked(mark, every, nullptr) > 0; ++pass) {}
  _exit(0);
}

}  // namespace

std::optional<GuardProcess> GuardProcess::start(std::size_t groups_max, const std::string& mark) {
  std::vector<pid_t> groups(groups_max, 0);  // Before the fork: nothing may allocate after it.
  int ends[2] = {-1, -1};
#if defined(SOCK_CLOEXEC)
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) { return std::nullopt; }
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) { return std::nullopt; }
#endif
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  if (!move_above_stderr(ours) || !move_above_stderr(theirs)) { return std::nullopt; }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // The guard inherits this: only SIGKILL ends it.
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) { run_guard(theirs.get(), parent, groups.data(), groups.size(), mark); }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (pid < 0) { return std::nullopt; }
  return GuardProcess(std::move(ours), pid);
}

GuardProcess::GuardProcess(GuardProcess&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)) {}

GuardProcess::~GuardProcess() {
  // Ends the socket even if another process holds a copy of it.
  if (socket_) { shutdown(socket_.get(), SHUT_RDWR); }
  while (pid_ > 0 && waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void GuardProcess::forget(pid_t group) const noexcept {
  const auto message = static_cast<std::int32_t>(-group);
  // If the guard process has ended, it kills no group either: a failure is harmless.
  (void)send(socket_.get(), &message, sizeof message, kNoSignal);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

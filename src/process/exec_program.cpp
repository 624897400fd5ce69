// SPDX-License-Identifier: Apache-2.0
#include "process/exec_program.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Texts of our own: strerror() may allocate.
struct Reason {
  int error;
  const char* text;
};
constexpr Reason kReasons[] = {
    {ENOENT, "the program, or the interpreter that it names, does not exist\n"},
    {EACCES, "permission denied\n"},
    {ENOEXEC, "no program for this machine (a script begins with #! and its interpreter)\n"},
    {E2BIG, "its arguments and environment are too large for the system\n"},
    {ENOMEM, "out of memory\n"},
    {ETXTBSY, "it is being written to\n"}};

const char* reason(int error) noexcept {
  for (const Reason& known : kReasons) {
    if (known.error == error) { return known.text; }
  }
  return "the system refuses to run it\n";
}

}  // namespace

void write_stderr(const char* text) noexcept {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) { return; }
}

void close_from(int first) noexcept {
#if defined(__linux__) && defined(SYS_close_range)
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) { return; }
#endif
  const long limit = sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < limit; ++fd) { close(fd); }
}

void exec_program(const char* path, char* const* argv, char* const* envp) noexcept {
  close_from(STDERR_FILENO + 1);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) { sigaction(signal, &standard, nullptr); }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(path, argv, envp);
  const int error = errno;
  write_stderr("promoflow: cannot run ");
  write_stderr(path);
  write_stderr(": ");
  write_stderr(reason(error));
  _exit(kCannotRun);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

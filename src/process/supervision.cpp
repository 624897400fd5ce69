// SPDX-License-Identifier: Apache-2.0
#include "process/supervision.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>

#include "process/escaped.hpp"
#include "process/supervisor_protocol.hpp"

#if defined(__linux__)
#include <sys/syscall.h>
#endif

// A build other than CMake's does not know where all will be installed.
#if !defined(PROMOFLOW_LIBEXEC)
#define PROMOFLOW_FROM_PROGRAM "/../libexec/promoflow/"
#define PROMOFLOW_FROM_LIBRARY "/../libexec/promoflow/"
#define PROMOFLOW_LIBEXEC "/usr/libexec/promoflow"
#endif

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// --- Where it is ---------------------------------------------------------------------------------

bool is_program(const std::string& path) {
  return !path.empty() && access(path.c_str(), X_OK) == 0;
}

std::string directory_of(const std::string& file) {
  char resolved[PATH_MAX];
  if (realpath(file.c_str(), resolved) == nullptr) { return {}; }
  const std::string path = resolved;
  return path.substr(0, path.rfind('/'));
}

/// The directories of this program, and of the library that this code is part of.
std::vector<std::string> own_directories() {
  std::vector<std::string> found;
#if defined(__linux__)
  found.push_back(directory_of("/proc/self/exe"));
#endif
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&find_supervisor), &info) != 0 &&
      info.dli_fname != nullptr) {
    found.push_back(directory_of(info.dli_fname));
  }
  return found;
}

// --- Starting ------------------------------------------------------------------------------------

/// posix_spawn's two descriptions.
class SpawnPlan {
 public:
  SpawnPlan() noexcept {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  /// In the new process `fd` is this number.
  int put(const Fd& fd, int number) noexcept {
    return posix_spawn_file_actions_adddup2(&actions_, fd.get(), number);
  }
  /// All signals are blocked, until the supervisor is ready for them.
  int set() noexcept {
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &all);
    short flags = POSIX_SPAWN_SETSIGMASK;
#if defined(POSIX_SPAWN_SETSID)
    flags = static_cast<short>(flags | POSIX_SPAWN_SETSID);
#endif
    return posix_spawnattr_setflags(&attributes_, flags);
  }
  int spawn(pid_t& process, char* const* argv, char* const* envp) noexcept {
    return posix_spawn(&process, argv[0], &actions_, &attributes_, argv, envp);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A copy above the numbers that the new process uses.
Fd copy_of(int fd) noexcept { return Fd(fcntl(fd, F_DUPFD_CLOEXEC, kRunDirectoryFd + 1)); }

std::vector<std::string> arguments_of(const SupervisorCall& call) {
  const std::string_view boot = boot_name();
  std::vector<std::string> all{call.supervisor,
                               kSupervisorProtocol,
                               call.run.path(),
                               std::to_string(call.log_left),
                               std::to_string(call.timeout ? call.timeout->count() : 0),
                               std::to_string(call.grace.count()),
                               std::string(boot.empty() ? kNoBoot : boot)};
  all.insert(all.end(), call.program.begin(), call.program.end());
  return all;
}

/// The supervisor's, in which the mark has another name: what looks for programs finds it not.
std::vector<std::string> environment_of(const SupervisorCall& call) {
  std::vector<std::string> all = call.environment;
  for (std::string& variable : all) {
    if (variable.compare(0, kMarkName.size() + 1, std::string(kMarkName) + '=') == 0) {
      variable.replace(0, kMarkName.size(), kSupervisorMark);
    }
  }
  return all;
}

Fd open_process(pid_t process) noexcept {
#if defined(__linux__) && defined(SYS_pidfd_open)
  return Fd(static_cast<int>(syscall(SYS_pidfd_open, process, 0U)));
#else
  static_cast<void>(process);
  return Fd();
#endif
}

/// The mark of a call's processes; `name` says of which kind.
std::string mark_of(std::string_view name, std::string_view path) {
  return std::string(name) + '=' + RunDirectory::token_of(path) + '.';
}

pid_t find_supervisor_process(const std::string& path) {
  const std::string mark = mark_of(kSupervisorMark, path);
  pid_t found = 0;
  signal_marked(
      mark,
      [](pid_t process, std::uint64_t, void* user) -> int {
        *static_cast<pid_t*>(user) = process;
        return 0;
      },
      &found);
  return found;
}

/// An executor before this one, in the same process, may have started it.
void reap_if_child(const Fd& ended) noexcept {
#if defined(__linux__)
  constexpr auto kProcessHandle = static_cast<idtype_t>(3);  // P_PIDFD; older headers have it not.
  siginfo_t info{};
  if (ended) { (void)waitid(kProcessHandle, static_cast<id_t>(ended.get()), &info, WEXITED); }
#else
  static_cast<void>(ended);
#endif
}

}  // namespace

std::string find_supervisor() {
  // In a build tree it is beside the program and the libraries. Where they are installed it is at
  // the same place relative to them, wherever the whole was moved to.
  for (const std::string& directory : own_directories()) {
    if (directory.empty()) { continue; }
    for (const char* const way : {"/", PROMOFLOW_FROM_PROGRAM, PROMOFLOW_FROM_LIBRARY}) {
      std::string path = directory + way + kSupervisorName;
      if (is_program(path)) { return path; }
    }
  }
  std::string path = std::string(PROMOFLOW_LIBEXEC) + '/' + kSupervisorName;
  return is_program(path) ? path : std::string();
}

Problem start_supervisor(const SupervisorCall& call, Supervision& supervision) {
  const std::vector<std::string> arguments = arguments_of(call);
  const std::vector<std::string> environment = environment_of(call);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const auto failed = [&](int error) {
    return system_problem("cannot start " + call.supervisor, error);
  };
  Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  const Fd stream = copy_of(null.get());
  const Fd log = copy_of(call.log.get());
  const Fd directory = copy_of(call.run.files().fd().get());
  if (!stream || !log || !directory) { return failed(errno); }
  if (is_near_limit(directory)) { return failed(EMFILE); }
  SpawnPlan plan;
  int error = plan.set();
  if (error == 0) { error = plan.put(stream, STDIN_FILENO); }
  if (error == 0) { error = plan.put(log, STDOUT_FILENO); }
  if (error == 0) { error = plan.put(stream, STDERR_FILENO); }
  if (error == 0) { error = plan.put(directory, kRunDirectoryFd); }
  if (error == 0) { error = plan.spawn(supervision.process, argv.data(), envp.data()); }
  if (error == E2BIG) {
    return {"cannot run " + call.program.front() +
                ": its arguments and environment are too large for the system",
            error};
  }
  if (error != 0) { return failed(error); }
  supervision.is_child = true;
  supervision.ended = open_process(supervision.process);
  return {};
}

bool attach_supervisor(RunLook look, Supervision& supervision) {
  supervision.ended = look.supervisor > 0 ? open_process(look.supervisor) : Fd();
  if (is_unlocked(look.lock)) { return false; }
  // While the lock is held the number is the supervisor's, unless it has another one here: each
  // container numbers its processes anew.
  const std::string mark = mark_of(kSupervisorMark, supervision.run.path());
  const bool is_known = look.supervisor > 0 && has_mark(look.supervisor, mark);
  supervision.process = is_known ? look.supervisor : 0;
  if (!is_known) { supervision.ended.reset(); }
  supervision.lock = std::move(look.lock);
  return true;
}

bool find_supervisor_of(const std::string& path, Supervision& supervision) {
  supervision.process = find_supervisor_process(path);
  if (supervision.process == 0) { return false; }
  supervision.ended = open_process(supervision.process);
  return has_mark(supervision.process, mark_of(kSupervisorMark, path));
}

void signal_supervisor(const Supervision& supervision, int signal) noexcept {
  if (supervision.process <= 0) { return; }
#if defined(__linux__) && defined(SYS_pidfd_send_signal)
  if (supervision.ended) {
    syscall(SYS_pidfd_send_signal, supervision.ended.get(), signal, nullptr, 0U);
    syscall(SYS_pidfd_send_signal, supervision.ended.get(), SIGCONT, nullptr, 0U);
    return;
  }
#endif
  if (!supervision.is_child && (!supervision.lock || is_unlocked(supervision.lock))) { return; }
  kill(supervision.process, signal);
  kill(supervision.process, SIGCONT);  // It may have been stopped.
}

std::optional<int> supervisor_end(const Supervision& supervision) noexcept {
  if (!supervision.is_child) {
    if (supervision.lock) {
      if (!is_unlocked(supervision.lock)) { return std::nullopt; }
    } else if (supervision.ended) {
      pollfd polled{supervision.ended.get(), POLLIN, 0};
      if (poll(&polled, 1, 0) == 0) { return std::nullopt; }
    }
    reap_if_child(supervision.ended);
    return kSupervisorGone;
  }
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(supervision.process, &status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) { return std::nullopt; }
  // What its records say counts, also where the host has waited for it.
  return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : kSupervisorGone;
}

void kill_leftovers(const std::string& path) {
  const std::string mark = mark_of(kMarkName, path);
  const auto every = [](pid_t, std::uint64_t, void*) -> int { return SIGKILL; };
  for (int pass = 0; pass < kPassesMax && signal_marked(mark, every, nullptr) > 0; ++pass) {}
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

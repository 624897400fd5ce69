// SPDX-License-Identifier: Apache-2.0
#include "process/escaped.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

#include "process/fd.hpp"

#if defined(__linux__)
#include <sys/syscall.h>
#endif

extern char** environ;

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

void remove_own_mark() noexcept {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (strncmp(*entry, kMarkName.data(), kMarkName.size()) == 0) { **entry = 'X'; }
  }
}

#if defined(__linux__) && defined(SYS_getdents64)

namespace {

/// An entry as the kernel writes it; the name follows.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t size;
  std::uint8_t type;
};
constexpr std::size_t kNameAt = 19;  // Behind the fields above, without padding.

/// Reads an environment piece by piece, and looks for the mark at the beginning of a variable.
class MarkReader {
 public:
  explicit MarkReader(std::string_view mark) noexcept : mark_(mark) {}

  /// True: the number of the program is known.
  bool read(std::string_view piece) noexcept {
    for (const char c : piece) {
      if (c == '\0') {
        if (is_found()) { return true; }
        matched_ = 0;
      } else if (is_found()) {
        program_ = program_ * 10 + static_cast<std::uint64_t>(c - '0');
      } else if (matched_ != kOther) {
        matched_ = c == mark_[matched_] ? matched_ + 1 : kOther;
      }
    }
    return false;
  }
  bool is_found() const noexcept { return matched_ == mark_.size(); }
  std::uint64_t program() const noexcept { return program_; }

 private:
  static constexpr std::size_t kOther = static_cast<std::size_t>(-1);
  std::string_view mark_;
  std::size_t matched_ = 0;
  std::uint64_t program_ = 0;
};

/// Opens `/proc/PROCESS/environ`; closed: it has ended, or is another user's.
Fd open_environment(pid_t process) noexcept {
  char path[48] = "/proc/";
  char digits[16];
  std::size_t count = 0;
  for (pid_t rest = process; rest > 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  std::size_t at = strlen(path);
  while (count > 0) { path[at++] = digits[--count]; }
  memcpy(path + at, "/environ", sizeof "/environ");
  return Fd(open(path, O_RDONLY | O_CLOEXEC));
}

bool read_mark(pid_t process, MarkReader& reader) noexcept {
  const Fd file = open_environment(process);
  if (!file) { return false; }
  char piece[4096];
  for (;;) {
    const ssize_t got = read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) { continue; }
    if (got <= 0) { return reader.is_found(); }
    if (reader.read({piece, static_cast<std::size_t>(got)})) { return true; }
  }
}

/// The number that a directory of /proc has as its name; 0: it is none of a process.
pid_t process_of(const char* name) noexcept {
  pid_t process = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') { return 0; }
    process = process * 10 + (*name - '0');
  }
  return process;
}

bool send_signal(const Fd& handle, pid_t process, int signal) noexcept {
#if defined(SYS_pidfd_send_signal)
  if (handle) { return syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0U) == 0; }
#endif
  return kill(process, signal) == 0;
}

Fd open_process(pid_t process) noexcept {
#if defined(SYS_pidfd_open)
  return Fd(static_cast<int>(syscall(SYS_pidfd_open, process, 0U)));
#else
  static_cast<void>(process);
  return Fd();
#endif
}

}  // namespace

bool has_mark(pid_t process, std::string_view mark) noexcept {
  MarkReader reader(mark);
  return read_mark(process, reader);
}

int signal_marked(std::string_view mark, ChooseSignal choose, void* user) noexcept {
  const Fd all(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!all) { return 0; }
  const pid_t self = getpid();
  int count = 0;
  alignas(DirectoryEntry) char entries[4096];
  for (;;) {
    const long got = syscall(SYS_getdents64, all.get(), entries, sizeof entries);
    if (got <= 0) { return count; }
    for (long at = 0; at < got;) {
      DirectoryEntry entry{};
      memcpy(&entry, entries + at, kNameAt);
      const pid_t process = process_of(entries + at + kNameAt);
      at += entry.size;
      if (process <= 1 || process == self) { continue; }
      MarkReader reader(mark);
      if (!read_mark(process, reader)) { continue; }
      const int signal = choose(process, reader.program(), user);
      if (signal == 0) { continue; }
      // Looked at again through a handle: the number may have become another process's.
      const Fd handle = open_process(process);
      MarkReader again(mark);
      if (read_mark(process, again) && send_signal(handle, process, signal)) { ++count; }
    }
  }
}

#else

bool has_mark(pid_t, std::string_view) noexcept { return true; }

int signal_marked(std::string_view, ChooseSignal, void*) noexcept { return 0; }

#endif

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

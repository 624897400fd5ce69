// SPDX-License-Identifier: Apache-2.0
/// @file
/// Fd: a file descriptor with an owner.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept {
    if (fd_ >= 0) { close(fd_); }
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Writes all of a text; false: errno says why not.
inline bool write_all(const Fd& fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t done = write(fd.get(), text.data(), text.size());
    if (done < 0 && errno == EINTR) { continue; }
    if (done <= 0) { return false; }
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

/// Moves a descriptor above 2: a host may have closed 0, 1 or 2, so a new one may have got their
/// number, which a program's own streams take. False: errno says why.
inline bool move_above_stderr(Fd& fd) noexcept {
  if (fd.get() > STDERR_FILENO) { return true; }
  Fd moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) { return false; }
  fd = std::move(moved);
  return true;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Fd: a file descriptor with an owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace promoflow::detail {

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

}  // namespace promoflow::detail

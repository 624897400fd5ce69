// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "supervisor/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

namespace {

constexpr std::size_t kChunk = 16384;
constexpr int kChunksAtOnce = 4;  // Then signals and the other output have their turn.
constexpr char kDropped[] = "\n[promoflow: the log is full; what follows is dropped]\n";

}  // namespace

void Tail::add(const char* bytes, std::size_t size) noexcept {
  if (size >= sizeof bytes_) {
    is_cut_ = is_cut_ || size_ > 0 || size > sizeof bytes_;
    memcpy(bytes_, bytes + (size - sizeof bytes_), sizeof bytes_);
    size_ = sizeof bytes_;
    return;
  }
  const std::size_t kept = std::min(size_, sizeof bytes_ - size);
  is_cut_ = is_cut_ || kept < size_;
  memmove(bytes_, bytes_ + (size_ - kept), kept);
  memcpy(bytes_ + kept, bytes, size);
  size_ = kept + size;
}

void Output::keep(const char* bytes, std::size_t size) noexcept {
  // A disk that is full must not fail a program that succeeds: the log is for people only.
  const auto fits = std::min(size, static_cast<std::size_t>(left_));
  left_ -= static_cast<std::int64_t>(fits);
  (void)write_all(log_, bytes, fits);
  if (fits < size && !is_full_) {
    is_full_ = true;
    (void)write_all(log_, kDropped, sizeof kDropped - 1);
  }
}

void Output::read_from(int& fd, Tail& tail) noexcept {
  static char chunk[kChunk];
  for (int i = 0; i < kChunksAtOnce && fd >= 0; ++i) {
    const ssize_t got = read(fd, chunk, sizeof chunk);
    if (got > 0) {
      tail.add(chunk, static_cast<std::size_t>(got));
      keep(chunk, static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EAGAIN) {
      return;
    } else if (got == 0 || errno != EINTR) {
      close(fd);
      fd = -1;
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor

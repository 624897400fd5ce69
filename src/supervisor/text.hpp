// SPDX-License-Identifier: Apache-2.0
/// @file
/// Text of bounded length, and writing it: nothing here allocates.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

/// A text of at most Max bytes; what does not fit makes it invalid.
template <std::size_t Max>
class Text {
 public:
  Text& operator<<(const char* text) noexcept {
    const std::size_t size = strlen(text);
    is_whole_ = is_whole_ && size < Max - size_;
    if (!is_whole_) { return *this; }
    memcpy(bytes_ + size_, text, size + 1);
    size_ += size;
    return *this;
  }
  Text& operator<<(std::int64_t number) noexcept {
    char digits[24];
    std::size_t at = sizeof digits - 1;
    digits[at] = '\0';
    const bool is_negative = number < 0;
    auto rest =
        is_negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    if (is_negative) { digits[--at] = '-'; }
    return *this << (digits + at);
  }

  bool is_whole() const noexcept { return is_whole_; }
  const char* c_str() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }

 private:
  char bytes_[Max] = {};
  std::size_t size_ = 0;
  bool is_whole_ = true;
};

/// Writes all of it; false: errno says why not.
inline bool write_all(int fd, const char* bytes, std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t done = write(fd, bytes, size);
    if (done < 0 && errno == EINTR) { continue; }
    if (done <= 0) { return false; }
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

template <std::size_t Max>
bool write_all(int fd, const Text<Max>& text) noexcept {
  return text.is_whole() && write_all(fd, text.c_str(), text.size());
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor

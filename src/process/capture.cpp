// SPDX-License-Identifier: Apache-2.0
#include "process/capture.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/utf8.hpp"
#include "promoflow/context.hpp"

namespace promoflow::detail {

namespace {

constexpr std::size_t kTailMax = 4096;
constexpr std::size_t kChunk = 16384;
constexpr int kChunksAtOnce = 4;  // Then it is another program's turn.
constexpr std::string_view kDropped = "\n[promoflow: the log is full; what follows is dropped]\n";

std::string write_failure(const std::string& path) {
  return "cannot write " + path + ": " + std::generic_category().message(errno);
}

bool write_all(const Fd& fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t done = write(fd.get(), text.data(), text.size());
    if (done < 0 && errno == EINTR) { continue; }
    if (done <= 0) { return false; }
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

}  // namespace

std::string Capture::open(const std::string& path, std::size_t bytes_max) {
  log_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat found {};
  if (!log_ || fstat(log_.get(), &found) != 0) { return write_failure(path); }
  const auto size = static_cast<std::size_t>(found.st_size);
  left_ = bytes_max - std::min(bytes_max, size);
  return {};
}

bool Capture::read_from(const Fd& fd, bool is_error) {
  char chunk[kChunk];
  for (int i = 0; i < kChunksAtOnce; ++i) {
    const ssize_t got = read(fd.get(), chunk, sizeof chunk);
    if (got > 0) {
      keep({chunk, static_cast<std::size_t>(got)}, is_error);
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      return got < 0 && (errno == EAGAIN);
    }
  }
  return true;
}

void Capture::keep(std::string_view text, bool is_error) {
  if (is_error) {
    tail_ += text;
    if (tail_.size() > kTailMax) {
      tail_.erase(0, tail_.size() - kTailMax);
      cut_ = true;
    }
  }
  // A disk that is full must not fail a hook that succeeds: the log is for people only.
  const std::string_view fits = text.substr(0, left_);
  left_ -= fits.size();
  (void)write_all(log_, fits);
  if (fits.size() < text.size() && !full_) {
    full_ = true;
    (void)write_all(log_, kDropped);
  }
}

std::string Capture::tail() const {
  std::string_view text = tail_;
  // The first bytes may be the rest of a character that was cut in two.
  while (cut_ && !text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.front())) { text.remove_prefix(1); }
  while (!text.empty() && is_space(text.back())) { text.remove_suffix(1); }
  return to_utf8(text);
}

std::string make_directories(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') { continue; }
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat found {};
      if (stat(part.c_str(), &found) == 0) { continue; }  // EACCES or EROFS, but it exists.
      return "cannot make the directory " + part + ": " + std::generic_category().message(error);
    }
  }
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return path + " is not a directory";
  }
  return {};
}

std::string write_file(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || !write_all(fd, text)) { return write_failure(path); }
  return {};
}

Exported read_export(const std::string& path) {
  // Nonblocking: a hook may have left a pipe there that no process writes to.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd && errno == ENOENT) { return {}; }
  struct stat found {};
  if (!fd || fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return {std::nullopt,
            "the file at $PROMOTION_CONTEXT_PATH cannot be read: write a plain file there"};
  }
  // One byte too many is enough for the machine to see that it is too large (C4).
  std::string text(std::min(static_cast<std::size_t>(found.st_size), kContextBytesMax + 1), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) { continue; }
    if (got <= 0) { break; }
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  if (text.empty()) { return {}; }
  return {std::move(text), {}};
}

}  // namespace promoflow::detail

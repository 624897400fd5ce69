// SPDX-License-Identifier: Apache-2.0
#include "process/capture.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/utf8.hpp"
#include "process/program_end.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kChunk = 16384;
constexpr int kChunksAtOnce = 4;  // Then it is another program's turn.
constexpr std::string_view kDropped = "\n[promoflow: the log is full; what follows is dropped]\n";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

}  // namespace

void Capture::open(OpenedFile log, std::size_t bytes_max) noexcept {
  log_ = std::move(log.file);
  left_ = bytes_max - std::min(bytes_max, log.size);
}

void write_note(const Fd& log, std::string_view text) {
  const std::string line = "[promoflow: " + std::string(text) + "]\n";
  (void)write_all(log, line);
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
  (is_error ? error_ : out_).add(text);
  // A disk that is full must not fail a hook that succeeds: the log is for people only.
  const std::string_view fits = text.substr(0, left_);
  left_ -= fits.size();
  (void)write_all(log_, fits);
  if (fits.size() < text.size() && !full_) {
    full_ = true;
    (void)write_all(log_, kDropped);
  }
}

std::string Capture::last_words() const {
  std::string words = error_.text();
  return words.empty() ? out_.text() : words;
}

void Tail::add(std::string_view text, bool is_cut) {
  cut_ = cut_ || is_cut;
  if (text.size() > kTailMax) {
    text.remove_prefix(text.size() - kTailMax);
    end_.clear();
    cut_ = true;
  }
  end_ += text;
  if (end_.size() > kTailMax) {
    end_.erase(0, end_.size() - kTailMax);
    cut_ = true;
  }
}

std::string Tail::text() const {
  std::string_view text = end_;
  // The first bytes may be the rest of a character that was cut in two.
  while (cut_ && !text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.front())) { text.remove_prefix(1); }
  while (!text.empty() && is_space(text.back())) { text.remove_suffix(1); }
  return is_visible(text) ? to_utf8(text) : std::string();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

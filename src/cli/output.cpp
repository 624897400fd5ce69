// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/printable.hpp"
#include "executor/threads.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace promoflow::cli {
namespace {

constexpr std::uint32_t kWidthDefault = 100;
constexpr std::uint32_t kWidthMax = 1000;
constexpr std::size_t kKeptMax = 1 << 16;  // Bytes of output that are written at once.
constexpr int kOut = 1;
constexpr int kError = 2;

// The program is one thread while these change.
bool g_input_open = true;
bool g_output_open = true;
int g_output_error = 0;  // The first errno of standard output.
bool g_error_told = false;
std::atomic<OutputSink*> g_sink{nullptr};
std::string g_kept;  // Of standard output, and not written so far.

std::string reason(int error) { return std::generic_category().message(error); }

bool is_terminal(std::FILE* stream) {
#if defined(_WIN32)
  return _isatty(_fileno(stream)) != 0;
#else
  return isatty(fileno(stream)) != 0;
#endif
}

#if !defined(_WIN32)
/// Whether the descriptor is open for reading or for writing.
bool is_open(int fd, int unwanted_mode) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != unwanted_mode;
}
#endif

/// Writes all of it: 0, or an errno.
int write_all(int fd, std::string_view text) {
  int error = 0;
  while (!text.empty() && error == 0) { error = write_some(fd, text); }
  return error;
}

void append_json_escape(std::string& out, std::uint32_t unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) { out += kDigits[(unit >> shift) & 15U]; }
}

bool is_plain_in_shell(char c) {
  constexpr std::string_view kPlain = "_@%+=:,./-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPlain.find(c) != std::string_view::npos;
}

/// `$'...'`: bytes that must not be printed as \xHH.
std::string escaped_shell_word(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string word = "$'";
  for (std::size_t at = 0; at < path.size();) {
    std::string shown;
    const std::size_t bytes = detail::append_printable(shown, path, at);
    const std::string_view self = path.substr(at, bytes);
    at += bytes;
    if (shown == self) {
      if (self == "'" || self == "\\") { word += '\\'; }
      word += self;
      continue;
    }
    for (const char c : self) {
      word += "\\x";
      word += kDigits[static_cast<unsigned char>(c) >> 4U];
      word += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    // A digit behind it would be taken for a part of the number.
    if (at < path.size()) { word += "'$'"; }
  }
  return word + '\'';
}

}  // namespace

Exit worse(Exit left, Exit right) { return std::max(left, right); }

bool open_standard_streams() {
#if defined(_WIN32)
  // Texts are what they are on other systems: no line ends with a carriage return, none is read as
  // another, and Ctrl-Z ends none.
  for (std::FILE* const stream : {stdin, stdout, stderr}) {
    const int fd = _fileno(stream);
    if (fd >= 0) { (void)_setmode(fd, _O_BINARY); }  // A program without a console has none.
  }
#else
  g_input_open = is_open(STDIN_FILENO, O_WRONLY);
  g_output_open = is_open(STDOUT_FILENO, O_RDONLY);
  if (!g_output_open) { g_output_error = EBADF; }
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // open() takes the lowest number that is free: all below `fd` are open by now.
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) { return false; }
  }
#endif
  return true;
}

bool input_is_open() { return g_input_open; }

bool output_is_open() { return g_output_open; }

void do_without_output() {
  if (!g_output_open) { g_output_error = 0; }
}

Exit complain(std::string_view line) {
  tell(line);
  return Exit::Usage;
}

void tell(std::string_view line) { write_error("promoflow: " + detail::printable(line) + '\n'); }

Exit complain(const Error& error) {
  // What the system refuses is nobody's mistake, and no reason for a report.
  if (error.where == "system" || error.message == detail::kNoThread) {
    return complain(error.message);
  }
  std::string line(to_string(error.code));
  if (!error.where.empty()) { line += ": " + error.where; }
  if (!error.message.empty()) { line += ": " + error.message; }
  return complain(line);
}

#if defined(_WIN32)
int write_some(int fd, std::string_view& text) {
  std::FILE* const stream = fd == kOut ? stdout : stderr;
  errno = 0;
  const std::size_t written = std::fwrite(text.data(), 1, text.size(), stream);
  const bool failed = written < text.size() || std::fflush(stream) != 0;
  text = {};
  return !failed ? 0 : errno != 0 ? errno : EIO;
}
#else
int write_some(int fd, std::string_view& text) {
  constexpr std::size_t kPieceMax = 4096;  // A pipe that has room at all has room for so much.
  for (;;) {
    const ssize_t written = write(fd, text.data(), std::min(text.size(), kPieceMax));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      return 0;
    }
    if (errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      (void)poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
}
#endif

void set_output_sink(OutputSink* sink) {
  flush_output();
  g_sink = sink;
}

void note_output_error(int error) {
  if (g_output_error == 0) { g_output_error = error; }
}

void draw_below(std::string_view text, std::size_t rows) {
  if (OutputSink* const sink = g_sink) { sink->draw(text, rows); }
}

void write_out(std::string_view text) {
  if (g_output_error != 0) { return; }
  if (OutputSink* const sink = g_sink) {
    sink->take(OutputSink::Stream::Out, text);
    return;
  }
  static const bool to_terminal = is_terminal(stdout);
  g_kept += text;
  if (g_kept.size() >= kKeptMax || to_terminal) { flush_output(); }
}

void flush_output() {
  if (g_output_error == 0) { g_output_error = write_all(kOut, g_kept); }
  g_kept.clear();
}

void write_error(std::string_view text) {
  if (OutputSink* const sink = g_sink) {
    sink->take(OutputSink::Stream::Error, text);
    return;
  }
  // A failure to report a failure cannot be reported.
  (void)write_all(kError, text);
}

std::string json_for_terminal(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const detail::Character self = detail::character_at(json, at);
    const auto value = static_cast<std::uint32_t>(self.value);
    if (json[at] == '\n' || !detail::is_unprintable(self.value)) {
      out += json.substr(at, self.bytes);
    } else if (value < 0x10000) {
      append_json_escape(out, value);
    } else {
      append_json_escape(out, 0xD7C0 + (value >> 10U));
      append_json_escape(out, 0xDC00 + (value & 0x3FFU));
    }
    at += self.bytes;
  }
  return out;
}

void write_json(std::string_view json) {
  if (is_terminal(stdout)) {
    write_out(json_for_terminal(json));
  } else {
    write_out(json);
  }
}

Exit finish_output() {
  flush_output();
  if (g_output_error == 0) { return Exit::Fine; }
  // The reader closed the pipe on purpose (`promoflow ... | head`): no message is needed.
  if (g_output_error != EPIPE && !std::exchange(g_error_told, true)) {
    complain("cannot write to standard output: " +
             (g_output_open ? reason(g_output_error)
                            : std::string("it is closed; send it to a file, or to /dev/null")));
  }
  return Exit::Usage;
}

bool wants_color(std::string_view choice, std::FILE* stream) {
  if (choice == "always") { return true; }
  if (choice == "never") { return false; }
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') { return false; }
  if (term != nullptr && std::strcmp(term, "dumb") == 0) { return false; }
  return is_terminal(stream);
}

std::uint32_t terminal_width() {
  if (const char* const columns = std::getenv("COLUMNS")) {
    std::uint32_t width = 0;
    const auto [end, error] = std::from_chars(columns, columns + std::strlen(columns), width);
    if (error == std::errc() && *end == '\0' && width > 0) { return std::min(width, kWidthMax); }
  }
#if !defined(_WIN32)
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::min<std::uint32_t>(size.ws_col, kWidthMax);
  }
#endif
  return kWidthDefault;
}

std::string shell_word(std::string_view path) {
  if (!path.empty() && std::all_of(path.begin(), path.end(), is_plain_in_shell)) {
    return std::string(path);
  }
  if (detail::printable(path) != path) { return escaped_shell_word(path); }
  std::string word = "'";
  for (const char c : path) { word += c == '\'' ? std::string("'\\''") : std::string(1, c); }
  return word + '\'';
}

}  // namespace promoflow::cli

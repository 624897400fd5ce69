// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "cli/cli.hpp"
#include "promoflow/manifest.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace promoflow::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::uint32_t kWidthDefault = 100;
constexpr std::uint32_t kWidthMax = 1000;

int g_output_error = 0;  // The first errno of standard output; the program is one thread.

std::string reason(int error) { return std::generic_category().message(error); }

bool is_terminal(std::FILE* stream) {
#if defined(_WIN32)
  return _isatty(_fileno(stream)) != 0;
#else
  return isatty(fileno(stream)) != 0;
#endif
}

/// Reads until the end, or one byte beyond the limit: /dev/zero has no end.
bool read_all(std::FILE* file, std::string& text) {
  const std::size_t limit = TextLimits{}.text_bytes_max + 1;
  std::vector<char> chunk(kChunk);
  while (text.size() < limit) {
    const std::size_t wanted = std::min(chunk.size(), limit - text.size());
    const std::size_t got = std::fread(chunk.data(), 1, wanted, file);
    text.append(chunk.data(), got);
    if (got < wanted) { break; }
  }
  return std::ferror(file) == 0;
}

}  // namespace

Exit worse(Exit left, Exit right) { return std::max(left, right); }

Exit complain(std::string_view line) {
  std::string text = "promoflow: ";
  // One line, whatever a file name or an argument contains.
  for (const char c : line) { text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c; }
  write_error(text + '\n');
  return Exit::Usage;
}

Exit complain(const Error& error) {
  std::string line(to_string(error.code));
  if (!error.where.empty()) { line += ": " + error.where; }
  if (!error.message.empty()) { line += ": " + error.message; }
  return complain(line);
}

std::string input_name(const std::string& path) { return path == "-" ? "<stdin>" : path; }

std::optional<std::string> read_input(const std::string& path) {
  const bool is_stdin = path == "-";
  std::error_code ignored;
  if (!is_stdin && std::filesystem::is_directory(path, ignored)) {
    complain(path + " is a directory; name the file in it");
    return std::nullopt;
  }
  std::FILE* file = is_stdin ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    complain("cannot read " + path + ": " + reason(errno));
    return std::nullopt;
  }
  std::string text;
  errno = 0;
  const bool good = read_all(file, text);
  const int error = errno;
  if (!is_stdin) { std::fclose(file); }
  if (!good) {
    complain("cannot read " + input_name(path) + ": " + reason(error));
    return std::nullopt;
  }
  return text;
}

void write_out(std::string_view text) {
  if (g_output_error != 0) { return; }
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) {
    g_output_error = errno != 0 ? errno : EIO;
  }
}

void write_error(std::string_view text) {
  // A failure to report a failure cannot be reported.
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

Exit finish_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 && g_output_error == 0) {
    g_output_error = errno != 0 ? errno : EIO;
  }
  if (g_output_error == 0) { return Exit::Fine; }
  // The reader closed the pipe on purpose (`promoflow ... | head`): no message is needed.
  if (g_output_error != EPIPE) {
    complain("cannot write to standard output: " + reason(g_output_error));
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

}  // namespace promoflow::cli

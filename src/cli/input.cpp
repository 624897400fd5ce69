// SPDX-License-Identifier: Apache-2.0
#include "cli/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/output.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

std::string reason(int error) { return std::generic_category().message(error); }

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

std::string input_name(const std::string& path) { return path == "-" ? "<stdin>" : path; }

std::optional<std::string> read_input(const std::string& path) {
  const bool is_stdin = path == "-";
  if (is_stdin && !input_is_open()) {
    complain("cannot read standard input: it is closed; name a file, or send one to it");
    return std::nullopt;
  }
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

}  // namespace promoflow::cli

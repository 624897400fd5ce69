// SPDX-License-Identifier: Apache-2.0
#include "process/program_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "base/printable.hpp"
#include "base/suggest.hpp"
#include "process/elf_file.hpp"
#include "process/env_line.hpp"
#include "process/fd.hpp"
#include "process/file_format.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kFirstLineMax = 256;  // The kernel does not look further, either.
constexpr std::size_t kEntriesMax =
    10'000;                          // Of a directory in which something near is looked for.
constexpr int kInterpretersMax = 5;  // The interpreter of a script may be a script.
constexpr std::string_view kBlank = " \t";

// Whether the system hands each word of a first line on as an argument of its own.
#if defined(__APPLE__)
constexpr bool kSplitsFirstLine = true;
#else
constexpr bool kSplitsFirstLine = false;
#endif

/// The beginning of a file. False: it cannot be read, which says nothing about running it.
bool read_head(const Fd& file, std::string& head) {
  std::array<char, kFirstLineMax> bytes{};
  const ssize_t got = file ? read(file.get(), bytes.data(), bytes.size()) : -1;
  if (got < 0) { return false; }
  head.assign(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

/// The next word of a line, removed from it.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

bool is_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v';
  });
}

/// A file without a first line that names an interpreter.
ProgramProblem examine_other(const std::string& path, std::string_view head) {
  if (head.empty()) {
    return {"cannot run " + path + ": it is empty",
            "write a program, or a script that begins "
            "with #! and its interpreter"};
  }
  if (head.substr(0, 3) == "\xEF\xBB\xBF") {
    return {"cannot run " + path +
                ": it begins with a byte order mark, so the system does not see "
                "its #!",
            "save it as UTF-8 without a byte order mark"};
  }
  if (is_text(head)) {
    return {"cannot run " + path + ": it is a text without #! and an interpreter in its first line",
            "let it begin with a line such as #!/bin/sh"};
  }
  return examine_binary(path, head);
}

/// Up to its end, or to where the system ends it.
std::string first_line(std::string_view head) {
  return std::string(head.substr(0, head.find_first_of(std::string_view("\n\0", 2))));
}

ProgramProblem examine_script(const std::string& path, std::string_view head, int depth);

/// Of a set-user-ID program the system allows nobody else to read it, and it is no script.
ProgramProblem unreadable(const std::string& path, const struct stat& file, int depth) {
  if (depth > 0 || (file.st_mode & S_ISUID) != 0) { return {}; }
  return {path + " may be run, but not read: if it is a script its interpreter cannot run it",
          "chmod +r " + path, true};
}

/// Whether nothing of the file system can be run, whatever the modes of its files are.
bool is_without_programs(const std::string& path) {
#if defined(ST_NOEXEC)
  struct statvfs system {};
  return statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_NOEXEC) != 0;
#else
  (void)path;
  return false;
#endif
}

ProgramProblem examine(const std::string& path, int depth) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    const int error = errno;
    return {.message = "cannot run " + path + ": " + std::generic_category().message(error),
            .is_missing = error == ENOENT && depth == 0};
  }
  if (!S_ISREG(found.st_mode)) { return {"cannot run " + path + ": it is not a file", {}}; }
  if (access(path.c_str(), X_OK) != 0) {
    if (is_without_programs(path)) {
      return {"cannot run " + path + ": it is on a file system that is mounted with noexec",
              "put it on another one"};
    }
    return {"cannot run " + path + ": it is not executable", "chmod +x " + path};
  }
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::string head;
  if (!read_head(file, head)) {
    return errno == EACCES ? unreadable(path, found, depth) : ProgramProblem{};
  }
  if (is_elf(head)) {
    return examine_elf(path, head, file, static_cast<std::uint64_t>(found.st_size));
  }
  if (head.substr(0, 2) != "#!") { return examine_other(path, head); }
  if (depth == kInterpretersMax) {
    return {"cannot run " + path + ": too many scripts are each the interpreter of another", {}};
  }
  return examine_script(path, head, depth);
}

/// `#!/usr/bin/env bash`; `what` begins the message.
ProgramProblem examine_env(const std::string& what, std::string_view arguments, int depth) {
  EnvLine line = read_env_line(arguments, kSplitsFirstLine);
  if (!line.problem.empty()) { return {what + printable(line.problem), printable(line.hint)}; }
  if (line.program.empty() || !line.is_path_known) { return {}; }
  const bool is_path = line.program.find('/') != std::string::npos;
  const std::string found =
      is_path ? line.program : find_in_path(line.program, line.is_path_cleared);
  struct stat file {};
  if (!found.empty() && stat(found.c_str(), &file) == 0) { return examine(found, depth + 1); }
  const std::string wanted = printable(line.program);
  // Several words without -S: the name has blanks in it.
  const std::string shown = line.hint.empty() ? wanted : "'" + wanted + "'";
  return {what + "names the interpreter " + shown +
              (is_path ? ", which does not exist" : ", which is not in PATH"),
          printable(line.hint)};
}

/// The problem of a script's interpreter.
ProgramProblem examine_script(const std::string& path, std::string_view head, int depth) {
  const std::string line = first_line(head);
  const std::string what = "cannot run " + path + ": its first line ";
  if (!line.empty() && line.back() == '\r') {
    return {what + "ends with a carriage return, as Windows writes it",
            "convert its line ends: sed -i 's/\\r$//' " + path};
  }
  std::string_view rest = std::string_view(line).substr(2);
  const std::string interpreter(take_word(rest));
  if (interpreter.empty()) { return {what + "names no interpreter behind #!", {}}; }
  struct stat found {};
  const std::string shown = what + "names the interpreter " + printable(interpreter);
  if (stat(interpreter.c_str(), &found) != 0) { return {shown + ", which does not exist", {}}; }
  if (!S_ISREG(found.st_mode) || access(interpreter.c_str(), X_OK) != 0) {
    return {shown + (is_without_programs(interpreter) ? ", which is mounted with noexec"
                                                      : ", which is not executable"),
            {}};
  }
  const std::string_view name = std::string_view(interpreter).substr(interpreter.rfind('/') + 1);
  return name == "env" ? examine_env(what, rest, depth) : examine(interpreter, depth + 1);
}

/// A name without its ending: `deploy.sh` is `deploy`.
std::string_view stem(std::string_view name) {
  const std::size_t dot = name.find('.', 1);
  return name.substr(0, std::min(dot, name.size()));
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

}  // namespace

ProgramProblem examine_program(const std::string& path) { return examine(path, 0); }

std::string find_in_path(std::string_view name, bool cleared) {
  const char* const path = cleared ? nullptr : std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate(rest.substr(0, colon));
    candidate += '/';
    candidate += name;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    struct stat found {};
    if (candidate.front() == '/' && stat(candidate.c_str(), &found) == 0 &&
        S_ISREG(found.st_mode) && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDirectory> open(opendir(directory.c_str()));
  if (!open) { return names; }
  while (const dirent* const entry = readdir(open.get())) {
    if (names.size() == kEntriesMax) { break; }
    if (entry->d_name[0] != '.') { names.emplace_back(entry->d_name); }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string near_file(const std::string& directory, std::string_view name, const Names& taken) {
  std::vector<std::string> names = entries_of(directory);
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& one) { return taken.count(one) > 0; }),
              names.end());
  for (const std::string& candidate : names) {
    if (stem(candidate) == stem(name)) { return candidate; }
  }
  Suggestions suggestions(name);
  for (const std::string& candidate : names) { suggestions.offer(candidate); }
  return std::string(suggestions.best());
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

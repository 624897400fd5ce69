// SPDX-License-Identifier: Apache-2.0
#include "process/lookup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kNameBytesMax = 255;  // Of a file, on every file system that matters.

/// Whether a name can be that of a file, and of no other place than its directory.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c != '/' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
         });
}

Choice fail(std::string message, std::string hint = {}) {
  return {Choice::Kind::Fail, {}, {std::move(message), std::move(hint)}};
}

Choice fail_for_want(std::string message, std::string hint) {
  Choice choice = fail(std::move(message), std::move(hint));
  choice.problem.is_missing = true;
  return choice;
}

Choice fail_for_name(const std::string& name) {
  return fail("'" + name + "' cannot be the name of a program: no '/', no '.' in front, " +
              "no control characters, at most 255 bytes");
}

/// The program if it can be run, else why not.
Choice checked(ProgramCall program) {
  ProgramProblem problem = examine_program(program.front());
  if (!problem.message.empty() && !problem.is_doubt) {
    return {Choice::Kind::Fail, {}, std::move(problem)};
  }
  return {Choice::Kind::Run, std::move(program), std::move(problem)};
}

/// `[./notify, started]` for the text `./notify started`.
std::string as_list(std::string_view text) {
  std::string list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) { list += (list.empty() ? "[" : ", ") + std::string(text.substr(0, end)); }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list + ']';
}

bool exists(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0;
}

/// Whether the system says that there is nothing. What it does not let us see, and a link that
/// leads nowhere, must not be passed over for something else.
bool is_absent(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/// A configured program; PATH is searched here, not by a shell.
Choice configured(ProgramCall program) {
  if (program.empty() || program.front().empty()) {
    return fail("its command is empty: write a program");
  }
  const std::string& name = program.front();
  const bool is_path = name.find('/') != std::string::npos;
  std::string path = is_path ? name : find_in_path(name);
  const bool is_there = is_path ? exists(path) : !path.empty();
  if (!is_there && (name.front() == ' ' || name.back() == ' ')) {
    return fail("cannot run '" + name + "': its name begins or ends with a blank",
                "remove the blank");
  }
  if (!is_there && name.find(' ') != std::string::npos) {
    return fail("cannot run '" + name + "': there is no such program",
                "a program and its arguments are a list: " + as_list(name));
  }
  if (!is_there && !is_path) {
    return fail("cannot run " + name + ": it is not in PATH",
                exists(name) ? "a program of this directory is named with it: ./" + name : "");
  }
  program.front() = std::move(path);
  return checked(std::move(program));
}

}  // namespace

std::string promotions_directory(const ProcessOptions& options) {
  if (options.directory.empty()) { return {}; }
  std::string directory = options.directory + "/promotions";
  struct stat found {};
  const bool is_other = stat(directory.c_str(), &found) == 0 && !S_ISDIR(found.st_mode);
  return is_other || is_absent(directory) ? std::string() : directory;
}

bool has_own_promotion(const std::string& environment, const ProcessOptions& options) {
  const auto& programs = options.commands.promotions;
  if (programs && programs->count(environment) > 0) { return true; }
  if (programs && programs->count("default") > 0) { return false; }
  const std::string directory = promotions_directory(options);
  return !directory.empty() && !is_absent(directory + '/' + environment);
}

Choice choose_hook(const std::string& name, const ProcessOptions& options) {
  if (!is_file_name(name)) { return fail_for_name(name); }
  const auto found = options.commands.hooks.find(name);
  if (found != options.commands.hooks.end()) { return configured(found->second); }
  if (options.directory.empty()) {
    return fail_for_want("there is no program for the hook '" + name + "'",
                         "add one to 'hooks' of the commands");
  }
  return checked({options.directory + '/' + name});
}

Choice choose_promotion(const std::string& environment, const ProcessOptions& options) {
  if (options.commands.promotions) {
    const auto& programs = *options.commands.promotions;
    auto found = programs.find(environment);
    if (found == programs.end()) { found = programs.find("default"); }
    if (found != programs.end()) { return configured(found->second); }
  }
  const std::string directory = promotions_directory(options);
  if (!directory.empty()) {
    if (!is_file_name(environment)) { return fail_for_name(environment); }
    std::string own = directory + '/' + environment;
    Choice choice = checked({is_absent(own) ? directory + "/default" : std::move(own)});
    if (choice.problem.is_missing) {
      choice.problem.hint = "add a program '" + environment + "', or 'default' for all";
    }
    return choice;
  }
  if (options.commands.promotions || !options.promote_without_program) {
    return fail_for_want("there is no program for promotions into '" + environment + "'",
                         "add one of this name, or 'default'");
  }
  return {Choice::Kind::Succeed, {}, {}};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

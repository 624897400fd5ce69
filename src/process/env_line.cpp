// SPDX-License-Identifier: Apache-2.0
// The system puts the script's path behind what the line says. So env, if the line names no program
// for it, runs the script again, and that without end.
#include "process/env_line.hpp"

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kQuoting = "\\'\"$#";  // What -S reads beyond words.
constexpr std::string_view kNone = "names no program behind env, which would run the script again";

/// Options of env that stand alone, whose value is the next word, and that have one behind '='.
constexpr std::string_view kAlone[] = {"-",
                                       "-i",
                                       "--ignore-environment",
                                       "-v",
                                       "--debug",
                                       "--list-signal-handling",
                                       "--block-signal",
                                       "--default-signal",
                                       "--ignore-signal"};
constexpr std::string_view kWithValue[] = {"-u", "--unset", "-C", "--chdir", "-a", "--argv0"};
constexpr std::string_view kJoined[] = {
    "--unset=", "--chdir=", "--argv0=", "--block-signal=", "--default-signal=", "--ignore-signal="};

template <std::size_t Count>
bool is_one_of(std::string_view word, const std::string_view (&words)[Count]) {
  return std::find(words, words + Count, word) != words + Count;
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string_view take_word(std::string_view& line) {
  line = trimmed(line);
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

EnvLine no_program() { return {.problem = std::string(kNone), .hint = "name its program there"}; }

/// What -S takes apart: `-S ...`, `-iS ...`, `--split-string=...`. False: there is no -S.
bool take_split_option(std::string_view& line, bool& is_cleared) {
  constexpr std::string_view kLong = "--split-string=";
  if (begins_with(line, kLong)) {
    line.remove_prefix(kLong.size());
    return true;
  }
  if (line.empty() || line.front() != '-') { return false; }
  const std::size_t end = line.find_first_not_of("iv", 1);
  if (end == std::string_view::npos || line[end] != 'S') { return false; }
  is_cleared = line.substr(0, end).find('i') != std::string_view::npos;
  line.remove_prefix(end + 1);
  return true;
}

/// One option. False: it is unknown, so what follows means something unknown.
bool take_option(std::string_view word, std::string_view& rest, EnvLine& line) {
  if (word == "-" || word == "-i" || word == "--ignore-environment") {
    line.is_path_cleared = true;
    return true;
  }
  if (is_one_of(word, kAlone)) { return true; }
  // Without a PATH of its own env looks elsewhere; in another directory a path means another file.
  if (is_one_of(word, kWithValue)) {
    line.is_path_known = line.is_path_known && !begins_with(word, "-C") && word != "--chdir" &&
                         take_word(rest) != "PATH";
    return true;
  }
  const bool is_joined =
      std::any_of(std::begin(kJoined), std::end(kJoined),
                  [&](std::string_view joined) { return begins_with(word, joined); });
  const bool is_short = word.size() > 2 && (begins_with(word, "-u") || begins_with(word, "-C"));
  if (!is_joined && !is_short) { return false; }
  line.is_path_known = line.is_path_known && !begins_with(word, "-C") &&
                       !begins_with(word, "--chdir=") && word != "-uPATH" && word != "--unset=PATH";
  return true;
}

EnvLine read_words(std::string_view rest, bool is_cleared) {
  if (rest.find_first_of(kQuoting) != std::string_view::npos) { return {}; }
  EnvLine line{.is_path_cleared = is_cleared};
  std::string_view word = take_word(rest);
  bool options = true;
  while (!word.empty()) {
    const bool is_assignment = word.find('=') != std::string_view::npos;
    if (options && word == "--") {
      options = false;
    } else if (options && word.front() == '-') {
      if (!take_option(word, rest, line)) { return {}; }
    } else if (is_assignment) {
      options = false;
      if (begins_with(word, "PATH=")) { line.is_path_known = false; }
    } else {
      line.program = word;
      return line;
    }
    word = take_word(rest);
  }
  return no_program();
}

}  // namespace

EnvLine read_env_line(std::string_view arguments, bool split) {
  arguments = trimmed(arguments);
  if (arguments.empty()) { return no_program(); }
  bool is_cleared = false;
  std::string_view rest = arguments;
  if (take_split_option(rest, is_cleared)) { return read_words(rest, is_cleared); }
  if (split) { return read_words(arguments, false); }
  const std::string hint = "write #!/usr/bin/env -S " + std::string(arguments);
  const bool is_list = arguments.find_first_of(kBlank) != std::string_view::npos;
  if (arguments.front() == '-' || arguments.find('=') != std::string_view::npos) {
    if (!is_list) { return no_program(); }
    return {.problem = "gives env '" + std::string(arguments) +
                       "' as one argument, in which it finds no program",
            .hint = hint};
  }
  return {.program = std::string(arguments), .hint = is_list ? hint : std::string()};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "process/program_end.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>

#include "base/printable.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr int kNotExecuted = 126;  // The statuses of shells.
constexpr int kNotFound = 127;
constexpr int kKilled = 128;  // Plus the number of the signal.

struct SignalName {
  int signal;
  std::string_view name;
};
constexpr SignalName kSignals[] = {{SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"},
                                   {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
                                   {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
                                   {SIGUSR1, "SIGUSR1"}, {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
                                   {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
                                   {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"}};

/// Empty: a signal without a name of its own.
std::string_view name_of(int signal) noexcept {
  const auto* const found =
      std::find_if(std::begin(kSignals), std::end(kSignals),
                   [signal](const SignalName& known) { return known.signal == signal; });
  return found != std::end(kSignals) ? found->name : std::string_view();
}

std::string killed_words(const ProgramEnd& end) {
  std::string words = "killed by signal " + std::to_string(end.signal);
  if (const std::string_view name = name_of(end.signal); !name.empty()) {
    words += " (" + std::string(name) + ")";
  }
  if (end.core) { words += ", core dumped"; }
  return words;
}

std::string status_words(int status) {
  std::string words = "exit status " + std::to_string(status);
  if (status == kNotExecuted) { return words + " (a command could not be executed)"; }
  if (status == kNotFound) { return words + " (a command was not found)"; }
  if (const std::string_view name = name_of(status - kKilled); !name.empty()) {
    return words + " (as shells report " + std::string(name) + ")";
  }
  return words;
}

}  // namespace

std::string failure_message(const ProgramEnd& end, std::string_view last_words) {
  if (!end.known) {
    return "its exit status is lost: the host ignores SIGCHLD, or waits for every child process; "
           "let it wait for its own children only";
  }
  if (end.signal == 0 && end.status == 0) { return {}; }
  if (end.signal != 0) {
    const std::string words = killed_words(end);
    return last_words.empty() ? words : words + ": " + std::string(last_words);
  }
  return last_words.empty() ? status_words(end.status) : std::string(last_words);
}

bool is_visible(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, 2) == "\x1b[") {  // A colour, or a move of the cursor.
      at += 2;
      while (at < text.size() && (text[at] < '@' || text[at] > '~')) { ++at; }
      at += at < text.size() ? 1U : 0U;
      continue;
    }
    const Character self = character_at(text, at);
    if (self.value != U' ' && !is_unprintable(self.value)) { return true; }
    at += self.bytes;
  }
  return false;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

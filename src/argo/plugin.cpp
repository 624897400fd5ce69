// SPDX-License-Identifier: Apache-2.0
// Runs a program that prints credentials: without a shell, with a limit of time and of output.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "argo/credentials.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every system declares it.

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::ordered_json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kOutputMax = std::size_t{1} << 20;
constexpr std::size_t kWordsMax = 300;  // Of standard error, in a message.
constexpr std::size_t kSecretLike = 24;

tl::unexpected<Error> wrong(const ExecPlugin& plugin, const std::string& message) {
  std::string text = "the credential plugin " + plugin.command + ' ' + message;
  if (!plugin.install_hint.empty()) { text += "; " + plugin.install_hint; }
  return tl::unexpected(Error{ErrorCode::InvalidArgument, "credentials", std::move(text)});
}

/// A pipe that closes itself.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) { close(ends[which]); }
    ends[which] = -1;
  }
  bool make() {
    if (pipe(ends) != 0) { return false; }
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
  }
};

/// What a plugin is told of the cluster.
std::string exec_info(const ExecPlugin& plugin, const ClusterAccess& access) {
  Json spec = {{"interactive", false}};
  if (plugin.wants_cluster) { spec["cluster"] = {{"server", access.server}}; }
  const std::string version =
      plugin.api_version.empty() ? "client.authentication.k8s.io/v1" : plugin.api_version;
  return Json{{"apiVersion", version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> environment_of(const ExecPlugin& plugin, const ClusterAccess& access) {
  std::vector<std::pair<std::string, std::string>> own = plugin.environment;
  own.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin, access));
  std::vector<std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string variable = *at;
    const std::string name = variable.substr(0, variable.find('='));
    const bool is_replaced =
        std::any_of(own.begin(), own.end(), [&](const auto& one) { return one.first == name; });
    if (!is_replaced) { variables.push_back(variable); }
  }
  for (const auto& [name, value] : own) { variables.emplace_back(name).append("=").append(value); }
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) { pointers.push_back(text.data()); }
  pointers.push_back(nullptr);
  return pointers;
}

/// The end of what a plugin complained of, on one line, without words that may be secrets.
std::string words_of(std::string text) {
  if (text.size() > kWordsMax) { text.erase(0, text.size() - kWordsMax); }
  std::string out;
  std::string word;
  const auto flush = [&] {
    const bool is_path = word.find('/') != std::string::npos;
    out += word.size() >= kSecretLike && !is_path ? "***" : word;
    word.clear();
  };
  for (const char c : text) {
    const bool is_end = c == '\n' || c == ' ' || c == '\r' || c == '"' || c == '\'';
    if (!is_end) {
      word += c;
      continue;
    }
    flush();
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  flush();
  while (!out.empty() && out.back() == ' ') { out.pop_back(); }
  return out;
}

/// Starts it in a process group of its own. 0: `error` says why not.
pid_t start(const ExecPlugin& plugin, const ClusterAccess& access, const Pipe& out, const Pipe& err,
            int& error) {
  std::vector<std::string> arguments{plugin.command};
  arguments.insert(arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> environment = environment_of(plugin, access);
  std::vector<char*> argv = pointers_to(arguments);
  std::vector<char*> envp = pointers_to(environment);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  error =
      posix_spawnp(&child, plugin.command.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? child : 0;
}

/// Reads both pipes until they are closed. False: it takes too long, or prints too much.
bool read_all(const Pipe& out, const Pipe& err, Steady::time_point until,
              std::array<std::string, 2>& texts) {
  std::array<pollfd, 2> fds{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
    if (left <= 0) { return false; }
    if (poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
      return false;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) { continue; }
      char buffer[4096];
      const ssize_t size = read(fds[i].fd, buffer, sizeof buffer);
      if (size > 0) { texts[i].append(buffer, static_cast<std::size_t>(size)); }
      if (size == 0 || (size < 0 && errno != EINTR)) { fds[i].fd = -1; }
      if (texts[i].size() > kOutputMax) { return false; }
    }
  }
  return true;
}

/// Its status; none: it has not ended by then.
std::optional<int> wait_for(pid_t child, Steady::time_point until) {
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) { return status; }
    if (ended < 0 && errno != EINTR) { return 0; }  // Somebody else has reaped it.
    if (Steady::now() >= until) { return std::nullopt; }
    poll(nullptr, 0, 5);
  }
}

}  // namespace

Result<PluginAnswer> run_plugin(const ExecPlugin& plugin, const ClusterAccess& access,
                                std::chrono::milliseconds time) {
  Pipe out;
  Pipe err;
  if (!out.make() || !err.make()) { return wrong(plugin, "cannot be run: there is no pipe"); }
  int error = 0;
  const pid_t child = start(plugin, access, out, err, error);
  if (child == 0) {
    return wrong(plugin, "cannot be run: " + std::generic_category().message(error));
  }
  out.close_end(1);
  err.close_end(1);
  const Steady::time_point until = Steady::now() + time;
  std::array<std::string, 2> texts;
  const bool is_read = read_all(out, err, until, texts);
  std::optional<int> status = is_read ? wait_for(child, until) : std::nullopt;
  if (!status) {
    kill(-child, SIGKILL);
    static_cast<void>(wait_for(child, Steady::time_point::max()));
    return wrong(plugin, "was killed: it did not end within " +
                             std::to_string(time.count() / 1000) + " s, or printed too much");
  }
  if (*status != 0) {
    const std::string how = WIFEXITED(*status)
                                ? "ended with exit status " + std::to_string(WEXITSTATUS(*status))
                                : "was killed by signal " + std::to_string(WTERMSIG(*status));
    const std::string words = words_of(texts[1]);
    return wrong(plugin, how + (words.empty() ? "" : ": " + words));
  }
  Result<PluginAnswer> answer = read_exec_credential(texts[0]);
  if (!answer) { return wrong(plugin, "is of no use: " + answer.error().message); }
  return answer;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
#include "engine/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// What a symbolic link says; empty: there is none.
std::string link_text(const char* path) {
  char text[256];
  const ssize_t size = readlink(path, text, sizeof text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

/// The machine's present boot and, behind a blank, the namespace in which the number of a process
/// means something: containers may have the name of their host. Empty: the system does not say.
std::string place_of_processes() {
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  const std::string name_space = link_text("/proc/self/ns/pid");
  return boot.empty() || name_space.empty() ? std::string() : boot + ' ' + name_space;
}

/// When the process began, in clock ticks since the boot; 0 if it does not run, or if the system
/// has no /proc of this process's namespace.
std::int64_t start_of(std::int64_t process) {
  if (link_text("/proc/self") != std::to_string(getpid())) { return 0; }
  const std::string stat = first_line("/proc/" + std::to_string(process) + "/stat");
  // The name, in parentheses, may have spaces and parentheses; the start is the 20th field behind.
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos) { return 0; }
  for (int field = 0; field < 20; ++field) { at = stat.find(' ', at + 1); }
  return at == std::string::npos ? 0 : std::strtoll(stat.c_str() + at, nullptr, 10);
}

bool runs(std::int64_t process) {
  return kill(static_cast<pid_t>(process), 0) == 0 || errno != ESRCH;
}

std::string random_id() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device device;
  std::uniform_int_distribution<int> digit(0, 15);
  std::string id;
  for (int i = 0; i < 32; ++i) { id += kDigits[digit(device)]; }
  return id;
}

}  // namespace

Instant wall_time() noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

StoreOwner this_process(Instant now) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::int64_t self = getpid();
  return {.id = random_id(),
          .host = host,
          .boot_id = place_of_processes(),
          .process = self,
          .process_started = start_of(self),
          .since = now,
          .heartbeat = now};
}

bool LeaseCheck::is_gone(const StoreOwner& owner) const {
  const bool is_here =
      !owner.boot_id.empty() && owner.boot_id == self_->boot_id && owner.host == self_->host;
  if (is_here) {
    if (!runs(owner.process)) { return true; }
    // The number may have been given to another process since.
    if (const std::int64_t start = start_of(owner.process);
        start != 0 && owner.process_started != 0 && start != owner.process_started) {
      return true;
    }
  }
  return owner.heartbeat + lease_ < now_;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

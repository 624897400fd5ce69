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

/// When the process began, in clock ticks since the boot; 0 if it does not run, or if the system
/// has no /proc.
std::int64_t start_of(std::int64_t process) {
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
          .boot_id = first_line("/proc/sys/kernel/random/boot_id"),
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
        start != 0 && start != owner.process_started) {
      return true;
    }
  }
  return owner.heartbeat + lease_ < now_;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

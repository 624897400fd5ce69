// SPDX-License-Identifier: Apache-2.0
#include "supervisor/plan.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "process/escaped.hpp"
#include "process/supervisor_protocol.hpp"
#include "supervisor/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

namespace {

bool read_number(const char* text, std::int64_t& number) noexcept {
  char* end = nullptr;
  errno = 0;
  number = strtoll(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && number >= 0;
}

/// The program's mark, in place of the supervisor's own.
bool replace_mark(char** environment, Plan& plan) noexcept {
  static char variable[128];
  const std::size_t size = detail::kSupervisorMark.size();
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (strncmp(*entry, detail::kSupervisorMark.data(), size) != 0 || (*entry)[size] != '=') {
      continue;
    }
    Text<sizeof variable> text;
    text << detail::kMarkName.data() << *entry + size;
    const char* const number = strrchr(text.c_str(), '.');
    if (!text.is_whole() || number == nullptr) { return false; }
    memcpy(variable, text.c_str(), text.size() + 1);
    memcpy(plan.mark, variable, static_cast<std::size_t>(number + 1 - text.c_str()));
    *entry = variable;
    return true;
  }
  return false;
}

}  // namespace

bool read_plan(int count, char** arguments, char** environment, Plan& plan) noexcept {
  if (count <= detail::kSupervisorArguments ||
      strcmp(arguments[1], detail::kSupervisorProtocol) != 0) {
    return false;
  }
  plan.run = arguments[2];
  plan.boot = arguments[6];
  plan.program = arguments + detail::kSupervisorArguments;
  plan.environment = environment;
  return read_number(arguments[3], plan.log_left) && read_number(arguments[4], plan.timeout_ms) &&
         read_number(arguments[5], plan.grace_ms) && replace_mark(environment, plan);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor

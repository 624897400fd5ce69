// SPDX-License-Identifier: Apache-2.0
#include "cli/store_record.hpp"

#include "cli/run_call.hpp"

namespace promoflow::cli {

Result<ReleaseReport> read_report(Store& store, std::string_view release) {
  return detail::read_report(store, release, log_of);
}

std::string name_of(const StoredCommand& command) {
  std::string name = command.environment.value_or("release");
  if (command.hook.empty()) {
    name += " promotion";
  } else {
    const std::string_view point = to_string(command.point);
    name += ' ' + std::string(point.substr(point.find('.') + 1)) + " hook " + command.hook;
  }
  return command.attempt > 1 ? name + " (attempt " + std::to_string(command.attempt) + ")" : name;
}

Result<void> each_entry(Store& store, std::string_view release,
                        const std::function<void(const StoredEntry&)>& body) {
  constexpr std::uint32_t kEntriesAtOnce = 1000;
  for (std::uint64_t last = 0;;) {
    const auto entries = store.entries(release, last, kEntriesAtOnce);
    if (!entries) { return tl::unexpected(entries.error()); }
    for (const StoredEntry& entry : *entries) {
      body(entry);
      last = entry.sequence;
    }
    if (entries->size() < kEntriesAtOnce) { return {}; }
  }
}

Result<void> each_trace_line(Store& store, const StoreStart& start,
                             const std::function<void(std::uint64_t, std::string_view)>& body) {
  detail::each_line(start.trace, [&](std::string_view line) { body(0, line); });
  return each_entry(store, start.info.id, [&](const StoredEntry& entry) {
    detail::each_line(entry.trace, [&](std::string_view line) { body(entry.sequence, line); });
  });
}

}  // namespace promoflow::cli

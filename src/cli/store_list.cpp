// SPDX-License-Identifier: Apache-2.0
// promoflow list: the releases of a store.
#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>

#include "base/json_writer.hpp"
#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/store_record.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow list\n"
    "  promoflow list --status Failed --since 7d\n"
    "  promoflow list --product billing --format json\n"
    "\n"
    "Exit status: 0 listed, also if there is none; 2 the call is wrong, or the store can't be "
    "read.";

struct ListOptions {
  std::string store;
  std::string status;
  std::string product;
  std::string since;
  std::string limit = "100";
  std::string format;
};

/// A day, a time with seconds, or so long ago.
std::optional<Instant> parse_since(const std::string& text) {
  if (const auto age = parse_age(text)) { return detail::wall_time() - *age; }
  std::tm parts{};
  for (const char* const format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    parts = {};
    const char* const end = strptime(text.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') { return Instant(std::chrono::seconds(timegm(&parts))); }
  }
  return std::nullopt;
}

Exit read_filter(const ListOptions& options, ReleaseFilter& filter) {
  constexpr std::uint32_t kLimitMax = 10'000;
  std::vector<std::string> names;
  for (const ReleaseStatus status : kReleaseStatuses) {
    names.emplace_back(to_string(status));
    if (options.status == names.back()) { filter.status = status; }
  }
  if (!options.status.empty() && !filter.status) {
    return complain("--status " + options.status + ": there is no such status" +
                    suggestion(options.status, names) + "; use " + listed(names));
  }
  if (!options.product.empty()) { filter.product = options.product; }
  if (!options.since.empty()) {
    filter.since = parse_since(options.since);
    if (!filter.since) {
      return complain("--since " + options.since +
                      ": write a day such as 2026-11-28, a time such as 2026-11-28T09:00:00Z, or "
                      "how long ago, such as 7d or 2h");
    }
  }
  std::uint64_t limit = 0;
  const Exit exit = read_number("--limit", options.limit, 1, kLimitMax, limit);
  filter.limit = static_cast<std::uint32_t>(limit);
  return exit;
}

std::string driver_words(const StoredRelease& release) {
  if (const auto owner = drivers().of(release)) {
    return "process " + std::to_string(owner->process) + " on " + owner->host;
  }
  return is_final(release.status) ? "" : "nobody";
}

void print_table(const std::vector<StoredRelease>& releases) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "STATUS", "PHASE", "FLOW", "PRODUCT", "VERSION", "UPDATED", "DRIVEN BY"}};
  for (const StoredRelease& release : releases) {
    const std::string status(to_string(release.status));
    rows.push_back({release.id, status, release.phase == status ? "" : release.phase,
                    release.flow_name, release.info.product, release.info.version,
                    rfc3339_seconds(release.updated), driver_words(release)});
  }
  write_out(table(rows, ""));
}

Exit list(const ListOptions& options) {
  ReleaseFilter filter;
  if (const Exit exit = read_filter(options, filter); exit != Exit::Fine) { return exit; }
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  const auto releases = opened.store->list(filter);
  if (!releases) { return complain(releases.error()); }
  if (options.format == "json") {
    for (const StoredRelease& release : *releases) {
      std::string line;
      detail::JsonWriter json(line);
      json.begin_object();
      detail::write_row(json, release, drivers());
      json.end_object();
      write_json(line + '\n');
    }
    return Exit::Fine;
  }
  if (releases->empty()) {
    tell("no release of the store " + opened.path + " is like that");
    return Exit::Fine;
  }
  print_table(*releases);
  if (releases->size() == filter.limit) {
    tell("these are the newest " + std::to_string(filter.limit) +
         "; --limit N shows more, and --since, --status and --product choose");
  }
  return Exit::Fine;
}

}  // namespace

void add_list(CLI::App& app, Command& command) {
  CLI::App* const self =
      app.add_subcommand("list",
                         "List the releases of a store, the newest first.\n"
                         "It shows how each stands and which process drives it.");
  const auto options = std::make_shared<ListOptions>();
  self->add_option("--status", options->status, "Only those with this status")
      ->option_text("STATUS");
  self->add_option("--product", options->product, "Only those of this product")
      ->option_text("NAME");
  self->add_option("--since", options->since, "Only those that began then or later")
      ->option_text("TIME");
  self->add_option("--limit", options->limit, "At most so many; 100 if not given")
      ->option_text("N");
  add_choice(*self, "--format", options->format, {"text", "json"},
             "A table, or one JSON object a line");
  add_store(*self, options->store);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return list(*options); }; });
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
// promoflow export: a release as one document. store_import.cpp reads it again.
#include "cli/store_export.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/json_writer.hpp"
#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "store/start_json.hpp"

namespace promoflow::cli {
namespace {

using detail::JsonWriter;

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow export r-42 > r-42.jsonl                   its trace, a JSON object a line\n"
    "  promoflow export r-42 --format json > r-42.json      all that the store has of it\n"
    "  promoflow export r-42 --format html > r-42.html      a page with its graph and timeline\n"
    "\n"
    "Exit status: 0 written; 2 the call is wrong, there is no such release, or the store can't be\n"
    "read.";

struct ExportOptions {
  std::string release;
  std::string store;
  std::string format;
};

std::int64_t milliseconds(Instant time) { return time.time_since_epoch().count(); }

/// All of the start, as import_release() reads it.
void write_whole_start(JsonWriter& json, const StoreStart& start) {
  json.key("url").text(start.info.url).key("commitSha").text(start.info.commit_sha);
  json.key("fingerprint").text(start.fingerprint).key("manifest").text(start.manifest);
  json.key("start").begin_object().key("at").number(milliseconds(start.at));
  json.key("context").text(start.context);
  json.key("selection").raw(detail::selection_to_json(start.selection));
  json.key("library").text(start.library_version).key("executor").text(start.executor);
  json.key("run").text(start.run).key("trace").text(start.trace).end_object();
}

/// The events as they are stored: to change a byte of them is to break the chain of hashes. Those
/// that were stored after the row was read are left out: the row says what comes of the others.
Result<void> write_events(JsonWriter& json, Store& store, const StoredRelease& row) {
  json.key("sequence").number(row.sequence).key("head").text(row.head);
  json.key("events").begin_array();
  Result<void> written = each_entry(store, row.id, [&](const StoredEntry& entry) {
    if (entry.sequence > row.sequence) { return; }
    json.begin_object().key("sequence").number(entry.sequence);
    json.key("at").number(milliseconds(entry.at)).key("event").text(entry.event);
    json.key("trace").text(entry.trace).key("hash").text(entry.hash).end_object();
  });
  json.end_array();
  return written;
}

Result<std::string> json_document(Store& store, const ReleaseReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key(kExportKey).number(kExportVersion);
  detail::write_row(json, report.row, drivers());
  write_whole_start(json, report.start);
  detail::write_report(json, report);
  if (const auto written = write_events(json, store, report.row); !written) {
    return tl::unexpected(written.error());
  }
  json.end_object();
  return text + '\n';
}

Exit export_lines(Store& store, const std::string& release) {
  const auto start = store.start_of(release);
  if (!start) { return complain_of_release(store, start.error(), release); }
  write_json(started_line(*start) + '\n');
  const auto read = each_trace_line(store, *start, [](std::uint64_t, std::string_view line) {
    write_json(std::string(line) + '\n');
  });
  return read ? Exit::Fine : complain(read.error());
}

Exit export_release(const ExportOptions& options) {
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  if (options.format == "jsonl") { return export_lines(*opened.store, options.release); }
  const Result<ReleaseReport> report = read_report(*opened.store, options.release);
  if (!report) { return complain_of_release(*opened.store, report.error(), options.release); }
  if (options.format == "json") {
    const auto text = json_document(*opened.store, *report);
    if (!text) { return complain(text.error()); }
    write_json(*text);
    return Exit::Fine;
  }
  const auto page = html_page(*opened.store, *report);
  if (!page) { return complain(page.error()); }
  write_out(*page);
  return Exit::Fine;
}

}  // namespace

void add_export(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "export",
      "Write the whole record of a release: for scripts, for an archive, or as a page.\n"
      "The page is one file that needs no network.");
  const auto options = std::make_shared<ExportOptions>();
  add_store_and_release(*self, options->store, options->release);
  add_choice(*self, "--format", options->format, {"jsonl", "json", "html"},
             "The trace, all that is stored, or a page");
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return export_release(*options); }; });
}

}  // namespace promoflow::cli

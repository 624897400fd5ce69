// SPDX-License-Identifier: Apache-2.0
// promoflow export: a release as one document.
#include "cli/store_export.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/json_writer.hpp"
#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "store/start_json.hpp"

namespace promoflow::cli {
namespace {

using detail::JsonWriter;
using Json = nlohmann::json;

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow export r-42 > r-42.jsonl                   its trace, a JSON object a line\n"
    "  promoflow export r-42 --format json > r-42.json      all that the store has of it\n"
    "  promoflow export r-42 --format html > r-42.html      a page with its graph and timeline\n"
    "\n"
    "Exit status: 0 written; 2 the call is wrong, there is no such release, or the store can't be\n"
    "read.";

/// What tells the document from others, and its version.
constexpr const char* kFormatKey = "promoflowExport";
constexpr int kFormatVersion = 1;

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

/// The events as they are stored: to change a byte of them is to break the chain of hashes.
Result<void> write_events(JsonWriter& json, Store& store, const std::string& release) {
  json.key("events").begin_array();
  Result<void> written = each_entry(store, release, [&json](const StoredEntry& entry) {
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
  json.begin_object().key(kFormatKey).number(kFormatVersion);
  detail::write_row(json, report.row, drivers());
  write_whole_start(json, report.start);
  detail::write_report(json, report);
  if (const auto written = write_events(json, store, report.row.id); !written) {
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

// --- Reading such a document again ---------------------------------------------------------------

/// Its members; one that is missing, or of another type, is noted.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  std::string text(const char* key) {
    const Json* const found = member(key);
    if (found == nullptr || !found->is_string()) { return note(key, std::string()); }
    return found->get<std::string>();
  }
  std::int64_t number(const char* key) {
    const Json* const found = member(key);
    if (found == nullptr || !found->is_number_integer()) { return note(key, std::int64_t{0}); }
    return found->get<std::int64_t>();
  }
  Instant time(const char* key) { return Instant(std::chrono::milliseconds(number(key))); }
  const Json& part(const char* key) {
    static const Json kNone = Json::object();
    const Json* const found = member(key);
    return found == nullptr ? note<const Json&>(key, kNone) : *found;
  }
  const std::string& missing() const noexcept { return missing_; }

 private:
  const Json* member(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    return json_.is_object() && found != json_.end() ? &*found : nullptr;
  }
  template <class T>
  T note(const char* key, T value) {
    if (missing_.empty()) { missing_ = key; }
    return value;
  }

  const Json& json_;
  std::string missing_;
};

tl::unexpected<Error> no_document(const std::string& why) {
  return tl::unexpected(Error{ErrorCode::InvalidArgument, "",
                              "this is no document of 'promoflow export --format json': " + why});
}

StoreStart read_start(Reader& whole, Reader& start) {
  return {.info = {.id = whole.text("id"),
                   .url = whole.text("url"),
                   .product = whole.text("product"),
                   .version = whole.text("version"),
                   .commit_sha = whole.text("commitSha")},
          .flow_name = whole.text("flow"),
          .fingerprint = whole.text("fingerprint"),
          .manifest = whole.text("manifest"),
          .context = start.text("context"),
          .selection = detail::selection_from_json(start.part("selection").dump()),
          .at = start.time("at"),
          .library_version = start.text("library"),
          .executor = start.text("executor"),
          .run = start.text("run"),
          .trace = start.text("trace")};
}

}  // namespace

Result<std::string> import_release(Store& store, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) { return no_document("it is no JSON object"); }
  Reader whole(json);
  if (whole.number(kFormatKey) != kFormatVersion) {
    return no_document("it has no member 'promoflowExport' with the number 1");
  }
  Reader start(whole.part("start"));
  ReleaseWrite write{.owner = "import", .epoch = 1};
  write.start = read_start(whole, start);
  write.release = write.start->info.id;
  std::string missing = whole.missing().empty() ? start.missing() : whole.missing();
  for (const Json& event : whole.part("events")) {
    Reader entry(event);
    write.entries.push_back({.sequence = static_cast<std::uint64_t>(entry.number("sequence")),
                             .at = entry.time("at"),
                             .event = entry.text("event"),
                             .trace = entry.text("trace"),
                             .hash = entry.text("hash")});
    if (missing.empty()) { missing = entry.missing(); }
  }
  if (!missing.empty()) { return no_document("'" + missing + "' is missing, or of a wrong type"); }
  if (!write.entries.empty()) { write.head = write.entries.back().hash; }
  write.status = ReleaseStatus::Running;  // Nothing of a replay depends on it.
  const auto written = store.commit({&write, 1});
  if (!written) { return tl::unexpected(written.error()); }
  if (!written->front()) { return no_document(written->front().error().message); }
  return write.release;
}

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

// SPDX-License-Identifier: Apache-2.0
// promoflow show: how one release stands, and what has happened.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/json_writer.hpp"
#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_call.hpp"
#include "cli/run_view.hpp"
#include "cli/store_access.hpp"
#include "cli/store_record.hpp"
#include "cli/timeline.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow show r-42\n"
    "  promoflow show r-42 --format json | jq '.commands[] | select(.state == \"failed\")'\n"
    "\n"
    "The states of commands are waiting (its next attempt waits for its time), queued, running,\n"
    "suspended (it waits for 'approve', 'reject' or 'answer'), succeeded, failed and cancelled.\n"
    "\n"
    "Exit status: 0 shown; 2 the call is wrong, there is no such release, or the store can't be\n"
    "read.";

struct ShowOptions {
  std::string release;
  std::string store;
  std::string format;
  std::string color;
};

/// What a person reads: made of lines, each of which is safe to print.
class Page {
 public:
  explicit Page(bool color) : color_(color) {}
  void heading(std::string_view text) {
    text_ += '\n';
    text_ += color_ ? "\x1b[1m" : "";
    text_ += std::string(text) + (color_ ? "\x1b[0m" : "") + '\n';
  }
  void line(std::string_view text) { text_ += detail::printable(text) + '\n'; }
  /// A text of several lines, indented.
  void block(std::string_view text) {
    text_ += "  ";
    for (const char c : detail::printable_lines(text)) {
      text_ += c;
      if (c == '\n') { text_ += "  "; }
    }
    text_ += '\n';
  }
  void raw(std::string_view text) { text_ += text; }
  const std::string& text() const noexcept { return text_; }

 private:
  bool color_;
  std::string text_;
};

std::string number(Ticket ticket) { return std::to_string(static_cast<std::uint64_t>(ticket)); }

std::string status_words(std::string_view status, std::string_view phase) {
  std::string words(status);
  if (!phase.empty() && phase != status) { words += " (" + std::string(phase) + ")"; }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) { text += (text.empty() ? "" : ", ") + word; }
  return text;
}

void add_head(Page& page, const ReleaseReport& report, const std::string& path) {
  const StoredRelease& row = report.row;
  page.line("release " + row.id + " of " + row.flow_name + ": " +
            status_words(to_string(row.status), row.phase));
  std::vector<std::string> about;
  const auto add = [&about](const char* what, const std::string& value) {
    if (!value.empty()) { about.push_back(what + value); }
  };
  add("product ", row.info.product);
  add("version ", row.info.version);
  add("commit ", row.info.commit_sha);
  add("", row.info.url);
  if (!about.empty()) { page.line("  " + joined(about)); }
  page.line("  began " + rfc3339_seconds(row.created) +
            (row.ended ? ", ended " + rfc3339_seconds(*row.ended)
                       : ", last event " + rfc3339_seconds(row.updated)) +
            " (" + std::to_string(row.sequence) + " events)");
  if (const auto owner = drivers().of(row)) {
    page.line("  driven by " + words_of(*owner));
  } else if (!is_final(row.status)) {
    page.line(row.owner ? "  nobody drives it: " + words_of(*row.owner) + " is gone"
                        : "  nobody drives it");
    page.line("  go on with it: " + store_command("resume " + shell_word(row.id)));
  }
  page.line("  store " + path + ", SQLite " + std::string(sqlite_version()));
  if (!report.release.message().empty()) { page.block(report.release.message()); }
}

void add_environments(Page& page, const Release& release) {
  page.heading("Environments");
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t i = 0; i < release.flow().environment_count(); ++i) {
    const EnvironmentId id{i};
    const EnvironmentState state = release.environment(id);
    std::string more(state.message);
    const std::vector<std::string> waits = detail::waits_for(release, id);
    if (more.empty() && !waits.empty()) { more = "waits for " + joined(waits); }
    rows.push_back({std::string(release.flow().environment_name(id)),
                    status_words(to_string(state.status), state.phase), more});
  }
  page.raw(table(rows, "  "));
}

void add_suspended(Page& page, const ReleaseReport& report) {
  bool any = false;
  for (const CommandReport& command : report.commands) {
    if (command.state != "suspended") { continue; }
    if (!std::exchange(any, true)) { page.heading("Waiting for a person"); }
    const std::string call = shell_word(report.row.id) + ' ' + number(command.row.ticket);
    page.line("  " + name_of(command.row) + ", ticket " + number(command.row.ticket));
    page.line("    promoflow approve " + call);
    page.line("    promoflow reject " + call + " --reason TEXT");
  }
}

Result<void> add_timeline(Page& page, Store& store, const ReleaseReport& report, bool color) {
  page.heading("Timeline");
  Timeline timeline(
      report.release.flow(), true,
      [&](Ticket ticket) {
        const std::string path = log_of(report.start, ticket);
        return path.empty() ? path : shell_word(path);
      },
      [&](const TimelineLine& line) { page.raw("  " + printed(line, color)); });
  Result<void> read = each_trace_line(
      store, report.start, [&](std::uint64_t, std::string_view line) { timeline.add(line); });
  timeline.flush();
  return read;
}

void add_commands(Page& page, const ReleaseReport& report) {
  if (report.commands.empty()) { return; }
  page.heading("Commands");
  std::vector<std::vector<std::string>> rows = {{"TICKET", "STATE", "COMMAND", "LOG"}};
  for (const CommandReport& command : report.commands) {
    rows.push_back({number(command.row.ticket), std::string(command.state), name_of(command.row),
                    command.log.empty() ? "" : shell_word(command.log)});
  }
  page.raw(table(rows, "  "));
}

/// Who wrote a key of the context.
std::string writer_words(const ReleaseReport& report, Ticket writer) {
  if (writer == Ticket{}) { return "given at the start"; }
  const auto found =
      std::find_if(report.commands.begin(), report.commands.end(),
                   [&](const CommandReport& command) { return command.row.ticket == writer; });
  const std::string name = found == report.commands.end() ? "" : name_of(found->row) + ", ";
  return "by " + name + "ticket " + number(writer);
}

void add_context(Page& page, const ReleaseReport& report) {
  const Context context = report.release.context();
  if (context.size() > 0) {
    page.heading("Promotion context");
    std::vector<std::vector<std::string>> rows;
    for (const ContextEntry entry : context) {
      rows.push_back(
          {std::string(entry.key), std::string(entry.json), writer_words(report, entry.writer)});
    }
    page.raw(table(rows, "  "));
  }
  const auto conflicts = report.release.context_conflicts();
  if (!conflicts || conflicts->empty()) { return; }
  page.heading("Conflicts in the promotion context");
  for (const ContextConflict& conflict : *conflicts) {
    page.line("  " + std::string(conflict.key) + " was written " +
              writer_words(report, conflict.earlier) + ", and " +
              writer_words(report, conflict.later) + ", whose value remains");
  }
}

Exit show(const ShowOptions& options) {
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  const Result<ReleaseReport> report = read_report(*opened.store, options.release);
  if (!report) { return complain_of_release(*opened.store, report.error(), options.release); }
  if (options.format == "json") {
    std::string text;
    detail::JsonWriter json(text);
    json.begin_object();
    detail::write_row(json, report->row, drivers());
    detail::write_report(json, *report);
    json.end_object();
    write_json(text + '\n');
    return Exit::Fine;
  }
  const bool color = wants_color(options.color, stdout);
  Page page(color);
  add_head(page, *report, opened.path);
  add_environments(page, report->release);
  add_suspended(page, *report);
  if (const auto read = add_timeline(page, *opened.store, *report, color); !read) {
    return complain(read.error());
  }
  add_commands(page, *report);
  add_context(page, *report);
  write_out(page.text());
  return Exit::Fine;
}

}  // namespace

void add_show(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "show",
      "Show a release of a store: how it stands, what has happened, and where the logs are.\n"
      "Also while another process drives it.");
  const auto options = std::make_shared<ShowOptions>();
  add_store_and_release(*self, options->store, options->release);
  add_choice(*self, "--format", options->format, {"text", "json"},
             "A page to read, or one JSON object");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return show(*options); }; });
}

}  // namespace promoflow::cli

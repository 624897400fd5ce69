// SPDX-License-Identifier: Apache-2.0
// The page of a release: one file, for light and dark screens, without scripts and network.
#include <algorithm>

#include "base/printable.hpp"
#include "cli/store_access.hpp"
#include "cli/store_export.hpp"
#include "cli/timeline.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

// The drawing brings its colours as attributes, over which a style sheet stands: on a dark screen
// each is replaced by its counterpart.
constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --page: #f6f8fa; --card: #ffffff; --ink: #1f2328;
  --faint: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #cf222e; --busy: #0969da;
  --wait: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #161b22; --ink: #e6edf3; --faint: #9198a1; --line: #30363d;
    --good: #3fb950; --bad: #f85149; --busy: #58a6ff; --wait: #d29922; }
  svg [fill="#ffffff"] { fill: #161b22; }
  svg [fill="#f6f8fa"] { fill: #21262d; }
  svg [fill="#ddf4ff"] { fill: #0c2d6b; }
  svg [fill="#fff8c5"] { fill: #4b2900; }
  svg [fill="#dafbe1"] { fill: #033a16; }
  svg [fill="#ffebe9"] { fill: #3a1215; }
  svg [fill="#fbefff"] { fill: #3c1e70; }
  svg [fill="#1f2328"] { fill: #e6edf3; }
  svg [fill="#57606a"] { fill: #9198a1; }
  svg [fill="#0a3069"] { fill: #cae8ff; }
  svg [fill="#4d2d00"] { fill: #f8e3a1; }
  svg [fill="#033a16"] { fill: #aff5b4; }
  svg [fill="#82071e"] { fill: #ffdcd7; }
  svg [fill="#3e1f79"] { fill: #eddeff; }
  svg [fill="#1a7f37"] { fill: #3fb950; }
  svg [fill="#cf222e"] { fill: #f85149; }
  svg [fill="#0969da"] { fill: #58a6ff; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1100px; margin: 0 auto; }
h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 10px; }
header, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px 20px; margin-bottom: 16px; }
section { overflow-x: auto; }
.status { float: right; margin-left: 16px; padding: 3px 14px; border: 2px solid;
  border-radius: 99px; font-weight: 600; }
.about { color: var(--faint); margin: 4px 0 0; }
pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
header pre { margin-top: 12px; padding: 10px 12px; border-left: 3px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--faint); }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td { overflow-wrap: anywhere; }
td.number, td.at { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--faint); }
td.where { white-space: nowrap; font-weight: 600; }
figure { margin: 0; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
.good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
.wait { color: var(--wait); } .faint { color: var(--faint); }
footer { color: var(--faint); font-size: 13px; }
@media print { body { background: none; } header, section { break-inside: avoid; } }
)css";

/// Text as HTML; what is invisible or reorders text is written out, as everywhere.
std::string html(std::string_view text) {
  std::string out;
  for (const char c : detail::printable_lines(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;  // Not an enum: any other character.
    }
  }
  return out;
}

const char* class_of(Tone tone) {
  switch (tone) {
    case Tone::Plain: return "";
    case Tone::Good: return "good";
    case Tone::Bad: return "bad";
    case Tone::Busy: return "busy";
    case Tone::Faint: return "faint";
  }
  return "";
}

const char* class_of_word(std::string_view word) {
  if (word == "Suspended" || word == "suspended" || word == "waiting" || word == "queued") {
    return "wait";
  }
  if (word == "Running" || word == "running") { return "busy"; }
  if (word == "succeeded") { return "good"; }
  if (word == "failed" || word == "cancelled") { return "bad"; }
  return class_of(tone_of_status(word));
}

std::string cell(std::string_view text, std::string_view kind = {}) {
  return "<td" + (kind.empty() ? "" : " class=\"" + std::string(kind) + "\"") + ">" + html(text) +
         "</td>";
}

std::string number(Ticket ticket) { return std::to_string(static_cast<std::uint64_t>(ticket)); }

void add_head(std::string& page, const ReleaseReport& report) {
  const StoredRelease& row = report.row;
  const std::string status(to_string(row.status));
  page += "<header>\n<span class=\"status " + std::string(class_of_word(status)) + "\">" +
          html(status) + "</span>\n<h1>" + html(row.id) + "</h1>\n<p class=\"about\">" +
          html(row.flow_name);
  const auto add = [&page](const char* what, const std::string& value) {
    if (!value.empty()) { page += " &middot; " + std::string(what) + html(value); }
  };
  add("", row.info.product);
  add("version ", row.info.version);
  add("commit ", row.info.commit_sha);
  add("", row.info.url);
  page += "</p>\n<p class=\"about\">began " + rfc3339_seconds(row.created) +
          (row.ended ? ", ended " + rfc3339_seconds(*row.ended) : std::string()) + ", took " +
          html(short_duration(row.updated - row.created)) + "</p>\n";
  if (!report.release.message().empty()) {
    page += "<pre>" + html(report.release.message()) + "</pre>\n";
  }
  page += "</header>\n";
}

Result<void> add_graph(std::string& page, const ReleaseReport& report) {
  Result<std::string> drawing = render(report.release, {.format = RenderFormat::Svg});
  if (!drawing) { return tl::unexpected(std::move(drawing.error())); }
  const std::size_t begin = std::min(drawing->find("<svg"), drawing->size());
  page += "<section>\n<h2>Environments</h2>\n<figure>" + drawing->substr(begin) +
          "</figure>\n</section>\n";
  return {};
}

Result<void> add_timeline(std::string& page, Store& store, const ReleaseReport& report) {
  page += "<section>\n<h2>Timeline</h2>\n<table>\n";
  std::string last;
  Timeline timeline(
      report.release.flow(), true, [](Ticket) { return std::string(); },
      [&](const TimelineLine& line) {
        std::string at = "+" + short_duration(line.at);
        page += "<tr>" + cell(at == last ? "" : at, "at") + cell(line.where, "where") + "<td>" +
                "<pre class=\"" + class_of(line.tone) + "\">" + html(line.what) +
                "</pre></td></tr>\n";
        last = std::move(at);
      });
  auto read = each_trace_line(store, report.start,
                              [&](std::uint64_t, std::string_view line) { timeline.add(line); });
  timeline.flush();
  page += "</table>\n</section>\n";
  return read;
}

void add_commands(std::string& page, const ReleaseReport& report) {
  if (report.commands.empty()) { return; }
  page +=
      "<section>\n<h2>Commands</h2>\n<table>\n<tr><th>ticket</th><th>command</th><th>state</th>"
      "<th>took</th><th>message</th></tr>\n";
  for (const CommandReport& command : report.commands) {
    const StoredCommand& row = command.row;
    const std::string took =
        row.handed && row.ended ? short_duration(*row.ended - *row.handed) : std::string();
    page += "<tr>" + cell(number(row.ticket), "number") + cell(name_of(row)) +
            cell(command.state, class_of_word(command.state)) + cell(took, "number") + "<td><pre>" +
            html(row.message) + "</pre></td></tr>\n";
  }
  page += "</table>\n</section>\n";
}

void add_context(std::string& page, const ReleaseReport& report) {
  const Context context = report.release.context();
  if (context.size() == 0) { return; }
  page +=
      "<section>\n<h2>Promotion context</h2>\n<table>\n<tr><th>key</th><th>value</th>"
      "<th>written by</th></tr>\n";
  for (const ContextEntry entry : context) {
    const bool given = entry.writer == Ticket{};
    page += "<tr>" + cell(entry.key, "where") + "<td><pre>" + html(entry.json) + "</pre></td>" +
            cell(given ? "the start" : "ticket " + number(entry.writer)) + "</tr>\n";
  }
  page += "</table>\n</section>\n";
}

}  // namespace

Result<std::string> html_page(Store& store, const ReleaseReport& report) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>" +
      html(report.row.id) + ": " + html(to_string(report.row.status)) + "</title>\n<style>" +
      kStyle + "</style>\n</head>\n<body>\n<main>\n";
  add_head(page, report);
  if (const auto drawn = add_graph(page, report); !drawn) { return tl::unexpected(drawn.error()); }
  if (const auto read = add_timeline(page, store, report); !read) {
    return tl::unexpected(read.error());
  }
  add_commands(page, report);
  add_context(page, report);
  page += "<footer>promoflow " + html(version()) + ", " + rfc3339_seconds(detail::wall_time()) +
          "</footer>\n</main>\n</body>\n</html>\n";
  return page;
}

}  // namespace promoflow::cli

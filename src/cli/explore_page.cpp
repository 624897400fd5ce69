// SPDX-License-Identifier: Apache-2.0
// An exploration as one HTML page that needs nothing else.
#include "cli/explore_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.hpp"
#include "promoflow/render.hpp"

namespace promoflow::cli {
namespace {

constexpr std::string_view kHead = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
svg { max-width: 100%; height: auto; }
details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
pre { overflow-x: auto; font-size: 13px; }
table { border-collapse: collapse; }
td, th { padding: .2rem .8rem .2rem 0; text-align: left; }
.s { border-radius: 4px; padding: 0 .4rem; margin-right: .3rem; border: 1px solid #8886; }
.Successful, .Succeeded, .holds { background: #2e7d3233; }
.Failed, .violated { background: #c6282833; }
.Terminated { background: #ef6c0033; }
</style>
)html";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string visible(std::string_view text) { return escaped(detail::printable(text)); }

std::string chip(std::string_view status, std::string_view words) {
  return fmt::format("<span class=\"s {}\">{}</span>", status, words);
}

class Page {
 public:
  Page(const Flow& flow, const Exploration& found) : flow_(flow), found_(found) {}

  Result<std::string> write(const std::vector<PropertyFinding>& properties) {
    Result<std::string> text = render_exploration(flow_, found_);
    if (!text) { return text; }
    out_ = kHead;
    const std::string name = visible(flow_.name());
    out_ += fmt::format("<title>{}: what can happen</title>\n</head>\n<body>\n<h1>{}</h1>\n", name,
                        name);
    out_ += fmt::format("<p>{}</p>\n", escaped(text->substr(0, text->find("\n\nOutcomes"))));
    Result<std::string> picture = render(flow_, {.format = RenderFormat::Svg});
    if (!picture) { return picture; }
    out_ += svg_of(*picture);
    out_ += "<h2>Outcomes</h2>\n";
    if (found_.outcomes.empty()) { out_ += "<p>No run was seen to its end.</p>\n"; }
    for (const ReleaseOutcome& outcome : found_.outcomes) {
      if (auto failed = write_outcome(outcome)) { return tl::unexpected(std::move(*failed)); }
    }
    if (!properties.empty()) { out_ += "<h2>Properties</h2>\n"; }
    for (const PropertyFinding& property : properties) {
      const std::string title =
          chip(to_string(property.verdict), to_string(property.verdict)) + visible(property.name);
      if (auto failed = write_run(title, property.scenario, property.impossible)) {
        return tl::unexpected(std::move(*failed));
      }
    }
    write_hooks();
    out_ += "</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  std::optional<Error> write_outcome(const ReleaseOutcome& outcome) {
    std::string title = chip(to_string(outcome.release), to_string(outcome.release));
    title += fmt::format("with {} failure{} or more: ", outcome.failures,
                         outcome.failures == 1 ? "" : "s");
    for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
      const std::string_view status = to_string(outcome.environments[e]);
      title += chip(
          status, fmt::format("{} {}", visible(flow_.environment_name(EnvironmentId{e})), status));
    }
    if (++pictures_ > kPicturesMax) {
      return write_run(title, outcome.scenario, outcome.impossible);
    }
    const Result<std::string> picture = render(flow_, outcome, {.format = RenderFormat::Svg});
    if (!picture) { return picture.error(); }
    return write_run(title, outcome.scenario, outcome.impossible, svg_of(*picture));
  }

  /// The picture without what a page of its own begins with.
  static std::string svg_of(const std::string& document) {
    return document.substr(std::min(document.find("<svg"), document.size()));
  }

  /// A line that opens to a picture and the timeline of a run.
  std::optional<Error> write_run(const std::string& title, const std::optional<Scenario>& scenario,
                                 const std::string& impossible, const std::string& picture = {}) {
    if (!scenario && impossible.empty() && picture.empty()) {
      out_ += fmt::format("<p>{}</p>\n", title);
      return std::nullopt;
    }
    out_ += fmt::format("<details><summary>{}</summary>\n{}", title, picture);
    if (scenario) {
      const Result<Trace> trace = simulate(flow_, *scenario);
      if (!trace) { return trace.error(); }
      const Result<std::string> timeline = render_timeline(*trace);
      if (!timeline) { return timeline.error(); }
      const Result<std::string> text = write_scenario(*scenario);
      if (!text) { return text.error(); }
      out_ += fmt::format("<pre>{}</pre>\n<p>The scenario:</p>\n<pre>{}</pre>\n",
                          escaped(*timeline), escaped(detail::printable_lines(*text)));
    } else if (!impossible.empty()) {
      out_ += fmt::format("<p>No scenario shows it: {}</p>\n", visible(impossible));
    }
    out_ += "</details>\n";
    return std::nullopt;
  }

  void write_hooks() {
    out_ +=
        "<h2>Hooks</h2>\n<table>\n<tr><th>hook</th><th>point</th><th>environment</th>"
        "<th>runs</th><th>failures, at least</th></tr>\n";
    for (const HookFinding& hook : found_.hooks) {
      out_ += fmt::format(
          "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", visible(hook.hook),
          to_string(hook.point),
          hook.environment ? visible(flow_.environment_name(*hook.environment)) : std::string(),
          to_string(hook.runs.occurrence), hook.runs.failures);
    }
    out_ += "</table>\n";
  }

  /// Outcomes that have a picture: each is as large as the flow.
  static constexpr std::size_t kPicturesMax = 100;

  const Flow& flow_;
  const Exploration& found_;
  std::size_t pictures_ = 0;
  std::string out_;
};

}  // namespace

Result<std::string> exploration_page(const Flow& flow, const Exploration& found,
                                     const std::vector<PropertyFinding>& properties) {
  return Page(flow, found).write(properties);
}

}  // namespace promoflow::cli

// SPDX-License-Identifier: Apache-2.0
// A difference as text, JSON and Markdown.
#include <fmt/format.h>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "base/printable.hpp"
#include "exploration/flow_diff.hpp"
#include "exploration/scenario_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

struct Heading {
  FlowChangeKind first;  ///< Of the kinds below this heading.
  FlowChangeKind last;
  std::string_view words;
};
constexpr Heading kHeadings[] = {
    {FlowChangeKind::EnvironmentAdded, FlowChangeKind::EnvironmentMoved, "Environments"},
    {FlowChangeKind::Waits, FlowChangeKind::WaitsNoLonger, "What waits for what"},
    {FlowChangeKind::HookAdded, FlowChangeKind::HookChanged, "Hooks"},
    {FlowChangeKind::StepChanged, FlowChangeKind::FlowChanged, "Settings"},
    {FlowChangeKind::HookNeverRuns, FlowChangeKind::HookRuns, "Hooks run otherwise"},
    {FlowChangeKind::OutcomeAdded, FlowChangeKind::OutcomeRemoved, "Outcomes"},
};

/// In Markdown, what would be taken for markup is escaped.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    constexpr std::string_view kMarkup = "\\`*_[]|#@~";
    if (kMarkup.find(c) != std::string_view::npos) { out += '\\'; }
    out += c;
  }
  return out;
}

/// `still holds`, `was violated, holds now`, `is violated`.
std::string verdict_words(const PropertyChange& change) {
  const std::string_view now = to_string(change.after.verdict);
  const std::string is = change.after.verdict == Verdict::Holds ? "" : "is ";
  if (!change.before) { return fmt::format("{}{}; the old flow lacks what it names", is, now); }
  if (*change.before == change.after.verdict) { return fmt::format("{}still {}", is, now); }
  const std::string was = *change.before == Verdict::Holds
                              ? std::string("held")
                              : fmt::format("was {}", to_string(*change.before));
  return fmt::format("{}, {}{} now", was, is, now);
}

std::string property_lines(const FlowDifference& difference, bool markdown) {
  std::string out;
  if (difference.properties.empty()) { return out; }
  out += fmt::format("{0}Properties{0}\n{1}", markdown ? "**" : "", markdown ? "\n" : "");
  for (const PropertyChange& change : difference.properties) {
    const std::string name = printable(change.after.name);
    out += fmt::format("{}{}: {}\n", markdown ? "- " : "  ", markdown ? escaped(name) : name,
                       verdict_words(change));
  }
  return out + "\n";
}

std::string as_lines(const FlowDifference& difference, bool markdown) {
  std::string out;
  if (markdown) { out += "### What this does to the promotion flow\n\n"; }
  if (difference.equal) {
    const std::string properties = property_lines(difference, markdown);
    return out + "The flows are equal.\n" + (properties.empty() ? "" : "\n") + properties;
  }
  for (const Heading& heading : kHeadings) {
    bool any = false;
    for (const FlowChange& change : difference.changes) {
      const int place = place_of(change.kind);
      if (place < place_of(heading.first) || place > place_of(heading.last)) { continue; }
      if (!any) {
        out += fmt::format("{}{}{}\n", markdown ? "**" : "", heading.words, markdown ? "**\n" : "");
      }
      any = true;
      const std::string& text = change.summary.empty() ? change.text : change.summary;
      out += fmt::format("{}{}\n", markdown ? "- " : "  ", markdown ? escaped(text) : text);
    }
    if (any) { out += '\n'; }
  }
  out += property_lines(difference, markdown);
  const std::string note =
      difference.explored ? std::string("Outcomes were compared by exploring both flows.")
                          : fmt::format("Outcomes were not compared: {}.", difference.not_explored);
  return out + (markdown ? escaped(note) : note) + "\n";
}

std::string as_json(const FlowDifference& difference) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("equal").boolean(difference.equal).key("changes").begin_array();
  for (const FlowChange& change : difference.changes) {
    json.begin_object().key("kind").text(to_string(change.kind)).key("environment");
    change.environment.empty() ? json.null() : json.text(change.environment);
    json.key("text").text(change.text).end_object();
  }
  json.end_array().key("explored").boolean(difference.explored);
  if (!difference.not_explored.empty()) { json.key("notExplored").text(difference.not_explored); }
  json.key("properties").begin_array();
  for (const PropertyChange& change : difference.properties) {
    json.begin_object().key("name").text(change.after.name).key("before");
    change.before ? json.text(to_string(*change.before)) : json.null();
    json.key("after").text(to_string(change.after.verdict));
    write_scenario_member(json, change.after.scenario, change.after.impossible);
    json.end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

}  // namespace

}  // namespace detail

std::string_view to_string(FlowChangeKind kind) noexcept {
  switch (kind) {
    case FlowChangeKind::EnvironmentAdded: return "environment-added";
    case FlowChangeKind::EnvironmentRemoved: return "environment-removed";
    case FlowChangeKind::EnvironmentRenamed: return "environment-renamed";
    case FlowChangeKind::Waits: return "waits";
    case FlowChangeKind::WaitsNoLonger: return "waits-no-longer";
    case FlowChangeKind::HookAdded: return "hook-added";
    case FlowChangeKind::HookRemoved: return "hook-removed";
    case FlowChangeKind::HookMoved: return "hook-moved";
    case FlowChangeKind::HookChanged: return "hook-changed";
    case FlowChangeKind::StepChanged: return "step-changed";
    case FlowChangeKind::FlowChanged: return "flow-changed";
    case FlowChangeKind::HookNeverRuns: return "hook-never-runs";
    case FlowChangeKind::HookRuns: return "hook-runs";
    case FlowChangeKind::OutcomeAdded: return "outcome-added";
    case FlowChangeKind::OutcomeRemoved: return "outcome-removed";
    case FlowChangeKind::EnvironmentMoved: return "environment-moved";
  }
  return "unknown";
}

Result<std::string> render_flow_diff(const FlowDifference& difference,
                                     FlowDiffFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    switch (format) {
      case FlowDiffFormat::Json: return detail::as_json(difference);
      case FlowDiffFormat::Text: return detail::as_lines(difference, false);
      case FlowDiffFormat::Markdown: return detail::as_lines(difference, true);
    }
    return tl::unexpected(
        Error{ErrorCode::InvalidArgument, "format", "it is none of the enumerators"});
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

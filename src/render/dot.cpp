// SPDX-License-Identifier: Apache-2.0
// A flow in Graphviz' DOT language. Names are only ever labels: nodes are n0, n1.
#include <fmt/format.h>

#include "render/draw.hpp"
#include "render/palette.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

/// Inside a quoted label: backslashes begin escapes, quotes end it, and XML's entities are read.
std::string escaped(std::string_view text) {
  std::string harmless;
  append_xml(harmless, text);
  std::string out;
  for (const char c : harmless) {
    if (c == '\\') { out += '\\'; }
    out += c;
  }
  return out;
}

std::string short_text(std::string_view text) {
  return escaped(printable(text, false, kNameColumnsMax));
}

void add_environment(std::string& out, const Subject& subject, EnvironmentId environment) {
  const EnvironmentWords words = environment_words(subject, environment);
  std::string label = short_text(words.name);
  if (!words.kind.empty()) { label += fmt::format(" ({})", escaped(words.kind)); }
  label += "\\n";
  if (words.status) { label += short_text(words.status_text) + "\\l"; }
  for (const Detail& detail : words.details) {
    label += fmt::format("{}: {}\\l", detail.label, short_text(detail.text));
  }
  out += fmt::format("  n{} [label=\"{}\"", static_cast<std::uint32_t>(environment), label);
  const Colors colors = colors_of(words.status, environment == kTriggerEnvironment);
  out += fmt::format(", fillcolor=\"{}\", color=\"{}\", fontcolor=\"{}\"{}];\n", colors.fill,
                     colors.line, colors.text,
                     colors.dashed ? ", style=\"rounded,filled,dashed\"" : "");
}

/// The release's own hooks, as the graph's label: they belong to no environment.
std::string graph_label(const Subject& subject) {
  const Flow& flow = subject.flow;
  std::string label = escaped(flow.name()) + "\\n";
  if (subject.release != nullptr) {
    label += "release " + short_text(release_words(*subject.release)) + "\\n";
  }
  for (const Point point : {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail}) {
    const std::string names = hook_names(flow, point, kTriggerEnvironment);
    if (!names.empty()) { label += fmt::format("{}: {}\\l", to_string(point), short_text(names)); }
  }
  return label;
}

}  // namespace

std::string draw_dot(const Subject& subject) {
  const Flow& flow = subject.flow;
  std::string out = fmt::format("digraph \"{}\" {{\n", escaped(flow.name()));
  out += fmt::format(
      "  graph [rankdir=LR, labelloc=t, labeljust=l, fontname=\"Helvetica\", "
      "bgcolor=\"#ffffff\", label=\"{}\"];\n",
      graph_label(subject));
  out +=
      "  node [shape=box, style=\"rounded,filled\", "
      "fontname=\"Helvetica\", fontsize=11];\n";
  out += "  edge [color=\"#57606a\", arrowsize=0.7];\n";
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    add_environment(out, subject, EnvironmentId{i});
  }
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    for (const EnvironmentId target : flow.dependents(EnvironmentId{i})) {
      out += fmt::format("  n{} -> n{};\n", i, static_cast<std::uint32_t>(target));
    }
  }
  return out + "}\n";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

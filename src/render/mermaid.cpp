// SPDX-License-Identifier: Apache-2.0
// A flow as a Mermaid flowchart, as GitHub draws it. Names are only ever labels: nodes are n0, n1.
#include <fmt/format.h>

#include "render/draw.hpp"
#include "render/palette.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

/// Mermaid's own entities: in a quoted label everything that is not a plain character is written
/// `#NUMBER;`, so that neither Mermaid nor the HTML that it makes reads it as markup.
std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\"#&<>`\\[](){}|;%'*_~";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
      out += ' ';
      ++at;
      continue;
    }
    std::string shown;
    at += append_printable(shown, text, at);
    for (const char c : shown) {
      if (kSpecial.find(c) == std::string_view::npos) {
        out += c;
      } else {
        out += fmt::format("#{};", static_cast<int>(c));
      }
    }
  }
  return out;
}

std::string short_text(std::string_view text) {
  return escaped(printable(text, false, kNameColumnsMax));
}

constexpr EnvironmentStatus kStatuses[] = {
    EnvironmentStatus::Pending,    EnvironmentStatus::Running, EnvironmentStatus::Suspended,
    EnvironmentStatus::Successful, EnvironmentStatus::Failed,  EnvironmentStatus::Terminated,
    EnvironmentStatus::Skipped};

/// One class a status, of the status' name.
void add_classes(std::string& out) {
  for (const EnvironmentStatus status : kStatuses) {
    const Colors colors = colors_of(status);
    out +=
        fmt::format("  classDef {} fill:{},stroke:{},color:{}{}\n", to_string(status), colors.fill,
                    colors.line, colors.text, colors.dashed ? ",stroke-dasharray:5 4" : "");
  }
}

void add_environment(std::string& out, const Subject& subject, EnvironmentId environment) {
  const EnvironmentWords words = environment_words(subject, environment);
  std::string label = fmt::format("<b>{}</b>", short_text(words.name));
  if (!words.kind.empty()) { label += "<br/>" + escaped(words.kind); }
  if (words.status) { label += "<br/>" + short_text(words.status_text); }
  for (const Detail& detail : words.details) {
    label += fmt::format("<br/>{}: {}", detail.label, short_text(detail.text));
  }
  const bool trigger = environment == kTriggerEnvironment;
  out += fmt::format("  n{}{}\"{}\"{}", static_cast<std::uint32_t>(environment),
                     trigger ? "([" : "[", label, trigger ? "])" : "]");
  if (words.status) { out += fmt::format(":::{}", to_string(*words.status)); }
  out += '\n';
}

/// The release's own hooks: a node before the trigger environment, and one after the last ones.
void add_release_hooks(std::string& out, const Flow& flow) {
  const std::string start = hook_names(flow, Point::ReleaseOnStart, kTriggerEnvironment);
  if (!start.empty()) {
    out += fmt::format("  start>\"release.onStart: {}\"] -.-> n0\n", short_text(start));
  }
  const std::string success = hook_names(flow, Point::ReleaseOnSuccess, kTriggerEnvironment);
  const std::string fail = hook_names(flow, Point::ReleaseOnFail, kTriggerEnvironment);
  if (success.empty() && fail.empty()) { return; }
  std::string label;
  if (!success.empty()) { label += "release.onSuccess: " + short_text(success); }
  if (!fail.empty()) {
    label += fmt::format("{}release.onFail: {}", label.empty() ? "" : "<br/>", short_text(fail));
  }
  out += fmt::format("  finish>\"{}\"]\n", label);
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    if (flow.dependents(EnvironmentId{i}).empty()) { out += fmt::format("  n{} -.-> finish\n", i); }
  }
}

}  // namespace

std::string draw_mermaid(const Subject& subject) {
  const Flow& flow = subject.flow;
  std::string out = "flowchart LR\n";
  out += fmt::format("  accTitle: Promotion flow {}\n", escaped(flow.name()));
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    add_environment(out, subject, EnvironmentId{i});
  }
  for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
    for (const EnvironmentId target : flow.dependents(EnvironmentId{i})) {
      out += fmt::format("  n{} --> n{}\n", i, static_cast<std::uint32_t>(target));
    }
  }
  add_release_hooks(out, flow);
  if (subject.release != nullptr || subject.outcome != nullptr) { add_classes(out); }
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// Formats diagnostics for people, in the style of modern compilers.
#include "promoflow/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/printable.hpp"
#include "diagnostics/diagnostic_text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view to_string(DiagnosticCode code) noexcept {
  switch (code) {
    case DiagnosticCode::Syntax: return "syntax";
    case DiagnosticCode::MissingField: return "missing-field";
    case DiagnosticCode::UnknownField: return "unknown-field";
    case DiagnosticCode::WrongType: return "wrong-type";
    case DiagnosticCode::InvalidValue: return "invalid-value";
    case DiagnosticCode::InvalidName: return "invalid-name";
    case DiagnosticCode::DuplicateKey: return "duplicate-key";
    case DiagnosticCode::DuplicateEnvironment: return "duplicate-environment";
    case DiagnosticCode::UnknownEnvironment: return "unknown-environment";
    case DiagnosticCode::SelfDependency: return "self-dependency";
    case DiagnosticCode::DependencyCycle: return "dependency-cycle";
    case DiagnosticCode::TriggerEnvironmentAsStep: return "trigger-environment-as-step";
    case DiagnosticCode::HookOnTriggerEnvironment: return "hook-on-trigger-environment";
    case DiagnosticCode::LimitExceeded: return "limit-exceeded";
    case DiagnosticCode::DuplicateFlow: return "duplicate-flow";
    case DiagnosticCode::DeprecatedLayout: return "deprecated-layout";
    case DiagnosticCode::DeprecatedField: return "deprecated-field";
    case DiagnosticCode::ExtensionField: return "extension-field";
    case DiagnosticCode::DuplicateDependency: return "duplicate-dependency";
    case DiagnosticCode::RedundantDependency: return "redundant-dependency";
    case DiagnosticCode::UnknownHook: return "unknown-hook";
    case DiagnosticCode::ReservedArgument: return "reserved-argument";
    case DiagnosticCode::ReadDifferently: return "read-differently";
    case DiagnosticCode::SuspiciousName: return "suspicious-name";
    case DiagnosticCode::DuplicateDocument: return "duplicate-document";
    case DiagnosticCode::AmbiguousName: return "ambiguous-name";
    case DiagnosticCode::UnknownFlow: return "unknown-flow";
    case DiagnosticCode::UnknownPromotionTemplate: return "unknown-promotion-template";
    case DiagnosticCode::UnknownWorkflow: return "unknown-workflow";
    case DiagnosticCode::InvalidParameter: return "invalid-parameter";
    case DiagnosticCode::ContextKeyNeverWritten: return "context-key-never-written";
    case DiagnosticCode::FailureArgumentElsewhere: return "failure-argument-elsewhere";
    case DiagnosticCode::PolicyNeverApplies: return "policy-never-applies";
    case DiagnosticCode::NotAPromotionWorkflow: return "not-a-promotion-workflow";
    case DiagnosticCode::MissingPermission: return "missing-permission";
    case DiagnosticCode::ExcessivePermission: return "excessive-permission";
    case DiagnosticCode::ContextNotExported: return "context-not-exported";
    case DiagnosticCode::ContextKeyMayBeMissing: return "context-key-may-be-missing";
    case DiagnosticCode::ContextKeyRace: return "context-key-race";
    case DiagnosticCode::PolicyTie: return "policy-tie";
    case DiagnosticCode::ContextKeyUnused: return "context-key-unused";
  }
  return "unknown";
}

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Note: return "note";
  }
  return "unknown";
}

bool has_errors(std::span<const Diagnostic> diagnostics) noexcept {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::Error;
  });
}

namespace detail {

namespace {

/// Columns shown of a line; longer lines are cut around the caret.
constexpr std::size_t kWidthMax = 160;
constexpr std::size_t kExcerptBytesMax = kWidthMax * 4;
constexpr std::uint32_t kColumnNear =
    120;  ///< Up to this column a line is shown from its beginning.
constexpr std::uint32_t kContextBefore = 60;  ///< Beyond that: columns shown before the caret.
constexpr std::size_t kTabWidth = 4;
constexpr std::string_view kCut = "...";

struct Colors {
  std::string_view bold;
  std::string_view error;
  std::string_view warning;
  std::string_view note;
  std::string_view frame;
  std::string_view help;
  std::string_view reset;
};

constexpr Colors kPlain{};
constexpr Colors kAnsi{"\x1b[1m",  "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m",
                       "\x1b[34m", "\x1b[1;36m", "\x1b[0m"};

/// Appends the character at `at` as it is shown, and gives its bytes: safe to print, tabs as
/// spaces.
std::size_t append_shown(std::string& out, std::string_view text, std::size_t at,
                         std::size_t column) {
  if (text[at] != '\t') { return append_printable(out, text, at); }
  out.append(kTabWidth - column % kTabWidth, ' ');
  return 1;
}

/// A line as it is shown, and the position of its carets.
struct ShownLine {
  std::string text;
  std::size_t indent = 0;  ///< Columns before the carets.
  std::size_t carets = 1;
};

ShownLine show(const Excerpt& excerpt, const Diagnostic& diagnostic) {
  ShownLine shown;
  shown.text = excerpt.first > 1 ? kCut : std::string_view();
  const std::size_t caret = diagnostic.column - excerpt.first;
  std::size_t width = shown.text.size();
  std::size_t end = 0;
  const std::string_view line = excerpt.text;
  shown.indent = width + caret;
  std::size_t at = 0;
  // A character that is written out is several columns wide: the line goes on up to the caret.
  for (std::size_t i = 0; at < line.size() && (width < kWidthMax || i <= caret);) {
    shown.indent = i == caret && begins_code_point(line[at]) ? width : shown.indent;
    const std::size_t before = shown.text.size();
    const std::size_t bytes = append_shown(shown.text, line, at, width);
    width += count_code_points(std::string_view(shown.text).substr(before));
    end = i < caret + diagnostic.length ? width : end;
    at += bytes;
    i += at == line.size() || begins_code_point(line[at]) ? 1U : 0U;
  }
  shown.carets = end > shown.indent ? end - shown.indent : 1;
  shown.text += at == line.size() ? "" : kCut;
  return shown;
}

std::string_view color_of(Severity severity, const Colors& colors) {
  switch (severity) {
    case Severity::Error: return colors.error;
    case Severity::Warning: return colors.warning;
    case Severity::Note: return colors.note;
  }
  return colors.note;
}

/// The column at which the excerpt for this column begins.
std::uint32_t first_column(std::uint32_t column) {
  return column <= kColumnNear ? 1 : column - kContextBefore;
}

}  // namespace

Excerpts::Excerpts(std::span<const Diagnostic> diagnostics, std::string_view text) {
  for (const Diagnostic& diagnostic : diagnostics) {
    excerpts_.push_back({diagnostic.line, first_column(diagnostic.column)});
  }
  std::sort(excerpts_.begin(), excerpts_.end(), [](const Excerpt& a, const Excerpt& b) {
    return a.line != b.line ? a.line < b.line : a.first < b.first;
  });
  TextWalker walker(text);
  for (Excerpt& excerpt : excerpts_) {
    const std::string_view rest = walker.seek({excerpt.line, excerpt.first});
    excerpt.text = rest.substr(0, line_length(rest.substr(0, kExcerptBytesMax)));
  }
}

const Excerpt& Excerpts::operator[](const Diagnostic& diagnostic) const noexcept {
  const std::uint32_t first = first_column(diagnostic.column);
  return *std::lower_bound(excerpts_.begin(), excerpts_.end(), diagnostic,
                           [first](const Excerpt& excerpt, const Diagnostic& wanted) {
                             return excerpt.line != wanted.line ? excerpt.line < wanted.line
                                                                : excerpt.first < first;
                           });
}

void append_text(std::string& out, const Diagnostic& diagnostic, std::string_view file,
                 const Excerpt& excerpt, bool colored) {
  const Colors& colors = colored ? kAnsi : kPlain;
  const std::string_view color = color_of(diagnostic.severity, colors);
  std::string place = printable(file);
  if (diagnostic.line > 0) {
    place += fmt::format("{}{}:{}", place.empty() ? "" : ":", diagnostic.line, diagnostic.column);
  } else if (!diagnostic.pointer.empty()) {
    place += fmt::format("{}{}", place.empty() ? "" : ": ", printable(diagnostic.pointer));
  }
  out += fmt::format("{}{}{}{}{}{}:{} {}{}{}", colors.bold, place, place.empty() ? "" : ": ",
                     colors.reset, color, to_string(diagnostic.severity), colors.reset, colors.bold,
                     printable(diagnostic.message), colors.reset);
  // A further place of a diagnostic has no code of its own.
  if (diagnostic.code != DiagnosticCode{}) {
    out += fmt::format(" [{}]", to_string(diagnostic.code));
  }
  out += '\n';
  if (diagnostic.line > 0 && !excerpt.text.empty()) {
    const ShownLine shown = show(excerpt, diagnostic);
    out += fmt::format("{}{:>5} |{} {}\n", colors.frame, diagnostic.line, colors.reset, shown.text);
    out += fmt::format("{}{:>5} |{} {:>{}}{}{}{}{}\n", colors.frame, "", colors.reset, "",
                       shown.indent, color, '^', std::string(shown.carets - 1, '~'), colors.reset);
  }
  if (!diagnostic.hint.empty()) {
    out += fmt::format("{}{:>5} ={} {}help:{} {}\n", colors.frame, "", colors.reset, colors.help,
                       colors.reset, printable(diagnostic.hint));
  }
}

}  // namespace detail

Result<std::string> format_diagnostics(std::span<const Diagnostic> diagnostics,
                                       DiagnosticSource source, DiagnosticFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    if (format == DiagnosticFormat::Json) {
      for (const Diagnostic& diagnostic : diagnostics) {
        detail::append_json_members(out, diagnostic, source.file);
        out += "}\n";
      }
      return out;
    }
    const detail::Excerpts excerpts(diagnostics, source.text);
    for (const Diagnostic& diagnostic : diagnostics) {
      detail::append_text(out, diagnostic, source.file, excerpts[diagnostic],
                          format == DiagnosticFormat::ColoredText);
    }
    return out;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

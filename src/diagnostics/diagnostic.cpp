// SPDX-License-Identifier: Apache-2.0
// Formats diagnostics for people, in the style of modern compilers.
#include "promoflow/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "diagnostics/diagnostic_text.hpp"

namespace promoflow {

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
    case DiagnosticCode::DeprecatedLayout: return "deprecated-layout";
    case DiagnosticCode::DeprecatedField: return "deprecated-field";
    case DiagnosticCode::ExtensionField: return "extension-field";
    case DiagnosticCode::DuplicateDependency: return "duplicate-dependency";
    case DiagnosticCode::RedundantDependency: return "redundant-dependency";
    case DiagnosticCode::UnknownHook: return "unknown-hook";
    case DiagnosticCode::ReservedArgument: return "reserved-argument";
  }
  return "unknown";
}

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
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
  std::string_view frame;
  std::string_view help;
  std::string_view reset;
};

constexpr Colors kPlain{};
constexpr Colors kAnsi{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[34m", "\x1b[1;36m", "\x1b[0m"};

/// Bytes of the code point at the front; 0: it is not valid UTF-8.
std::size_t code_point_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80                    ? 1
                           : lead >= 0xC2 && lead < 0xE0  ? 2
                           : lead >= 0xE0 && lead < 0xF0  ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  if (size > text.size()) { return 0; }
  for (std::size_t i = 1; i < size; ++i) {
    if (begins_code_point(text[i])) { return 0; }
  }
  return size;
}

/// Control characters of C0 and C1, which would move the cursor or colour the terminal.
bool is_control(std::string_view code_point) {
  const auto lead = static_cast<unsigned char>(code_point.front());
  return lead < 0x20 || lead == 0x7F ||
         (lead == 0xC2 && static_cast<unsigned char>(code_point[1]) < 0xA0);
}

/// Appends the first character as it is shown: one column wide, except for tabs.
void append_shown(std::string& out, std::string_view& text, std::size_t column) {
  const std::size_t size = code_point_size(text);
  if (size == 0) {
    out += '?';
    text.remove_prefix(1);
    while (!text.empty() && !begins_code_point(text.front())) { text.remove_prefix(1); }
    return;
  }
  if (text.front() == '\t') {
    out.append(kTabWidth - column % kTabWidth, ' ');
  } else if (is_control(text.substr(0, size))) {
    out += '?';
  } else {
    out += text.substr(0, size);
  }
  text.remove_prefix(size);
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
  std::string_view line = excerpt.text;
  shown.indent = width + caret;
  for (std::size_t i = 0; !line.empty() && width < kWidthMax; ++i) {
    shown.indent = i == caret ? width : shown.indent;
    const std::size_t before = shown.text.size();
    append_shown(shown.text, line, width);
    width += count_code_points(std::string_view(shown.text).substr(before));
    end = i < caret + diagnostic.length ? width : end;
  }
  shown.carets = end > shown.indent ? end - shown.indent : 1;
  shown.text += line.empty() ? "" : kCut;
  return shown;
}

/// The column at which the excerpt for this column begins.
std::uint32_t first_column(std::uint32_t column) {
  return column <= kColumnNear ? 1 : column - kContextBefore;
}

}  // namespace

std::string sanitized(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text.front() == '\t') {
      out += '?';
      text.remove_prefix(1);
    } else {
      append_shown(out, text, 0);
    }
  }
  return out;
}

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
  const bool error = diagnostic.severity == Severity::Error;
  std::string place = sanitized(file);
  if (diagnostic.line > 0) {
    place += fmt::format("{}{}:{}", place.empty() ? "" : ":", diagnostic.line, diagnostic.column);
  } else if (!diagnostic.pointer.empty()) {
    place += fmt::format("{}{}", place.empty() ? "" : ": ", sanitized(diagnostic.pointer));
  }
  out += fmt::format("{}{}{}{}{}{}:{} {}{}{} [{}]\n", colors.bold, place, place.empty() ? "" : ": ",
                     colors.reset, error ? colors.error : colors.warning,
                     to_string(diagnostic.severity), colors.reset, colors.bold,
                     sanitized(diagnostic.message), colors.reset, to_string(diagnostic.code));
  if (diagnostic.line > 0 && !excerpt.text.empty()) {
    const ShownLine shown = show(excerpt, diagnostic);
    out += fmt::format("{}{:>5} |{} {}\n", colors.frame, diagnostic.line, colors.reset, shown.text);
    out += fmt::format("{}{:>5} |{} {:>{}}{}{}{}{}\n", colors.frame, "", colors.reset, "",
                       shown.indent, error ? colors.error : colors.warning, '^',
                       std::string(shown.carets - 1, '~'), colors.reset);
  }
  if (!diagnostic.hint.empty()) {
    out += fmt::format("{}{:>5} ={} {}help:{} {}\n", colors.frame, "", colors.reset, colors.help,
                       colors.reset, sanitized(diagnostic.hint));
  }
}

}  // namespace detail

Result<std::string> format_diagnostics(std::span<const Diagnostic> diagnostics,
                                       DiagnosticSource source, DiagnosticFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    if (format == DiagnosticFormat::Json) {
      for (const Diagnostic& diagnostic : diagnostics) {
        detail::append_json_line(out, diagnostic, source.file);
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

}  // namespace promoflow

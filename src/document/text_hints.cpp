// SPDX-License-Identifier: Apache-2.0
#include "document/text_hints.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/name_text.hpp"
#include "base/printable.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kBlanks = " \t";
/// Longest part of a line that is looked at.
constexpr std::size_t kLineMax = 4096;

struct Line {
  std::string_view text;
  std::uint32_t number = 0;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(kBlanks) == line.npos; }

/// The line of the problem, and the last one before it that is not blank.
struct Lines {
  Line here;
  Line before;
};

Lines lines_at(std::string_view text, std::uint32_t wanted) {
  Lines lines;
  for (std::uint32_t number = 1; number <= wanted && !text.empty(); ++number) {
    if (!is_blank(lines.here.text)) { lines.before = lines.here; }
    const std::size_t size = line_length(text);
    lines.here = {text.substr(0, size), number};
    text.remove_prefix(size);
    text.remove_prefix(line_break_length(text));
  }
  lines.here.text = lines.here.text.substr(0, kLineMax);
  lines.before.text = lines.before.text.substr(0, kLineMax);
  return lines;
}

/// Calls `take` with the offset of each character of a line that is in no quotes and no comment,
/// until it returns true. Returns whether it did.
template <class Take>
bool walk_unquoted(std::string_view line, const Take& take) {
  char quote = 0;
  char before = ' ';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool at_token = std::string_view(" \t[{,(").find(before) != std::string_view::npos;
    before = c;
    if (quote != 0) {
      if (c == '\\' && quote == '"') {
        ++at;
      } else if (c == quote) {
        quote = 0;
      }
    } else if ((c == '"' || c == '\'') && at_token) {
      quote = c;
    } else if (c == '#' && at_token) {
      return false;
    } else if (take(at)) {
      return true;
    }
  }
  return false;
}

YamlMessage message_at(const Line& line, std::size_t offset, std::string message,
                       std::string hint) {
  return {std::move(message), std::move(hint),
          advance({line.number, 1}, line.text.substr(0, offset))};
}

/// Whether what follows `{{` is more likely Helm's than another template engine's.
bool is_helm(std::string_view action) {
  action.remove_prefix(action.starts_with('-') ? 1 : 0);
  action.remove_prefix(std::min(action.find_first_not_of(kBlanks), action.size()));
  constexpr std::string_view kWords[] = {
      "if",  "else",   "end",     "range",   "with",     "define", "include", "block", "template",
      "tpl", "toYaml", "quote",   "default", "required", "printf", "lookup",  "not",   "and",
      "or",  "eq",     "nindent", "indent",  "fail",     "break",  "continue"};
  if (action.empty() ||
      std::string_view(".$/(\"`").find(action.front()) != std::string_view::npos) {
    return true;
  }
  const std::string_view word = action.substr(0, action.find_first_of(" \t}"));
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

std::optional<YamlMessage> explain_template(const Line& line) {
  std::optional<YamlMessage> found;
  walk_unquoted(line.text, [&](std::size_t at) {
    const std::string_view rest = line.text.substr(at);
    if (rest.starts_with("{{") && is_helm(rest.substr(2))) {
      found =
          message_at(line, at, "this looks like a Helm template: render it first (`helm template`)",
                     "check what it renders: helm template CHART | promoflow validate -");
    } else if (rest.starts_with("{{")) {
      found = message_at(line, at, "this looks like a template that was not rendered",
                         "render it first, or put it in quotes if the text itself is meant");
    } else if (rest.starts_with("{%")) {
      found = message_at(line, at, "this looks like a Jinja template: render it first",
                         "check what it renders, or put it in quotes if the text itself is meant");
    }
    return found.has_value();
  });
  return found;
}

/// The first character outside of quotes that is no space and yet looks like one, where a space
/// would matter: in the indentation, behind a ':' or behind a '-'.
std::optional<YamlMessage> explain_blank(const Line& line) {
  if (line.text.starts_with(kByteOrderMark)) {
    return message_at(line, 0, "a byte order mark (U+FEFF) within a document",
                      "texts were put together: separate them with '---'");
  }
  std::optional<YamlMessage> found;
  char before = ' ';
  bool indents = true;
  walk_unquoted(line.text, [&](std::size_t at) {
    const Character self = character_at(line.text, at);
    if (self.bytes > 1 && (indents || before == ':' || before == '-') &&
        is_false_blank(self.value)) {
      found = message_at(line, at,
                         fmt::format("{} is no {}", name_of_character(self.value),
                                     indents && before == ' ' ? "indentation" : "separator"),
                         "write a space instead");
    }
    before = line.text[at];
    indents = indents && (before == ' ' || before == '-');
    return found.has_value();
  });
  return found;
}

/// Whether a document begins here: its first line that is neither blank nor a comment begins with
/// '---' or is a directive.
bool begins_document(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, line_length(text));
    if (line.starts_with("---") || line.starts_with('%')) { return true; }
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first != std::string_view::npos && line[first] != '#') { return false; }
    text.remove_prefix(line.size());
    text.remove_prefix(line_break_length(text));
  }
  return true;
}

/// Whether the last line that is neither blank nor a comment ends a document or begins one.
bool ends_with_marker(std::string_view text) {
  while (!text.empty()) {
    text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    const std::size_t end = text.find_last_of("\r\n");
    const std::size_t begin = end == std::string_view::npos ? 0 : end + 1;
    const std::string_view line = text.substr(begin);
    if (line.starts_with("---") || line.starts_with("...")) { return true; }
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first != std::string_view::npos && line[first] != '#') { return false; }
    text = text.substr(0, begin);
  }
  return false;
}

}  // namespace

std::optional<YamlMessage> explain_by_text(std::string_view text, Position at) {
  const Lines lines = lines_at(text, at.line);
  for (const Line& line : {lines.here, lines.before}) {
    if (auto found = explain_template(line)) { return found; }
  }
  for (const Line& line : {lines.before, lines.here}) {
    if (auto found = explain_blank(line)) { return found; }
  }
  return std::nullopt;
}

std::string find_false_separator(std::string_view text) {
  text = text.substr(0, kLineMax);
  for (std::size_t at = 0;
       (at = text.find(':', at)) != std::string_view::npos && ++at < text.size();) {
    const Character next = character_at(text, at);
    if (next.bytes > 1 && is_false_blank(next.value)) { return name_of_character(next.value); }
  }
  return {};
}

bool has_placeholder(std::string_view text) noexcept {
  constexpr std::string_view kPairs[][2] = {
      {"{{", "}}"}, {"{%", "%}"}, {"<%", "%>"}, {"${", "}"}, {"$(", ")"}};
  return std::any_of(std::begin(kPairs), std::end(kPairs), [text](const auto& pair) {
    const std::size_t begin = text.find(pair[0]);
    return begin != std::string_view::npos &&
           text.find(pair[1], begin + pair[0].size()) != std::string_view::npos;
  });
}

std::string without_marks(std::string_view text) {
  std::string out;
  std::size_t kept = 0;
  for (std::size_t at = 1; (at = text.find(kByteOrderMark, at)) != std::string_view::npos;) {
    const std::size_t end = at + kByteOrderMark.size();
    const bool at_line = text[at - 1] == '\n' || text[at - 1] == '\r';
    if (at_line && (begins_document(text.substr(end)) || ends_with_marker(text.substr(0, at)))) {
      if (kept == 0) { out.reserve(text.size()); }
      out += text.substr(kept, at - kept);
      kept = end;
    }
    at = end;
  }
  if (kept > 0) { out += text.substr(kept); }
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

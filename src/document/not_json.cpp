// SPDX-License-Identifier: Apache-2.0
// Recognizes what programs write in place of JSON: by the text's encoding, by how it begins, and by
// what is at the place that the reader stumbled over.
#include "document/not_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "base/position.hpp"
#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";
/// Characters that are shown of a text, and of the place where it goes wrong.
constexpr std::size_t kShownMax = 80;
constexpr std::size_t kShownOfPlaceMax = 40;

// --- encodings -----------------------------------------------------------------------------------

/// The beginning of a text as UTF-8, for people. What is damaged comes out as bytes that are not.
std::string beginning_as_utf8(std::string_view text, const WideEncoding& encoding) {
  const std::size_t unit = encoding.mark.size();
  const bool little = encoding.zeros_of.front() == 'x';
  const auto unit_at = [&](std::size_t at) {
    char32_t value = 0;
    for (std::size_t i = 0; i < unit; ++i) {
      value = value << 8U | static_cast<unsigned char>(text[at + (little ? unit - 1 - i : i)]);
    }
    return value;
  };
  std::string out;
  std::size_t at = text.starts_with(encoding.mark) ? unit : 0;
  for (std::size_t count = 0; count < 2 * kShownMax && at + unit <= text.size(); ++count) {
    char32_t value = unit_at(at);
    at += unit;
    if (unit == 2 && value >= 0xD800 && value < 0xDC00 && at + unit <= text.size()) {
      value = 0x10000 + ((value - 0xD800) << 10U) + (unit_at(at) - 0xDC00);
      at += unit;
    }
    append_utf8(out, value);
  }
  return out;
}

/// Offset of the first byte that is not UTF-8; the text's size: there is none.
std::size_t find_not_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = utf8_sequence(text, at);
    if (bytes == 0) { return at; }
    at += bytes;
  }
  return text.size();
}

// --- what is shown of a text ---------------------------------------------------------------------

/// The first characters in quotes, safe to print; white space as one blank.
std::string shown(std::string_view text, std::size_t characters_max) {
  std::string out = "'";
  std::size_t at = std::min(text.find_first_not_of(kSpace), text.size());
  for (std::size_t count = 0; at < text.size() && count < characters_max; ++count) {
    const std::size_t behind = std::min(text.find_first_not_of(kSpace, at), text.size());
    if (behind == at) {
      at += append_printable(out, text, at);
    } else {
      out += behind < text.size() ? " " : "";
      at = behind;
    }
  }
  return out += at < text.size() ? "...'" : "'";
}

// --- what it seems to be -------------------------------------------------------------------------

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The name at the beginning of a text; empty: there is none.
std::string_view name_at(std::string_view text) noexcept {
  if (text.empty() || !is_letter(text.front())) { return {}; }
  const char* const begin = text.data();
  const char* const end = std::find_if(begin, begin + text.size(),
                                       [](char c) { return !is_letter(c) && !is_digit(c); });
  return text.substr(0, static_cast<std::size_t>(end - begin));
}

std::string_view without_space(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

bool contains_tag(std::string_view text, std::string_view tag) {
  const char* const end = text.data() + text.size();
  const char* const found =
      std::search(text.data(), end, tag.begin(), tag.end(),
                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
  return found != end;
}

/// The first line that is neither blank nor a comment.
std::string_view first_line(std::string_view text) {
  for (;;) {
    text = without_space(text);
    const std::string_view line = text.substr(0, line_length(text));
    if (!line.starts_with('#') || line.size() == text.size()) { return line; }
    text.remove_prefix(line.size());
  }
}

/// By how a text begins that begins like no JSON. Empty: it is not known.
std::string_view guess_by_beginning(std::string_view text) {
  constexpr std::size_t kHeadBytes = 1024;
  text = without_space(text);
  if (text.starts_with('<')) {
    const std::string_view head = text.substr(0, kHeadBytes);
    const bool html = contains_tag(head, "<!doctype html") || contains_tag(head, "<html") ||
                      contains_tag(head, "<head") || contains_tag(head, "<body");
    return html ? "an HTML page, such as a server answers with when a request fails: check the "
                  "status of the request before its answer is exported"
                : "this is XML: write a JSON object";
  }
  if (text.starts_with("{{") || text.starts_with("{%")) {
    return "this looks like a template that was not rendered: render it first";
  }
  if (text.starts_with("'{") || text.starts_with("'[")) {
    return "single quotes around the whole: quotes meant for the shell became part of the text";
  }
  if (text.starts_with('{') || text.starts_with('[') || text.starts_with('"')) { return {}; }
  std::string_view line = first_line(text);
  if (line.starts_with("---") || line.starts_with("- ") || line.starts_with("%YAML")) {
    return "this looks like YAML: write a JSON object, for example with 'yq -o json'";
  }
  if (line.starts_with("export ")) { line = without_space(line.substr(7)); }
  const std::string_view name = name_at(line);
  const std::string_view behind = without_space(line.substr(name.size()));
  if (!name.empty() && line.substr(name.size()).starts_with('=')) {
    return "NAME=VALUE lines, as of a .env file: write a JSON object";
  }
  const bool key = line.substr(0, line.find(' ')).ends_with(':');
  if ((!name.empty() && behind.starts_with(':')) || key) {
    return "this looks like YAML: write a JSON object, for example with 'yq -o json'";
  }
  return {};
}

struct Word {
  std::string_view text;
  std::string_view guess;
};
constexpr std::string_view kPython =
    "this is Python's, not JSON's: is it a dict that was printed? write it with json.dumps()";
constexpr std::string_view kNotFinite =
    "JSON has no NaN and no Infinity: write null, or the text in double quotes";
constexpr Word kWords[] = {
    {"True", kPython},        {"False", kPython},
    {"None", kPython},        {"NaN", kNotFinite},
    {"nan", kNotFinite},      {"Infinity", kNotFinite},
    {"infinity", kNotFinite}, {"inf", kNotFinite},
    {"Inf", kNotFinite},      {"NAN", kNotFinite},
    {"INF", kNotFinite},      {"undefined", "JSON has no undefined: write null"},
};

struct Beginning {
  std::string_view text;
  std::string_view guess;
};
constexpr std::string_view kComment = "JSON has no comments: remove it";
constexpr std::string_view kTypographic = "typographic quotes: write the plain \"";
constexpr Beginning kBeginnings[] = {
    {"'",
     "single quotes: is it a Python dict that was printed? write it with json.dumps(); JSON's "
     "strings are in double quotes"},
    {"//", kComment},
    {"/*", kComment},
    {"#", kComment},
    {"\x1B",
     "an escape sequence for colours: write the text without colours, for example with "
     "'jq -M'"},
    {"\xE2\x80\x98", kTypographic},
    {"\xE2\x80\x99", kTypographic},
    {"\xE2\x80\x9C", kTypographic},
    {"\xE2\x80\x9D", kTypographic},
    {"=>", "'=>': is it a Ruby hash? write it with to_json"},
    {"`", "JSON's strings are in double quotes"},
};

/// By what is around the place where the reader stumbled. Empty: it is not known.
std::string_view guess_by_place(std::string_view before, std::string_view rest) {
  for (const Beginning& beginning : kBeginnings) {
    if (rest.starts_with(beginning.text)) { return beginning.guess; }
  }
  const std::size_t last = before.find_last_not_of(kSpace);
  const char previous = last == std::string_view::npos ? '\0' : before[last];
  const std::string_view name = name_at(rest.substr(rest.starts_with('-') ? 1 : 0));
  for (const Word& word : kWords) {
    if (name == word.text) { return word.guess; }
  }
  if (!name.empty() && (previous == '{' || previous == ',' || previous == ':')) {
    const bool is_key = without_space(rest.substr(name.size())).starts_with(':');
    return is_key ? "a key without double quotes: JSON's keys are in double quotes"
                  : "a text without double quotes: JSON's strings are in double quotes";
  }
  if (rest.starts_with('}') || rest.starts_with(']')) {
    return previous == ',' ? "a comma before the closing bracket: remove it" : "";
  }
  const auto is_of_number = [](char c) { return is_digit(c) || c == '.' || c == '+' || c == '-'; };
  if (!rest.empty() &&
      (is_of_number(rest.front()) || (!before.empty() && is_digit(before.back())))) {
    return "not a number as JSON has it: no leading zeros, no plus sign, a digit on both sides of "
           "the point";
  }
  if (!rest.empty() && is_unprintable(character_at(rest, 0).value)) {
    return "an invisible character: remove it";
  }
  if (previous == '\0' && !name.empty()) { return "this is plain text: write a JSON object"; }
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  return rest.starts_with(kNoBreakSpace) ? "a no-break space (U+00A0): write a plain one" : "";
}

std::string guess(std::string_view text, std::string_view before, std::string_view rest,
                  const Diagnostic& problem) {
  std::string_view found = guess_by_beginning(text);
  const bool one_value = problem.hint.starts_with("a text of JSON holds one value");
  if (found.empty() && one_value && (rest.starts_with('{') || rest.starts_with('['))) {
    found = "a second JSON text begins here: write one object, with '>' rather than '>>'";
  }
  const bool in_string = problem.message.find("in a string") != std::string::npos ||
                         problem.message.find("escape") != std::string::npos;
  if (found.empty() && !in_string) { found = guess_by_place(before, rest); }
  if (!found.empty()) { return std::string(found); }
  const std::string said =
      problem.hint.empty() ? problem.message : fmt::format("{}: {}", problem.message, problem.hint);
  return printable(said);
}

}  // namespace

NotJson describe_not_json(std::string_view text, const Diagnostic& problem) {
  const auto begins = [](std::string_view of) { return "it begins " + shown(of, kShownMax); };
  if (const WideEncoding* const wide = find_wide_encoding(text)) {
    return {fmt::format("{}, not UTF-8: in PowerShell write it with -Encoding utf8", wide->name),
            begins(beginning_as_utf8(text, *wide))};
  }
  text.remove_prefix(text.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
  if (const std::size_t bad = find_not_utf8(text); bad < text.size()) {
    const Position place = advance({}, text.substr(0, bad));
    return {fmt::format("not valid UTF-8 (line {}, column {}): byte 0x{:02X}; is it Latin-1 or "
                        "Windows-1252? write it as UTF-8",
                        place.line, place.column, static_cast<unsigned char>(text[bad])),
            begins(text)};
  }
  const std::string_view rest = TextWalker(text).seek({problem.line, problem.column});
  const std::string_view before = text.substr(
      0, rest.empty() ? text.size() : static_cast<std::size_t>(rest.data() - text.data()));
  NotJson said{fmt::format("not valid JSON (line {}, column {}): {}", problem.line, problem.column,
                           guess(text, before, rest, problem)),
               begins(text)};
  if (count_code_points(before) >= kShownMax && !rest.empty()) {
    said.excerpt += " and goes wrong at " + shown(rest, kShownOfPlaceMax);
  }
  return said;
}

NotJson describe_not_object(std::string_view text, NodeKind kind) {
  text.remove_prefix(text.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
  const std::string_view word = kind == NodeKind::Sequence ? "an array" : kind_word(kind);
  return {fmt::format("not a JSON object but {}", word), "it begins " + shown(text, kShownMax)};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

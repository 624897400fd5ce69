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

/// What a text can't be told by: it is not seen, or it is a space or a quote of another kind.
bool is_odd_character(char32_t c) noexcept {
  const bool is_space_or_quote = c == 0xA0 || (c >= 0x2000 && c <= 0x201F);
  return is_unprintable(c) || is_space_or_quote;
}

/// Whether a text is nothing but base64, and an object begins in it.
bool is_object_in_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kBytesLookedAt = 64;
  const std::size_t end = std::min(text.find_first_of("=\r\n\t "), text.size());
  if (text.find_first_not_of("=\r\n\t ", end) != text.npos && (text[end] == '=' || end % 4 != 0)) {
    return false;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  std::uint32_t bit_count = 0;
  for (const char c : text) {
    if (c == '=' || kSpace.find(c) != kSpace.npos) { continue; }
    const std::size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) { return false; }
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) { continue; }
    bit_count -= 8;
    if (bytes.size() < kBytesLookedAt) { bytes += static_cast<char>(bits >> bit_count & 0xFFU); }
  }
  if (!bytes.starts_with('{')) { return false; }
  const std::string_view behind = without_space(std::string_view(bytes).substr(1));
  return behind.starts_with('"') || behind.starts_with('}');
}

// --- messages of programs ------------------------------------------------------------------------

/// What stands before the first colon when a program says that it failed, in small letters: words
/// for failures, and programs that hooks are often made of.
constexpr std::string_view kBeforeMessages[] = {
    "error",   "err",  "fatal", "warning",   "warn",   "failed", "failure", "exception", "panic",
    "usage",   "bash", "sh",    "curl",      "wget",   "jq",     "yq",      "git",       "gh",
    "glab",    "ssh",  "scp",   "kubectl",   "helm",   "argocd", "argo",    "aws",       "gcloud",
    "az",      "oc",   "flux",  "terraform", "docker", "node",   "npm",     "java",      "python",
    "python3", "ruby", "perl",  "go",        "make",   "sed",    "awk",     "grep",      "cat",
    "cp",      "mv",   "env",   "timeout",   "sudo",   "date",   "base64",  "openssl",   "vault"};

/// Whether a line is `word: ` and so could be YAML's.
bool is_key_line(std::string_view line) {
  if (line.find_first_of("{[\"'") == 0) { return false; }
  const std::size_t colon = line.find_first_of(": ");
  return colon != line.npos && line[colon] == ':' &&
         (colon + 1 == line.size() || kSpace.find(line[colon + 1]) != kSpace.npos);
}

/// Whether what follows a line has keys of YAML, too.
bool has_key_lines(std::string_view text) {
  while (!(text = without_space(text)).empty()) {
    const std::string_view line = text.substr(0, line_length(text));
    if (is_key_line(line)) { return true; }
    text.remove_prefix(line.size());
  }
  return false;
}

/// Whether a text that begins with this line is a message: `curl: (6) Could not resolve host`,
/// `deploy.sh: line 3: x: command not found`. YAML has no second key in a line.
bool is_message(std::string_view line, std::string_view text) {
  if (line.starts_with("Traceback (")) { return true; }
  if (!is_key_line(line)) { return false; }
  const std::size_t colon = line.find(':');
  const std::string_view behind = line.substr(colon + 1);
  if (line.find_first_of("\"'#{[") == line.npos && behind.find(": ") != behind.npos) {
    return true;
  }
  std::string word(line.substr(0, colon));
  word.erase(0, word.rfind('/') + 1);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  const bool is_known = std::find(std::begin(kBeforeMessages), std::end(kBeforeMessages), word) !=
                        std::end(kBeforeMessages);
  return is_known && !has_key_lines(without_space(text).substr(line.size()));
}

// --- by the beginning and by the place -----------------------------------------------------------

/// By how a text begins that begins like no JSON. Empty: it is not known.
std::string_view guess_by_beginning(std::string_view text) {
  constexpr std::size_t kHeadBytes = 1024;
  text = without_space(text);
  if (text.empty() || is_odd_character(character_at(text, 0).value)) { return {}; }
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
  if (is_object_in_base64(text)) {
    return "this is an object in base64: decode it first, for example with 'base64 -d'";
  }
  std::string_view line = first_line(text);
  if (is_message(line, text)) {
    return "this looks like a program's message, not like its result: export only what it prints "
           "when it succeeds, without its standard error";
  }
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
constexpr std::string_view kTemplate = "a template that was not rendered: render it first";
constexpr std::string_view kVariable =
    "a variable that was not expanded: a shell expands it in double quotes, not in single ones, "
    "nor in a here document whose end is quoted";
constexpr std::string_view kTypographic = "typographic quotes: write the plain \"";
constexpr Beginning kBeginnings[] = {
    {"'",
     "single quotes: is it a Python dict that was printed? write it with json.dumps(); JSON's "
     "strings are in double quotes"},
    {"//", kComment},
    {"/*", kComment},
    {"#", kComment},
    {"\x1B", "terminal colours: write the text without them, for example with 'jq -M'"},
    {"\xE2\x80\x98", kTypographic},
    {"\xE2\x80\x99", kTypographic},
    {"\xE2\x80\x9C", kTypographic},
    {"\xE2\x80\x9D", kTypographic},
    {"=>", "'=>': is it a Ruby hash? write it with to_json"},
    {"`", "JSON's strings are in double quotes"},
    {";", "a semicolon: members and elements are separated by commas"},
    {"<no value>", "a value that a template did not have"},
    {"<%", kTemplate},
    {"${{", kTemplate},
    {"${", kVariable},
    {"$(", kVariable},
};

enum class WordKind : std::uint8_t { Number, AlmostNumber, Text };

/// What a word is that begins like a number. 007, +1, .5 and 1e almost are.
WordKind kind_of_word(std::string_view word) noexcept {
  std::size_t at = 0;
  const auto skip = [&](std::string_view any) {
    const bool found = at < word.size() && any.find(word[at]) != any.npos;
    at += found ? 1U : 0U;
    return found;
  };
  const auto skip_digits = [&] {
    const std::size_t begin = at;
    while (at < word.size() && is_digit(word[at])) { ++at; }
    return at - begin;
  };
  bool is_number = !skip("+");
  skip("-");
  const bool begins_with_zero = at < word.size() && word[at] == '0';
  const std::size_t digits = skip_digits();
  is_number = is_number && digits > 0 && (digits == 1 || !begins_with_zero);
  if (skip(".")) { is_number = skip_digits() > 0 && is_number; }
  if (skip("eE")) {
    skip("+-");
    is_number = skip_digits() > 0 && is_number;
  }
  if (at < word.size()) { return WordKind::Text; }
  return is_number ? WordKind::Number : WordKind::AlmostNumber;
}

constexpr std::string_view kBareKey =
    "a key without double quotes: JSON's keys are in double quotes";
constexpr std::string_view kBareText =
    "a text without double quotes: JSON's strings are in double quotes";

/// By a word around the place that begins like a number: the reader took a part of it for one.
std::string_view guess_by_number(std::string_view before, std::string_view rest) {
  const std::size_t begin = before.find_last_of(" \t\r\n,:[]{}\"") + 1;
  const std::size_t end = std::min(rest.find_first_of(" \t\r\n,;]}\""), rest.size());
  const std::string word = std::string(before.substr(begin)) + std::string(rest.substr(0, end));
  constexpr std::string_view kFirst = "0123456789.+-";
  if (word.empty() || kFirst.find(word.front()) == kFirst.npos) { return {}; }
  if (word.ends_with(':')) { return kBareKey; }
  switch (kind_of_word(word)) {
    case WordKind::Number: return {};
    case WordKind::Text: return kBareText;
    case WordKind::AlmostNumber: break;
  }
  return "not a number as JSON has it: no leading zeros, no plus sign, a digit on both sides of "
         "the point";
}

/// By a comma or a bracket at the place.
std::string_view guess_by_mark(char previous, std::string_view rest) {
  const bool closes = rest.starts_with('}') || rest.starts_with(']');
  if (previous == ':' && (closes || rest.starts_with(','))) {
    return "a value is missing: was a variable empty? write \"\" or null";
  }
  if (closes && previous == ',') { return "a comma before the closing bracket: remove it"; }
  if (rest.starts_with(',') && (previous == ',' || previous == '{' || previous == '[')) {
    return "a comma too many: remove it";
  }
  return {};
}

/// By a character that is not what it looks like. Empty: there is none.
std::string guess_by_character(char previous, std::string_view rest) {
  if (rest.empty()) { return {}; }
  const char32_t character = character_at(rest, 0).value;
  if (is_unprintable(character)) {
    return fmt::format(
        "{} (U+{:04X}): remove it",
        previous == '\0' ? "it begins with an invisible character" : "an invisible character",
        static_cast<std::uint32_t>(character));
  }
  return character == 0xA0 ? "a no-break space (U+00A0): write a plain one" : "";
}

/// By what is around the place where the reader stumbled. Empty: it is not known.
std::string guess_by_place(std::string_view before, std::string_view rest) {
  for (const Beginning& beginning : kBeginnings) {
    if (rest.starts_with(beginning.text)) { return std::string(beginning.guess); }
  }
  if (before.ends_with('{') && (rest.starts_with('{') || rest.starts_with('%'))) {
    return std::string(kTemplate);
  }
  if (rest.starts_with('$') && !name_at(rest.substr(1)).empty()) { return std::string(kVariable); }
  const std::size_t last = before.find_last_not_of(kSpace);
  const char previous = last == std::string_view::npos ? '\0' : before[last];
  const std::string_view name = name_at(rest.substr(rest.starts_with('-') ? 1 : 0));
  for (const Word& word : kWords) {
    if (name == word.text) { return std::string(word.guess); }
  }
  if (!name.empty() && (previous == '{' || previous == ',' || previous == ':')) {
    const bool is_key = without_space(rest.substr(name.size())).starts_with(':');
    return std::string(is_key ? kBareKey : kBareText);
  }
  if (std::string found = guess_by_character(previous, rest); !found.empty()) { return found; }
  if (const std::string_view found = guess_by_mark(previous, rest); !found.empty()) {
    return std::string(found);
  }
  if (const std::string_view found = guess_by_number(before, rest); !found.empty()) {
    return std::string(found);
  }
  return previous == '\0' && !name.empty() ? "this is plain text: write a JSON object" : "";
}

std::string guess(std::string_view text, std::string_view before, std::string_view rest,
                  const Diagnostic& problem) {
  std::string found(guess_by_beginning(text));
  const bool one_value = problem.hint.starts_with("a text of JSON holds one value");
  if (found.empty() && one_value && (rest.starts_with('{') || rest.starts_with('['))) {
    found = "a second JSON text begins here: write one object, with '>' rather than '>>'";
  }
  const bool follows_value = problem.hint == "expected '}'" || problem.hint == "expected ']'";
  if (found.empty() && follows_value && rest.find_first_of("\"{[") == 0) {
    found = "a comma is missing before it";
  }
  const bool in_string = problem.message.find("in a string") != std::string::npos ||
                         problem.message.find("escape") != std::string::npos;
  if (found.empty() && !in_string) { found = guess_by_place(before, rest); }
  if (!found.empty()) { return found; }
  const std::string said =
      problem.hint.empty() ? problem.message : fmt::format("{}: {}", problem.message, problem.hint);
  return printable(said);
}

}  // namespace

NotJson describe_not_json(std::string_view text, const Diagnostic& problem) {
  const auto begins = [](std::string_view of) { return "it begins " + shown(of, kShownMax); };
  if (const std::string_view format = find_binary_format(text); !format.empty()) {
    return {fmt::format("not valid JSON: this is {}; write a JSON object", format), begins(text)};
  }
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

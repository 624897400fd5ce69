// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_problem.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Which of libyaml's two positions is reported.
enum class Where { Problem, Opening };

/// The first row is used whose problem and context libyaml's begin with.
struct Row {
  std::string_view problem;
  std::string_view context;
  Where where;
  std::string_view message;
  std::string_view hint;
  std::string_view opening = {};  ///< Appended to the hint, with the position of the opening.
};

constexpr Row kRows[] = {
    {"found unexpected end of stream", "while scanning a quoted scalar", Where::Opening,
     "this quote is never closed", "add the closing quote"},
    {"found unexpected document indicator", "while scanning a quoted scalar", Where::Opening,
     "this quote is not closed before the document ends", "add the closing quote"},
    {"mapping values are not allowed", "", Where::Problem, "a ':' is not expected here",
     "check the indentation of this line and the one before, or quote a text that contains ': '"},
    {"could not find expected ':'", "", Where::Opening, "no ':' follows this key",
     "write 'key: value', or check the indentation; quotes may be missing, too"},
    {"block sequence entries are not allowed", "", Where::Problem, "a list may not begin here",
     "put '- ' on a line of its own, below its key"},
    {"mapping keys are not allowed", "", Where::Problem, "a key may not begin here",
     "check the indentation"},
    {"found a tab character", "", Where::Problem, "a tab does not indent", "indent with spaces"},
    {"found unknown escape character", "", Where::Problem, "unknown escape in a quoted text",
     "write \\\\ for a backslash, or use single quotes"},
    {"did not find expected hexdecimal number", "", Where::Problem,
     "hexadecimal digits are missing in an escape", "write \\xNN, \\uNNNN or \\UNNNNNNNN"},
    {"did not find expected alphabetic or numeric character", "while scanning an alias",
     Where::Opening, "'*' begins an alias, and its name is missing",
     "put the value in quotes if no alias is meant"},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor",
     Where::Opening, "'&' begins an anchor, and its name is missing",
     "put the value in quotes if no anchor is meant"},
    {"did not find expected key", "while parsing a block mapping", Where::Problem,
     "this does not fit into the mapping around it", "check the indentation",
     "the mapping begins at"},
    {"did not find expected '-' indicator", "", Where::Problem,
     "this does not fit into the list around it", "check the indentation", "the list begins at"},
    {"did not find expected ',' or ']'", "", Where::Problem, "',' or ']' is missing here", "",
     "the '[' is at"},
    {"did not find expected ',' or '}'", "", Where::Problem, "',' or '}' is missing here", "",
     "the '{' is at"},
    {"did not find expected node content", "", Where::Problem, "a value is missing here",
     "write it, or remove what announces it"},
    {"did not find expected <document start>", "", Where::Problem, "a second value begins here",
     "separate documents with '---', or check the indentation"},
    {"found duplicate %", "", Where::Problem, "this directive is there twice", "remove one"},
    {"found incompatible YAML document", "", Where::Problem, "this version of YAML is not known",
     "remove the line '%YAML', or write '%YAML 1.2'"},
    {"found undefined tag handle", "", Where::Problem, "this tag's prefix is not declared",
     "remove the tag"},
    {"control characters are not allowed", "", Where::Problem, "a control character",
     "remove it, or write it as an escape in double quotes"},
    {"invalid leading UTF-8 octet", "", Where::Problem, kNotUtf8,
     "save the text as UTF-8; it may be Latin-1 or Windows-1252"},
    {"invalid trailing UTF-8 octet", "", Where::Problem, kNotUtf8,
     "save the text as UTF-8; it may be Latin-1 or Windows-1252"},
    {"incomplete UTF-8 octet sequence", "", Where::Problem, kNotUtf8,
     "save the text as UTF-8; it may be Latin-1 or Windows-1252"},
    {"invalid length of a UTF-8 sequence", "", Where::Problem, kNotUtf8,
     "save the text as UTF-8; it may be Latin-1 or Windows-1252"},
    {"invalid Unicode character", "", Where::Problem, "this is not a character of Unicode",
     "save the text as UTF-8"},
};

/// A character that cannot begin a value.
YamlMessage explain_character(const YamlProblem& problem) {
  const char character = problem.rest.front();
  if (character == '\t') { return {"a tab does not indent", "indent with spaces", problem.at}; }
  return {fmt::format("a value can't begin with '{}'", character), "put the value in quotes",
          problem.at};
}

/// The number at the beginning of a text, of so many hexadecimal digits; none: it is not there.
std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits) {
  std::uint32_t value = 0;
  if (text.size() < digits) { return std::nullopt; }
  const char* const end = text.data() + digits;
  const auto [read, error] = std::from_chars(text.data(), end, value, 16);
  return error == std::errc() && read == end ? std::optional(value) : std::nullopt;
}

/// An escape, whose digits begin at the problem, for what is no character.
YamlMessage explain_escape(const YamlProblem& problem) {
  const auto is_half = [](std::optional<std::uint32_t> unit, std::uint32_t first) {
    return unit && *unit >= first && *unit < first + 0x400;
  };
  const std::optional<std::uint32_t> high = hexadecimal(problem.rest, 4);
  if (!is_half(high, 0xD800) && !is_half(high, 0xDC00)) {
    return {"this escape is not a character of Unicode", "the last one is \\U0010FFFF", problem.at};
  }
  const std::string_view behind = problem.rest.substr(4);
  const auto low = behind.starts_with("\\u") ? hexadecimal(behind.substr(2), 4) : std::nullopt;
  std::string hint = "write the whole character";
  if (is_half(high, 0xD800) && is_half(low, 0xDC00)) {
    hint = fmt::format("write \\U{:08X}, or the character itself",
                       0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00));
  }
  return {"YAML knows no surrogate pairs", std::move(hint), problem.at};
}

}  // namespace

YamlMessage explain(const YamlProblem& problem) {
  if (problem.problem == "found character that cannot start any token" && !problem.rest.empty()) {
    return explain_character(problem);
  }
  if (problem.problem == "found invalid Unicode character escape code") {
    return explain_escape(problem);
  }
  for (const Row& row : kRows) {
    if (!problem.problem.starts_with(row.problem) || !problem.context.starts_with(row.context)) {
      continue;
    }
    YamlMessage out{std::string(row.message), std::string(row.hint),
                    row.where == Where::Opening ? problem.context_at : problem.at};
    if (!row.opening.empty()) {
      out.hint += fmt::format("{}{} line {}, column {}", row.hint.empty() ? "" : "; ", row.opening,
                              problem.context_at.line, problem.context_at.column);
    }
    return out;
  }
  std::string message(problem.problem);
  if (!problem.context.empty()) { message += fmt::format(" {}", problem.context); }
  return {std::move(message), {}, problem.at};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// JSON by nlohmann's SAX parser, which validates and decodes, but gives no positions. They are
// found by a second pass over the same text, token by token, which may rely on the text being
// valid.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limit_hint.hpp"
#include "document/tree.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::json;

struct Token {
  Position position;
  std::string_view text;
};

/// The closing quotation mark of the string that begins at `at`; the text's size: there is none.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && text[at] != '"'; ++at) { at += text[at] == '\\' ? 1U : 0U; }
  return at;
}

/// Splits a text into tokens. The part that is read must be valid JSON.
class JsonTokens {
 public:
  explicit JsonTokens(std::string_view text) : text_(text) {}

  /// Skips white space, commas and colons.
  void skip() noexcept {
    while (offset_ < text_.size()) {
      const char c = text_[offset_];
      if (c == '\n' || (c == '\r' && !text_.substr(offset_ + 1).starts_with('\n'))) {
        ++position_.line;
        position_.column = 1;
      } else if (c == ' ' || c == '\t' || c == ',' || c == ':' || c == '\r') {
        position_.column += c == '\r' ? 0 : 1;
      } else {
        return;
      }
      ++offset_;
    }
  }

  Token next() noexcept {
    skip();
    const Token token{position_, text_.substr(offset_, size_of(text_.substr(offset_)))};
    offset_ += token.text.size();
    position_.column += static_cast<std::uint32_t>(count_code_points(token.text));
    return token;
  }

  /// Skips what may be between two texts: white space, and byte order marks.
  void skip_to_next_text() noexcept {
    constexpr std::string_view kWhiteSpace = " \t\r\n";
    for (;;) {
      const std::string_view rest = text_.substr(offset_);
      if (rest.starts_with(kByteOrderMark)) {
        offset_ += kByteOrderMark.size();
      } else if (!rest.empty() && kWhiteSpace.find(rest.front()) != std::string_view::npos) {
        const std::size_t bytes = std::max<std::size_t>(line_break_length(rest), 1);
        position_ = advance(position_, rest.substr(0, bytes));
        offset_ += bytes;
      } else {
        return;
      }
    }
  }

  Position position() const noexcept { return position_; }
  std::size_t offset() const noexcept { return offset_; }

 private:
  static std::size_t size_of(std::string_view rest) noexcept {
    if (rest.empty()) { return 0; }
    const char first = rest.front();
    if (first == '{' || first == '}' || first == '[' || first == ']') { return 1; }
    if (first == '"') { return std::min(string_end(rest, 0) + 1, rest.size()); }
    const auto end = std::find_if(rest.begin(), rest.end(), ends_word);
    return static_cast<std::size_t>(end - rest.begin());
  }
  /// Whether a number, `true`, `false` or `null` is at its end before this character.
  static bool ends_word(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':' || c == ']' ||
           c == '}' || c == '\0';
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  Position position_;
};

/// Translates a message of nlohmann's.
struct JsonProblem {
  std::string_view part;  ///< Part of nlohmann's message; the first row that matches is used.
  std::string_view message;
  std::string_view hint;
  bool inside = true;  ///< Report nlohmann's offset; else the beginning of the token.
};

constexpr JsonProblem kProblems[] = {
    {"ill-formed UTF-8", "this is not valid UTF-8", "save the text as UTF-8"},
    {"control character", "a control character in a string",
     "write it as an escape, such as \\n or \\t"},
    {"missing closing quote", "a string is never closed", "add the closing '\"'", false},
    {"forbidden character after backslash", "unknown escape in a string",
     "write \\\\ for a backslash"},
    {"invalid string", "an escape that is not valid",
     "write \\u and four hexadecimal digits; surrogates come in pairs"},
    {"invalid number", "this is not a number", "JSON's numbers are such as 1, -2, 0.5 and 1e3",
     false},
    {"invalid comment", "JSON has no comments", "remove the comment, or write YAML", false},
};

/// Receives nlohmann's events and feeds the tree. Every function returns whether to continue.
class JsonHandler {
 public:
  JsonHandler(std::string_view text, TreeBuilder& tree) : text_(text), tokens_(text), tree_(tree) {}

  bool null() { return scalar(NodeKind::Null); }
  bool boolean(bool) { return scalar(NodeKind::Bool); }
  bool number_integer(Json::number_integer_t) { return number(); }
  bool number_unsigned(Json::number_unsigned_t) { return number(); }
  bool number_float(Json::number_float_t, const std::string&) { return number(); }
  bool string(std::string& value) {
    return tree_.scalar(NodeKind::String, value, tokens_.next().position);
  }
  bool binary(Json::binary_t&) { return false; }
  bool key(std::string& value) { return string(value); }
  bool start_object(std::size_t) { return open(NodeKind::Mapping); }
  bool start_array(std::size_t) { return open(NodeKind::Sequence); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& ex);

  /// Whether nothing is behind the value that was read. The parser takes a zero byte for the end.
  bool is_at_end() {
    const std::size_t offset = next_text();
    return offset == text_.size() || unexpected(offset, "expected end of input");
  }
  /// Where the next value begins; the text's size: there is none.
  Position position() const noexcept { return tokens_.position(); }
  std::size_t next_text() noexcept {
    tokens_.skip_to_next_text();
    begin_ = tokens_.offset();
    return begin_;
  }

 private:
  bool scalar(NodeKind kind) {
    const Token token = tokens_.next();
    return tree_.scalar(kind, token.text, token.position);
  }
  bool number() {
    const Token token = tokens_.next();
    const bool fraction = std::any_of(token.text.begin(), token.text.end(),
                                      [](char c) { return c == '.' || c == 'e' || c == 'E'; });
    return tree_.scalar(fraction ? NodeKind::Float : NodeKind::Integer, token.text, token.position);
  }
  bool open(NodeKind kind) {
    const Token token = tokens_.next();
    opened_.push_back(token);
    return tree_.begin(kind, token.position);
  }
  bool close() {
    tokens_.next();
    opened_.pop_back();
    return tree_.end();
  }
  bool ended_early();
  bool unexpected(std::size_t offset, std::string_view what);

  std::string_view text_;
  JsonTokens tokens_;
  TreeBuilder& tree_;
  std::size_t begin_ = 0;      ///< Where the value that is being read begins.
  std::vector<Token> opened_;  ///< The brackets that are not closed yet.
};

bool JsonHandler::ended_early() {
  std::string hint = "write an object in braces";
  if (!opened_.empty()) {
    hint = fmt::format("the '{}' of line {}, column {} is never closed", opened_.back().text,
                       opened_.back().position.line, opened_.back().position.column);
  }
  return tree_.fail(DiagnosticCode::Syntax, tokens_.position(), "the text ends too early",
                    std::move(hint));
}

/// `what` is nlohmann's message; it ends with what was expected.
bool JsonHandler::unexpected(std::size_t offset, std::string_view what) {
  const char c = text_[offset];
  const Position place = advance({}, text_.substr(0, offset));
  const std::size_t expected = what.find("; expected ");
  std::string hint;
  if (c == '/' || c == '#') {
    hint = "JSON has no comments; remove it, or write YAML";
  } else if (c == '\'') {
    hint = "JSON's strings are in double quotes";
  } else if ((c == '}' || c == ']') && what.find("expected string literal") < what.size()) {
    hint = "remove the comma before it";
  } else if (what.ends_with("expected end of input")) {
    hint = "a text of JSON holds one value";
  } else if (expected != std::string_view::npos && what.size() - expected < 80) {
    hint = fmt::format("expected {}", what.substr(expected + 11));
  }
  const std::string_view rest = text_.substr(offset);
  const std::size_t size =
      std::max<std::size_t>(1, std::min(rest.find_first_of(" \t\r\n,:[]{}"), rest.size()));
  return tree_.fail(DiagnosticCode::Syntax, place,
                    fmt::format("unexpected {}", in_quotes(rest.substr(0, size))), std::move(hint));
}

bool JsonHandler::parse_error(std::size_t position, const std::string&,
                              const nlohmann::detail::exception& ex) {
  const std::string_view what = ex.what();
  tokens_.skip();
  const std::size_t reached = begin_ + (position > 0 ? position - 1 : 0);
  for (const JsonProblem& problem : kProblems) {
    if (what.find(problem.part) != std::string_view::npos) {
      const std::size_t offset =
          std::min(problem.inside ? reached : tokens_.offset(), text_.size());
      return tree_.fail(DiagnosticCode::Syntax, advance({}, text_.substr(0, offset)),
                        std::string(problem.message), std::string(problem.hint));
    }
  }
  const std::size_t offset = std::min(tokens_.offset(), reached);
  return offset >= text_.size() ? ended_early() : unexpected(offset, what);
}

/// The offset of the first string or number of more than `most` bytes; npos: there is none.
/// nlohmann keeps two copies of a token while it reads it.
std::size_t find_long_token(std::string_view text, std::size_t most) noexcept {
  std::size_t begin = 0;
  while (text.size() - begin > most) {
    // A token as long as that covers this byte, and has no structure around it but in a string.
    const std::size_t end = text.find('"', begin);
    const std::size_t reached = std::min(end, text.size());
    std::size_t plain = begin;
    while (reached - plain > most) {
      const std::size_t found = text.find_last_of(" \t\r\n,:[]{}", plain + most);
      if (found == std::string_view::npos || found < plain) { return plain; }
      plain = found + 1;
    }
    if (end == std::string_view::npos) { return end; }
    std::size_t close = end + 1;
    while ((close = text.find('"', close)) != std::string_view::npos) {
      std::size_t escapes = close;
      while (text[escapes - 1] == '\\') { --escapes; }
      if ((close - escapes) % 2 == 0) { break; }
      ++close;
    }
    if (std::min(close, text.size()) - end > most) { return end; }
    if (close == std::string_view::npos) { return close; }
    begin = close + 1;
  }
  return std::string_view::npos;
}

/// The number at the beginning of a text, by JSON's grammar. Empty: there is none.
std::string_view number_at(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    at = std::min(text.find_first_not_of("0123456789", at), text.size());
    return at != from;
  };
  if (text.substr(at).starts_with('0')) {
    ++at;
  } else if (!digits()) {
    return {};
  }
  const auto begins_with = [&](std::string_view any) {
    return at < text.size() && any.find(text[at]) != std::string_view::npos;
  };
  if (begins_with(".")) {
    ++at;
    if (!digits()) { return {}; }
  }
  if (begins_with("eE")) {
    ++at;
    at += begins_with("+-") ? 1U : 0U;
    if (!digits()) { return {}; }
  }
  return text.substr(0, at);
}

/// Whether a number may be too large for a double.
bool may_be_large(std::string_view number) noexcept {
  constexpr std::size_t kShortest = std::string_view("1e100").size();
  constexpr std::size_t kDigitsMax = 200;
  constexpr std::size_t kExponentMax = 2;
  if (number.size() < kShortest) { return false; }
  const std::size_t exponent = number.find_first_of("eE");
  return number.size() > kDigitsMax ||
         (exponent != std::string_view::npos && number.size() - exponent - 1 > kExponentMax);
}

/// nlohmann refuses numbers that are too large for a double, but here only the tokens of numbers
/// count. Returns the text with a 0 and blanks in place of each such number. Empty: it has none.
std::string without_large_numbers(std::string_view text) {
  const auto is_of_number = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'e' || c == 'E' || c == '+';
  };
  std::string copy;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      at = string_end(text, at);
    } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
      const std::size_t begin = at;
      while (at + 1 < text.size() && is_of_number(text[at + 1])) { ++at; }
      if (!may_be_large(text.substr(begin, at + 1 - begin))) { continue; }
      const std::string_view number = number_at(text.substr(begin));
      if (number.empty()) { continue; }
      if (copy.empty()) { copy = text; }
      copy.replace(begin, number.size(), number.size(), ' ');
      copy[begin] = '0';
    }
  }
  return copy;
}

}  // namespace

void read_json(std::string_view text, const ReadMode& mode, Document& document,
               std::vector<Diagnostic>& problems) {
  TreeBuilder tree(document, problems, mode);
  const std::size_t most = mode.limits.value_bytes_max;
  const std::size_t excess = find_long_token(text, most);
  if (excess != std::string_view::npos) {
    tree.fail(DiagnosticCode::LimitExceeded, advance({}, text.substr(0, excess)),
              fmt::format("a value of more than {} bytes", most),
              limit_hint("shorten it", "TextLimits::value_bytes_max"));
    return;
  }
  JsonHandler handler(text, tree);
  const std::string replaced = without_large_numbers(text);
  const std::string_view all = replaced.empty() ? text : std::string_view(replaced);
  const bool one = mode.json_texts == JsonTexts::One;
  std::string_view rest = all;
  do {
    if (!tree.begin_document(handler.position())) { return; }
    if (!Json::sax_parse(rest.data(), rest.data() + rest.size(), &handler,
                         nlohmann::detail::input_format_t::json, one) ||
        (one && !handler.is_at_end())) {
      return;
    }
    tree.end_document();
    rest = all.substr(one ? all.size() : handler.next_text());
  } while (!rest.empty());
}

void append_double(std::string& out, double value) { out += Json(value).dump(); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

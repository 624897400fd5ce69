// SPDX-License-Identifier: Apache-2.0
// JSON by nlohmann's SAX parser, which validates and decodes, but gives no positions. They are
// found by a second pass over the same text, token by token, which may rely on the text being
// valid.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "document/tree.hpp"

namespace promoflow::detail {

namespace {

using Json = nlohmann::json;

struct Token {
  Position position;
  std::string_view text;
};

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

  Position position() const noexcept { return position_; }
  std::size_t offset() const noexcept { return offset_; }

 private:
  static std::size_t size_of(std::string_view rest) noexcept {
    if (rest.empty() || std::string_view("{}[]").find(rest.front()) != std::string_view::npos) {
      return std::min<std::size_t>(rest.size(), 1);
    }
    if (rest.front() != '"') { return std::min(rest.find_first_of(" \t\r\n,:]}"), rest.size()); }
    std::size_t at = 1;
    while ((at = rest.find_first_of("\"\\", at)) != std::string_view::npos) {
      if (rest[at] == '"') { return at + 1; }
      at += 2;
    }
    return rest.size();
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
    {"number overflow", "this number is too large", "write it as a string", false},
    {"invalid comment", "JSON has no comments", "remove the comment, or write YAML", false},
};

/// Receives nlohmann's events and feeds the tree. Every function returns whether to continue.
class JsonHandler {
 public:
  JsonHandler(std::string_view text, TreeBuilder& tree) : text_(text), tokens_(text), tree_(tree) {}

  bool null() { return scalar(NodeKind::Null); }
  bool boolean(bool) { return scalar(NodeKind::Bool); }
  bool number_integer(Json::number_integer_t) { return scalar(NodeKind::Integer); }
  bool number_unsigned(Json::number_unsigned_t) { return scalar(NodeKind::Integer); }
  bool number_float(Json::number_float_t, const std::string&) {
    const Token token = tokens_.next();
    const bool fraction = token.text.find_first_of(".eE") != std::string_view::npos;
    return tree_.scalar(fraction ? NodeKind::Float : NodeKind::Integer, token.text, token.position);
  }
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

 private:
  bool scalar(NodeKind kind) {
    const Token token = tokens_.next();
    return tree_.scalar(kind, token.text, token.position);
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
                    fmt::format("unexpected {}", quoted(rest.substr(0, size))), std::move(hint));
}

bool JsonHandler::parse_error(std::size_t position, const std::string&,
                              const nlohmann::detail::exception& ex) {
  const std::string_view what = ex.what();
  tokens_.skip();
  const std::size_t reached = position > 0 ? position - 1 : 0;
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

}  // namespace

void read_json(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates) {
  TreeBuilder tree(document, problems, limits, duplicates);
  tree.begin_document();
  JsonHandler handler(text, tree);
  if (Json::sax_parse(text.data(), text.data() + text.size(), &handler)) { tree.end_document(); }
}

void append_double(std::string& out, double value) { out += Json(value).dump(); }

}  // namespace promoflow::detail

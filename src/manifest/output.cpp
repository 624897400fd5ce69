// SPDX-License-Identifier: Apache-2.0
#include "manifest/output.hpp"
#include "base/json_string.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// libyaml searches for the ':' of a key within 1024 characters; longer keys need a '?' before
/// them.
constexpr std::size_t kSimpleKeyMax = 512;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '/' || c == '-';
}

/// Words that some YAML readers read as a boolean or null; in lower case.
constexpr std::string_view kTakenWords[] = {"y",   "n",    "yes",   "no",  "on",
                                            "off", "true", "false", "null"};

/// Whether every YAML reader reads the text without quotes as the same string.
bool is_plain_word(std::string_view text) {
  if (text.empty() || text.size() > 128 || !is_word_character(text.front()) ||
      (text.front() >= '0' && text.front() <= '9') || text.front() == '.' || text.front() == '-' ||
      !std::all_of(text.begin(), text.end(), is_word_character)) {
    return false;
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(std::begin(kTakenWords), std::end(kTakenWords), lower) == std::end(kTakenWords);
}

/// Characters that JSON does not escape, and YAML readers refuse or read as a line break.
struct Escape {
  std::string_view bytes;
  std::string_view escape;
};
constexpr Escape kEscapes[] = {
    {"\x7F", "\\x7F"},           {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"},
    {"\xEF\xBB\xBF", "\\uFEFF"}, {"\xEF\xBF\xBE", "\\uFFFE"}, {"\xEF\xBF\xBF", "\\uFFFF"},
};

std::string yaml_quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  std::string out;
  out.reserve(json.size());
  for (std::string_view rest = json; !rest.empty();) {
    const auto found = std::find_if(std::begin(kEscapes), std::end(kEscapes),
                                    [&](const Escape& e) { return rest.starts_with(e.bytes); });
    if (found != std::end(kEscapes)) {
      out += found->escape;
      rest.remove_prefix(found->bytes.size());
    } else if (rest.size() > 1 && rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(rest[1]));  // C1, NEL among them.
      rest.remove_prefix(2);
    } else {
      out += rest.front();
      rest.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string Output::string_text(std::string_view text) const {
  if (yaml_) { return is_plain_word(text) ? std::string(text) : yaml_quoted(text); }
  std::string out;
  append_json_string(out, text);
  return out;
}

void Output::new_line() {
  Level& level = levels_.back();
  if (!yaml_) { out_ += level.empty ? "\n" : ",\n"; }
  level.empty = false;
  out_.append(level.indent, ' ');
}

void Output::key(std::string_view name) {
  if (after_dash_) {
    after_dash_ = false;  // The first member is on the line of the dash.
    levels_.back().empty = false;
  } else {
    new_line();
  }
  const std::string text = string_text(name);
  if (yaml_ && text.size() > kSimpleKeyMax) {
    out_ += fmt::format("? {}\n{:>{}}", text, "", levels_.back().indent);
  } else {
    out_ += text;
  }
  out_ += yaml_ ? ":" : ": ";
  after_key_ = true;
}

void Output::entry() {
  new_line();
  if (yaml_) {
    out_ += "- ";
    after_dash_ = true;
  }
}

void Output::begin(char bracket) {
  if (!yaml_) {
    out_ += bracket;
  } else if (after_key_) {
    out_ += '\n';
  }
  const std::size_t indent = levels_.empty() ? (yaml_ ? 0 : 2) : levels_.back().indent + 2;
  levels_.push_back({bracket, indent});
  after_key_ = false;
}

void Output::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!yaml_) {
    if (!level.empty) {
      out_ += '\n';
      out_.append(level.indent - 2, ' ');
    }
    out_ += level.bracket == '{' ? '}' : ']';
  }
}

void Output::scalar(std::string_view text) {
  if (yaml_) { out_ += after_key_ ? " " : ""; }
  out_ += text;
  if (yaml_) { out_ += '\n'; }
  after_key_ = after_dash_ = false;
}

void Output::word(std::string_view text) {
  if (yaml_) {
    scalar(text);
  } else {
    string(text);
  }
}

void Output::strings(std::span<const std::string_view> texts) {
  std::string line = "[";
  for (const std::string_view text : texts) {
    line += line.size() > 1 ? ", " : "";
    line += string_text(text);
  }
  scalar(line + "]");
}

void Output::json(std::string_view text) {
  Document document;
  std::vector<Diagnostic> problems;
  read_json(text, {.duplicates = DuplicateKeys::LastWins}, document, problems);
  if (!problems.empty() || document.roots.empty()) {
    string(text);
    return;
  }
  std::string out;
  append_flow(out, document, document.roots.front());
  scalar(out);
}

/// Appends the node as JSON text that YAML readers read as the same value.
void Output::append_flow(std::string& out, const Document& document, NodeId node) const {
  const NodeKind kind = document.kind(node);
  if (kind == NodeKind::String) {
    out += yaml_ ? yaml_quoted(document.text(node)) : string_text(document.text(node));
    return;
  }
  const bool mapping = kind == NodeKind::Mapping;
  if (!mapping && kind != NodeKind::Sequence) {
    append_json(out, document, node);
    return;
  }
  out += mapping ? '{' : '[';
  const std::size_t begin = out.size();
  for (NodeId child = document.first(node); child != kNoNode; child = document.next(child)) {
    out += out.size() == begin ? "" : ", ";
    if (mapping) {
      out +=
          yaml_ && document[child].size > kSimpleKeyMax / 6 ? "? " : "";  // \uNNNN for each byte.
      append_flow(out, document, child);
      out += ": ";
      child = document.next(child);
    }
    append_flow(out, document, child);
  }
  out += mapping ? '}' : ']';
}

std::string Output::take() {
  if (!yaml_) { out_ += '\n'; }
  return std::move(out_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

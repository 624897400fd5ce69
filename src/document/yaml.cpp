// SPDX-License-Identifier: Apache-2.0
// YAML by libyaml's event parser. Only this file includes libyaml.
#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <new>

#include "document/scalar.hpp"
#include "document/tree.hpp"
#include "document/yaml_problem.hpp"

namespace promoflow::detail {

namespace {

/// libyaml compares each %TAG directive with all others, so many of them would cost quadratic time.
constexpr std::size_t kTagDirectivesMax = 64;

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

std::string_view view(const yaml_char_t* text) noexcept {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

/// Converts libyaml's positions. It ends lines at NEL, LS and PS as well, which neither editors nor
/// YAML 1.2 do. Built only for texts that contain them.
class LineMap {
 public:
  explicit LineMap(std::string_view text) {
    for (const std::string_view separator : kSeparators) {
      needed_ = needed_ || text.find(separator) != std::string_view::npos;
    }
    Position place;
    while (needed_ && !text.empty()) {
      lines_.push_back(place);
      std::size_t end = line_length(text);
      for (const std::string_view separator : kSeparators) {
        const std::size_t found = text.substr(0, end).find(separator);
        end = found == std::string_view::npos ? end : found + separator.size();
      }
      end += line_break_length(text.substr(end));
      place = advance(place, text.substr(0, end));
      text.remove_prefix(end);
    }
  }

  Position operator()(const yaml_mark_t& mark) const noexcept {
    Position place{static_cast<std::uint32_t>(mark.line + 1),
                   static_cast<std::uint32_t>(mark.column + 1)};
    if (mark.line < lines_.size()) {
      place = lines_[mark.line];
      place.column += static_cast<std::uint32_t>(mark.column);
    }
    return place;
  }

 private:
  static constexpr std::string_view kSeparators[] = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
  bool needed_ = false;
  std::vector<Position> lines_;
};

/// Owns libyaml's parser.
class Parser {
 public:
  explicit Parser(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) { throw std::bad_alloc(); }
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    if (text.data() == nullptr) { text = ""; }  // libyaml ends the process over a null pointer.
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// The next event, valid until the next call; null: see error().
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) != 0) { return &event_; }
    if (parser_.error == YAML_MEMORY_ERROR) { throw std::bad_alloc(); }
    return nullptr;
  }
  const yaml_parser_t& error() const noexcept { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

class YamlReader {
 public:
  YamlReader(std::string_view text, TreeBuilder& tree)
      : text_(text), tree_(tree), lines_(text), parser_(text) {}

  void read() {
    while (const yaml_event_t* event = parser_.next()) {
      if (event->type == YAML_STREAM_END_EVENT || !take(*event)) { return; }
    }
    fail();
  }

 private:
  bool take(const yaml_event_t& event);
  bool take_scalar(const yaml_event_t& event);
  bool take_container(const yaml_event_t& event, NodeKind kind);
  bool has_string_tag(const yaml_event_t& event);
  bool strange_tag(std::string_view tag, Position place, std::string_view what);
  void fail();

  std::string_view text_;
  TreeBuilder& tree_;
  LineMap lines_;
  Parser parser_;
  /// A position in the text, in bytes and in characters as libyaml counts them.
  std::size_t byte_ = 0;
  std::size_t character_ = 0;
};

bool YamlReader::take(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT: tree_.begin_document(); return true;
    case YAML_DOCUMENT_END_EVENT: tree_.end_document(); return true;
    case YAML_SCALAR_EVENT: tree_.anchor(view(event.data.scalar.anchor)); return take_scalar(event);
    case YAML_SEQUENCE_START_EVENT:
      tree_.anchor(view(event.data.sequence_start.anchor));
      return take_container(event, NodeKind::Sequence);
    case YAML_MAPPING_START_EVENT:
      tree_.anchor(view(event.data.mapping_start.anchor));
      return take_container(event, NodeKind::Mapping);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return tree_.end();
    case YAML_ALIAS_EVENT:
      return tree_.alias(view(event.data.alias.anchor), lines_(event.start_mark));
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT: return true;
  }
  return true;
}

bool YamlReader::strange_tag(std::string_view tag, Position place, std::string_view what) {
  if (tag.starts_with(kTagPrefix)) {
    tag.remove_prefix(kTagPrefix.size());
    return tree_.fail(DiagnosticCode::Syntax, place,
                      fmt::format("the tag '!!{}' does not fit {}", tag, what),
                      "remove the tag, or correct the value");
  }
  return tree_.fail(DiagnosticCode::Syntax, place, fmt::format("unknown tag {}", quoted(tag)),
                    "remove the tag; those of YAML's core schema are read, such as !!str");
}

/// Whether the text fits a tag of the core schema; `kind` becomes the tag's type.
bool fits(std::string_view tag, NodeKind plain, NodeKind& kind) {
  constexpr std::pair<std::string_view, NodeKind> kTags[] = {{"str", NodeKind::String},
                                                             {"int", NodeKind::Integer},
                                                             {"float", NodeKind::Float},
                                                             {"bool", NodeKind::Bool},
                                                             {"null", NodeKind::Null}};
  for (const auto& [name, tagged] : kTags) {
    if (tag.substr(std::min(tag.size(), kTagPrefix.size())) == name) {
      kind = tagged;
      return tag.starts_with(kTagPrefix) &&
             (tagged == NodeKind::String || tagged == plain ||
              (tagged == NodeKind::Float && plain == NodeKind::Integer));
    }
  }
  return false;
}

bool YamlReader::take_scalar(const yaml_event_t& event) {
  const auto& scalar = event.data.scalar;
  const std::string_view value(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const Position place = lines_(event.start_mark);
  NodeKind kind = NodeKind::String;
  if (scalar.tag != nullptr) {
    const std::string_view tag = view(scalar.tag);
    if (tag != "!" && !fits(tag, resolve_plain(value), kind)) {
      return strange_tag(tag, place, quoted(value));
    }
  } else if (scalar.style == YAML_PLAIN_SCALAR_STYLE) {
    kind = resolve_plain(value);
    if (kind != NodeKind::String && has_string_tag(event)) { kind = NodeKind::String; }
  }
  return tree_.scalar(kind, value, place);
}

/// libyaml does not report the tag `!`, so it is searched for in the text; only for scalars that
/// are longer in the text than their value.
bool YamlReader::has_string_tag(const yaml_event_t& event) {
  const std::size_t begin = event.start_mark.index;
  if (event.end_mark.index - begin == event.data.scalar.length || begin < character_) {
    return false;
  }
  byte_ += bytes_of_code_points(text_.substr(byte_), begin - character_);
  character_ = begin;
  std::string_view rest = text_.substr(byte_);
  if (rest.starts_with('&')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n,[]{}"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  }
  return rest.starts_with('!');
}

bool YamlReader::take_container(const yaml_event_t& event, NodeKind kind) {
  const bool mapping = kind == NodeKind::Mapping;
  const std::string_view tag =
      view(mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
  const bool fits_kind =
      tag.empty() || tag == "!" ||
      (tag.starts_with(kTagPrefix) && tag.substr(kTagPrefix.size()) == (mapping ? "map" : "seq"));
  const Position place = lines_(event.start_mark);
  return fits_kind ? tree_.begin(kind, place) : strange_tag(tag, place, kind_word(kind));
}

void YamlReader::fail() {
  const yaml_parser_t& error = parser_.error();
  YamlProblem problem;
  problem.problem = view(reinterpret_cast<const yaml_char_t*>(error.problem));
  if (error.error == YAML_READER_ERROR) {
    // libyaml's reader is ahead of all marks, but gives the offset of the byte.
    const std::size_t offset = std::min(error.problem_offset, text_.size());
    problem.at = advance({}, text_.substr(0, offset));
  } else {
    problem.context = view(reinterpret_cast<const yaml_char_t*>(error.context));
    problem.at = lines_(error.problem_mark);
    problem.context_at = lines_(error.context_mark);
    const std::size_t offset = bytes_of_code_points(text_, error.problem_mark.index);
    problem.character = offset < text_.size() ? text_[offset] : '\0';
  }
  YamlMessage message = explain(problem);
  tree_.fail(DiagnosticCode::Syntax, message.at, std::move(message.message),
             std::move(message.hint));
}

/// Offset of the first %TAG directive beyond the limit; npos: there is none.
std::size_t find_tag_directives(std::string_view text) {
  std::size_t count = text.starts_with("%TAG") ? 1 : 0;
  for (std::size_t at = 0; (at = text.find("%TAG", at + 1)) != std::string_view::npos;) {
    count += text[at - 1] == '\n' || text[at - 1] == '\r' ? 1U : 0U;
    if (count > kTagDirectivesMax) { return at; }
  }
  return std::string_view::npos;
}

}  // namespace

void read_yaml(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates) {
  TreeBuilder tree(document, problems, limits, duplicates);
  tree.begin_document();
  const std::size_t excess = find_tag_directives(text);
  if (excess != std::string_view::npos) {
    tree.fail(DiagnosticCode::LimitExceeded, advance({}, text.substr(0, excess)),
              fmt::format("more than {} %TAG directives", kTagDirectivesMax), "remove them");
    return;
  }
  YamlReader(text, tree).read();
}

}  // namespace promoflow::detail

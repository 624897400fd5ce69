// SPDX-License-Identifier: Apache-2.0
// YAML by libyaml's event parser. Only this file includes libyaml.
#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <bit>
#include <new>

#include "base/exceptions.hpp"
#include "base/limit_hint.hpp"
#include "base/name_text.hpp"
#include "document/scalar.hpp"
#include "document/text_hints.hpp"
#include "document/tree.hpp"
#include "document/yaml_problem.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// libyaml compares each %TAG directive with all others, so many of them would cost quadratic time.
constexpr std::size_t kTagDirectivesMax = 64;

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";
constexpr std::string_view kMergeKey = "<<";
constexpr std::string_view kDocumentStart = "---";

std::string_view view(const yaml_char_t* text) noexcept {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

/// Converts libyaml's positions. It ends lines at NEL, LS and PS as well, which neither editors nor
/// YAML 1.2 do. Positions are asked for in the order of the text, but for few: each call goes on
/// from the line of the one before, and nothing is kept of other lines.
class LineMap {
 public:
  explicit LineMap(std::string_view text) : text_(text) {
    for (const std::string_view separator : kSeparators) {
      needed_ = needed_ || text.find(separator) != std::string_view::npos;
    }
  }

  /// A parser begins at this byte, which begins a line; the lines that it counts are added to.
  void begin_at(std::size_t offset) {
    while (at_.offset < offset) { next_line(); }
    base_ = at_.line;
  }

  Position operator()(const yaml_mark_t& mark) {
    const std::size_t line = base_ + mark.line;
    if (needed_) { return find(line, mark.column); }
    return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }

 private:
  static constexpr std::string_view kSeparators[] = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};

  /// The beginning of a line as libyaml has them.
  struct Line {
    std::size_t offset = 0;
    std::size_t line = 0;
    Position place{};
  };

  Position find(std::size_t line, std::size_t column) {
    if (line < at_.line) { at_ = {}; }
    while (at_.line < line && at_.offset < text_.size()) { next_line(); }
    Position place = at_.place;
    place.column += static_cast<std::uint32_t>(column);
    return place;
  }

  void next_line() {
    std::string_view rest = text_.substr(at_.offset);
    std::size_t end = 0;
    while ((end = rest.find_first_of("\r\n\xC2\xE2", end)) != std::string_view::npos) {
      const std::size_t size = break_length(rest.substr(end));
      if (size > 0) {
        end += size;
        break;
      }
      ++end;
    }
    rest = rest.substr(0, end);
    at_.place = advance(at_.place, rest);
    at_.offset += rest.size();
    ++at_.line;
  }

  static std::size_t break_length(std::string_view text) {
    for (const std::string_view separator : kSeparators) {
      if (text.starts_with(separator)) { return separator.size(); }
    }
    return line_break_length(text);
  }

  std::string_view text_;
  bool needed_ = false;
  std::size_t base_ = 0;
  Line at_;
};

/// Owns libyaml's parser, and hands it the text in parts.
class Parser {
 public:
  Parser(std::string_view text, std::size_t value_bytes_max)
      : rest_(text), ahead_max_(std::max(value_bytes_max, value_bytes_max + kPartMax)) {
    if (yaml_parser_initialize(&parser_) == 0) { throw_out_of_memory(); }
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&parser_, hand_over, this);
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// The next event, valid until the next call; null: see error().
  const yaml_event_t* next() {
    end_ = event_.end_mark;
    yaml_event_delete(&event_);
    ahead_ = 0;
    if (yaml_parser_parse(&parser_, &event_) != 0) { return &event_; }
    if (parser_.error == YAML_MEMORY_ERROR) { throw_out_of_memory(); }
    return nullptr;
  }
  const yaml_parser_t& error() const noexcept { return parser_; }
  /// Whether the error is that more text than is allowed makes no event. libyaml keeps several
  /// copies of a value while it reads it.
  bool is_too_long() const noexcept { return ahead_ > ahead_max_; }
  /// Where the last event ended.
  const yaml_mark_t& end() const noexcept { return end_; }

 private:
  /// libyaml reads so much at once, and so may be ahead of its events.
  static constexpr std::size_t kPartMax = std::size_t{1} << 16;

  static int hand_over(void* data, unsigned char* buffer, std::size_t size, std::size_t* read) {
    Parser& self = *static_cast<Parser*>(data);
    *read = std::min(size, self.rest_.size());
    self.ahead_ += *read;
    if (self.is_too_long()) { return 0; }
    std::copy_n(self.rest_.begin(), *read, buffer);
    self.rest_.remove_prefix(*read);
    return 1;
  }

  std::string_view rest_;
  std::size_t ahead_max_;
  std::size_t ahead_ = 0;  ///< Bytes that were handed over since the last event.
  yaml_mark_t end_{};
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

/// Feeds the tree with the events of a text, or of the rest of one.
class YamlReader {
 public:
  /// `text` begins a line, the one that `lines` was told to begin at.
  YamlReader(std::string_view text, const ReadMode& mode, LineMap& lines, TreeBuilder& tree,
             std::vector<Diagnostic>& problems)
      : text_(text),
        value_bytes_max_(mode.limits.value_bytes_max),
        tree_(tree),
        problems_(problems),
        lines_(lines),
        parser_(text, mode.limits.value_bytes_max) {}

  /// Reads to the end of the text, or to the end of a document that is passed over, though its
  /// syntax is broken: returns the offset of the next one. npos: all is read.
  std::size_t read() {
    while (const yaml_event_t* event = parser_.next()) {
      if (event->type == YAML_STREAM_END_EVENT || !take(*event)) { return std::string_view::npos; }
    }
    return fail();
  }

 private:
  bool take(const yaml_event_t& event);
  bool take_scalar(const yaml_event_t& event);
  bool take_container(const yaml_event_t& event, NodeKind kind);
  bool has_string_tag(const yaml_event_t& event);
  void go_to(const yaml_mark_t& mark);
  void explain_key(const yaml_mark_t& mark);
  void strange_tag(std::string_view tag, Position place, std::string_view what);
  std::size_t fail();
  std::size_t resume(std::size_t offset);

  std::string_view text_;
  std::size_t value_bytes_max_;
  TreeBuilder& tree_;
  std::vector<Diagnostic>& problems_;
  LineMap& lines_;
  Parser parser_;
  /// A position in the text, in bytes and in characters as libyaml counts them.
  std::size_t byte_ = 0;
  std::size_t character_ = 0;
};

bool YamlReader::take(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT: return tree_.begin_document(lines_(event.start_mark));
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

/// The value is read without its tag.
void YamlReader::strange_tag(std::string_view tag, Position place, std::string_view what) {
  if (!tree_.lists()) { return; }
  if (tag.starts_with(kTagPrefix)) {
    tag.remove_prefix(kTagPrefix.size());
    tree_.note(DiagnosticCode::Syntax, place,
               fmt::format("the tag {} does not fit {}",
                           in_quotes(std::string_view(fmt::format("!!{}", tag))), what),
               "remove the tag, or correct the value");
    return;
  }
  tree_.note(DiagnosticCode::Syntax, place, fmt::format("unknown tag {}", in_quotes(tag)),
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
  bool plain = false;
  if (scalar.tag != nullptr) {
    const std::string_view tag = view(scalar.tag);
    plain = tag == kMergeTag && value == kMergeKey && tree_.expects_key();
    if (!plain && tag != "!" && !fits(tag, resolve_plain(value), kind)) {
      strange_tag(tag, place, in_quotes(value));
      kind = NodeKind::String;
    }
  } else if (scalar.style == YAML_PLAIN_SCALAR_STYLE) {
    kind = resolve_plain(value);
    plain = !has_string_tag(event);
    if (!plain) { kind = NodeKind::String; }
  }
  return tree_.scalar(kind, value, place, plain);
}

/// libyaml does not report the tag `!`, so it is searched for in the text; only for scalars that
/// are longer in the text than their value.
bool YamlReader::has_string_tag(const yaml_event_t& event) {
  const std::size_t begin = event.start_mark.index;
  if (event.end_mark.index - begin == event.data.scalar.length || begin < character_) {
    return false;
  }
  go_to(event.start_mark);
  std::string_view rest = text_.substr(byte_);
  if (rest.starts_with('&')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n,[]{}"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  }
  return rest.starts_with('!');
}

/// Moves on to a mark that is not before the last one.
void YamlReader::go_to(const yaml_mark_t& mark) {
  byte_ += bytes_of_code_points(text_.substr(byte_), mark.index - character_);
  character_ = mark.index;
}

/// A list or a mapping as a key is mostly a template that was not rendered.
void YamlReader::explain_key(const yaml_mark_t& mark) {
  constexpr std::size_t kLineMax = 4096;
  if (mark.index < character_) { return; }
  go_to(mark);
  const std::size_t window = byte_ - std::min(byte_, kLineMax);
  const std::size_t end = text_.substr(window, byte_ - window).find_last_of("\r\n");
  if (end == std::string_view::npos && window > 0) { return; }
  const std::size_t begin = end == std::string_view::npos ? 0 : window + end + 1;
  Diagnostic& last = problems_.back();
  if (auto better = explain_by_text(text_.substr(begin, byte_ - begin + kLineMax), {1, 1})) {
    last.message = std::move(better->message);
    last.hint = std::move(better->hint);
    last.column = better->at.column;
  }
}

bool YamlReader::take_container(const yaml_event_t& event, NodeKind kind) {
  const bool mapping = kind == NodeKind::Mapping;
  const std::string_view tag =
      view(mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
  const bool fits_kind =
      tag.empty() || tag == "!" ||
      (tag.starts_with(kTagPrefix) && tag.substr(kTagPrefix.size()) == (mapping ? "map" : "seq"));
  const Position place = lines_(event.start_mark);
  if (!fits_kind) { strange_tag(tag, place, kind_word(kind)); }
  const bool is_key = tree_.expects_key();
  const std::size_t listed = problems_.size();
  const bool goes_on = tree_.begin(kind, place);
  if (is_key && goes_on && problems_.size() > listed) { explain_key(event.start_mark); }
  return goes_on;
}

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) &&
         line.substr(marker.size(), 1).find_first_not_of(" \t") == std::string_view::npos;
}

/// Offset of what comes behind a document whose syntax is broken: of the first line from `offset`
/// on that begins with '---', or of what follows a line '...'; npos: nothing does.
std::size_t next_document(std::string_view text, std::size_t offset) {
  if (offset > 0 && text[offset - 1] != '\n' && text[offset - 1] != '\r') {
    offset = text.find_first_of("\r\n", offset);
  }
  bool ended = false;
  while (offset < text.size()) {
    const std::string_view rest = text.substr(offset);
    const std::string_view line = rest.substr(0, line_length(rest));
    if (is_marker(line, kDocumentStart)) { return offset; }
    if (is_marker(line, "...")) {
      ended = true;
    } else if (ended && line.find_first_not_of(" \t") != std::string_view::npos &&
               line[line.find_first_not_of(" \t")] != '#') {
      return offset;
    }
    offset += line.size() + line_break_length(rest.substr(line.size()));
  }
  return std::string_view::npos;
}

/// Goes on behind a document that is passed over, though its syntax is broken: returns the offset
/// of the next one. npos: there is none, or it begins without '---', which was reported.
std::size_t YamlReader::resume(std::size_t offset) {
  const std::size_t next = next_document(text_, offset);
  if (next == std::string_view::npos) { return next; }
  const std::string_view rest = text_.substr(next);
  if (rest.starts_with(kDocumentStart) || rest.starts_with('%')) { return next; }
  YamlMessage message = explain({.problem = "did not find expected <document start>",
                                 .context = {},
                                 .at = advance(lines_({}), text_.substr(0, next)),
                                 .context_at = {}});
  tree_.fail(DiagnosticCode::Syntax, message.at, std::move(message.message),
             std::move(message.hint));
  return std::string_view::npos;
}

/// Of a character that is broken at this offset: its first byte, where it has one.
std::size_t begin_of_character(std::string_view text, std::size_t offset) {
  for (std::size_t back = 1; back <= 3 && back <= offset; ++back) {
    const auto byte = static_cast<unsigned char>(text[offset - back]);
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length > back) { return offset - back; }
    if ((byte & 0xC0U) != 0x80) { break; }
  }
  return offset;
}

std::size_t YamlReader::fail() {
  const yaml_parser_t& error = parser_.error();
  if (parser_.is_too_long()) {
    tree_.fail(DiagnosticCode::LimitExceeded, lines_(parser_.end()),
               fmt::format("a value or a comment of more than {} bytes", value_bytes_max_),
               limit_hint("shorten it", "TextLimits::value_bytes_max"));
    return std::string_view::npos;
  }
  YamlProblem problem;
  problem.problem = view(reinterpret_cast<const yaml_char_t*>(error.problem));
  std::size_t offset = 0;
  if (error.error == YAML_READER_ERROR) {
    // libyaml's reader is ahead of all marks, but gives the offset of the byte.
    offset = begin_of_character(text_, std::min(error.problem_offset, text_.size()));
    problem.at = advance(lines_({}), text_.substr(0, offset));
  } else {
    problem.context = view(reinterpret_cast<const yaml_char_t*>(error.context));
    problem.context_at = lines_(error.context_mark);
    problem.at = lines_(error.problem_mark);
    offset = byte_ + bytes_of_code_points(
                         text_.substr(byte_),
                         error.problem_mark.index - std::min(character_, error.problem_mark.index));
    problem.rest = text_.substr(std::min(offset, text_.size()));
  }
  YamlMessage message = explain(problem);
  if (problem.problem.starts_with("control characters")) {
    message.message = name_of_character(static_cast<char32_t>(error.problem_value));
  } else if (message.message == kNotUtf8 && offset < text_.size()) {
    message.message +=
        fmt::format(": the byte 0x{:02X}", static_cast<unsigned char>(text_[offset]));
  }
  tree_.fail(DiagnosticCode::Syntax, message.at, std::move(message.message),
             std::move(message.hint));
  return tree_.abandon_document() ? resume(offset) : std::string_view::npos;
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

/// Reads a text that has no byte order mark before any of its documents.
void read_unmarked(std::string_view text, const ReadMode& mode, Document& document,
                   std::vector<Diagnostic>& problems) {
  TreeBuilder tree(document, problems, mode);
  const std::size_t excess = find_tag_directives(text);
  if (excess != std::string_view::npos) {
    tree.fail(DiagnosticCode::LimitExceeded, advance({}, text.substr(0, excess)),
              fmt::format("more than {} %TAG directives", kTagDirectivesMax), "remove them");
    return;
  }
  // At once what growing would come to: a flow has a node for every fourteen bytes or so. No more:
  // the C library hands large blocks back, and each of their pages is a fault the next time.
  const std::size_t nodes = std::min(text.size() / 14, mode.limits.work_max);
  document.nodes.reserve(std::bit_ceil(document.nodes.size() + nodes));
  LineMap lines(text);
  for (std::size_t begin = 0, next = 0; next != std::string_view::npos; begin += next) {
    lines.begin_at(begin);
    next = YamlReader(text.substr(begin), mode, lines, tree, problems).read();
  }
  const bool broken = !problems.empty() && problems.back().document >= document.roots.size();
  if (!broken || problems.back().code != DiagnosticCode::Syntax) { return; }
  Diagnostic& last = problems.back();
  if (auto better = explain_by_text(text, {last.line, last.column})) {
    last.message = std::move(better->message);
    last.hint = std::move(better->hint);
    last.line = better->at.line;
    last.column = better->at.column;
  }
  const auto same_place = [&](const Diagnostic& other) {
    return other.line == last.line && other.column == last.column && other.message == last.message;
  };
  // A template in the place of a key was reported as a key that is no text.
  if (std::any_of(problems.begin(), problems.end() - 1, same_place)) { problems.pop_back(); }
}

}  // namespace

void read_yaml(std::string_view text, const ReadMode& mode, Document& document,
               std::vector<Diagnostic>& problems) {
  const std::string unmarked = without_marks(text);
  read_unmarked(unmarked.empty() ? text : unmarked, mode, document, problems);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// A quick reader for JSON as programs usually write it. It gives up on any other text, valid or
// not; nlohmann's parser then reads that text and reports what is wrong with it.
#include <algorithm>
#include <cstring>

#include "base/plain_text.hpp"
#include "base/utf8.hpp"
#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Each key is compared with those before it, so mappings of more keys are left to the other
/// reader.
constexpr std::uint32_t kPlainKeysMax = 32;
constexpr std::size_t kNodesReservedMax = 256;

/// The character that a short escape encodes; 0: it is not a short escape.
char unescaped(char c) noexcept {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t at = kEscapes.find(c);
  return at == std::string_view::npos ? char{} : kMeanings[at];
}

/// Every function returns whether the text is plain as far as it was read.
class PlainReader {
 public:
  PlainReader(std::string_view text, Document& document, PlainKeys keys)
      : at_(text.data()),
        begin_(text.data()),
        end_(text.data() + text.size()),
        out_(document),
        keys_(keys) {}

  bool read(std::uint32_t depth_max) {
    skip_space();
    if (peek() != '{' || !container(NodeKind::Mapping, depth_max)) { return false; }
    skip_space();
    return at_ == end_;
  }

 private:
  /// The next character; 0 at the end of the text. No token begins with 0.
  char peek() const noexcept { return at_ == end_ ? char{} : *at_; }
  std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  void skip_space() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) {
      out_.compact = false;
      ++at_;
    }
  }
  bool take(char c) noexcept {
    if (peek() != c) {
      skip_space();
      if (peek() != c) { return false; }
    }
    ++at_;
    return true;
  }
  NodeId next_id() const noexcept { return NodeId{static_cast<std::uint32_t>(out_.nodes.size())}; }
  Node& node(NodeId id) noexcept { return out_.nodes[static_cast<std::size_t>(id)]; }
  void add(NodeKind kind, std::size_t offset, std::size_t size) {
    Node& added = out_.nodes.emplace_back();
    added.text = static_cast<std::uint32_t>(offset);
    added.size = static_cast<std::uint32_t>(size);
    added.kind = kind;
  }
  /// Adds a node whose text reaches from `from` to the current position.
  bool add(NodeKind kind, const char* from) {
    add(kind, static_cast<std::size_t>(from - begin_), static_cast<std::size_t>(at_ - from));
    return true;
  }

  bool value(std::uint32_t depth_left) {
    switch (peek()) {  // Not an enum: what no value begins with.
      case '"': ++at_; return string();
      case '{': return container(NodeKind::Mapping, depth_left);
      case '[': return container(NodeKind::Sequence, depth_left);
      case 't': return word("true", NodeKind::Bool);
      case 'f': return word("false", NodeKind::Bool);
      case 'n': return word("null", NodeKind::Null);
      default: return number();
    }
  }
  bool word(std::string_view expected, NodeKind kind) {
    if (!rest().starts_with(expected)) { return false; }
    const char* const from = at_;
    at_ += expected.size();
    return add(kind, from);
  }
  bool digits() noexcept {
    const char* const from = at_;
    while (peek() >= '0' && peek() <= '9') { ++at_; }
    return at_ != from;
  }
  bool number() {
    const char* const from = at_;
    at_ += peek() == '-' ? 1 : 0;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    NodeKind kind = NodeKind::Integer;
    if (peek() == '.') {
      ++at_;
      kind = NodeKind::Float;
      if (!digits()) { return false; }
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      kind = NodeKind::Float;
      at_ += peek() == '+' || peek() == '-' ? 1 : 0;
      if (!digits()) { return false; }
    }
    return add(kind, from);
  }
  /// Reads a string; its opening quotation mark has been read.
  bool string() {
    const char* const from = at_;
    at_ += plain_length(rest());
    if (peek() != '"') [[unlikely]] {
      return peek() == '\\' && escaped({from, static_cast<std::size_t>(at_ - from)});
    }
    add(NodeKind::String, from);
    ++at_;
    return true;
  }
  /// Reads the rest of a string with escapes. Its decoded text is appended to `texts`.
  bool escaped(std::string_view begun) {
    const std::size_t offset = out_.texts.size();
    out_.compact = false;
    out_.texts += begun;
    while (peek() == '\\') {
      const char meaning = ++at_ == end_ ? char{} : unescaped(*at_++);
      if (meaning == char{}) { return false; }
      out_.texts += meaning;
      const std::size_t plain = plain_length(rest());
      out_.texts.append(at_, plain);
      at_ += plain;
    }
    if (peek() != '"') { return false; }
    ++at_;
    add(NodeKind::String, offset, out_.texts.size() - offset);
    return true;
  }

  bool is_new_key(NodeId mapping, NodeId key) const noexcept {
    if (keys_ == PlainKeys::Written) { return true; }
    const std::string_view text = out_.text(key);
    const auto ends_alike = [text](std::string_view other) {  // Keys tend to begin alike.
      return other.size() == text.size() && (text.empty() || other.back() == text.back());
    };
    for (NodeId at = out_.first(mapping); at != key; at = out_.next(out_.next(at))) {
      if (ends_alike(out_.text(at)) && out_.text(at) == text) { return false; }
    }
    return out_[mapping].size <= 2 * kPlainKeysMax;
  }
  bool container(NodeKind kind, std::uint32_t depth_left) {
    if (depth_left == 0) { return false; }
    const NodeId id = next_id();
    out_.nodes.emplace_back().kind = kind;
    const bool mapping = kind == NodeKind::Mapping;
    const char closing = mapping ? '}' : ']';
    ++at_;
    if (take(closing)) { return true; }
    NodeId last = kNoNode;
    const auto link = [&](NodeId child) {
      (last == kNoNode ? node(id).child : node(last).next) = child;
      last = child;
      ++node(id).size;
    };
    do {
      if (mapping) {
        const NodeId key = next_id();
        if (!take('"') || !string()) { return false; }
        link(key);
        if (!is_new_key(id, key) || !take(':')) { return false; }
      }
      skip_space();
      const NodeId child = next_id();
      if (!value(depth_left - 1)) { return false; }
      link(child);
    } while (take(','));
    return take(closing);
  }

  const char* at_;
  const char* begin_;
  const char* end_;
  Document& out_;
  PlainKeys keys_;
};

}  // namespace

bool read_plain_json(std::string_view text, std::uint32_t depth_max, Document& document,
                     PlainKeys keys) {
  if (!is_utf8(text)) { return false; }
  document.texts = text;
  document.verbatim_end = static_cast<std::uint32_t>(text.size());
  document.compact = true;
  document.nodes.reserve(std::min(text.size() / 8 + 4, kNodesReservedMax));
  if (PlainReader(text, document, keys).read(depth_max)) {
    document.roots.push_back(NodeId{0});
    return true;
  }
  document = {};
  return false;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

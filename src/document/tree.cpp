// SPDX-License-Identifier: Apache-2.0
#include "document/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace promoflow::detail {

namespace {

/// Mappings of up to so many keys are searched linearly, larger ones by an index.
constexpr std::size_t kKeysLinear = 16;
constexpr std::size_t kIndexMax = 0xFFFFFFF0;
constexpr std::uint32_t kColumnMax = (1U << 24) - 1;

Node make_node(NodeKind kind, Position position) {
  Node node;
  node.kind = kind;
  node.line = position.line;
  node.column = std::min(position.column, kColumnMax) & kColumnMax;
  return node;
}

Position position_of(const Node& node) { return {node.line, node.column}; }

bool is_container(NodeKind kind) { return kind == NodeKind::Sequence || kind == NodeKind::Mapping; }

}  // namespace

TreeBuilder::TreeBuilder(Document& document, std::vector<Diagnostic>& problems,
                         const TextLimits& limits, DuplicateKeys duplicates)
    : document_(document), problems_(problems), limits_(limits), duplicates_(duplicates) {}

void TreeBuilder::begin_document() {
  root_ = kNoNode;
  depth_ = 0;
  anchors_.clear();
  anchor_names_.clear();
  anchor_index_.clear(reinterpret_cast<std::uintptr_t>(this));
}

void TreeBuilder::end_document() {
  if (root_ != kNoNode) { document_.roots.push_back(root_); }
}

bool TreeBuilder::expects_key() const noexcept {
  return depth_ > 0 && frames_[depth_ - 1].mapping && !frames_[depth_ - 1].value_due;
}

bool TreeBuilder::fail(DiagnosticCode code, Position position, std::string message,
                       std::string hint) {
  problems_.push_back({.code = code,
                       .severity = Severity::Error,
                       .document = static_cast<std::uint32_t>(document_.roots.size()),
                       .pointer = pointer(),
                       .line = position.line,
                       .column = position.column,
                       .length = 1,
                       .message = std::move(message),
                       .hint = std::move(hint)});
  return false;
}

/// JSON pointer of the node that is being read.
std::string TreeBuilder::pointer() const {
  std::string out;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (!frame.mapping) {
      const std::uint32_t children = document_[frame.container].size;
      append_pointer(out, i + 1 < depth_ && children > 0 ? children - 1 : children);
    } else if (i + 1 < depth_ || frame.value_due) {  // A container is its key's value already.
      append_pointer(out, document_.text(frame.key));
    }
  }
  return out;
}

bool TreeBuilder::count(std::size_t nodes, std::size_t bytes, Position position) {
  if (nodes > limits_.nodes_max - std::min(nodes_, limits_.nodes_max) ||
      document_.nodes.size() >= kIndexMax) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("more than {} values, aliases expanded", limits_.nodes_max),
                "split the text, or raise the limit nodes_max");
  }
  nodes_ += nodes;
  bytes_ += bytes;
  return true;
}

bool TreeBuilder::scalar(NodeKind kind, std::string_view text, Position position) {
  if (!count(1, text.size(), position)) { return false; }
  if (text.size() > kIndexMax - document_.texts.size()) {
    return fail(DiagnosticCode::LimitExceeded, position, "more than 4 GiB of values");
  }
  Node node = make_node(kind, position);
  node.text = static_cast<std::uint32_t>(document_.texts.size());
  node.size = static_cast<std::uint32_t>(text.size());
  document_.texts.append(text);
  const NodeId id{static_cast<std::uint32_t>(document_.nodes.size())};
  if (!pending_anchor_.empty()) {
    const std::uint32_t anchor = register_anchor();
    anchors_[anchor].node = id;
    anchors_[anchor].nodes = 1;
    anchors_[anchor].bytes = text.size();
  }
  return add(node);
}

bool TreeBuilder::begin(NodeKind container, Position position) {
  const std::uint32_t depth_max = std::min(limits_.depth_max, kDepthCeiling);
  if (expects_key()) {
    return fail(DiagnosticCode::Syntax, position, "a key must be text, not a list or a mapping",
                "put the key in quotes if it is meant to begin with a bracket");
  }
  if (depth_ >= depth_max) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("nested deeper than {} levels", depth_max),
                "flatten the text, or raise the limit depth_max");
  }
  const std::size_t nodes_before = nodes_;
  if (!count(1, 0, position)) { return false; }
  const std::uint32_t anchor = pending_anchor_.empty() ? TextIndex::kNone : register_anchor();
  const NodeId id{static_cast<std::uint32_t>(document_.nodes.size())};
  if (!add(make_node(container, position))) { return false; }
  if (depth_ == frames_.size()) { frames_.emplace_back(); }
  Frame& frame = frames_[depth_++];
  TextIndex keys = std::move(frame.keys);  // Its memory is reused.
  frame = Frame{.container = id,
                .mapping = container == NodeKind::Mapping,
                .anchor = anchor,
                .nodes_before = nodes_before,
                .bytes_before = bytes_,
                .keys = std::move(keys)};
  return true;
}

bool TreeBuilder::end() {
  const Frame& frame = top();
  const std::uint32_t height = frame.height + 1;
  if (frame.anchor != TextIndex::kNone) {
    Anchor& anchor = anchors_[frame.anchor];
    anchor.node = frame.container;
    anchor.nodes = nodes_ - frame.nodes_before;
    anchor.bytes = bytes_ - frame.bytes_before;
    anchor.height = height;
  }
  --depth_;
  if (depth_ > 0) { top().height = std::max(top().height, height); }
  return true;
}

std::string_view TreeBuilder::anchor_name(std::uint32_t index) const noexcept {
  return std::string_view(anchor_names_).substr(anchors_[index].name, anchors_[index].name_size);
}

/// If a name is defined again, later aliases refer to the later node.
std::uint32_t TreeBuilder::register_anchor() {
  const auto text_of = [this](std::uint32_t index) { return anchor_name(index); };
  std::uint32_t& slot = anchor_index_.slot(pending_anchor_, text_of);
  const auto index = static_cast<std::uint32_t>(anchors_.size());
  Anchor anchor;
  if (slot == TextIndex::kNone) {
    anchor.name = static_cast<std::uint32_t>(anchor_names_.size());
    anchor_names_.append(pending_anchor_);
    anchor_index_.set(slot, index);
  } else {
    anchor.name = anchors_[slot].name;
    slot = index;
  }
  anchor.name_size = static_cast<std::uint32_t>(pending_anchor_.size());
  anchors_.push_back(anchor);
  pending_anchor_ = {};
  return index;
}

bool TreeBuilder::alias(std::string_view name, Position position) {
  const auto text_of = [this](std::uint32_t index) { return anchor_name(index); };
  const std::uint32_t found = anchor_index_.slot(name, text_of);
  if (found == TextIndex::kNone) {
    return fail(DiagnosticCode::Syntax, position,
                fmt::format("no anchor '&{}' comes before this alias", name),
                "put the value in quotes if no alias is meant");
  }
  const Anchor& anchor = anchors_[found];
  if (anchor.node == kNoNode) {
    return fail(DiagnosticCode::Syntax, position,
                fmt::format("the alias '*{}' is inside of the value that it refers to", name));
  }
  const std::uint32_t depth_max = std::min(limits_.depth_max, kDepthCeiling);
  if (anchor.height > depth_max - std::min<std::size_t>(depth_, depth_max)) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("nested deeper than {} levels, aliases expanded", depth_max),
                "flatten the text, or raise the limit depth_max");
  }
  if (!count(anchor.nodes, anchor.bytes, position)) { return false; }
  if (bytes_ > limits_.text_bytes_max) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("more than {} bytes of text, aliases expanded", limits_.text_bytes_max),
                "write less, or raise the limit text_bytes_max");
  }
  if (depth_ > 0) { top().height = std::max(top().height, anchor.height); }
  Node copy = document_[anchor.node];
  if (is_container(copy.kind) && expects_key()) {
    return fail(DiagnosticCode::Syntax, position, "a key must be text, not a list or a mapping");
  }
  const Node place = make_node(copy.kind, position);
  copy.line = place.line;
  copy.column = place.column;
  copy.next = kNoNode;
  return add(copy);
}

bool TreeBuilder::add(const Node& node) {
  const NodeId id{static_cast<std::uint32_t>(document_.nodes.size())};
  document_.nodes.push_back(node);
  return attach(id);
}

bool TreeBuilder::attach(NodeId id) {
  if (depth_ == 0) {
    root_ = id;
    return true;
  }
  Frame& frame = top();
  if (!frame.mapping) {
    link(frame, id);
  } else if (frame.value_due) {
    attach_value(frame, id);
  } else {
    return attach_key(frame, id);
  }
  return true;
}

bool TreeBuilder::attach_key(Frame& frame, NodeId key) {
  const Node& node = document_[key];
  if (node.size > limits_.name_bytes_max) {
    return fail(DiagnosticCode::LimitExceeded, position_of(node),
                fmt::format("a key of more than {} bytes", limits_.name_bytes_max),
                "write a shorter key, or raise the limit name_bytes_max");
  }
  const NodeId before = find_key(frame, key);
  frame.key = key;
  frame.value_due = true;
  if (before == kNoNode) {
    link(frame, key);
  } else if (duplicates_ == DuplicateKeys::LastWins) {
    frame.replaces = before;
  } else {
    frame.drop_value = true;
    if (problems_.size() >= limits_.diagnostics_max) {
      ++document_.unlisted;
      return true;
    }
    fail(DiagnosticCode::DuplicateKey, position_of(node),
         fmt::format("the key {} is there twice", quoted(document_.text(key))),
         fmt::format("remove one of the two; the first is at line {}", document_[before].line));
    problems_.back().length = 0;
  }
  return true;
}

void TreeBuilder::attach_value(Frame& frame, NodeId value) {
  frame.value_due = false;
  if (frame.drop_value) {
    frame.drop_value = false;
  } else if (frame.replaces != kNoNode) {
    Node& key = document_.nodes[static_cast<std::size_t>(frame.replaces)];
    document_.nodes[static_cast<std::size_t>(value)].next = document_[key.next].next;
    frame.last = frame.last == key.next ? value : frame.last;
    key.next = value;
    frame.replaces = kNoNode;
  } else {
    link(frame, value);
  }
}

void TreeBuilder::link(Frame& frame, NodeId child) {
  Node& container = document_.nodes[static_cast<std::size_t>(frame.container)];
  if (frame.last == kNoNode) {
    container.child = child;
  } else {
    document_.nodes[static_cast<std::size_t>(frame.last)].next = child;
  }
  frame.last = child;
  ++container.size;
}

/// An earlier key of the mapping with the same text, or kNoNode.
NodeId TreeBuilder::find_key(Frame& frame, NodeId key) {
  const std::string_view text = document_.text(key);
  const std::size_t keys = document_[frame.container].size / 2;
  const auto text_of = [this](std::uint32_t id) { return document_.text(NodeId{id}); };
  if (keys < kKeysLinear) {
    for (NodeId at = document_.first(frame.container); at != kNoNode;
         at = document_.next(document_.next(at))) {
      if (document_.text(at) == text) { return at; }
    }
    return kNoNode;
  }
  if (!frame.indexed) {
    frame.keys.clear(reinterpret_cast<std::uintptr_t>(this));
    for (NodeId at = document_.first(frame.container); at != kNoNode;
         at = document_.next(document_.next(at))) {
      frame.keys.set(frame.keys.slot(document_.text(at), text_of), static_cast<std::uint32_t>(at));
    }
    frame.indexed = true;
  }
  std::uint32_t& slot = frame.keys.slot(text, text_of);
  if (slot != TextIndex::kNone) { return NodeId{slot}; }
  frame.keys.set(slot, static_cast<std::uint32_t>(key));
  return kNoNode;
}

}  // namespace promoflow::detail

// SPDX-License-Identifier: Apache-2.0
#include "document/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limit_hint.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Mappings of up to so many keys are searched linearly, larger ones by an index.
constexpr std::size_t kKeysLinear = 16;
constexpr std::size_t kIndexMax = 0xFFFFFFF0;
/// Bytes of the texts of all problems that are listed. A pointer may be as long as a long key for
/// each level, so a bound on their number alone would not bound the memory.
constexpr std::size_t kListedBytesMax = std::size_t{4} << 20;
/// Work units, see TextLimits::work_max.
constexpr std::size_t kBytesPerWork = 16;
constexpr std::size_t kDocumentWork = 2;
/// To begin a new parser behind a document that is broken off.
constexpr std::size_t kAbandonedWork = 200;
/// libyaml looks at every open bracket for each token, so tokens far inside cost more.
constexpr std::size_t kDepthPerWork = 16;
constexpr std::size_t kSkippedMax = 1024;
constexpr std::uint32_t kColumnMax = (1U << 23) - 1;

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
                         const ReadMode& mode)
    : document_(document),
      problems_(problems),
      mode_(mode),
      limits_(mode.limits),
      work_left_(mode.limits.work_max),
      nodes_left_(mode.limits.nodes_max) {}

bool TreeBuilder::begin_document(Position position) {
  root_ = kNoNode;
  depth_ = 0;
  skipped_ = 0;
  marks_.assign(1, mark());
  if (!anchors_.empty() || document_.roots.empty()) {
    anchors_.clear();
    anchor_names_.clear();
    anchor_index_.clear(reinterpret_cast<std::uintptr_t>(this));
  }
  return spend(kDocumentWork, position);
}

void TreeBuilder::end_document() {
  if (root_ == kNoNode) { return; }
  pass_over(root_);
  document_.roots.push_back(root_);
  root_ = kNoNode;
}

bool TreeBuilder::abandon_document() {
  if (root_ == kNoNode) { return false; }
  skipped_ = 0;
  marks_.resize(1);
  for (; depth_ > 0; --depth_) {
    if (top().mapping && top().value_due) { null(position_of(document_[root_])); }
  }
  if (!pass_over(root_)) { return false; }
  const Position place = position_of(document_[root_]);
  document_.roots.push_back(root_);
  return spend(kAbandonedWork, place);
}

/// Whether a container that begins now is an item of a list: of the document, or of an item of it.
bool TreeBuilder::begins_item(NodeKind container) const noexcept {
  if (depth_ != 2 * marks_.size() || container != NodeKind::Mapping) { return false; }
  const Frame& list = frames_[depth_ - 2];
  return !frames_[depth_ - 1].mapping && list.mapping && list.key != kNoNode &&
         document_.text(list.key) == "items";
}

/// Drops the problems of the object of the last mark if it is passed over, and says whether.
bool TreeBuilder::pass_over(NodeId object) {
  const Mark before = marks_.back();
  marks_.pop_back();
  if (mode_.pass_over == nullptr ||
      problems_.size() + document_.unlisted == before.problems + before.unlisted ||
      !mode_.pass_over(document_, object)) {
    return false;
  }
  problems_.resize(before.problems);
  document_.unlisted = before.unlisted;
  listed_bytes_ = before.listed_bytes;
  return true;
}

bool TreeBuilder::expects_key() const noexcept {
  return depth_ > 0 && frames_[depth_ - 1].mapping && !frames_[depth_ - 1].value_due;
}

std::uint32_t TreeBuilder::depth_max() const noexcept {
  return std::min(limits_.depth_max, kDepthCeiling);
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

bool TreeBuilder::lists() noexcept {
  if (problems_.size() < limits_.diagnostics_max && listed_bytes_ < kListedBytesMax) {
    return true;
  }
  ++document_.unlisted;
  return false;
}

bool TreeBuilder::note(DiagnosticCode code, Position position, const std::string& message,
                       std::string hint, std::uint32_t length) {
  if (!lists()) { return true; }
  fail(code, position, message, std::move(hint));
  problems_.back().length = length;
  listed_bytes_ += problems_.back().pointer.size() + message.size();
  return true;
}

/// JSON pointer of the node that is being read.
std::string TreeBuilder::pointer() const {
  std::string out;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (!frame.mapping) {
      const std::uint32_t children = document_[frame.container].size;
      append_pointer(out, i + 1 < depth_ && children > 0 ? children - 1 : children);
    } else if ((i + 1 < depth_ || frame.value_due) && frame.key != kNoNode) {
      // The key of a container that is open, or of the value that is due.
      append_pointer(out, document_.text(frame.key));
    }
  }
  return out;
}

bool TreeBuilder::count(std::size_t nodes, std::size_t bytes, Position position) {
  if (nodes > nodes_left_ || document_.nodes.size() >= kIndexMax) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("more than {} values, aliases expanded", limits_.nodes_max),
                limit_hint("split the text", "TextLimits::nodes_max"));
  }
  nodes_left_ -= nodes;
  bytes_ += bytes;
  const std::size_t anchor =
      pending_anchor_.empty() ? 0 : 1 + pending_anchor_.size() / kBytesPerWork;
  return spend(nodes + bytes / kBytesPerWork + anchor, position);
}

bool TreeBuilder::spend(std::size_t work, Position position) {
  if (work > work_left_) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("more than {} values and documents, aliases expanded; a long value "
                            "counts as several",
                            limits_.work_max),
                limit_hint("split the text", "TextLimits::work_max"));
  }
  work_left_ -= work;
  return true;
}

/// Counts a part of a value that is skipped.
bool TreeBuilder::skip(Position position) {
  pending_anchor_ = {};
  if (skipped_ + depth_ > kSkippedMax) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("nested deeper than {} levels", kSkippedMax), "flatten the text");
  }
  return count(1, 0, position) && spend((skipped_ + depth_) / kDepthPerWork, position);
}

/// The key that was just read is no key; neither it nor its value becomes part of the mapping.
bool TreeBuilder::drop_key() {
  Frame& frame = top();
  frame.key = kNoNode;
  frame.value_due = true;
  frame.drop_value = true;
  return true;
}

/// Adds a null in the place of what could not be read.
bool TreeBuilder::null(Position position) {
  if (expects_key()) { return drop_key(); }
  Node node = make_node(NodeKind::Null, position);
  node.text = static_cast<std::uint32_t>(document_.texts.size());
  return add(node);
}

bool TreeBuilder::scalar(NodeKind kind, std::string_view text, Position position, bool plain) {
  if (skipped_ > 0) { return skip(position); }
  if (!count(1, text.size(), position)) { return false; }
  if (text.size() > kIndexMax - document_.texts.size()) {
    return fail(DiagnosticCode::LimitExceeded, position, "more than 4 GiB of values");
  }
  Node node = make_node(kind, position);
  node.plain = plain ? 1U : 0U;
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
  merge_key_ = plain && text == "<<" && expects_key();
  return add(node);
}

bool TreeBuilder::begin(NodeKind container, Position position) {
  if (skipped_ > 0) {
    ++skipped_;
    return skip(position);
  }
  skips_key_ = expects_key();
  if (skips_key_) {
    skipped_ = 1;
    note(DiagnosticCode::Syntax, position, "a key must be text, not a list or a mapping",
         "put the key in quotes if it is meant to begin with a bracket");
    return skip(position);
  }
  if (depth_ >= depth_max()) {
    note(DiagnosticCode::LimitExceeded, position,
         fmt::format("nested deeper than {} levels", depth_max()),
         limit_hint("flatten the text", "TextLimits::depth_max"));
    skipped_ = 1;
    return skip(position) && null(position);
  }
  const std::size_t left_before = nodes_left_;
  if (!count(1, 0, position)) { return false; }
  if (begins_item(container)) { marks_.push_back(mark()); }
  const std::uint32_t anchor = pending_anchor_.empty() ? TextIndex::kNone : register_anchor();
  const NodeId id{static_cast<std::uint32_t>(document_.nodes.size())};
  if (!add(make_node(container, position))) { return false; }
  if (depth_ == frames_.size()) { frames_.emplace_back(); }
  Frame& frame = frames_[depth_++];
  TextIndex keys = std::move(frame.keys);  // Its memory is reused.
  frame = Frame{.container = id,
                .mapping = container == NodeKind::Mapping,
                .anchor = anchor,
                .left_before = left_before,
                .bytes_before = bytes_,
                .keys = std::move(keys)};
  return true;
}

bool TreeBuilder::end() {
  if (skipped_ > 0) {
    --skipped_;
    return skipped_ > 0 || !skips_key_ || drop_key();
  }
  Frame& frame = top();
  if (frame.merge != kNoNode && !merge(frame)) { return false; }
  const std::uint32_t height = frame.height + 1;
  if (frame.anchor != TextIndex::kNone) {
    Anchor& anchor = anchors_[frame.anchor];
    anchor.node = frame.container;
    anchor.nodes = frame.left_before - nodes_left_;
    anchor.bytes = bytes_ - frame.bytes_before;
    anchor.height = height;
  }
  --depth_;
  if (depth_ > 0) {
    top().height = std::max(top().height, height);
    if (depth_ == 2 * (marks_.size() - 1)) { pass_over(frames_[depth_].container); }
  }
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
  if (skipped_ > 0) { return skip(position); }
  const auto text_of = [this](std::uint32_t index) { return anchor_name(index); };
  const std::uint32_t found = anchor_index_.slot(name, text_of);
  if (found == TextIndex::kNone) {
    if (lists()) {
      note(DiagnosticCode::Syntax, position,
           fmt::format("no anchor {} comes before this alias",
                       in_quotes(std::string_view(fmt::format("&{}", name)))),
           "put the value in quotes if no alias is meant");
    }
    return count(1, 0, position) && null(position);
  }
  const Anchor& anchor = anchors_[found];
  if (anchor.node == kNoNode) {
    note(DiagnosticCode::Syntax, position,
         fmt::format("the alias {} is inside of the value that it refers to",
                     in_quotes(std::string_view(fmt::format("*{}", name)))));
    return count(1, 0, position) && null(position);
  }
  if (anchor.height > depth_max() - std::min<std::size_t>(depth_, depth_max())) {
    note(DiagnosticCode::LimitExceeded, position,
         fmt::format("nested deeper than {} levels, aliases expanded", depth_max()),
         limit_hint("flatten the text", "TextLimits::depth_max"));
    return count(1, 0, position) && null(position);
  }
  if (!count(anchor.nodes, anchor.bytes, position)) { return false; }
  if (bytes_ > limits_.text_bytes_max) {
    return fail(DiagnosticCode::LimitExceeded, position,
                fmt::format("more than {} bytes of text, aliases expanded", limits_.text_bytes_max),
                limit_hint("write less", "TextLimits::text_bytes_max"));
  }
  if (depth_ > 0) { top().height = std::max(top().height, anchor.height); }
  Node copy = document_[anchor.node];
  if (is_container(copy.kind) && expects_key()) {
    note(DiagnosticCode::Syntax, position, "a key must be text, not a list or a mapping");
    return drop_key();
  }
  const Node place = make_node(copy.kind, position);
  copy.line = place.line;
  copy.column = place.column;
  copy.next = kNoNode;
  if (!is_container(copy.kind)) { copy.child = kNoNode; }  // See has_left_out().
  is_alias_ = true;
  const bool goes_on = add(copy);
  is_alias_ = false;
  return goes_on;
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
    note(DiagnosticCode::LimitExceeded, position_of(node),
         fmt::format("a key of more than {} bytes", limits_.name_bytes_max),
         limit_hint("write a shorter key", "TextLimits::name_bytes_max"));
    return drop_key();
  }
  frame.value_due = true;
  if (merge_key_) {
    merge_key_ = false;
    frame.key = key;
    frame.merge_due = frame.merge == kNoNode;
    frame.drop_value = !frame.merge_due;
    if (frame.drop_value) { duplicate_key(key, frame.merge); }
    return true;
  }
  const NodeId before = find_key(frame, key);
  frame.key = key;
  if (before == kNoNode) {
    link(frame, key);
  } else if (mode_.duplicates == DuplicateKeys::LastWins) {
    frame.replaces = before;
  } else {
    frame.drop_value = true;
    duplicate_key(key, before);
  }
  return true;
}

void TreeBuilder::duplicate_key(NodeId key, NodeId before) {
  document_.nodes[static_cast<std::size_t>(key)].child = top().container;  // See has_left_out().
  if (!lists()) { return; }
  note(DiagnosticCode::DuplicateKey, position_of(document_[key]),
       fmt::format("the key {} is there twice", in_quotes(document_.text(key))),
       fmt::format("remove one of the two; the first is at line {}", document_[before].line), 0);
}

void TreeBuilder::attach_value(Frame& frame, NodeId value) {
  frame.value_due = false;
  if (frame.drop_value) {
    frame.drop_value = false;
    if (frame.key != kNoNode) { document_.nodes[static_cast<std::size_t>(frame.key)].next = value; }
  } else if (frame.merge_due) {
    frame.merge_due = false;
    frame.merge_is_alias = is_alias_;
    frame.merge = value;
    frame.before_merge = frame.last;
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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// TreeBuilder: links nodes, enforces limits (M7) and finds duplicate keys, for YAML and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/position.hpp"
#include "base/text_index.hpp"
#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Deeper nesting is refused whatever TextLimits says, so that readers of the tree may recurse.
inline constexpr std::uint32_t kDepthCeiling = 512;

/// Whether a mapping has a further member of this key, which was reported and left out, with a
/// value of which `is_meant` is true. The key and the value are among the nodes that were read
/// after the mapping; the key's `child` is the mapping, and its `next` the value.
template <class IsMeant>
bool has_left_out(const Document& document, NodeId mapping, std::string_view key,
                  const IsMeant& is_meant) {
  for (auto id = static_cast<std::uint32_t>(mapping) + 1; id < document.nodes.size(); ++id) {
    const Node& node = document.nodes[id];
    if (node.kind < NodeKind::Sequence && node.child == mapping && node.next != kNoNode &&
        document.text(NodeId{id}) == key && is_meant(node.next)) {
      return true;
    }
  }
  return false;
}

/// Parsers call it in the order of the text. Functions that return bool return whether to continue;
/// false: a problem was reported, and no further call may follow.
///
/// A problem of one value (a duplicate key, an alias without its anchor) is noted, and the reading
/// goes on, so that a document that nobody wants may have any: see ReadMode::pass_over.
class TreeBuilder {
 public:
  TreeBuilder(Document& document, std::vector<Diagnostic>& problems, const ReadMode& mode);
  ~TreeBuilder() { document_.work += limits_.work_max - work_left_; }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  bool begin_document(Position position);
  void end_document();
  /// Ends a document that is broken off here. Whether it is passed over, with all its problems.
  bool abandon_document();
  /// Names the next node, so that an alias can refer to it.
  void anchor(std::string_view name) { pending_anchor_ = name; }
  bool alias(std::string_view name, Position position);
  /// `plain`: written in YAML without quotes and without a tag. A plain key `<<` is a merge key.
  bool scalar(NodeKind kind, std::string_view text, Position position, bool plain = false);
  bool begin(NodeKind container, Position position);
  bool end();

  bool expects_key() const noexcept;
  /// Reports a problem that ends the reading. Always returns false.
  bool fail(DiagnosticCode code, Position position, std::string message, std::string hint = {});
  /// Reports a problem of one value; counts it if too many are listed. Always returns true.
  bool note(DiagnosticCode code, Position position, const std::string& message,
            std::string hint = {}, std::uint32_t length = 1);
  /// Whether note() would list a problem. If not, it is counted here, and needs no text.
  bool lists() noexcept;

 private:
  /// What was found before an object began that may be passed over.
  struct Mark {
    std::size_t problems = 0;
    std::size_t unlisted = 0;
    std::size_t listed_bytes = 0;
  };
  /// A container that is still open.
  struct Frame {
    NodeId container = kNoNode;
    NodeId last = kNoNode;      ///< The last child that was linked.
    NodeId key = kNoNode;       ///< Mappings: the key whose value comes next or came last.
    NodeId replaces = kNoNode;  ///< LastWins: the earlier key whose value is replaced.
    bool mapping = false;
    bool value_due = false;
    bool indexed = false;     ///< Mappings: `keys` is in use.
    bool drop_value = false;  ///< Report: the value of a duplicate key is read and left out.
    bool merge_due = false;   ///< Mappings: the value of the merge key comes next.
    bool merge_is_alias = false;
    NodeId merge = kNoNode;         ///< Mappings: the value of the merge key.
    NodeId before_merge = kNoNode;  ///< The last child before the merge key.
    std::uint32_t anchor = TextIndex::kNone;
    std::uint32_t height = 0;     ///< Height of the highest child.
    std::size_t left_before = 0;  ///< `nodes_left_` before it.
    std::size_t bytes_before = 0;
    TextIndex keys;
  };
  /// A named node, with the size of an alias to it after expansion.
  struct Anchor {
    std::uint32_t name = 0;
    std::uint32_t name_size = 0;
    NodeId node = kNoNode;  ///< kNoNode: still open.
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    std::uint32_t height = 0;
  };

  Mark mark() const noexcept { return {problems_.size(), document_.unlisted, listed_bytes_}; }
  bool begins_item(NodeKind container) const noexcept;
  bool pass_over(NodeId object);
  bool add(const Node& node);
  bool attach(NodeId id);
  bool attach_key(Frame& frame, NodeId key);
  void attach_value(Frame& frame, NodeId value);
  void duplicate_key(NodeId key, NodeId before);
  bool merge(Frame& frame);
  bool merge_from(Frame& frame, NodeId mapping);
  void refuse_merge(NodeId value, std::string_view what);
  void link(Frame& frame, NodeId child);
  NodeId find_key(Frame& frame, NodeId key);
  bool count(std::size_t nodes, std::size_t bytes, Position position);
  bool spend(std::size_t work, Position position);
  bool skip(Position position);
  bool drop_key();
  bool null(Position position);
  std::uint32_t depth_max() const noexcept;
  std::uint32_t register_anchor();
  std::string_view anchor_name(std::uint32_t index) const noexcept;
  std::string pointer() const;
  Frame& top() noexcept { return frames_[depth_ - 1]; }

  Document& document_;
  std::vector<Diagnostic>& problems_;
  const ReadMode& mode_;
  const TextLimits& limits_;
  /// Of the document, and of each open item of a list in it: frames_[2 * i] is that of marks_[i].
  std::vector<Mark> marks_;
  std::size_t listed_bytes_ = 0;  ///< Of the texts of `problems_`.
  std::size_t work_left_;         ///< Of TextLimits::work_max.
  /// Open containers of a value that is skipped, because it is a key or too deep; 0: none is.
  std::size_t skipped_ = 0;
  bool skips_key_ = false;
  NodeId root_ = kNoNode;
  std::vector<Frame> frames_;  ///< The first depth_ are open; the others are kept for reuse.
  std::size_t depth_ = 0;
  std::size_t nodes_left_;  ///< Of TextLimits::nodes_max, aliases expanded.
  std::size_t bytes_ = 0;   ///< Of all texts, aliases expanded.
  std::string_view pending_anchor_;
  bool merge_key_ = false;  ///< The node that is attached next is a merge key.
  bool is_alias_ = false;   ///< The node that is attached next is an alias.
  std::vector<Anchor> anchors_;
  std::string anchor_names_;
  TextIndex anchor_index_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

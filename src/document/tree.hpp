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

namespace promoflow::detail {

/// Deeper nesting is refused whatever TextLimits says, so that readers of the tree may recurse.
inline constexpr std::uint32_t kDepthCeiling = 512;

/// Parsers call it in the order of the text. Functions that return bool return whether to continue;
/// false: a problem was reported, and no further call may follow.
class TreeBuilder {
 public:
  TreeBuilder(Document& document, std::vector<Diagnostic>& problems, const TextLimits& limits,
              DuplicateKeys duplicates);

  void begin_document();
  void end_document();
  /// Names the next node, so that an alias can refer to it.
  void anchor(std::string_view name) { pending_anchor_ = name; }
  bool alias(std::string_view name, Position position);
  bool scalar(NodeKind kind, std::string_view text, Position position);
  bool begin(NodeKind container, Position position);
  bool end();

  bool expects_key() const noexcept;
  /// Reports a problem that ends the reading. Always returns false.
  bool fail(DiagnosticCode code, Position position, std::string message, std::string hint = {});

 private:
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
    std::uint32_t anchor = TextIndex::kNone;
    std::uint32_t height = 0;  ///< Height of the highest child.
    std::size_t nodes_before = 0;
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

  bool add(const Node& node);
  bool attach(NodeId id);
  bool attach_key(Frame& frame, NodeId key);
  void attach_value(Frame& frame, NodeId value);
  void link(Frame& frame, NodeId child);
  NodeId find_key(Frame& frame, NodeId key);
  bool count(std::size_t nodes, std::size_t bytes, Position position);
  std::uint32_t register_anchor();
  std::string_view anchor_name(std::uint32_t index) const noexcept;
  std::string pointer() const;
  Frame& top() noexcept { return frames_[depth_ - 1]; }

  Document& document_;
  std::vector<Diagnostic>& problems_;
  const TextLimits& limits_;
  DuplicateKeys duplicates_;
  NodeId root_ = kNoNode;
  std::vector<Frame> frames_;  ///< The first depth_ are open; the others are kept for reuse.
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;  ///< After aliases are expanded, as `bytes_`.
  std::size_t bytes_ = 0;
  std::string_view pending_anchor_;
  std::vector<Anchor> anchors_;
  std::string anchor_names_;
  TextIndex anchor_index_;
};

}  // namespace promoflow::detail

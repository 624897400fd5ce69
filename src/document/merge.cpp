// SPDX-License-Identifier: Apache-2.0
// Merge keys (`<<`), as YAML 1.1 and Kubernetes' reader have them.
#include <fmt/format.h>

#include "document/scalar.hpp"
#include "document/tree.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Whether the node is the null that stands for a value that could not be read, see
/// TreeBuilder::null(): those of a text are plain, and those of a tag are of no mapping either.
bool is_unread(const Node& node) {
  return node.kind == NodeKind::Null && node.plain == 0 && node.size == 0;
}

}  // namespace

/// Gives the mapping the members that its merge key names, as YAML 1.1 does: a mapping, an alias of
/// one, or a list of these. What the mapping says itself stands; of the list, what comes first. The
/// members take the place of the merge key. Their number is bounded, since aliases were counted as
/// what they expand to.
bool TreeBuilder::merge(Frame& frame) {
  const NodeId source = frame.merge;
  if (is_unread(document_[source])) { return true; }
  const NodeId last_own = frame.last;
  const NodeKind kind = document_.kind(source);
  if (kind == NodeKind::Mapping) {
    if (!merge_from(frame, source)) { return false; }
  } else if (kind == NodeKind::Sequence && !frame.merge_is_alias) {
    for (NodeId each = document_.first(source); each != kNoNode; each = document_.next(each)) {
      if (is_unread(document_[each])) { continue; }
      if (document_.kind(each) != NodeKind::Mapping) {
        refuse_merge(each, "each entry of '<<' must be a mapping");
      } else if (!merge_from(frame, each)) {
        return false;
      }
    }
  } else {
    refuse_merge(source, kind == NodeKind::Sequence
                             ? "the alias behind '<<' must be of a mapping"
                             : "'<<' must be a mapping or a list of mappings");
  }
  if (frame.last == last_own || frame.before_merge == last_own) { return true; }
  const auto next_of = [this](NodeId child) -> NodeId& {
    return document_.nodes[static_cast<std::size_t>(child)].next;
  };
  const NodeId first_merged = next_of(last_own);
  next_of(last_own) = kNoNode;
  NodeId& gap = frame.before_merge == kNoNode
                    ? document_.nodes[static_cast<std::size_t>(frame.container)].child
                    : next_of(frame.before_merge);
  next_of(frame.last) = gap;
  gap = first_merged;
  return true;
}

/// Appends copies of the members whose keys the mapping does not have yet.
bool TreeBuilder::merge_from(Frame& frame, NodeId mapping) {
  for (NodeId key = document_.first(mapping); key != kNoNode;
       key = document_.next(document_.next(key))) {
    if (!count(0, 0, Position{document_[key].line, document_[key].column})) { return false; }
    if (const NodeId own = find_key(frame, key); own != kNoNode) {
      if (own < frame.merge) { document_.nodes[static_cast<std::size_t>(own)].before_merge = 1; }
      continue;
    }
    for (const NodeId member : {key, document_.next(key)}) {
      Node copy = document_[member];
      copy.next = kNoNode;
      const NodeId id{static_cast<std::uint32_t>(document_.nodes.size())};
      document_.nodes.push_back(copy);
      link(frame, id);
    }
  }
  return true;
}

void TreeBuilder::refuse_merge(NodeId value, std::string_view what) {
  if (!lists()) { return; }
  note(DiagnosticCode::WrongType, Position{document_[value].line, document_[value].column},
       fmt::format("{}, not {}", what, kind_word(document_.kind(value))),
       "write '<<: *anchor' or '<<: [*first, *second]', each anchor on a mapping", 0);
  problems_.back().pointer += "/<<";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

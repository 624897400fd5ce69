// SPDX-License-Identifier: Apache-2.0
// C2: deep merging, as RFC 7396 has it.
#include <cstdint>
#include <unordered_map>

#include "base/json_string.hpp"
#include "context/context_data.hpp"

namespace promoflow::detail {

namespace {

/// Members beyond which a mapping is looked through by hash.
constexpr std::size_t kMembersLinearMax = 16;

/// A mapping's members by key, for the merging of large ones in linear time.
class Members {
 public:
  Members(const Document& document, NodeId mapping) : document_(&document), mapping_(mapping) {
    if (document[mapping].size / 2 > kMembersLinearMax) {
      for (NodeId key = document.first(mapping); key != kNoNode;) {
        const NodeId value = document.next(key);
        by_key_.emplace(document.text(key), value);
        key = document.next(value);
      }
    }
  }
  NodeId find(std::string_view key) const {
    if (by_key_.empty()) { return document_->find(mapping_, key); }
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? kNoNode : found->second;
  }

 private:
  const Document* document_;
  NodeId mapping_;
  std::unordered_map<std::string_view, NodeId> by_key_;
};

/// A place in a document; no place: there is nothing.
struct Value {
  const Document* document = nullptr;
  NodeId node = kNoNode;

  bool is_mapping() const { return node != kNoNode && document->kind(node) == NodeKind::Mapping; }
};

void append_member(std::string& out, std::size_t begin, std::string_view key) {
  if (out.size() > begin) { out += ','; }
  append_json_string(out, key);
  out += ':';
}

/// RFC 7396: the target with the patch merged into it, as text. Depth is bounded by C4.
void append_merged(std::string& out, Value target, Value patch) {
  if (!patch.is_mapping()) {
    append_json(out, *patch.document, patch.node);
    return;
  }
  out += '{';
  const std::size_t begin = out.size();
  const Members patched(*patch.document, patch.node);
  if (target.is_mapping()) {
    for (NodeId key = target.document->first(target.node); key != kNoNode;) {
      const NodeId value = target.document->next(key);
      const std::string_view name = target.document->text(key);
      const NodeId change = patched.find(name);
      if (change == kNoNode) {
        append_member(out, begin, name);
        append_json(out, *target.document, value);
      } else if (patch.document->kind(change) != NodeKind::Null) {
        append_member(out, begin, name);
        append_merged(out, {target.document, value}, {patch.document, change});
      }
      key = target.document->next(value);
    }
  }
  const bool has_target = target.is_mapping();
  const Members old =
      has_target ? Members(*target.document, target.node) : Members(*patch.document, patch.node);
  for (NodeId key = patch.document->first(patch.node); key != kNoNode;) {
    const NodeId value = patch.document->next(key);
    const std::string_view name = patch.document->text(key);
    const bool is_new = !has_target || old.find(name) == kNoNode;
    if (is_new && patch.document->kind(value) != NodeKind::Null) {
      append_member(out, begin, name);
      append_merged(out, {}, {patch.document, value});
    }
    key = patch.document->next(value);
  }
  out += '}';
}

}  // namespace

std::string merged_object(std::string_view standing, const Document& patch, NodeId value) {
  Document old;
  Value target;
  if (standing.starts_with('{')) {
    std::vector<Diagnostic> none;  // What stands is good, and may have grown beyond any limit.
    ReadOptions options{.format = TextFormat::Json, .limits = {}};
    options.limits = {SIZE_MAX, UINT32_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    read_document(standing, options, old, none, DuplicateKeys::LastWins);
    target = {&old, old.roots.front()};
  }
  std::string merged;
  append_merged(merged, target, {&patch, value});
  return merged;
}

}  // namespace promoflow::detail

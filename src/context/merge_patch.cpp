// SPDX-License-Identifier: Apache-2.0
// C2: deep merging, as RFC 7396 has it.
#include "context/merge_patch.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/json_string.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

void append_member(std::string& out, std::size_t begin, std::string_view key) {
  if (out.size() > begin) { out += ','; }
  append_json_string(out, key);
  out += ':';
}

/// RFC 7396: the target with the patch merged into it, as text. Recursion: as deep as the patch,
/// which C4 bounds.
void append_merged(std::string& out, JsonValue target, JsonValue patch) {
  if (!patch.is_object()) {
    append_json(out, *patch.document, patch.node);
    return;
  }
  out += '{';
  const std::size_t begin = out.size();
  std::vector<NodeId> merged;  // Values of the patch whose keys the target has.
  if (target.is_object()) {
    const ObjectMembers changes(patch);
    const Document& document = *target.document;
    for (NodeId key = document.first(target.node); key != kNoNode;) {
      const NodeId value = document.next(key);
      const std::string_view name = document.text(key);
      const JsonValue change = changes.find(name);
      if (change.node == kNoNode) {
        append_member(out, begin, name);
        append_json(out, document, value);
      } else {
        merged.push_back(change.node);
        if (change.kind() != NodeKind::Null) {
          append_member(out, begin, name);
          append_merged(out, {&document, value}, change);
        }
      }
      key = document.next(value);
    }
  }
  std::sort(merged.begin(), merged.end());
  for (NodeId key = patch.document->first(patch.node); key != kNoNode;) {
    const JsonValue value{patch.document, patch.document->next(key)};
    if (value.kind() != NodeKind::Null &&
        !std::binary_search(merged.begin(), merged.end(), value.node)) {
      append_member(out, begin, patch.document->text(key));
      append_merged(out, {}, value);
    }
    key = patch.document->next(value.node);
  }
  out += '}';
}

}  // namespace

std::string merged_object(std::string_view before, JsonValue patch) {
  Document document;
  JsonValue target;
  if (before.starts_with('{')) {
    document = read_value(before);
    target = {&document, document.roots.front()};
  }
  std::string merged;
  append_merged(merged, target, patch);
  return merged;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

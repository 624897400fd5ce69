// SPDX-License-Identifier: Apache-2.0
#include "manifest/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/name_text.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// A flow costs more than its values, see TextLimits::work_max.
constexpr std::size_t kFlowWork = 100;

}  // namespace

void ManifestReader::read_all(PassOver pass_over) {
  std::vector<Diagnostic> problems;
  read_document(text_, options_, document_, problems, DuplicateKeys::Report, JsonTexts::Several,
                pass_over);
  for (const Diagnostic& problem : problems) {
    incomplete_ = incomplete_ || problem.document >= document_.roots.size();
    broken_.push_back(problem.document);
  }
  report_.take(std::move(problems));
  for (std::size_t i = 0; i < document_.roots.size(); ++i) {
    report_.set_document(i);
    index_ = i;
    read_root(NodePath{document_.roots[i]});
  }
}

/// Problems that are not listed may be in any later document.
bool ManifestReader::is_broken() const {
  const auto document = static_cast<std::uint32_t>(index_);
  return std::binary_search(broken_.begin(), broken_.end(), document) ||
         (document_.unlisted > 0 && (broken_.empty() || document >= broken_.back()));
}

void ManifestReader::read_root(const NodePath& root) {
  found_ = found_ || is_broken();
  const NodeKind root_kind = document_.kind(root.node);
  if (root_kind == NodeKind::Null) {
    return;  // An empty document between two '---'.
  }
  if (root_kind != NodeKind::Mapping) { return take_unknown(root); }
  const NodeId kind = document_.find(root.node, "kind");
  if (kind != kNoNode && document_.kind(kind) != NodeKind::Null) {
    return read_object_of_kind(root, kind);
  }
  // What looks like a flow is read, so that all of its problems are reported beside the kind.
  if (looks_like_flow(document_, root.node)) { return read_flow(root, FlowPlace::Document); }
  take_unknown(root);
}

void ManifestReader::read_object_of_kind(const NodePath& object, NodeId kind) {
  const bool outer = misnamed_;
  switch (classify_kind(document_, object.node, kind, is_read_)) {
    case ManifestKind::Flow: return read_flow(object, FlowPlace::Document);
    case ManifestKind::NearFlow:
      report_kind(object, kind, kKind);
      read_flow(object, FlowPlace::Document);
      break;
    case ManifestKind::FlowList: return read_list(object, FlowPlace::TypedList);
    case ManifestKind::NearFlowList:
      report_kind(object, kind, kFlowListKind);
      read_list(object, FlowPlace::TypedList);
      break;
    case ManifestKind::List:
      take_other(object, kind);
      return read_list(object, FlowPlace::Document);
    case ManifestKind::NearList:
      report_kind(object, kind, kListKind);
      read_list(object, FlowPlace::Document);
      break;
    case ManifestKind::Other: return take_other(object, kind);
    case ManifestKind::NotText:
      found_ = true;
      if (report_.is_unread(kind)) { return; }
      report_.add(DiagnosticCode::WrongType,
                  {kind, &object, key_of(document_, object.node, "kind")}, kind,
                  {fmt::format("'kind' must be a string, not {}", kind_word(document_.kind(kind))),
                   "write PromotionFlow"});
      return;
  }
  misnamed_ = outer;
}

/// Reports a kind that is misspelt: passing the document over would hide all of its problems.
void ManifestReader::report_kind(const NodePath& object, NodeId kind, std::string_view meant) {
  found_ = true;
  misnamed_ = true;
  const std::string_view text = document_.text(kind);
  std::string hint = did_you_mean(text, meant);
  if (!is_plain_name(text)) { hint += fmt::format(" It {}", explain_name(text).message); }
  report_.add(DiagnosticCode::InvalidValue, {kind, &object, key_of(document_, object.node, "kind")},
              kind, {fmt::format("'kind' can't be {}", in_quotes(text)), std::move(hint)});
}

void ManifestReader::report_no_mapping(const NodePath& root) {
  const NodeKind kind = document_.kind(root.node);
  found_ = true;
  report_.add(
      kind == NodeKind::Sequence ? DiagnosticCode::WrongType : DiagnosticCode::Syntax, root,
      root.node,
      {fmt::format("a manifest must be a mapping, not {}", kind_word(kind)),
       kind == NodeKind::Sequence
           ? "separate flows with '---', or write a List: 'kind: List' with the flows as 'items'"
           : "it begins with 'apiVersion: codefresh.io/v1beta1' and 'kind: PromotionFlow'"});
}

/// Reads the items of a list as if each were a document.
void ManifestReader::read_list(const NodePath& list, FlowPlace place) {
  const bool misspelt = report_near_items(list);
  const NodeId key = key_of(document_, list.node, "items");
  if (key == kNoNode) {
    found_ = true;
    if (!misspelt) {
      report_.add(DiagnosticCode::MissingField, list, list.node,
                  {"the field 'items' is missing", "write what the list holds as 'items'"});
    }
    return;
  }
  const NodePath items{document_.next(key), &list, key};
  const NodeKind kind = document_.kind(items.node);
  if (kind != NodeKind::Sequence) {
    if (kind != NodeKind::Null && !report_.is_unread(items.node)) {
      found_ = true;
      report_.add(DiagnosticCode::WrongType, items, items.node,
                  {fmt::format("'items' must be a list, not {}", kind_word(kind)),
                   kind == NodeKind::Mapping ? "begin each item with '- '" : ""});
    }
    return;
  }
  // An empty one is no flow.
  found_ = found_ || (place == FlowPlace::TypedList && document_[items.node].size > 0);
  NodePath item{document_.first(items.node), &items};
  for (; item.node != kNoNode; item.node = document_.next(item.node), ++item.index) {
    read_item(item, place);
  }
}

/// Reports keys of a list that differ from `items` by case or one letter. Whether there are any.
bool ManifestReader::report_near_items(const NodePath& list) {
  bool any = false;
  for (NodeId key = document_.first(list.node); key != kNoNode;
       key = document_.next(document_.next(key))) {
    const std::string_view name = document_.text(key);
    if (name == "items" || slips_between(name, "items").value_or(2) > 1) { continue; }
    any = true;
    report_.add(DiagnosticCode::UnknownField, {document_.next(key), &list, key}, key,
                {fmt::format("unknown field {}", in_quotes(name)), did_you_mean(name, "items")});
  }
  return any;
}

void ManifestReader::read_item(const NodePath& item, FlowPlace place) {
  if (document_.kind(item.node) != NodeKind::Mapping) {
    if (report_.is_unread(item.node)) { return; }
    found_ = true;
    report_.add(DiagnosticCode::WrongType, item, item.node,
                {fmt::format("an entry of 'items' must be a mapping, not {}",
                             kind_word(document_.kind(item.node)))});
    return;
  }
  const NodeId kind = document_.find(item.node, "kind");
  if (kind != kNoNode && document_.kind(kind) != NodeKind::Null) {
    return read_object_of_kind(item, kind);
  }
  if (place == FlowPlace::TypedList) { return read_flow(item, place); }
  if (looks_like_flow(document_, item.node)) { read_flow(item, FlowPlace::Document); }
}

void ManifestReader::read_flow(const NodePath& object, FlowPlace place) {
  found_ = true;
  Checker checker(document_, report_, options_.limits);
  checker.cluster_reads = true;
  if (!checker.spend(kFlowWork, object)) { return; }
  const std::size_t errors_before = report_.errors();
  NodePath metadata;
  const NodePath name = name_of(object, metadata);
  if (name.node != kNoNode) { check_flow_name(name); }
  std::optional<Flow> flow = check_flow(checker, object, place);
  if (misnamed_ || is_broken() || report_.errors() != errors_before) { flow.reset(); }
  take_flow(object, std::move(flow));
}

/// `metadata` is set to what the path goes through. kNoNode: there is none, or it is no name.
NodePath ManifestReader::name_of(const NodePath& object, NodePath& metadata) const {
  const NodeId metadata_key = key_of(document_, object.node, "metadata");
  if (metadata_key == kNoNode) { return {}; }
  metadata = {document_.next(metadata_key), &object, metadata_key};
  const NodeId key = key_of(document_, metadata.node, "name");
  if (key == kNoNode) { return {}; }
  const NodeId name = document_.next(key);
  if (document_.kind(name) != NodeKind::String || document_.text(name).empty()) { return {}; }
  return {name, &metadata, key};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

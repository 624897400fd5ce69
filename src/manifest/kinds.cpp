// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/name_text.hpp"
#include "manifest/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Longer kinds are no slips of those that are known.
constexpr std::size_t kKindMax = 64;
constexpr int kSlipsMax = 2;

/// Without what readers overlook: case, separators, invisible characters, letters of other scripts.
std::string folded(std::string_view kind) {
  std::string out;
  for (const char c : look_alike_key(kind)) {
    if (c == '-' || c == '_' || c == '.' || c == ' ') { continue; }
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return out;
}

/// Whether one becomes the other by so many letters added, left out, replaced or swapped.
bool is_within(std::string_view a, std::string_view b, int slips) noexcept {
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  const std::size_t longer = std::max(a.size(), b.size());
  if (a.empty() || b.empty()) { return longer <= static_cast<std::size_t>(slips); }
  if (slips == 0) { return false; }
  const bool swapped = a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0];
  return is_within(a.substr(1), b, slips - 1) || is_within(a, b.substr(1), slips - 1) ||
         is_within(a.substr(1), b.substr(1), slips - 1) ||
         (swapped && is_within(a.substr(2), b.substr(2), slips - 1));
}

bool is_near(std::string_view folded_kind, std::string_view known) {
  return is_within(folded_kind, folded(known), kSlipsMax);
}

bool has_our_group(const Document& document, NodeId object) noexcept {
  const NodeId version = document.find(object, "apiVersion");
  return version != kNoNode && document.text(version).starts_with("codefresh.io/");
}

/// Whether a list has an item that is a flow or looks like one.
bool holds_flows(const Document& document, NodeId list) {
  const NodeId items = document.find(list, "items");
  if (items == kNoNode || document.kind(items) != NodeKind::Sequence) { return false; }
  for (NodeId item = document.first(items); item != kNoNode; item = document.next(item)) {
    const NodeId kind = document.find(item, "kind");
    if (kind != kNoNode && document.text(kind) == kKind) { return true; }
  }
  return false;
}

}  // namespace

NodeId key_of(const Document& document, NodeId mapping, std::string_view key) noexcept {
  if (document.kind(mapping) != NodeKind::Mapping) { return kNoNode; }
  for (NodeId at = document.first(mapping); at != kNoNode; at = document.next(document.next(at))) {
    if (document.text(at) == key) { return at; }
  }
  return kNoNode;
}

bool looks_like_flow(const Document& document, NodeId object) noexcept {
  constexpr std::string_view kSigns[] = {"triggerEnvironment", "steps", "properties"};
  const NodeId spec = document.find(object, "spec");
  return spec != kNoNode && std::any_of(std::begin(kSigns), std::end(kSigns), [&](auto sign) {
           return document.find(spec, sign) != kNoNode;
         });
}

ManifestKind classify_kind(const Document& document, NodeId object, NodeId kind) {
  if (document.kind(kind) != NodeKind::String) { return ManifestKind::NotText; }
  const std::string_view text = document.text(kind);
  if (text == kKind) { return ManifestKind::Flow; }
  if (text == kFlowListKind) { return ManifestKind::FlowList; }
  if (text == kListKind) { return ManifestKind::List; }
  if (text.size() > kKindMax) { return ManifestKind::Other; }
  const std::string name = folded(text);
  if (is_near(name, kKind)) { return ManifestKind::NearFlow; }
  if (is_near(name, kFlowListKind)) { return ManifestKind::NearFlowList; }
  const bool with_flows = holds_flows(document, object);
  if (with_flows && name == folded(kListKind)) { return ManifestKind::NearList; }
  if (with_flows) { return ManifestKind::List; }
  const NodeId spec = document.find(object, "spec");
  if (spec != kNoNode && has_our_group(document, object) &&
      document.find(spec, "triggerEnvironment") != kNoNode) {
    return ManifestKind::NearFlow;
  }
  return ManifestKind::Other;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

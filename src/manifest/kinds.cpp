// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/name_text.hpp"
#include "document/tree.hpp"
#include "manifest/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Longer kinds are no slips of those that are known.
constexpr std::size_t kKindMax = 64;
constexpr int kSlipsMax = 2;
/// With two letters, a word of so many becomes another one: `Role` becomes `Node`.
constexpr std::size_t kShortMax = 4;

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

bool is_near_list(std::string_view folded_kind) {
  return is_within(folded_kind, folded(kListKind), 1);
}

/// Whether a kind is that of flows or of lists, or meant to be.
bool is_flow_or_list(std::string_view kind) {
  if (kind.size() > kKindMax) { return false; }
  const std::string name = folded(kind);
  return is_near(name, kKind) || is_near(name, kFlowListKind) || is_near_list(name);
}

std::string_view version_of(const Document& document, NodeId object) noexcept {
  const NodeId version = document.find(object, "apiVersion");
  return version == kNoNode ? std::string_view() : document.text(version);
}

bool has_our_group(const Document& document, NodeId object) noexcept {
  return version_of(document, object).starts_with("codefresh.io/");
}

bool is_object_that_is_read(const Document& document, NodeId object, IsRead is_read) {
  const NodeId kind = document.find(object, "kind");
  if (kind == kNoNode || document.kind(kind) != NodeKind::String) { return false; }
  const std::string_view version = version_of(document, object);
  return is_flow_or_list(document.text(kind)) || is_read(document.text(kind), &version);
}

/// Whether a value of any key holds objects, for a list whose kind is misspelt.
bool has_member_that_holds_objects(const Document& document, NodeId list, IsRead is_read) {
  for (NodeId key = document.first(list); key != kNoNode; key = document.next(document.next(key))) {
    if (holds_objects(document, document.next(key), is_read)) { return true; }
  }
  return false;
}

}  // namespace

std::optional<int> slips_between(std::string_view word, std::string_view known) {
  if (word.size() > kKindMax) { return std::nullopt; }
  const std::string a = folded(word);
  const std::string b = folded(known);
  const int most = b.size() <= kShortMax ? 1 : kSlipsMax;
  for (int slips = 0; slips <= most; ++slips) {
    if (is_within(a, b, slips)) { return slips; }
  }
  return std::nullopt;
}

bool holds_objects(const Document& document, NodeId value, IsRead is_read) {
  if (is_object_that_is_read(document, value, is_read)) { return true; }
  if (document.kind(value) != NodeKind::Sequence) { return false; }
  for (NodeId item = document.first(value); item != kNoNode; item = document.next(item)) {
    if (is_object_that_is_read(document, item, is_read)) { return true; }
    if (document.kind(item) != NodeKind::Sequence) { continue; }
    for (NodeId inner = document.first(item); inner != kNoNode; inner = document.next(inner)) {
      if (is_object_that_is_read(document, inner, is_read)) { return true; }
    }
  }
  return false;
}

bool is_passed_over(const Document& document, NodeId object, IsRead is_read) {
  if (document.kind(object) != NodeKind::Mapping) { return false; }
  const NodeId kind = document.find(object, "kind");
  if (kind == kNoNode || document.kind(kind) == NodeKind::Null ||
      classify_kind(document, object, kind, is_read) != ManifestKind::Other) {
    return false;
  }
  const std::string_view version = version_of(document, object);
  return !is_read(document.text(kind), &version) &&
         !has_left_out(document, object, "kind", [&](NodeId other) {
           const std::string_view name = document.text(other);
           return is_flow_or_list(name) || is_read(name, nullptr);
         });
}

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

ManifestKind classify_kind(const Document& document, NodeId object, NodeId kind, IsRead is_read) {
  if (document.kind(kind) != NodeKind::String) { return ManifestKind::NotText; }
  const std::string_view text = document.text(kind);
  if (text == kKind) { return ManifestKind::Flow; }
  if (text == kFlowListKind) { return ManifestKind::FlowList; }
  if (text == kListKind) { return ManifestKind::List; }
  if (text.size() > kKindMax) { return ManifestKind::Other; }
  const std::string name = folded(text);
  if (is_near(name, kKind)) { return ManifestKind::NearFlow; }
  if (is_near(name, kFlowListKind)) { return ManifestKind::NearFlowList; }
  if (is_near_list(name) && has_member_that_holds_objects(document, object, is_read)) {
    return ManifestKind::NearList;
  }
  const NodeId items = document.find(object, "items");
  if (items != kNoNode && holds_objects(document, items, is_read)) { return ManifestKind::List; }
  const NodeId spec = document.find(object, "spec");
  if (spec != kNoNode && has_our_group(document, object) &&
      document.find(spec, "triggerEnvironment") != kNoNode) {
    return ManifestKind::NearFlow;
  }
  return ManifestKind::Other;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
// JSON values compared with each other.
#include "context/json_value.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "document/scalar.hpp"

namespace promoflow::detail {

namespace {

/// Members beyond which an object is searched by hash.
constexpr std::size_t kMembersLinearMax = 16;

bool is_number(NodeKind kind) noexcept {
  return kind == NodeKind::Integer || kind == NodeKind::Float;
}

/// A number so that equal numbers have equal texts: whole ones digit by digit.
std::string canonical_number(JsonValue number) {
  std::string digits;
  if (number.kind() == NodeKind::Float) {
    const double value = parse_float(number.text());
    digits = std::trunc(value) == value ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
  } else {
    append_json(digits, *number.document, number.node);
  }
  return digits == "-0" ? "0" : digits;
}

bool are_equal_lists(JsonValue left, JsonValue right) {
  NodeId a = left.document->first(left.node);
  NodeId b = right.document->first(right.node);
  for (; a != kNoNode && b != kNoNode; a = left.document->next(a), b = right.document->next(b)) {
    if (!are_equal({left.document, a}, {right.document, b})) { return false; }
  }
  return a == b;
}

/// Whether `holds` is true of the two values of every key that both objects have.
template <class Holds>
bool all_common_members(JsonValue left, JsonValue right, const Holds& holds) {
  const ObjectMembers others(right);
  const Document& document = *left.document;
  for (NodeId key = document.first(left.node); key != kNoNode;) {
    const JsonValue value{&document, document.next(key)};
    const JsonValue other = others.find(document.text(key));
    if (!holds(value, other)) { return false; }
    key = document.next(value.node);
  }
  return true;
}

bool are_equal_objects(JsonValue left, JsonValue right) {
  if ((*left.document)[left.node].size != (*right.document)[right.node].size) { return false; }
  return all_common_members(left, right, [](JsonValue value, JsonValue other) {
    return other.node != kNoNode && are_equal(value, other);
  });
}

}  // namespace

ObjectMembers::ObjectMembers(JsonValue object) : object_(object) {
  if (!object.is_object()) { return; }
  const Document& document = *object.document;
  if (document[object.node].size / 2 <= kMembersLinearMax) { return; }
  for (NodeId key = document.first(object.node); key != kNoNode;) {
    const NodeId value = document.next(key);
    by_key_.emplace(document.text(key), value);
    key = document.next(value);
  }
}

JsonValue ObjectMembers::find(std::string_view key) const {
  if (!object_.is_object()) { return {}; }
  if (by_key_.empty()) { return {object_.document, object_.document->find(object_.node, key)}; }
  const auto found = by_key_.find(key);
  return {object_.document, found == by_key_.end() ? kNoNode : found->second};
}

Document read_value(std::string_view json) {
  Document document;
  std::vector<Diagnostic> none;  // It is valid, and may have grown beyond any limit.
  ReadOptions options{.format = TextFormat::Json, .limits = {}};
  options.limits = {SIZE_MAX, UINT32_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  read_document(json, options, document, none, DuplicateKeys::LastWins);
  return document;
}

bool are_equal(JsonValue left, JsonValue right) {
  if (is_number(left.kind()) && is_number(right.kind())) {
    return left.text() == right.text() || canonical_number(left) == canonical_number(right);
  }
  if (left.kind() != right.kind()) { return false; }
  switch (left.kind()) {
    case NodeKind::Null: return true;
    case NodeKind::Sequence: return are_equal_lists(left, right);
    case NodeKind::Mapping: return are_equal_objects(left, right);
    case NodeKind::Bool:
    case NodeKind::String:
    case NodeKind::Integer:
    case NodeKind::Float: break;
  }
  return left.text() == right.text();
}

bool commute(JsonValue left, JsonValue right) {
  if (!left.is_object() || !right.is_object()) { return are_equal(left, right); }
  return all_common_members(left, right, [](JsonValue value, JsonValue other) {
    return other.node == kNoNode || commute(value, other);
  });
}

}  // namespace promoflow::detail

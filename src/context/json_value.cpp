// SPDX-License-Identifier: Apache-2.0
// JSON values compared with each other.
#include "context/json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Members beyond which an object is searched by hash.
constexpr std::size_t kMembersLinearMax = 16;

bool is_number(NodeKind kind) noexcept {
  return kind == NodeKind::Integer || kind == NodeKind::Float;
}

/// A decimal number so that equal numbers have equal texts: its digits without zeros at either end,
/// and the power of ten of the place before the first one. Exact, whatever the number's size; but
/// numbers with exponents of more than 18 digits are compared by their texts.
std::string canonical_number(JsonValue number) {
  std::string text;
  append_json(text, *number.document, number.node);  // As JSON has it: no 0x1F, no plus sign.
  const bool negative = text.front() == '-';
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  std::int64_t exponent = 0;
  if (exponent_at < text.size()) {
    const char* const first = text.data() + exponent_at + (text[exponent_at + 1] == '+' ? 2 : 1);
    const auto read = std::from_chars(first, text.data() + text.size(), exponent);
    constexpr std::int64_t kMost = 1'000'000'000'000'000'000;
    const bool fits = read.ec == std::errc() && exponent < kMost && exponent > -kMost;
    if (!fits) { return text; }
  }
  std::string digits = text.substr(negative ? 1 : 0, exponent_at - (negative ? 1 : 0));
  const std::size_t point = std::min(digits.find('.'), digits.size());
  exponent += static_cast<std::int64_t>(point);
  if (point < digits.size()) { digits.erase(point, 1); }
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  exponent -= static_cast<std::int64_t>(zeros);
  digits.erase(0, zeros);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.empty()) { return "0"; }
  return fmt::format("{}{}e{}", negative ? "-" : "", digits, exponent);
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
  constexpr std::uint32_t kDepth = 512;  // What is deeper is left to the other reader.
  if (read_plain_json(json, kDepth, document, PlainKeys::Written)) { return document; }
  std::vector<Diagnostic> none;  // It is valid, and may have grown beyond any limit.
  const ReadOptions options{.format = TextFormat::Json, .limits = limits_of_own_text(UINT32_MAX)};
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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

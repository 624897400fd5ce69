// SPDX-License-Identifier: Apache-2.0
// Writes document nodes as JSON.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/json_string.hpp"
#include "document/document.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Whether a number is in decimal notation: neither YAML's 0o17 and 0x1F nor its .inf and .nan.
bool is_decimal(std::string_view number) noexcept {
  return number.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

/// YAML's octal and hexadecimal integers, which JSON does not have, as decimal ones.
void append_other_base(std::string& out, std::string_view text) {
  if (const auto value = parse_integer(text)) {
    out += std::to_string(*value);
    return;
  }
  const double value = parse_float(text);
  if (std::isfinite(value)) {
    append_double(out, value);
  } else {
    out += "null";
  }
}

/// Appends a number digit for digit as it was written: what it stands for may be a version or an
/// identifier. Only what JSON's grammar does not have is changed: plus signs, leading zeros, points
/// without digits beside them.
void append_number(std::string& out, std::string_view text) {
  if (!is_decimal(text)) { return append_other_base(out, text); }
  const bool negative = text.front() == '-';
  std::string_view rest = text.substr(negative || text.front() == '+' ? 1 : 0);
  out.append(negative ? 1U : 0U, '-');
  rest.remove_prefix(std::min(rest.find_first_not_of('0'), rest.size()));
  const auto begins_with_digit = [&rest] {
    return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
  };
  if (!begins_with_digit()) { out += '0'; }
  const std::size_t whole = std::min(rest.find_first_of(".eE"), rest.size());
  out += rest.substr(0, whole);
  rest.remove_prefix(whole);
  if (rest.starts_with('.')) {
    out += '.';
    rest.remove_prefix(1);
    if (!begins_with_digit()) { out += '0'; }
  }
  out += rest;
}

/// Also for keys that are not strings: YAML's may be numbers.
void append_string(std::string& out, const Document& document, NodeId node) {
  const std::string_view text = document.text(node);
  if (document.is_verbatim(node)) {
    out.append(text.data() - 1, text.size() + 2);
  } else {
    append_json_string(out, text);
  }
}

void append_container(std::string& out, const Document& document, NodeId node) {
  const bool mapping = document.kind(node) == NodeKind::Mapping;
  out += mapping ? '{' : '[';
  bool first = true;
  for (NodeId child = document.first(node); child != kNoNode; child = document.next(child)) {
    out.append(first ? 0U : 1U, ',');
    first = false;
    if (mapping) {
      append_string(out, document, child);
      out += ':';
      child = document.next(child);
    }
    append_json(out, document, child);
  }
  out += mapping ? '}' : ']';
}

}  // namespace

void append_pointer(std::string& out, std::string_view key) {
  out += '/';
  for (const char c : key) {
    if (c == '~' || c == '/') {
      out += c == '~' ? "~0" : "~1";
    } else {
      out += c;
    }
  }
}

void append_pointer(std::string& out, std::size_t index) {
  out += '/';
  out += std::to_string(index);
}

void append_json(std::string& out, const Document& document, NodeId node) {
  const std::string_view text = document.text(node);
  switch (document.kind(node)) {
    case NodeKind::Null: out += "null"; break;
    case NodeKind::Bool:
      out += text.front() == 't' || text.front() == 'T' ? "true" : "false";
      break;
    case NodeKind::Integer:
    case NodeKind::Float: append_number(out, text); break;
    case NodeKind::String: append_string(out, document, node); break;
    case NodeKind::Sequence:
    case NodeKind::Mapping: append_container(out, document, node); break;
  }
}

NodeId find_not_json(const Document& document, NodeId node) noexcept {
  if (document.kind(node) == NodeKind::Float) {
    const std::string_view text = document.text(node);
    return is_decimal(text) || std::isfinite(parse_float(text)) ? kNoNode : node;
  }
  const bool mapping = document.kind(node) == NodeKind::Mapping;
  for (NodeId child = document.first(node); child != kNoNode; child = document.next(child)) {
    child = mapping ? document.next(child) : child;
    if (const NodeId found = find_not_json(document, child); found != kNoNode) { return found; }
  }
  return kNoNode;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

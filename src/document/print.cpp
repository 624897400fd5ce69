// SPDX-License-Identifier: Apache-2.0
// Writes document nodes as JSON.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/json_string.hpp"
#include "base/plain_text.hpp"
#include "document/document.hpp"
#include "document/scalar.hpp"

namespace promoflow::detail {

namespace {

/// Appends canonical decimal: no plus sign, no leading zeros, no other base, `-0` as 0.
void append_integer(std::string& out, std::string_view text) {
  if (const auto value = parse_integer(text)) {
    out += std::to_string(*value);
    return;
  }
  const bool negative = text.front() == '-';
  text.remove_prefix(negative || text.front() == '+' ? 1 : 0);
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  if (negative && text != "0") { out += '-'; }
  out += text;
}

void append_number(std::string& out, std::string_view text) {
  const double value = parse_float(text);
  if (std::isfinite(value)) {
    append_double(out, value);
  } else {
    out += "null";
  }
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
    case NodeKind::Integer: append_integer(out, text); break;
    case NodeKind::Float: append_number(out, text); break;
    case NodeKind::String: append_string(out, document, node); break;
    case NodeKind::Sequence:
    case NodeKind::Mapping: append_container(out, document, node); break;
  }
}

NodeId find_not_json(const Document& document, NodeId node) noexcept {
  if (document.kind(node) == NodeKind::Float) {
    return std::isfinite(parse_float(document.text(node))) ? kNoNode : node;
  }
  const bool mapping = document.kind(node) == NodeKind::Mapping;
  for (NodeId child = document.first(node); child != kNoNode; child = document.next(child)) {
    child = mapping ? document.next(child) : child;
    if (const NodeId found = find_not_json(document, child); found != kNoNode) { return found; }
  }
  return kNoNode;
}

}  // namespace promoflow::detail

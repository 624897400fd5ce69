// SPDX-License-Identifier: Apache-2.0
/// @file
/// JSON values compared with each other: which are equal, and which merge patches commute (C5).
#pragma once

#include <string_view>
#include <unordered_map>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A value in a document. No node: there is no value.
struct JsonValue {
  const Document* document = nullptr;
  NodeId node = kNoNode;

  NodeKind kind() const noexcept { return document->kind(node); }
  std::string_view text() const noexcept { return document->text(node); }
  bool is_object() const noexcept { return node != kNoNode && kind() == NodeKind::Mapping; }
};

/// The members of an object by key: small objects are searched one by one, large ones by hash. An
/// object that is none has no members.
class ObjectMembers {
 public:
  explicit ObjectMembers(JsonValue object);
  /// The member's value; without a node if there is no such member.
  JsonValue find(std::string_view key) const;

 private:
  JsonValue object_;
  std::unordered_map<std::string_view, NodeId> by_key_;
};

/// Reads one value of compact JSON text that the library wrote. May throw std::bad_alloc.
Document read_value(std::string_view json);

/// Whether two values are equal: numbers by their value (1 and 1.0 are equal), objects whatever the
/// order of their members. Recursion: as deep as the values. May throw std::bad_alloc.
bool are_equal(JsonValue left, JsonValue right);

/// Whether two merge patches of one value (RFC 7396) give the same in either order, judged by the
/// patches alone: two objects do if the values of every common member do, anything else only if
/// equal. May throw std::bad_alloc.
bool commute(JsonValue left, JsonValue right);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

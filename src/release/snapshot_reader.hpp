// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reading a snapshot with each member's type checked. What is wrong is noted in a Damage; what is
/// read then is empty or zero, so that a reader may go on to where it looks at that.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/damage.hpp"
#include "document/document.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline std::optional<std::uint64_t> read_hexadecimal(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool is_whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

/// A node of the snapshot, with the name of the member that it is, or is an element of: what is
/// wrong with it is reported under that name.
class SnapshotNode {
 public:
  SnapshotNode(const Document& document, NodeId node, Damage& damage,
               std::string_view name = "snapshot")
      : document_(&document), damage_(&damage), node_(node), name_(name) {}

  const Document& document() const noexcept { return *document_; }
  NodeId node() const noexcept { return node_; }

  SnapshotNode operator[](std::string_view key) const {
    const NodeId found = node_ != kNoNode ? document_->find(node_, key) : kNoNode;
    if (found == kNoNode) { damage_->note(fmt::format("member '{}' is missing", key)); }
    return {*document_, found, *damage_, key};
  }
  bool has(std::string_view key) const {
    return node_ != kNoNode && document_->find(node_, key) != kNoNode;
  }
  bool is_null() const { return is(NodeKind::Null); }
  bool boolean() const {
    return expect(is(NodeKind::Bool), "a boolean") && document_->text(node_) == "true";
  }
  std::string_view text() const {
    return expect(is(NodeKind::String), "a string") ? document_->text(node_) : std::string_view();
  }
  template <class T>
  T number() const {
    const std::string_view digits = is(NodeKind::Integer) ? document_->text(node_) : "";
    T value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return expect(read.ec == std::errc(), "a whole number within range") ? value : T{};
  }
  Millis time() const { return is_null() ? kNever : number<Millis>(); }
  Text shared_text() const {
    return is_null() ? nullptr : std::make_shared<const std::string>(text());
  }
  /// Of hexadecimal digits.
  std::string bytes() const {
    const std::string_view digits = text();
    std::string read;
    if (!expect(digits.size() % 2 == 0, "an even number of hexadecimal digits")) { return read; }
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      const std::optional<std::uint64_t> byte = read_hexadecimal(digits.substr(i, 2));
      if (!expect(byte.has_value(), "a text of hexadecimal digits")) { return {}; }
      read += static_cast<char>(*byte);
    }
    return read;
  }
  std::vector<SnapshotNode> elements() const {
    std::vector<SnapshotNode> list;
    if (!expect(is(NodeKind::Sequence), "an array")) { return list; }
    for (NodeId id = document_->first(node_); id != kNoNode; id = document_->next(id)) {
      list.emplace_back(*document_, id, *damage_, name_);
    }
    return list;
  }

 private:
  bool is(NodeKind kind) const { return node_ != kNoNode && document_->kind(node_) == kind; }
  /// Notes that something else is there, unless it is known that nothing is.
  bool expect(bool holds, std::string_view what) const {
    if (!holds) { damage_->note(fmt::format("member '{}': {} is expected", name_, what)); }
    return holds;
  }

  const Document* document_;
  Damage* damage_;
  NodeId node_;            ///< kNoNode: it is missing, which is noted.
  std::string_view name_;  ///< Of a literal.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

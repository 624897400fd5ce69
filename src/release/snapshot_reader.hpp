// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reading a snapshot with each member's type checked. What is wrong is thrown as Damaged, which
/// stays within restore_snapshot().
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.hpp"
#include "release/state.hpp"

namespace promoflow::detail {

/// Why a snapshot cannot be restored.
struct Damaged {
  std::string why;
};

inline void ensure(bool holds, std::string_view why) {
  if (!holds) { throw Damaged{std::string(why)}; }
}

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
  SnapshotNode(const Document& document, NodeId node, std::string_view name = "snapshot")
      : document_(&document), node_(node), name_(name) {}

  const Document& document() const noexcept { return *document_; }
  NodeId node() const noexcept { return node_; }

  SnapshotNode operator[](std::string_view key) const {
    const NodeId found = document_->find(node_, key);
    if (found == kNoNode) { throw Damaged{fmt::format("member '{}' is missing", key)}; }
    return {*document_, found, key};
  }
  bool has(std::string_view key) const { return document_->find(node_, key) != kNoNode; }
  bool is_null() const { return document_->kind(node_) == NodeKind::Null; }
  bool boolean() const {
    expect(document_->kind(node_) == NodeKind::Bool, "a boolean");
    return document_->text(node_) == "true";
  }
  std::string_view text() const {
    expect(document_->kind(node_) == NodeKind::String, "a string");
    return document_->text(node_);
  }
  template <class T>
  T number() const {
    const std::string_view digits = document_->text(node_);
    T value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    expect(document_->kind(node_) == NodeKind::Integer && read.ec == std::errc(),
           "a whole number within range");
    return value;
  }
  Millis time() const { return is_null() ? kNever : number<Millis>(); }
  Text shared_text() const {
    return is_null() ? nullptr : std::make_shared<const std::string>(text());
  }
  /// Of hexadecimal digits.
  std::string bytes() const {
    const std::string_view digits = text();
    expect(digits.size() % 2 == 0, "an even number of hexadecimal digits");
    std::string read;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      const std::optional<std::uint64_t> byte = read_hexadecimal(digits.substr(i, 2));
      expect(byte.has_value(), "a text of hexadecimal digits");
      read += static_cast<char>(*byte);
    }
    return read;
  }
  std::vector<SnapshotNode> elements() const {
    expect(document_->kind(node_) == NodeKind::Sequence, "an array");
    std::vector<SnapshotNode> list;
    for (NodeId id = document_->first(node_); id != kNoNode; id = document_->next(id)) {
      list.emplace_back(*document_, id, name_);
    }
    return list;
  }

 private:
  void expect(bool holds, std::string_view what) const {
    if (!holds) { throw Damaged{fmt::format("member '{}': {} is expected", name_, what)}; }
  }

  const Document* document_;
  NodeId node_;
  std::string_view name_;  ///< Of a literal.
};

}  // namespace promoflow::detail

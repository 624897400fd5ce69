// SPDX-License-Identifier: Apache-2.0
/// @file
/// Document: a YAML or JSON text as a tree with positions. Manifests, scenarios, promotion contexts
/// and snapshots are all read through it.
///
/// All nodes are in one array and all texts in one string, so that reading costs two allocations
/// however large the text is. A mapping's children are key, value, key, value, ... An alias is a
/// copy of the node that it names; the two share their children.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/text.hpp"

namespace promoflow::detail {

enum class NodeKind : std::uint8_t { Null, Bool, Integer, Float, String, Sequence, Mapping };

/// Index of a node in its Document.
enum class NodeId : std::uint32_t {};
inline constexpr NodeId kNoNode{0xFFFFFFFF};

struct Node {
  std::uint32_t text = 0;         ///< Scalars: offset of the text.
  std::uint32_t size = 0;         ///< Scalars: bytes of text. Containers: number of children nodes.
  NodeId child = kNoNode;         ///< Containers: the first child.
  NodeId next = kNoNode;          ///< The next child of the same container.
  std::uint32_t line = 0;         ///< From 1.
  std::uint32_t column : 24 = 0;  ///< From 1, in characters; at most 2^24 - 1.
  NodeKind kind : 8 = NodeKind::Null;
};
static_assert(sizeof(Node) == 24);

/// All documents of one text.
class Document {
 public:
  /// One root for each document. That of an empty YAML document is a Null node.
  std::vector<NodeId> roots;
  std::vector<Node> nodes;
  std::string texts;
  /// Strings that end before this offset are in `texts` as JSON text: between quotes, and without
  /// escapes, so that they can be copied verbatim.
  std::uint32_t verbatim_end = 0;
  bool compact = false;  ///< The text that was read is what append_json() would write.
  /// Number of duplicate keys beyond TextLimits::diagnostics_max, which are not listed.
  std::size_t unlisted = 0;

  const Node& operator[](NodeId id) const noexcept { return nodes[static_cast<std::size_t>(id)]; }
  NodeKind kind(NodeId id) const noexcept { return (*this)[id].kind; }
  /// A scalar as it was written, escapes and quotes resolved: `1.50`, `yes`, `0x1F`. A container
  /// has no text.
  std::string_view text(NodeId id) const noexcept {
    const Node& node = (*this)[id];
    return {texts.data() + node.text, node.kind < NodeKind::Sequence ? node.size : 0U};
  }
  bool is_verbatim(NodeId string) const noexcept {
    return (*this)[string].text + (*this)[string].size < verbatim_end;
  }
  NodeId first(NodeId container) const noexcept { return (*this)[container].child; }
  NodeId next(NodeId child) const noexcept { return (*this)[child].next; }
  /// The value of a key of a mapping; kNoNode if it has none, or is not a mapping. Linear.
  NodeId find(NodeId mapping, std::string_view key) const noexcept;
};

/// How a key that a mapping has twice is treated.
enum class DuplicateKeys : std::uint8_t {
  Report,    ///< It is reported as `duplicate-key`; the first value counts.
  LastWins,  ///< As in most JSON readers: the key keeps its position, the last value counts.
};

/// Reads a text into `document`; problems (syntax, limit-exceeded, duplicate-key) are appended.
/// After a syntax error or an exceeded limit the tree holds the documents that were complete
/// before. Cost: linear in the text. May throw std::bad_alloc.
void read_document(std::string_view text, const ReadOptions& options, Document& document,
                   std::vector<Diagnostic>& problems,
                   DuplicateKeys duplicates = DuplicateKeys::Report);

/// The two readers that it chooses from; each is in the only file that includes its library.
void read_yaml(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates);
void read_json(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates);

/// Reads one JSON object of less than 4 GiB quickly, if it is plain: no mapping with a duplicate
/// key or more than a few dozen keys, no exponents, no \u escapes. The nodes have no positions.
/// False: the text is not plain, valid or not; read_json() has to read it, and `document` is empty.
bool read_plain_json(std::string_view text, std::uint32_t depth_max, Document& document);

/// Appends one step of a JSON pointer (RFC 6901).
void append_pointer(std::string& out, std::string_view key);
void append_pointer(std::string& out, std::size_t index);

/// Appends a finite number as nlohmann prints it: `100.0`, `-0.0`, `1e+16`.
void append_double(std::string& out, double value);
/// Appends the node as compact JSON text. Numbers are printed as nlohmann does, integers beyond 64
/// bits digit by digit. Non-finite floats (YAML's .inf and .nan) become null: see find_not_json().
void append_json(std::string& out, const Document& document, NodeId node);
/// The first node, of this one and those below it, that JSON has no notation for; kNoNode: none.
NodeId find_not_json(const Document& document, NodeId node) noexcept;

}  // namespace promoflow::detail

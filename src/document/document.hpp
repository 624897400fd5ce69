// SPDX-License-Identifier: Apache-2.0
/// @file
/// Document: what a YAML or JSON text says, as a tree with positions. One tree for both formats,
/// and for manifests, scenarios, promotion contexts and snapshots alike.
///
/// Nodes lie in one array, texts in one string: two allocations however large the text is. A
/// mapping's children are key, value, key, value, ...; an alias stands for the node it names.
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
  /// The roots, one a document. An empty YAML document is a Null node.
  std::vector<NodeId> roots;
  std::vector<Node> nodes;
  std::string texts;
  /// Strings that end before here stand in `texts` as JSON text: between quotes, without escapes.
  std::uint32_t literal = 0;
  bool compact = false;  ///< What was read is compact JSON text, as append_json() writes it.
  /// Duplicate keys beyond TextLimits::diagnostics_max: counted, not listed.
  std::size_t unlisted = 0;

  const Node& operator[](NodeId id) const noexcept { return nodes[static_cast<std::size_t>(id)]; }
  NodeKind kind(NodeId id) const noexcept { return (*this)[id].kind; }
  /// A scalar as it was written, escapes and quotes resolved: `1.50`, `yes`, `0x1F`. A container
  /// has no text.
  std::string_view text(NodeId id) const noexcept {
    const Node& node = (*this)[id];
    return {texts.data() + node.text, node.kind < NodeKind::Sequence ? node.size : 0U};
  }
  bool is_literal(NodeId string) const noexcept {
    return (*this)[string].text + (*this)[string].size < literal;
  }
  NodeId first(NodeId container) const noexcept { return (*this)[container].child; }
  NodeId next(NodeId child) const noexcept { return (*this)[child].next; }
  /// The value of a key of a mapping; kNoNode if it has none, or is not a mapping. Linear.
  NodeId find(NodeId mapping, std::string_view key) const noexcept;
};

/// What becomes of a key that a mapping has twice.
enum class DuplicateKeys : std::uint8_t {
  Report,    ///< `duplicate-key`; the first one stands.
  LastWins,  ///< As most JSON readers do: the first one's place, the last one's value.
};

/// Reads a text into `document`; problems (syntax, limit-exceeded, duplicate-key) are appended.
/// After a syntax error or a passed limit the tree holds the documents that were complete before.
/// Cost: linear in the text. May throw std::bad_alloc.
void read_document(std::string_view text, const ReadOptions& options, Document& document,
                   std::vector<Diagnostic>& problems,
                   DuplicateKeys duplicates = DuplicateKeys::Report);

/// The two readers behind it; each in the one file that includes its library.
void read_yaml(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates);
void read_json(std::string_view text, const TextLimits& limits, Document& document,
               std::vector<Diagnostic>& problems, DuplicateKeys duplicates);

/// Reads one JSON object of less than 4 GiB, if it is plain: no key twice in a mapping, none of
/// more than a few dozen keys, no exponents, no \u escapes. The nodes have no positions. False: the
/// text is something else, good or bad, for read_json() to judge; `document` is empty.
bool read_plain_json(std::string_view text, std::uint32_t depth_max, Document& document);

/// Appends one step of a JSON pointer (RFC 6901).
void append_pointer(std::string& out, std::string_view key);
void append_pointer(std::string& out, std::size_t index);

/// Appends a finite number as nlohmann prints it: `100.0`, `-0.0`, `1e+16`.
void append_double(std::string& out, double value);
/// Appends the node as compact JSON text; numbers as nlohmann prints them, but integers beyond 64
/// bits digit by digit. Non-finite floats (YAML's .inf and .nan) become null: see is_json().
void append_json(std::string& out, const Document& document, NodeId node);
/// Whether the node and all below it can be said in JSON; else the node that cannot.
NodeId find_not_json(const Document& document, NodeId node) noexcept;

}  // namespace promoflow::detail

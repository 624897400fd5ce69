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

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// As wide as the type of Node::column: Microsoft's compilers put only bit-fields of one size
/// together.
enum class NodeKind : std::uint32_t { Null, Bool, Integer, Float, String, Sequence, Mapping };

/// Index of a node in its Document.
enum class NodeId : std::uint32_t {};
inline constexpr NodeId kNoNode{0xFFFFFFFF};

struct Node {
  std::uint32_t text = 0;         ///< Scalars: offset of the text.
  std::uint32_t size = 0;         ///< Scalars: bytes of text. Containers: number of children nodes.
  NodeId child = kNoNode;         ///< Containers: the first child.
  NodeId next = kNoNode;          ///< The next child of the same container.
  std::uint32_t line = 0;         ///< From 1.
  std::uint32_t column : 23 = 0;  ///< From 1, in characters; at most 2^23 - 1.
  std::uint32_t plain : 1 = 0;    ///< Scalars: written in YAML without quotes and without a tag.
  std::uint32_t before_merge : 1 = 0;  ///< Keys: a merge key behind it brings this key, too.
  NodeKind kind : 7 = NodeKind::Null;
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
  /// Number of problems that are not listed, because there are too many.
  std::size_t unlisted = 0;
  std::size_t work = 0;  ///< What reading it has cost, see TextLimits::work_max.

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

/// For texts that the library wrote itself: they are as large as what they say.
constexpr TextLimits limits_of_own_text(std::uint32_t depth_max) noexcept {
  return {.text_bytes_max = SIZE_MAX,
          .depth_max = depth_max,
          .nodes_max = SIZE_MAX,
          .name_bytes_max = SIZE_MAX,
          .value_bytes_max = SIZE_MAX,
          .work_max = SIZE_MAX};
}

/// Whether the caller passes an object over, so that its problems are dropped. It is asked at the
/// end of each document that has problems, and of each item of a list, `items`, in one. The tree
/// may end within the document, if its syntax is wrong.
using PassOver = bool (*)(const Document& document, NodeId object);
/// Whether a text of JSON may hold several values, one after another.
enum class JsonTexts : std::uint8_t { One, Several };

/// How a text is read, beside its format.
struct ReadMode {
  TextLimits limits{};
  DuplicateKeys duplicates = DuplicateKeys::Report;
  JsonTexts json_texts = JsonTexts::One;
  PassOver pass_over = nullptr;  ///< Null: nothing is passed over.
};

/// Reads a text into `document`; problems (syntax, limit-exceeded, duplicate-key, and
/// wrong-type where a merge key has no mapping) are appended.
/// Problems of single values (a duplicate key, an unknown tag or alias) leave the document in the
/// tree. After broken syntax or an exceeded limit the tree holds the documents that were complete
/// before, and the last problem has the number of the document behind them. Cost: linear in the
/// text. May throw std::bad_alloc.
void read_document(std::string_view text, const ReadOptions& options, Document& document,
                   std::vector<Diagnostic>& problems,
                   DuplicateKeys duplicates = DuplicateKeys::Report,
                   JsonTexts json_texts = JsonTexts::One, PassOver pass_over = nullptr);

/// The two readers that it chooses from; each is in the only file that includes its library.
void read_yaml(std::string_view text, const ReadMode& mode, Document& document,
               std::vector<Diagnostic>& problems);
void read_json(std::string_view text, const ReadMode& mode, Document& document,
               std::vector<Diagnostic>& problems);

/// Whether a mapping of a text may be large for the quick reader.
enum class PlainKeys : std::uint8_t {
  Few,      ///< Not: its keys are compared with each other.
  Written,  ///< It may: the library wrote the text, so that no key is there twice.
};

/// Reads one JSON object of less than 4 GiB quickly, if it is plain: no mapping with a duplicate
/// key or more than a few dozen keys, no \u escapes. The nodes have no positions.
/// False: the text is not plain, valid or not; read_json() has to read it, and `document` is empty.
bool read_plain_json(std::string_view text, std::uint32_t depth_max, Document& document,
                     PlainKeys keys = PlainKeys::Few);

/// Appends one step of a JSON pointer (RFC 6901).
void append_pointer(std::string& out, std::string_view key);
void append_pointer(std::string& out, std::size_t index);

/// Appends a finite number as nlohmann prints it: `100.0`, `-0.0`, `1e+16`.
void append_double(std::string& out, double value);
/// Appends the node as compact JSON text. Numbers keep their text, as far as it is JSON: 1.10 stays
/// 1.10. Non-finite floats (YAML's .inf and .nan) become null: see find_not_json().
void append_json(std::string& out, const Document& document, NodeId node);
/// The first node, of this one and those below it, that JSON has no notation for; kNoNode: none.
NodeId find_not_json(const Document& document, NodeId node) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

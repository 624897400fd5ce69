// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reporter: collects the diagnostics of a text in bounded memory, and sorts them by position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/position.hpp"
#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A node and the path to it from the root, as a chain of stack frames of the functions that read
/// the tree: a pointer to it (RFC 6901) is only made for a diagnostic.
struct NodePath {
  NodeId node = kNoNode;
  const NodePath* parent = nullptr;
  NodeId key = kNoNode;   ///< In a mapping.
  std::size_t index = 0;  ///< In a sequence.
};

/// What a diagnostic says.
struct DiagnosticText {
  std::string message;
  std::string hint{};
};

/// Length in characters of the token at a position; positions must ascend.
std::uint32_t token_length_at(TextWalker& walker, Position position);

class Reporter {
 public:
  Reporter(const Document& document, std::size_t diagnostics_max)
      : document_(document), diagnostics_max_(diagnostics_max) {}

  /// Adds the problems that read_document() found.
  void take(std::vector<Diagnostic> problems);
  /// Sets the document of the text that later reports are about.
  void set_document(std::size_t index) { index_ = static_cast<std::uint32_t>(index); }

  /// Reports a problem of the value at `path` and underlines `at`: the value, its key or another
  /// node.
  void add(DiagnosticCode code, const NodePath& path, NodeId at, DiagnosticText text);
  void add(DiagnosticCode code, std::string pointer, NodeId at, DiagnosticText text,
           Severity severity = Severity::Error);
  void warn(DiagnosticCode code, const NodePath& path, NodeId at, DiagnosticText text);
  /// Whether the node is there in the place of a value that could not be read, such as a template
  /// or an alias without its anchor. That was reported, and what else is wrong with it follows.
  bool is_unread(NodeId at) const noexcept;
  /// Whether a problem of the node would be listed. If not, it is counted here as one that is not
  /// listed, and the caller need not make its text.
  bool reserve_or_count(NodeId at, Severity severity = Severity::Error);
  /// Counts problems that another module found and did not list.
  void count_unlisted(std::size_t problems, Severity severity);
  /// Counts the work of what is made of the text; false: it is more than `work_max` by now.
  bool spend(std::size_t work, std::size_t work_max) noexcept;
  std::size_t work() const noexcept { return work_; }
  /// Reports a problem at the beginning of the text.
  void add_at_start(DiagnosticCode code, DiagnosticText text);

  /// The number of errors so far, in all documents.
  std::size_t errors() const noexcept { return errors_; }
  std::string pointer(const NodePath& path) const;

  /// Problems that are not listed; those that finish() will leave out are not counted before it.
  std::size_t unlisted() const noexcept { return dropped_; }

  /// All diagnostics in the order of the text, with their lengths; at most `diagnostics_max`, and
  /// one more that counts the others.
  std::vector<Diagnostic> finish(std::string_view text);

 private:
  /// What is kept first: errors, then warnings, each in the order of the text.
  using Rank = std::tuple<Severity, std::uint32_t, std::uint32_t, std::uint32_t>;
  static Rank rank_of(const Diagnostic& diagnostic) {
    return {diagnostic.severity, diagnostic.document, diagnostic.line, diagnostic.column};
  }
  void keep(Diagnostic diagnostic);
  void drop_excess();

  const Document& document_;
  std::size_t diagnostics_max_;
  std::uint32_t index_ = 0;
  std::size_t errors_ = 0;
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> unread_;  ///< Sorted.
  std::vector<Diagnostic> kept_;
  std::size_t kept_bytes_ = 0;  ///< Of the texts of `kept_`.
  /// The rank of the last one that was kept when they were last sorted, if some were not.
  std::optional<Rank> full_;
  std::size_t work_ = 0;
  std::size_t dropped_ = 0;
  std::size_t dropped_errors_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// ManifestReader: finds the flows among the documents of one text. What it makes of them, and of
/// documents of other kinds, is for its subclasses to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "manifest/check.hpp"
#include "manifest/kinds.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class ManifestReader {
 public:
  /// `is_read`: the kinds that are read besides flows.
  ManifestReader(std::string_view text, const ReadOptions& options, IsRead is_read)
      : text_(text),
        options_(options),
        is_read_(is_read),
        report_(document_, options.limits.diagnostics_max) {}
  virtual ~ManifestReader() = default;
  ManifestReader(const ManifestReader&) = delete;
  ManifestReader& operator=(const ManifestReader&) = delete;

 protected:
  /// Reads all documents.
  void read_all(PassOver pass_over);

  /// A document, or an item of a list, of kind PromotionFlow. `flow`: none if it has errors.
  virtual void take_flow(const NodePath& object, std::optional<Flow> flow) = 0;
  /// The name of a flow, before the flow itself is read: two must not have the same one.
  virtual void check_flow_name(const NodePath& name) = 0;
  /// A document, or an item of a list, of another kind.
  virtual void take_other(const NodePath& object, NodeId kind) = 0;
  /// A document that is no mapping, or has no kind and does not look like a flow.
  virtual void take_unknown(const NodePath& root) = 0;

  bool is_broken() const;
  void report_kind(const NodePath& object, NodeId kind, std::string_view meant);
  /// Reports a document that is no mapping.
  void report_no_mapping(const NodePath& root);

  std::string_view text_;
  const ReadOptions& options_;
  IsRead is_read_;
  Document document_;
  Reporter report_;
  std::size_t index_ = 0;  ///< The document that is being read.
  bool found_ = false;  ///< A flow was found, or a document that was reported as a malformed one.
  bool incomplete_ = false;  ///< The text could not be read to its end.

 private:
  void read_root(const NodePath& root);
  void read_object_of_kind(const NodePath& object, NodeId kind);
  void read_list(const NodePath& list, FlowPlace place);
  bool report_near_items(const NodePath& list);
  void read_item(const NodePath& item, FlowPlace place);
  void read_flow(const NodePath& object, FlowPlace place);
  NodePath name_of(const NodePath& object, NodePath& metadata) const;

  bool misnamed_ = false;  ///< The kind of what is being read was reported as misspelt.
  std::vector<std::uint32_t>
      broken_;  ///< Documents that could not be read without problems, in order.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

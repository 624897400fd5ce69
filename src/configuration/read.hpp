// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reads the documents of a configuration, one file after another, into a ConfigurationData.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "configuration/findings.hpp"
#include "configuration/model.hpp"
#include "manifest/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The place of a node in a file.
class Places {
 public:
  Places(std::uint32_t file, std::uint32_t document, const Checker& checker)
      : file_(file), document_(document), checker_(checker) {}
  /// `at`: the node that is underlined; kNoNode: that of the path.
  SourcePlace of(const NodePath& path, NodeId at = kNoNode) const;

 private:
  std::uint32_t file_;
  std::uint32_t document_;
  const Checker& checker_;
};

/// What the functions that read one kind are given.
struct Reading {
  Checker& checker;
  Places places;
  NodePath object;
};

/// Each reads one document of its kind, reports what is wrong with its fields, and fills in all but
/// the Named part.
void read_product(const Reading& reading, const NodePath& spec, Product& product);
void read_policy(const Reading& reading, const NodePath& spec, PolicyDocument& policy);
void read_environment(const Reading& reading, const NodePath& spec,
                      EnvironmentDocument& environment);
void read_promotion_template(const Reading& reading, const NodePath& spec);
/// Workflow templates and Kubernetes' kinds have fields of their own, which are not checked.
void read_workflow(const Reading& reading, Workflow& workflow);
void read_role(const Reading& reading, Role& role);
void read_binding(const Reading& reading, Binding& binding);

/// Where the hooks and the actions of a flow without errors stand.
void locate_flow_parts(const Reading& reading, FlowDocument& flow);
/// Reads the names in a flow with errors, whatever the types of its fields are. Of hooks and
/// actions no more than `room`, which becomes less by those that are read: the others are checked
/// when the flow has no errors, and until then each would take more memory than a hook of a flow.
void read_broken_flow(const Reading& reading, FlowDocument& flow, std::size_t& room);

/// Reads a list of texts, each of which must not be empty.
void read_texts(const Reading& reading, const NodePath& list, std::vector<std::string>& texts,
                std::vector<Reference>* places = nullptr);

/// The keys of an annotation such as `promoflow.dev/exports: "K1, K2"`.
std::vector<std::string> split_keys(std::string_view text);

/// Reads one file into `data`. Its problems go to `findings`; returns the work that it took.
std::size_t read_file(std::uint32_t file, std::string_view text, const ReadOptions& options,
                      ConfigurationData& data, Findings& findings);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Turns a document into a flow: checks the manifest's fields, and lets FlowBuilder check the
/// graph.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "manifest/fields.hpp"
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::string_view kApiVersion = "codefresh.io/v1beta1";
inline constexpr std::string_view kKind = "PromotionFlow";
inline constexpr std::string_view kExtensionsAnnotation = "promoflow.dev/extensions";

/// The words of enumerations as manifests spell them, in the order of the enumerators.
inline constexpr std::string_view kPolicyActions[] = {"commit", "pr", "none"};
inline constexpr std::string_view kFailurePolicies[] = {"failFast", "continue", "abort"};
inline constexpr std::string_view kContextMerges[] = {"shallow", "deep"};
inline constexpr std::string_view kOnErrors[] = {"fail", "ignore"};

/// Reads an enumeration whose enumerators are 1, 2, ... in the order of the words.
template <class Enum>
void read_word(Checker& checker, const NodePath& value, std::span<const std::string_view> words,
               Enum& target) {
  if (const auto index = checker.word(value, words)) { target = static_cast<Enum>(*index + 1); }
}

/// Reads `hooks` of a release or of a step, with those of onEnd appended to onSuccess and onFail
/// (M2).
void read_hooks(Checker& checker, const NodePath& value, Hooks& hooks);
/// Reads `retry` of a hook or of a step.
void read_retry(Checker& checker, const NodePath& value, RetryPolicy& retry);

/// The fields of `spec`; the steps are read by build_flow().
struct Spec {
  FlowOptions options;
  std::optional<std::string_view> trigger{};  ///< None: missing or malformed, and reported.
  NodeId trigger_node = kNoNode;
  NodePath steps{};  ///< kNoNode: missing or malformed, and reported.
};

/// Reads the steps into a FlowBuilder, builds, and reports the builder's diagnostics at their
/// positions in the text. None if there are errors.
std::optional<Flow> build_flow(Checker& checker, const NodePath& spec,
                               std::optional<std::string_view> name, const NodePath& name_path,
                               Spec& read);

/// Whether a flow is a document of its own or an item of a PromotionFlowList, which says for all of
/// its items what they are.
enum class FlowPlace : std::uint8_t { Document, TypedList };

/// What is read of `metadata`.
struct Metadata {
  std::optional<std::string_view> name{};
  NodePath name_path{};
  std::vector<std::pair<std::string, std::string>> annotations{};
};
/// Whether an annotation silences the warnings of extensions. Evaluated before the fields are read,
/// since the metadata may come last.
bool knows_extensions(const Document& document, NodeId root);

void read_metadata(Checker& checker, const NodePath& value, Metadata& metadata);

/// The value of `spec.properties`, which has all fields of `spec` in the older layout (M3);
/// kNoNode: the layout is the current one.
NodePath older_layout(const Document& document, const NodePath& spec);

/// Checks one object of kind PromotionFlow. None if there are errors.
std::optional<Flow> check_flow(Checker& checker, const NodePath& root, FlowPlace place);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

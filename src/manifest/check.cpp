// SPDX-License-Identifier: Apache-2.0
// The fields of a manifest, from the outside in: the document, metadata, spec.
#include "manifest/check.hpp"

#include <fmt/format.h>

#include "base/position.hpp"
#include "manifest/kinds.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct Root {
  NodePath metadata{};
  NodePath spec{};
};

// --- the document --------------------------------------------------------------------------------

void read_api_version(Checker& checker, const NodePath& value, Root&) {
  if (checker.text(value) != kApiVersion) {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {fmt::format("'apiVersion' can't be {}", in_quotes(checker.text(value))),
                        fmt::format("write {}", kApiVersion)});
  }
}

constexpr Field<Root> api_version(Use use) {
  return {{"apiVersion", Expect::Text, use, "write codefresh.io/v1beta1"}, read_api_version};
}
constexpr Field<Root> kind(Use use) {
  return {{"kind", Expect::Text, use}, [](Checker&, const NodePath&, Root&) {}};
}
constexpr Field<Root> kMetadataField = {
    {"metadata", Expect::Mapping, Use::Required},
    [](Checker&, const NodePath& value, Root& root) { root.metadata = value; }};
constexpr Field<Root> kSpecField = {
    {"spec", Expect::Mapping, Use::Required},
    [](Checker&, const NodePath& value, Root& root) { root.spec = value; }};
constexpr Field<Root> kStatusField = {{"status", Expect::Anything, Use::PassedOver}, nullptr};

constexpr Field<Root> kRootFields[] = {api_version(Use::Required), kind(Use::Required),
                                       kMetadataField, kSpecField, kStatusField};
constexpr Field<Root> kListedFields[] = {api_version(Use::Optional), kind(Use::Optional),
                                         kMetadataField, kSpecField, kStatusField};

// --- metadata ------------------------------------------------------------------------------------

void read_metadata_name(Checker& checker, const NodePath& value, Metadata& metadata) {
  metadata.name_path = value;
  metadata.name = checker.name(value);
}

void read_annotations(Checker& checker, const NodePath& value, Metadata& metadata) {
  const Document& document = checker.document;
  for (NodeId key = document.first(value.node); key != kNoNode;) {
    const NodeId node = document.next(key);
    checker.warn_of_key({node, &value, key});
    if (document.kind(node) != NodeKind::Null &&
        checker.has_type(Expect::Text, {node, &value, key})) {
      metadata.annotations.emplace_back(document.text(key), document.text(node));
    }
    key = document.next(node);
  }
}

constexpr Field<Metadata> passed_over(std::string_view name) {
  return {{name, Expect::Anything, Use::PassedOver}, nullptr};
}

constexpr Field<Metadata> kMetadataFields[] = {
    {{"name", Expect::Text, Use::Required}, read_metadata_name},
    {{"annotations", Expect::Mapping}, read_annotations},
    passed_over("namespace"),
    passed_over("labels"),
    passed_over("uid"),
    passed_over("resourceVersion"),
    passed_over("generation"),
    passed_over("generateName"),
    passed_over("creationTimestamp"),
    passed_over("deletionTimestamp"),
    passed_over("deletionGracePeriodSeconds"),
    passed_over("managedFields"),
    passed_over("ownerReferences"),
    passed_over("finalizers"),
    passed_over("selfLink"),
};

// --- spec ----------------------------------------------------------------------------------------

void read_trigger(Checker& checker, const NodePath& value, Spec& spec) {
  spec.trigger = checker.graph_name(value);
  spec.trigger_node = value.node;
}

void read_post_trigger(Checker& checker, const NodePath& value, Spec& spec) {
  spec.options.post_trigger = checker.name(value);
}

void read_timeout_limit(Checker& checker, const NodePath& value, Spec& spec) {
  if (const auto minutes = checker.integer(value, 1, kTimeoutLimitMax.count())) {
    spec.options.promotion_timeout_limit = std::chrono::minutes(*minutes);
  }
}

void read_steps(Checker& checker, const NodePath& value, Spec& spec) {
  if (checker.document[value.node].size > 0) {
    spec.steps = value;
  } else {
    checker.report.add(
        DiagnosticCode::InvalidValue, value, value.node,
        {"a flow needs one step or more", "add a step: an environment and what it depends on"});
  }
}

constexpr Field<Spec> kSpecFields[] = {
    {{"triggerEnvironment", Expect::Text, Use::Required}, read_trigger},
    {{"steps", Expect::Sequence, Use::Required}, read_steps},
    {{"hooks", Expect::Mapping},
     [](Checker& checker, const NodePath& value, Spec& spec) {
       read_hooks(checker, value, spec.options.hooks);
     }},
    {{"promotionTimeoutLimit", Expect::Integer, Use::Optional, "write the number of minutes"},
     read_timeout_limit},
    {{"postTrigger", Expect::Text, Use::Deprecated,
      "it is still read: it runs for the trigger environment before the first promotion"},
     read_post_trigger},
    {{"failurePolicy", Expect::Text, Use::Extension},
     [](Checker& checker, const NodePath& value, Spec& spec) {
       read_word(checker, value, kFailurePolicies, spec.options.failure_policy);
     }},
    {{"contextMerge", Expect::Text, Use::Extension},
     [](Checker& checker, const NodePath& value, Spec& spec) {
       read_word(checker, value, kContextMerges, spec.options.context_merge);
     }},
    {{"hookTimeout", Expect::Anything, Use::Extension},
     [](Checker& checker, const NodePath& value, Spec& spec) {
       spec.options.hook_timeout = checker.duration(value, false);
     }},
    {{"terminationGracePeriod", Expect::Anything, Use::Extension},
     [](Checker& checker, const NodePath& value, Spec& spec) {
       spec.options.termination_grace_period = checker.duration(value, false);
     }},
};

/// The same, with its problems reported.
NodePath find_older_layout(Checker& checker, const NodePath& spec) {
  const Document& document = checker.document;
  const NodePath properties = older_layout(document, spec);
  if (properties.node == kNoNode) { return properties; }
  checker.report.warn(DiagnosticCode::DeprecatedLayout, properties, properties.key,
                      {"'spec.properties' is an older layout",
                       "move everything below 'properties' up into 'spec'"});
  for (NodeId key = document.first(spec.node); key != kNoNode;
       key = document.next(document.next(key))) {
    if (key != properties.key) {
      checker.report.add(
          DiagnosticCode::UnknownField, {document.next(key), &spec, key}, key,
          {fmt::format("unknown field {} beside 'properties'", in_quotes(document.text(key))),
           "move everything below 'properties' up into 'spec'"});
    }
  }
  return properties;
}

}  // namespace

bool knows_extensions(const Document& document, NodeId root) {
  NodeId node = document.find(root, "metadata");
  node = node == kNoNode ? node : document.find(node, "annotations");
  node = node == kNoNode ? node : document.find(node, kExtensionsAnnotation);
  return node != kNoNode && document.kind(node) == NodeKind::String &&
         document.text(node) == "true";
}

void read_metadata(Checker& checker, const NodePath& value, Metadata& metadata) {
  read_object(checker, value, kMetadataFields, metadata);
}

NodePath older_layout(const Document& document, const NodePath& spec) {
  const NodeId key = key_of(document, spec.node, "properties");
  if (key == kNoNode || document.kind(document.next(key)) != NodeKind::Mapping) { return {}; }
  return {document.next(key), &spec, key};
}

std::optional<Flow> check_flow(Checker& checker, const NodePath& path, FlowPlace place) {
  const std::size_t errors_before = checker.report.errors();
  checker.extensions_known = knows_extensions(checker.document, path.node);
  Root root;
  if (place == FlowPlace::Document) {
    read_object(checker, path, kRootFields, root);
  } else {
    read_object(checker, path, kListedFields, root);
  }
  Metadata metadata;
  if (root.metadata.node != kNoNode) { read_metadata(checker, root.metadata, metadata); }
  if (root.spec.node == kNoNode) { return std::nullopt; }
  const NodePath older = find_older_layout(checker, root.spec);
  const NodePath& spec_place = older.node == kNoNode ? root.spec : older;
  Spec spec;
  read_object(checker, spec_place, kSpecFields, spec);
  spec.options.annotations = std::move(metadata.annotations);
  std::optional<Flow> flow =
      build_flow(checker, spec_place, metadata.name, metadata.name_path, spec);
  return checker.report.errors() == errors_before ? flow : std::nullopt;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

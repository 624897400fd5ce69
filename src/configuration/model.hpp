// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is read of a configuration: one structure for each kind of document, and where its parts
/// stand in the texts. Names refer to each other by text; index.hpp finds them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "promoflow/configuration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Where something stands in the files.
struct SourcePlace {
  std::uint32_t file = 0;
  std::uint32_t document = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string pointer{};
};

/// The kinds that are read.
enum class Kind : std::uint8_t {
  Flow,
  Product,
  Policy,
  Template,  ///< PromotionTemplate.
  Environment,
  Workflow,
  ClusterWorkflow,
  ServiceAccount,
  Role,
  ClusterRole,
  RoleBinding,
  ClusterRoleBinding,
};

/// What every document has.
struct Named {
  std::string name{};
  std::string name_space{};  ///< Empty: not given, or the kind is the cluster's and has none.
  SourcePlace place{};       ///< Of the name, or of the document if it has none.
};

/// A name that refers to another document.
struct Reference {
  std::string name{};
  SourcePlace place{};
};

/// Where a hook of a flow stands. Its pointer is made when it is needed: see hook_place().
struct HookPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t index = 0;  ///< In the manifest's list.
  bool in_list = false;
  bool on_end = false;  ///< It was written as an onEnd hook.
};

/// What of a flow with errors can still be read: other documents are checked against it.
struct BrokenFlow {
  std::vector<Reference> hooks{};
  std::vector<std::string> environments{};
  bool has_all_environments = false;  ///< Each of them has a name that can be read.
};

struct FlowDocument : Named {
  std::optional<Flow> flow{};          ///< None: it has errors.
  BrokenFlow broken{};                 ///< Empty if there is a flow.
  std::string spec_pointer{};          ///< `/spec`, `/spec/properties`, below `/items/N` in a list.
  std::vector<HookPlace> hooks{};      ///< In the order of HookTable.
  std::vector<Reference> actions{};    ///< postTrigger, preActions and postActions.
  std::vector<std::string> initial{};  ///< Keys that every release starts with.
};

enum class TriggerText : std::uint8_t { CommitMessage, GitRevision };

/// One of a product's gitTriggerSelectors.
struct TriggerSelector {
  TriggerText text = TriggerText::CommitMessage;
  bool negated = false;  ///< NotIn.
  std::vector<std::string> values{};
};

struct ProductFlow {
  Reference flow{};
  std::vector<TriggerSelector> selectors{};
};

struct Product : Named {
  std::optional<Reference> promotion_template{};
  std::vector<std::string> tags{};
  std::vector<ProductFlow> flows{};
};

/// The parts of a policy's selector, in P8's order.
enum class Part : std::uint8_t {
  ProductNames,
  ProductTags,
  EnvironmentNames,
  EnvironmentTags,
  EnvironmentTypes
};
inline constexpr std::array<std::string_view, 5> kPartNames = {
    "product.names", "product.tags", "targetEnvironment.names", "targetEnvironment.tags",
    "targetEnvironment.types"};

struct PolicyDocument : Named {
  std::int64_t priority = 0;
  std::array<std::vector<std::string>, 5> parts{};  ///< By Part; empty: matches all.
  Policy policy{};
  std::vector<Reference> products{};      ///< The values of product.names, with their places.
  std::vector<Reference> environments{};  ///< Those of targetEnvironment.names.
  std::vector<Reference> actions{};       ///< preAction and postAction.
};

struct EnvironmentDocument : Named {
  std::string type{};  ///< PROD or NON_PROD; empty: not given.
  std::vector<std::string> tags{};
};

/// What a workflow template reads of the promotion context.
struct WorkflowRead {
  std::string key{};
  bool required = false;
  SourcePlace place{};
};

struct Workflow : Named {
  bool cluster = false;
  bool from_promotion = false;    ///< It has the annotation of its origin.
  std::string service_account{};  ///< Empty: the default one.
  SourcePlace service_account_place{};
  std::vector<WorkflowRead> reads{};
  std::optional<std::vector<std::string>> exports{};  ///< As its annotation says.
  bool writes_context = false;  ///< It has an output with globalName: PROMOTION_CONTEXT.
  /// It writes the context, or one that it refers to does or is not in the configuration: see
  /// mark_writers().
  bool may_write_context = false;
  /// Templates that it refers to; whether each is of the cluster.
  std::vector<std::pair<std::string, bool>> refers_to{};
};

struct Rule {
  std::vector<std::string> groups{};
  std::vector<std::string> resources{};
  std::vector<std::string> resource_names{};
  std::vector<std::string> verbs{};
  SourcePlace place{};
};

struct Role : Named {
  bool cluster = false;
  bool is_aggregated = false;  ///< The cluster writes its rules.
  std::vector<Rule> rules{};
};

/// Service accounts: one, or all of a namespace, or all.
struct Subject {
  std::string name{};        ///< Empty: all accounts.
  std::string name_space{};  ///< Empty: the binding's own, if it has one; of all accounts: any.
};

struct Binding : Named {
  bool cluster = false;
  bool to_cluster_role = false;
  std::string role{};
  std::vector<Subject> subjects{};  ///< Service accounts only.
};

/// From names to positions in one of the vectors below; the first document of a name counts.
using NameIndex = std::unordered_map<std::string_view, std::uint32_t>;

/// All that was read. Immutable once read_configuration() has returned it.
struct ConfigurationData {
  std::vector<FlowDocument> flow_documents{};
  std::vector<Product> products{};
  std::vector<PolicyDocument> policies{};
  std::vector<Named> templates{};
  std::vector<EnvironmentDocument> environments{};
  std::vector<Workflow> workflows{};
  std::vector<Named> service_accounts{};
  std::vector<Role> roles{};
  std::vector<Binding> bindings{};
  std::vector<Flow> flows{};           ///< Those without errors.
  std::vector<std::string> initial{};  ///< ConfigurationOptions::initial_context.

  NameIndex flow_index{};  ///< Of flow_documents.
  NameIndex product_index{};
  NameIndex environment_index{};
  NameIndex workflow_index{};  ///< Those of a namespace before those of the cluster.
  NameIndex cluster_workflow_index{};
  std::vector<std::uint32_t> policies_by_name{};  ///< In the order of the names' bytes.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

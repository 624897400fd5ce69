// SPDX-License-Identifier: Apache-2.0
// Names: documents that are there twice (P2), and references to what is not there (P3).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/position.hpp"
#include "configuration/check.hpp"
#include "configuration/hooks.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::string in_namespace(const Named& named) {
  return named.name_space.empty() ? "without a namespace"
                                  : fmt::format("in namespace {}", in_quotes(named.name_space));
}

/// Whether two documents of one name in different namespaces are ambiguous.
enum class ByName : bool { No, Yes };

/// What a document of one kind is called in messages.
struct Words {
  std::string_view kind;  ///< As manifests spell it.
  ByName by_name = ByName::No;
  bool of_cluster = false;  ///< The kind has no namespaces.
};

class Duplicates {
 public:
  Duplicates(Findings& findings, const Words& words) : findings_(findings), words_(words) {}

  void add(const Named& named) {
    if (named.name.empty()) { return; }
    const auto [same, is_new] = same_.try_emplace({named.name, named.name_space}, &named);
    const auto [first, is_first] = first_.try_emplace(named.name, &named);
    if (!is_new) {
      return findings_.add(
          DiagnosticCode::DuplicateDocument, Severity::Error, named.place,
          {fmt::format("there is another {} {}{}", words_.kind, in_quotes(named.name),
                       words_.of_cluster ? "" : " " + in_namespace(named)),
           "rename one of the two, or remove it"},
          {{&same->second->place, "the first one is here"}});
    }
    if (!is_first && words_.by_name == ByName::Yes) {
      findings_.add(DiagnosticCode::AmbiguousName, Severity::Error, named.place,
                    {fmt::format("the {} {} is there {} and {}", words_.kind, in_quotes(named.name),
                                 in_namespace(*first->second), in_namespace(named)),
                     "rename one of the two: they are referred to by name alone"},
                    {{&first->second->place, "the first one is here"}});
    }
  }

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<std::string_view, std::string_view>& pair) const {
      return std::hash<std::string_view>()(pair.first) * 31 +
             std::hash<std::string_view>()(pair.second);
    }
  };

  Findings& findings_;
  const Words& words_;
  std::unordered_map<std::pair<std::string_view, std::string_view>, const Named*, PairHash> same_;
  std::unordered_map<std::string_view, const Named*> first_;
};

template <class Documents>
void check_duplicates(const Documents& documents, const Words& words, Findings& findings) {
  Duplicates duplicates(findings, words);
  for (const auto& document : documents) { duplicates.add(document); }
}

template <class Documents>
void check_scoped(const Documents& documents, const Words& words, const Words& cluster_words,
                  Findings& findings) {
  Duplicates duplicates(findings, words);
  Duplicates cluster(findings, cluster_words);
  for (const auto& document : documents) {
    (document.cluster ? cluster : duplicates).add(document);
  }
}

template <class Documents>
void fill(NameIndex& index, const Documents& documents) {
  index.reserve(documents.size());
  for (std::uint32_t i = 0; i < documents.size(); ++i) {
    if (!documents[i].name.empty()) { index.try_emplace(documents[i].name, i); }
  }
}

class References {
 public:
  References(const ConfigurationData& data, Findings& findings)
      : data_(data), findings_(findings) {}

  void check() {
    for (const Named& named : data_.templates) { template_names_.insert(named.name); }
    for (const FlowDocument& document : data_.flow_documents) {
      if (!document.flow) {
        environment_names_.insert(document.broken.environments.begin(),
                                  document.broken.environments.end());
        all_environments_read_ = all_environments_read_ && document.broken.has_all_environments;
        continue;
      }
      for (std::uint32_t i = 0; i < document.flow->environment_count(); ++i) {
        environment_names_.insert(document.flow->environment_name(EnvironmentId{i}));
      }
    }
    for (const EnvironmentDocument& environment : data_.environments) {
      environment_names_.insert(environment.name);
    }
    for (const Product& product : data_.products) { check(product); }
    for (const PolicyDocument& policy : data_.policies) { check(policy); }
    for (const FlowDocument& document : data_.flow_documents) { check(document); }
  }

 private:
  template <class Names>
  auto each(const Names& names) const {
    return [&names](const auto& offer) {
      for (const std::string_view name : names) { offer(name); }
    };
  }
  auto each_key(const NameIndex& names) const {
    return [&names](const auto& offer) {
      for (const auto& [name, position] : names) { offer(name); }
    };
  }

  void check(const Product& product) {
    for (const ProductFlow& entry : product.flows) {
      const Reference& flow = entry.flow;
      if (flow.name.empty() || data_.flow_index.count(flow.name) > 0) { continue; }
      findings_.add(DiagnosticCode::UnknownFlow, Severity::Error, flow.place,
                    {fmt::format("there is no flow {}", in_quotes(flow.name)),
                     findings_.suggest(flow.name, "add a PromotionFlow of that name, or remove it",
                                       each_key(data_.flow_index))});
    }
    const auto& wanted = product.promotion_template;
    if (wanted && template_names_.count(wanted->name) == 0) {
      findings_.add(
          DiagnosticCode::UnknownPromotionTemplate, Severity::Error, wanted->place,
          {fmt::format("there is no promotion template {}", in_quotes(wanted->name)),
           findings_.suggest(wanted->name,
                             "add a PromotionTemplate of that name, or write it inline as "
                             "'promotionTemplate'",
                             each(template_names_))});
    }
  }

  void check(const PolicyDocument& policy) {
    for (const Reference& product : policy.products) {
      if (data_.product_index.count(product.name) > 0) { continue; }
      never_applies(product, "product", each_key(data_.product_index));
    }
    check_workflows(policy.actions);
    if (!all_environments_read_) { return; }  // It may be one of a flow with errors.
    for (const Reference& environment : policy.environments) {
      if (environment_names_.count(environment.name) > 0) { continue; }
      never_applies(environment, "environment", each(environment_names_));
    }
  }

  template <class Each>
  void never_applies(const Reference& name, std::string_view what, const Each& each_name) {
    findings_.add(DiagnosticCode::PolicyNeverApplies, Severity::Warning, name.place,
                  {fmt::format("there is no {} {}: the policy never applies to it", what,
                               in_quotes(name.name)),
                   findings_.suggest(name.name, "correct the name, or remove it", each_name)});
  }

  void check(const FlowDocument& document) {
    check_workflows(document.actions);
    check_workflows(document.broken.hooks);
    if (!document.flow || data_.workflows.empty()) { return; }
    const std::vector<HookRow> table = hook_table(*document.flow);
    for (std::size_t i = 0; i < table.size(); ++i) {
      const std::string& name = table[i].hook->name;
      if (find_workflow(data_, name) != nullptr) { continue; }
      // An onEnd hook is there twice, and its row of onSuccess came first.
      if (document.hooks[i].on_end && is_on_fail(table[i].point)) { continue; }
      unknown_workflow(name, hook_place(document, table, i));
    }
  }

  void check_workflows(const std::vector<Reference>& workflows) {
    if (data_.workflows.empty()) { return; }
    for (const Reference& workflow : workflows) {
      if (find_workflow(data_, workflow.name) == nullptr) {
        unknown_workflow(workflow.name, workflow.place);
      }
    }
  }

  void unknown_workflow(const std::string& name, SourcePlace place) {
    findings_.add(DiagnosticCode::UnknownWorkflow, Severity::Error, std::move(place),
                  {fmt::format("there is no workflow template {}", in_quotes(name)),
                   findings_.suggest(name, "add a WorkflowTemplate of that name",
                                     each_key(data_.workflow_index))});
  }

  const ConfigurationData& data_;
  Findings& findings_;
  std::set<std::string_view> template_names_;
  std::set<std::string_view> environment_names_;
  bool all_environments_read_ = true;
};

}  // namespace

void index_documents(ConfigurationData& data, Findings& findings) {
  check_duplicates(data.flow_documents, {"PromotionFlow", ByName::Yes}, findings);
  check_duplicates(data.products, {"Product", ByName::Yes}, findings);
  check_duplicates(data.policies, {"PromotionPolicy", ByName::Yes}, findings);
  check_duplicates(data.templates, {"PromotionTemplate"}, findings);
  check_duplicates(data.environments, {"Environment"}, findings);
  check_duplicates(data.service_accounts, {"ServiceAccount"}, findings);
  check_scoped(data.workflows, {"WorkflowTemplate"}, {"ClusterWorkflowTemplate", ByName::No, true},
               findings);
  check_scoped(data.roles, {"Role"}, {"ClusterRole", ByName::No, true}, findings);
  check_scoped(data.bindings, {"RoleBinding"}, {"ClusterRoleBinding", ByName::No, true}, findings);

  fill(data.flow_index, data.flow_documents);
  fill(data.product_index, data.products);
  fill(data.environment_index, data.environments);
  for (const bool cluster : {false, true}) {
    for (std::uint32_t i = 0; i < data.workflows.size(); ++i) {
      const Workflow& workflow = data.workflows[i];
      if (workflow.cluster != cluster || workflow.name.empty()) { continue; }
      data.workflow_index.try_emplace(workflow.name, i);
      if (cluster) { data.cluster_workflow_index.try_emplace(workflow.name, i); }
    }
  }
  for (std::uint32_t i = 0; i < data.policies.size(); ++i) { data.policies_by_name.push_back(i); }
  std::stable_sort(data.policies_by_name.begin(), data.policies_by_name.end(),
                   [&](std::uint32_t a, std::uint32_t b) {
                     return data.policies[a].name < data.policies[b].name;
                   });
}

const Workflow* find_workflow(const ConfigurationData& data, std::string_view name) noexcept {
  const auto found = data.workflow_index.find(name);
  return found == data.workflow_index.end() ? nullptr : &data.workflows[found->second];
}

void check_references(const ConfigurationData& data, Findings& findings) {
  References(data, findings).check();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

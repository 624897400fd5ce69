// SPDX-License-Identifier: Apache-2.0
// What the templates of hooks need: the annotation of their origin, and a service account that may
// do what Argo's workflows do, and no more (P4).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/guard.hpp"
#include "base/name_text.hpp"
#include "base/position.hpp"
#include "configuration/check.hpp"
#include "configuration/hooks.hpp"
#include "document/cluster_reading.hpp"
#include "document/scalar.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::string_view kDefaultAccount = "cf-default-promotion-workflows-sa";

/// What a workflow does with the cluster: it watches its pods, and reports its outputs.
struct Need {
  std::string_view verb;
  std::string_view group;
  std::string_view resource;
};
constexpr Need kNeeds[] = {
    {"get", "", "pods"},
    {"watch", "", "pods"},
    {"patch", "", "pods"},
    {"create", "argoproj.io", "workflowtaskresults"},
    {"patch", "argoproj.io", "workflowtaskresults"},
};

constexpr std::string_view kRulesToPaste =
    "rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get, watch, patch]}, "
    "{apiGroups: [argoproj.io], resources: [workflowtaskresults], verbs: [create, patch]}]";

bool has(const std::vector<std::string>& values, std::string_view wanted) {
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& value) { return value == wanted || value == "*"; });
}

bool allows(const Rule& rule, const Need& need) {
  return rule.resource_names.empty() && has(rule.groups, need.group) &&
         has(rule.resources, need.resource) && has(rule.verbs, need.verb);
}

/// What is excessive about a rule; empty: nothing.
std::string_view excess_of(const Rule& rule) {
  const auto names = [](const std::vector<std::string>& values, std::string_view wanted) {
    return std::find(values.begin(), values.end(), wanted) != values.end();
  };
  if (names(rule.verbs, "*")) { return "every verb"; }
  if (names(rule.resources, "*")) { return "every resource"; }
  return names(rule.resources, "secrets") ? "secrets" : "";
}

/// Whether two namespaces may be the same; a manifest may leave it to where it is applied.
bool may_be_same(std::string_view left, std::string_view right) {
  return left.empty() || right.empty() || left == right;
}

/// What one service account may do in one namespace.
struct Rights {
  std::vector<const Role*> roles{};
  std::string remark{};  ///< Why a binding of that name does not count.
  bool unknown = false;  ///< It is bound to a ClusterRole whose rules are not in the configuration.
  bool cluster_admin = false;
};

class Permissions {
 public:
  Permissions(const ConfigurationData& data, Findings& findings)
      : data_(data), findings_(findings) {}

  void check() {
    for (const Role& role : data_.roles) { roles_[{role.cluster, role.name}].push_back(&role); }
    for (const Binding& binding : data_.bindings) {
      for (const Subject& subject : binding.subjects) {
        bindings_[subject.name].push_back({&binding, &subject});
      }
    }
    for (const Named& account : data_.service_accounts) { accounts_.insert(account.name); }
    for (const FlowDocument& document : data_.flow_documents) { check(document); }
  }

 private:
  /// A binding, and the subject of it that names the account.
  struct Bound {
    const Binding* binding;
    const Subject* subject;
  };

  void check(const FlowDocument& document);
  void check(const Workflow& workflow, const SourcePlace& hook);
  Rights rights_of(const std::string& account, std::string_view name_space) const;
  void add_rights(Rights& rights, const Bound& bound, std::string_view name_space) const;
  void report_missing(const Workflow& workflow, const std::string& account, const Rights& rights,
                      const SourcePlace& hook);
  void report_excess(const std::string& account, const Rights& rights, const Workflow& workflow,
                     const SourcePlace& hook);

  const ConfigurationData& data_;
  Findings& findings_;
  std::map<std::pair<bool, std::string_view>, std::vector<const Role*>> roles_;
  /// By the account's name; empty: those of all accounts.
  std::map<std::string_view, std::vector<Bound>> bindings_;
  std::set<std::string_view> accounts_;
  std::set<const Workflow*> seen_;
  std::set<std::pair<std::string, std::string>> judged_;  ///< Accounts and namespaces.
  std::set<const Rule*> excessive_;
};

void Permissions::check(const FlowDocument& document) {
  const auto is_new = [&](const Workflow* workflow) {
    return workflow != nullptr && seen_.insert(workflow).second;
  };
  for (const Reference& hook : document.broken.hooks) {
    const Workflow* const workflow = find_workflow(data_, hook.name);
    if (is_new(workflow)) { check(*workflow, hook.place); }
  }
  if (!document.flow) { return; }
  const std::vector<HookRow> table = hook_table(*document.flow);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Workflow* const workflow = find_workflow(data_, table[i].hook->name);
    if (is_new(workflow)) { check(*workflow, hook_place(document, table, i)); }
  }
}

void Permissions::check(const Workflow& workflow, const SourcePlace& hook) {
  if (!workflow.from_promotion) {
    findings_.add(DiagnosticCode::NotAPromotionWorkflow, Severity::Warning, workflow.place,
                  {fmt::format("the workflow template {} is a hook, and not marked as a "
                               "promotion's",
                               in_quotes(workflow.name)),
                   "add to metadata: annotations: {codefresh.io/workflow-origin: promotion}"},
                  {{&hook, "it is a hook here"}});
  }
  const std::string account =
      workflow.service_account.empty() ? std::string(kDefaultAccount) : workflow.service_account;
  if (account.find("{{") != std::string::npos) { return; }  // Only a run knows its name.
  if (accounts_.count(account) == 0 && data_.roles.empty()) { return; }
  if (!judged_.insert({account, workflow.name_space}).second) { return; }
  const Rights rights = rights_of(account, workflow.name_space);
  report_missing(workflow, account, rights, hook);
  report_excess(account, rights, workflow, hook);
}

void Permissions::add_rights(Rights& rights, const Bound& bound,
                             std::string_view name_space) const {
  const Binding& binding = *bound.binding;
  const std::string_view kind = binding.cluster ? "ClusterRoleBinding" : "RoleBinding";
  if (!binding.cluster && !may_be_same(binding.name_space, name_space)) {
    rights.remark =
        fmt::format("; the {} {} is in namespace {}, and the template in {}", kind,
                    in_quotes(binding.name), in_quotes(binding.name_space), in_quotes(name_space));
    return;
  }
  const Subject& subject = *bound.subject;
  const bool is_of_binding = subject.name_space.empty() && !subject.name.empty();
  const std::string_view subject_space =
      is_of_binding ? std::string_view(binding.name_space) : std::string_view(subject.name_space);
  if (!may_be_same(subject_space, name_space)) {
    if (subject.name.empty()) { return; }  // Nobody took it for a binding of this account.
    rights.remark = fmt::format(
        "; the {} {} binds the account of namespace {}, and the template "
        "is in {}",
        kind, in_quotes(binding.name), in_quotes(subject_space), in_quotes(name_space));
    return;
  }
  rights.cluster_admin =
      rights.cluster_admin || (binding.to_cluster_role && binding.role == "cluster-admin");
  const auto found = roles_.find({binding.to_cluster_role, binding.role});
  bool is_there = false;
  if (found != roles_.end()) {
    for (const Role* role : found->second) {
      if (role->cluster || may_be_same(role->name_space, binding.name_space)) {
        rights.roles.push_back(role);
        rights.unknown = rights.unknown || role->is_aggregated;
        is_there = true;
      } else {
        rights.remark = fmt::format("; the role {} is in namespace {}, and its binding in {}",
                                    in_quotes(role->name), in_quotes(role->name_space),
                                    in_quotes(binding.name_space));
      }
    }
  }
  if (is_there) { return; }
  rights.unknown = rights.unknown || binding.to_cluster_role;
  if (rights.remark.empty()) {
    rights.remark =
        fmt::format("; the role {} that it is bound to is not there", in_quotes(binding.role));
  }
}

Rights Permissions::rights_of(const std::string& account, std::string_view name_space) const {
  Rights rights;
  for (const std::string_view name : {std::string_view(account), std::string_view()}) {
    if (const auto found = bindings_.find(name); found != bindings_.end()) {
      for (const Bound& bound : found->second) { add_rights(rights, bound, name_space); }
    }
  }
  return rights;
}

void Permissions::report_missing(const Workflow& workflow, const std::string& account,
                                 const Rights& rights, const SourcePlace& hook) {
  if (rights.unknown) { return; }
  std::string missing;
  for (const Need& need : kNeeds) {
    const bool allowed =
        std::any_of(rights.roles.begin(), rights.roles.end(), [&](const Role* role) {
          return std::any_of(role->rules.begin(), role->rules.end(),
                             [&](const Rule& rule) { return allows(rule, need); });
        });
    if (allowed) { continue; }
    missing += fmt::format("{}{} {}{}{}", missing.empty() ? "" : ", ", need.verb, need.resource,
                           need.group.empty() ? "" : ".", need.group);
  }
  if (missing.empty()) { return; }
  const bool own = !workflow.service_account.empty();
  const std::string help =
      is_dns_subdomain(account)
          ? fmt::format(
                "bind it to {{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: "
                "{{name: {}-role}}, {}}}; 'promoflow manifests service-account --name {}' "
                "writes all of it",
                account, kRulesToPaste, account)
          : "Kubernetes refuses the name: write letters a-z, digits and '-'";
  findings_.add(DiagnosticCode::MissingPermission, Severity::Warning,
                own ? workflow.service_account_place : workflow.place,
                {fmt::format("the service account {}{} may not {}{}", in_quotes(account),
                             own ? "" : ", the default one,", missing, rights.remark),
                 help},
                {{&hook, "it runs as a hook here"}});
}

void Permissions::report_excess(const std::string& account, const Rights& rights,
                                const Workflow& workflow, const SourcePlace& hook) {
  if (rights.cluster_admin) {
    findings_.add(
        DiagnosticCode::ExcessivePermission, Severity::Warning,
        workflow.service_account.empty() ? workflow.place : workflow.service_account_place,
        {fmt::format("the service account {} is bound to cluster-admin", in_quotes(account)),
         "bind it to a role with what hooks need, see 'promoflow manifests "
         "service-account'"},
        {{&hook, "it runs as a hook here"}});
  }
  for (const Role* role : rights.roles) {
    for (const Rule& rule : role->rules) {
      const std::string_view excess = excess_of(rule);
      if (excess.empty() || !excessive_.insert(&rule).second) { continue; }
      findings_.add(DiagnosticCode::ExcessivePermission, Severity::Warning, rule.place,
                    {fmt::format("hooks run as {}, whose role {} allows {}", in_quotes(account),
                                 in_quotes(role->name), excess),
                     fmt::format("allow what hooks need: {}", kRulesToPaste)},
                    {{&workflow.place, fmt::format("the template {} runs as {}",
                                                   in_quotes(workflow.name), in_quotes(account))}});
    }
  }
}

/// A name as YAML, quoted where it would be a number or another word.
std::string yaml_word(std::string_view name) {
  const bool is_plain = resolve_plain(name) == NodeKind::String && !cluster_reading(name);
  return is_plain ? std::string(name) : fmt::format("\"{}\"", name);
}

}  // namespace

void check_permissions(const ConfigurationData& data, Findings& findings) {
  Permissions(data, findings).check();
}

}  // namespace detail

Result<std::string> service_account_manifests(std::string_view name,
                                              std::string_view name_space) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    for (const std::string_view text : {name, name_space}) {
      if (!detail::is_dns_subdomain(text)) {
        return tl::unexpected(
            Error{ErrorCode::InvalidArgument, text == name ? "name" : "namespace",
                  fmt::format("Kubernetes refuses the name {}: write letters a-z, digits and '-'",
                              detail::in_quotes(text))});
      }
    }
    const std::string role =
        fmt::format("{}-role", name.ends_with("-sa") ? name.substr(0, name.size() - 3) : name);
    return fmt::format(
        "apiVersion: v1\n"
        "kind: ServiceAccount\n"
        "metadata:\n"
        "  name: {0}\n"
        "  namespace: {1}\n"
        "---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        "kind: Role\n"
        "metadata:\n"
        "  name: {2}\n"
        "  namespace: {1}\n"
        "rules:\n"
        "  - apiGroups: [\"\"]\n"
        "    resources: [pods]\n"
        "    verbs: [get, watch, patch]\n"
        "  - apiGroups: [argoproj.io]\n"
        "    resources: [workflowtaskresults]\n"
        "    verbs: [create, patch]\n"
        "---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\n"
        "kind: RoleBinding\n"
        "metadata:\n"
        "  name: {0}\n"
        "  namespace: {1}\n"
        "roleRef:\n"
        "  apiGroup: rbac.authorization.k8s.io\n"
        "  kind: Role\n"
        "  name: {2}\n"
        "subjects:\n"
        "  - kind: ServiceAccount\n"
        "    name: {0}\n"
        "    namespace: {1}\n",
        detail::yaml_word(name), detail::yaml_word(name_space), detail::yaml_word(role));
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// What the templates of hooks need: the annotation of their origin, and a service account that may
// do what Argo's workflows do, and no more (P4).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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

/// What there is of one name, by its namespace. A manifest may leave that to where it is applied:
/// an empty one may be any. A look-up takes two steps, however many there are.
template <class T>
class ByNamespace {
 public:
  template <class Add>
  void add(std::string_view name_space, const Add& add) {
    add(all_);
    add(name_space.empty() ? anywhere_ : inside_[name_space]);
  }
  const T& all() const noexcept { return all_; }
  template <class Use>
  void each(std::string_view name_space, const Use& use) {
    if (name_space.empty()) { return use(all_); }
    use(anywhere_);
    if (const auto found = inside_.find(name_space); found != inside_.end()) { use(found->second); }
  }

 private:
  T all_{};
  T anywhere_{};
  std::map<std::string_view, T> inside_{};
};

/// What roles allow together.
struct Allowed {
  const Role* first = nullptr;
  unsigned needs = 0;                    ///< A bit for each of kNeeds.
  bool unknown = false;                  ///< The cluster writes the rules of one.
  std::vector<const Role*> excessive{};  ///< Those that were not reported.
};

/// What bindings give to one service account in one namespace.
struct Rights {
  unsigned needs = 0;
  bool unknown = false;  ///< It is bound to a ClusterRole whose rules are not in the configuration.
  bool cluster_admin = false;
  const Binding* without_role = nullptr;  ///< The first whose role is not there.
  std::vector<Allowed*> allowed{};        ///< Borrowed.

  void add(Rights& other) {
    needs |= other.needs;
    unknown = unknown || other.unknown;
    cluster_admin = cluster_admin || other.cluster_admin;
    without_role = without_role == nullptr ? other.without_role : without_role;
    // Whoever has them reports what is excessive, once.
    allowed.insert(allowed.end(), other.allowed.begin(), other.allowed.end());
    other.allowed.clear();
  }
};

/// Where a binding of an account counts.
struct Scope {
  const Binding* binding = nullptr;
  std::string_view of_binding{};  ///< Namespaces.
  std::string_view of_subject{};

  /// No namespace has this name.
  static constexpr std::string_view kNowhere = "/";
  std::string_view name_space() const {
    if (of_binding.empty()) { return of_subject; }
    return of_subject.empty() || of_subject == of_binding ? of_binding : kNowhere;
  }
};

/// The bindings of the accounts of one name.
struct Account {
  ByNamespace<Rights> rights{};
  /// Of those that count in one namespace only: the first, and the first of another namespace.
  std::vector<Scope> narrow{};
};

class Permissions {
 public:
  Permissions(const ConfigurationData& data, Findings& findings)
      : data_(data), findings_(findings) {}

  void check() {
    for (const Role& role : data_.roles) { add(role); }
    for (const Binding& binding : data_.bindings) {
      for (const Subject& subject : binding.subjects) { add(binding, subject); }
    }
    for (const Named& account : data_.service_accounts) { accounts_.insert(account.name); }
    for (const FlowDocument& document : data_.flow_documents) { check(document); }
  }

 private:
  void add(const Role& role);
  void add(const Binding& binding, const Subject& subject);
  void add(const Binding& binding, Rights& rights);
  void check(const FlowDocument& document);
  void check(const Workflow& workflow, const SourcePlace& hook);
  Rights rights_of(const std::string& account, std::string_view name_space);
  std::string remark_of(const std::string& account, const Rights& rights,
                        std::string_view name_space) const;
  void report_missing(const Workflow& workflow, const std::string& account, const Rights& rights,
                      const SourcePlace& hook);
  void report_excess(const std::string& account, const Rights& rights, const Workflow& workflow,
                     const SourcePlace& hook);

  const ConfigurationData& data_;
  Findings& findings_;
  std::map<std::pair<bool, std::string_view>, ByNamespace<Allowed>> roles_;
  /// By the account's name; empty: those of all accounts.
  std::map<std::string_view, Account> bound_;
  std::set<std::string_view> accounts_;
  std::set<const Workflow*> seen_;
  std::set<std::pair<std::string, std::string>> judged_;  ///< Accounts and namespaces.
  std::set<const Rule*> excessive_;
};

void Permissions::add(const Role& role) {
  unsigned needs = 0;
  bool is_excessive = false;
  for (const Rule& rule : role.rules) {
    for (std::size_t i = 0; i < std::size(kNeeds); ++i) {
      needs |= allows(rule, kNeeds[i]) ? 1U << i : 0U;
    }
    is_excessive = is_excessive || !excess_of(rule).empty();
  }
  roles_[{role.cluster, role.name}].add(
      role.cluster ? std::string_view() : role.name_space, [&](Allowed& allowed) {
        allowed.first = allowed.first == nullptr ? &role : allowed.first;
        allowed.needs |= needs;
        allowed.unknown = allowed.unknown || role.is_aggregated;
        if (is_excessive) { allowed.excessive.push_back(&role); }
      });
}

void Permissions::add(const Binding& binding, const Subject& subject) {
  const bool is_of_binding = subject.name_space.empty() && !subject.name.empty();
  const Scope scope{&binding, binding.cluster ? std::string_view() : binding.name_space,
                    is_of_binding ? binding.name_space : subject.name_space};
  Account& account = bound_[subject.name];
  account.rights.add(scope.name_space(), [&](Rights& rights) { add(binding, rights); });
  std::vector<Scope>& narrow = account.narrow;
  if (!scope.name_space().empty() &&
      (narrow.empty() || (narrow.size() == 1 && narrow[0].name_space() != scope.name_space()))) {
    narrow.push_back(scope);
  }
}

void Permissions::add(const Binding& binding, Rights& rights) {
  rights.cluster_admin =
      rights.cluster_admin || (binding.to_cluster_role && binding.role == "cluster-admin");
  bool is_there = false;
  if (const auto found = roles_.find({binding.to_cluster_role, binding.role});
      found != roles_.end()) {
    found->second.each(binding.name_space, [&](Allowed& allowed) {
      if (allowed.first == nullptr) { return; }
      is_there = true;
      rights.needs |= allowed.needs;
      rights.unknown = rights.unknown || allowed.unknown;
      rights.allowed.push_back(&allowed);
    });
  }
  if (is_there) { return; }
  rights.unknown = rights.unknown || binding.to_cluster_role;
  rights.without_role = rights.without_role == nullptr ? &binding : rights.without_role;
}

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

Rights Permissions::rights_of(const std::string& account, std::string_view name_space) {
  Rights rights;
  for (const std::string_view name : {std::string_view(account), std::string_view()}) {
    if (const auto found = bound_.find(name); found != bound_.end()) {
      found->second.rights.each(name_space, [&](Rights& given) { rights.add(given); });
    }
  }
  return rights;
}

/// Why a binding of the account does not help; empty: there is none.
std::string Permissions::remark_of(const std::string& account, const Rights& rights,
                                   std::string_view name_space) const {
  const auto found = bound_.find(account);
  if (found != bound_.end() && !name_space.empty()) {
    for (const Scope& scope : found->second.narrow) {
      if (scope.name_space() == name_space) { continue; }
      const std::string binding =
          fmt::format("; the {} {}", scope.binding->cluster ? "ClusterRoleBinding" : "RoleBinding",
                      in_quotes(scope.binding->name));
      if (!scope.of_binding.empty() && scope.of_binding != name_space) {
        return fmt::format("{} is in namespace {}, and the template in {}", binding,
                           in_quotes(scope.of_binding), in_quotes(name_space));
      }
      return fmt::format("{} binds the account of namespace {}, and the template is in {}", binding,
                         in_quotes(scope.of_subject), in_quotes(name_space));
    }
  }
  if (rights.without_role == nullptr) { return {}; }
  const Binding& binding = *rights.without_role;
  const auto role = roles_.find({binding.to_cluster_role, binding.role});
  if (role == roles_.end()) {
    return fmt::format("; the role {} that it is bound to is not there", in_quotes(binding.role));
  }
  return fmt::format("; the role {} is in namespace {}, and its binding in {}",
                     in_quotes(binding.role), in_quotes(role->second.all().first->name_space),
                     in_quotes(binding.name_space));
}

void Permissions::report_missing(const Workflow& workflow, const std::string& account,
                                 const Rights& rights, const SourcePlace& hook) {
  if (rights.unknown) { return; }
  std::string missing;
  for (std::size_t i = 0; i < std::size(kNeeds); ++i) {
    if ((rights.needs >> i & 1U) != 0) { continue; }
    const Need& need = kNeeds[i];
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
                             own ? "" : ", the default one,", missing,
                             remark_of(account, rights, workflow.name_space)),
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
  for (Allowed* const allowed : rights.allowed) {
    for (const Role* const role : std::exchange(allowed->excessive, {})) {
      for (const Rule& rule : role->rules) {
        const std::string_view excess = excess_of(rule);
        if (excess.empty() || !excessive_.insert(&rule).second) { continue; }
        findings_.add(
            DiagnosticCode::ExcessivePermission, Severity::Warning, rule.place,
            {fmt::format("hooks run as {}, whose role {} allows {}", in_quotes(account),
                         in_quotes(role->name), excess),
             fmt::format("allow what hooks need: {}", kRulesToPaste)},
            {{&workflow.place, fmt::format("the template {} runs as {}", in_quotes(workflow.name),
                                           in_quotes(account))}});
      }
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

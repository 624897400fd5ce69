// SPDX-License-Identifier: Apache-2.0
// P4: what the service accounts of hooks may do, however roles are bound to them.
#include "configuration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Facts = std::vector<std::string>;

constexpr const char* kFlow =
    "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f}\nspec:\n"
    "  triggerEnvironment: dev\n"
    "  steps: [{environment: staging, dependsOn: [dev], hooks: {onStart: w}}]\n";

constexpr const char* kRules =
    "rules:\n  - {apiGroups: [''], resources: [pods], verbs: [get, watch, patch]}\n"
    "  - {apiGroups: [argoproj.io], resources: [workflowtaskresults], verbs: [create, patch]}\n";

std::string rbac(const std::string& kind, const std::string& name, const std::string& rest) {
  return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind +
         "\nmetadata: {name: " + name + ", namespace: ci}\n" + rest;
}

std::string binding(const std::string& kind, const std::string& role, const std::string& subject) {
  return rbac(kind, "b", "roleRef: {kind: " + role + ", name: r}\nsubjects: [{" + subject + "}]\n");
}

/// A hook's template of namespace `ci` that runs as `account`, with these roles and bindings.
Files files_of(const std::string& account, const std::string& roles,
               const std::string& kind = "WorkflowTemplate") {
  return {
      {"f.yaml", kFlow},
      {"r.yaml",
       "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: hooks, namespace: ci}\n" + roles},
      {"w.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: " + kind +
                     "\nmetadata: {name: w, namespace: ci, annotations: "
                     "{codefresh.io/workflow-origin: promotion}}\nspec: {serviceAccountName: " +
                     account + "}\n"}};
}

const Facts kMissing{"~w.yaml:4:28 missing-permission"};

}  // namespace

TEST_CASE("a binding may name an account as a user, or by each group that it is in", "[P4]") {
  const auto found = [](const std::string& subject) {
    return facts_of(
        files_of("hooks", rbac("Role", "r", kRules) + binding("RoleBinding", "Role", subject)));
  };
  CHECK(found("kind: ServiceAccount, name: hooks, namespace: ci") == Facts{});
  CHECK(found("kind: ServiceAccount, name: other, namespace: ci") == kMissing);
  CHECK(found("kind: User, name: 'system:serviceaccount:ci:hooks'") == Facts{});
  CHECK(found("kind: User, name: 'system:serviceaccount:ci:other'") == kMissing);
  CHECK(found("kind: User, name: 'system:serviceaccount:other:hooks'") == kMissing);
  CHECK(found("kind: User, name: 'system:serviceaccount:hooks'") == kMissing);
  CHECK(found("kind: User, name: 'system:serviceaccount::hooks'") == kMissing);
  CHECK(found("kind: User, name: hooks") == kMissing);
  CHECK(found("kind: Group, name: 'system:serviceaccounts'") == Facts{});
  CHECK(found("kind: Group, name: 'system:serviceaccounts:ci'") == Facts{});
  CHECK(found("kind: Group, name: 'system:serviceaccounts:other'") == kMissing);
  CHECK(found("kind: Group, name: 'system:authenticated'") == Facts{});
  CHECK(found("kind: Group, name: 'system:serviceaccountsx'") == kMissing);
}

TEST_CASE("nothing is missing of a role that the cluster fills in", "[P4]") {
  const std::string bound = binding("ClusterRoleBinding", "ClusterRole",
                                    "kind: ServiceAccount, name: hooks, "
                                    "namespace: ci");
  const std::string selectors =
      "aggregationRule: {clusterRoleSelectors: [{matchLabels: {hooks: 'true'}}]}\n";
  CHECK(facts_of(files_of("hooks", rbac("ClusterRole", "r", selectors + "rules: []\n") + bound)) ==
        Facts{});
  CHECK(facts_of(files_of("hooks", rbac("ClusterRole", "r", selectors) + bound)) == Facts{});
  CHECK(facts_of(files_of("hooks", rbac("ClusterRole", "r", "rules: []\n") + bound)) == kMissing);
}

TEST_CASE("the namespace of what is the cluster's does not count", "[P4]") {
  const auto found = [](const std::string& kind, const std::string& space) {
    Files files = files_of("hooks",
                           "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
                           "metadata: {name: r, namespace: n}\n" +
                               std::string(kRules) +
                               "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
                               "metadata: {name: b, namespace: n}\n"
                               "roleRef: {kind: Role, name: r}\n"
                               "subjects: [{kind: ServiceAccount, name: hooks, namespace: " +
                               space + "}]\n",
                           kind);
    return facts_of(files);
  };
  CHECK(found("WorkflowTemplate", "n") == kMissing);
  CHECK(found("ClusterWorkflowTemplate", "n") == Facts{});
}

TEST_CASE("nothing is known of an account that a parameter names", "[P4]") {
  for (const char* const account :
       {"'{{workflow.parameters.ACCOUNT}}'", "'{{workflow.parameters.TEAM}}-hooks'"}) {
    const Files files = files_of(account, rbac("Role", "r", "rules: []\n"));
    CHECK(said_of(read_files(files), DiagnosticCode::MissingPermission).empty());
  }
}

TEST_CASE("the help for a right that is missing can be pasted", "[P4]") {
  const auto said = [](const std::string& account) {
    return said_of(read_files(files_of(account, rbac("Role", "r", "rules: []\n"))),
                   DiagnosticCode::MissingPermission);
  };
  CHECK(said("hooks").find("bind it to {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, "
                           "metadata: {name: hooks-role}, rules: ") != std::string::npos);
  // No service account can have this name, so none is to be bound.
  const std::string refused = said("'a: {b}'");
  CHECK(refused.find("the service account 'a: {b}' may not get pods") != std::string::npos);
  CHECK(refused.find("bind it to") == std::string::npos);
  CHECK(refused.find("(Kubernetes refuses the name: write letters a-z, digits and '-')") !=
        std::string::npos);
}

TEST_CASE("a hook of a flow with errors needs its rights, too", "[P4]") {
  Files files = files_of("hooks", rbac("Role", "r", "rules: []\n"));
  files[0].second += "  hoks: {}\n";
  CHECK(facts_of(files) == Facts{"f.yaml:7:3 unknown-field", "~w.yaml:4:28 missing-permission"});
}

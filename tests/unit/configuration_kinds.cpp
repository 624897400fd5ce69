// SPDX-License-Identifier: Apache-2.0
// P1 and P2: which objects of a directory are read, which were meant to be, and which are none of a
// configuration's business.
#include <utility>

#include "configuration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Facts = std::vector<std::string>;

const std::string kGood =
    "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: good}\n"
    "spec: {triggerEnvironment: dev, steps: [{environment: a, dependsOn: [dev]}]}\n";

/// An object in one line that has the field `kind`, and problems that show whether it is read.
std::string object(std::string_view version, std::string_view kind) {
  return "{apiVersion: " + std::string(version) + ", kind: " + std::string(kind) +
         ", metadata: {name: p}, spec: {x: 1}}";
}

const std::string kFlow = object("codefresh.io/v1beta1", "PromotionFlow");
const std::string kProduct = object("codefresh.io/v1beta1", "Product");

/// The problems of a file beside a good flow, without what they are in the items of a list.
Facts beside_good(const std::string& text, const std::string& name = "b.yaml") {
  return facts_of({{"a.yaml", kGood}, {name, text}});
}

bool is_reported(const std::string& text) { return !beside_good(text).empty(); }

}  // namespace

TEST_CASE("a misspelt kind is an error, whoever its kind is of", "[P2][M6][H5]") {
  const std::pair<std::string_view, std::string_view> kinds[] = {
      {"argoproj.io/v1alpha1", "Workflowtemplate"},
      {"argoproj.io/v1alpha1", "workflowtemplate"},
      {"argoproj.io/v1alpha1", "WorkflowTemplates"},
      {"argoproj.io/v1alpha1", "WorkflowTempalte"},
      {"argoproj.io/v1alpha1", "ClusterWorkflowtemplate"},
      {"argoproj.io/v1alpha1", "Cluster-WorkflowTemplate"},
      {"v1", "serviceaccount"},
      {"v1", "ServiceAcount"},
      {"rbac.authorization.k8s.io/v1", "Rolebinding"},
      {"rbac.authorization.k8s.io/v1", "RoleBindings"},
      {"rbac.authorization.k8s.io/v1", "clusterrolebinding"},
      {"rbac.authorization.k8s.io/v1", "role"},
      {"codefresh.io/v1beta1", "product"},
      {"codefresh.io/v1beta1", "Produkt"},
      {"codefresh.io/v1beta1", "PromotionPolciy"},
      {"promoflow.dev/v1", "Enviroment"},
  };
  for (const auto& [version, kind] : kinds) {
    INFO(kind);
    CHECK(beside_good("apiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
                      "\nmetadata: {name: x}\n") == Facts{"b.yaml:2:7 invalid-value"});
  }
  const Files files{{"a.yaml", kGood},
                    {"b.yaml", object("rbac.authorization.k8s.io/v1", "clusterRoleBinding")}};
  CHECK(said_of(read_files(files), DiagnosticCode::InvalidValue) ==
        "'kind' can't be 'clusterRoleBinding' (did you mean 'ClusterRoleBinding'?)\n");
}

TEST_CASE("kinds of Kubernetes, Argo and others that are near to those that are read", "[P2][H5]") {
  const std::pair<std::string_view, std::vector<std::string_view>> groups[] = {
      {"v1",
       {"Service", "ServiceAccount", "ServiceAccountList", "ServiceList", "Secret", "ConfigMap",
        "Pod", "PodTemplate", "Namespace", "Node", "Event", "Endpoints", "Binding", "LimitRange",
        "ResourceQuota", "PersistentVolume", "ReplicationController"}},
      {"apps/v1", {"Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "ControllerRevision"}},
      {"batch/v1", {"Job", "CronJob"}},
      {"networking.k8s.io/v1", {"Ingress", "IngressClass", "NetworkPolicy"}},
      {"policy/v1", {"PodDisruptionBudget"}},
      {"rbac.authorization.k8s.io/v1",
       {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "RoleList", "RoleBindingList",
        "ClusterRoleList", "ClusterRoleBindingList"}},
      {"authorization.openshift.io/v1",
       {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "RoleBindingRestriction"}},
      {"iam.example.org/v1", {"role", "Roles", "WorkflowTemplates", "serviceaccount", "Products"}},
      {"argoproj.io/v1alpha1",
       {"Workflow",
        "WorkflowTemplate",
        "ClusterWorkflowTemplate",
        "CronWorkflow",
        "WorkflowEventBinding",
        "WorkflowTaskSet",
        "WorkflowTaskResult",
        "WorkflowArtifactGCTask",
        "WorkflowList",
        "WorkflowTemplateList",
        "ClusterWorkflowTemplateList",
        "Application",
        "ApplicationSet",
        "AppProject",
        "Rollout",
        "AnalysisTemplate",
        "ClusterAnalysisTemplate",
        "AnalysisRun",
        "Experiment",
        "EventSource",
        "EventBus",
        "Sensor"}},
  };
  for (const auto& [version, kinds] : groups) {
    for (const std::string_view kind : kinds) {
      INFO(version << " " << kind);
      CHECK(beside_good(object(version, kind)) == Facts{});
    }
  }
}

TEST_CASE("lists that are none, and lists under other names, hide nothing", "[P1][M3][H5]") {
  for (const std::string& item : {kFlow, kProduct}) {
    for (const std::string& text :
         {"kind: List\nitems: " + item, "kind: List\nitem: [" + item + "]",
          "kind: List\nItems: [" + item + "]", "kind: List\nitems: [[" + item + "]]",
          "kind: List\nitems: []\nItems: [" + item + "]", "kind: list\nitems: [" + item + "]",
          "kind: list\nitem: [" + item + "]", "kind: list\nitems: " + item,
          "kind: Lst\nitems: [" + item + "]", "kind: Lists\nitems: [[" + item + "]]", "- " + item,
          "- - " + item, "[{}, " + item + "]"}) {
      INFO(text);
      CHECK(is_reported(text));
    }
  }
  CHECK(
      is_reported("kind: list\nitems: [" + object("codefresh.io/v1beta1", "promotionflow") + "]"));
  CHECK(is_reported("kind: Lst\nitems: [" + object("codefresh.io/v1beta1", "PromotionFlw") + "]"));
  CHECK(is_reported("kind: list\nitems: [" + object("codefresh.io/v1beta1", "Prodct") + "]"));
  CHECK(is_reported("kind: list\nitems: [{kind: list, items: [" + kFlow + "]}]"));
  CHECK(is_reported("kind: ProductList\nitems: [" + kProduct + "]"));
  CHECK(beside_good("[" + kFlow + "]", "b.json") == Facts{"b.json:1:1 wrong-type"});
  CHECK(beside_good("kind: List\nitem: [" + kFlow + "]") == Facts{"b.yaml:2:1 unknown-field"});
  CHECK(beside_good("kind: List\nobjects: [" + kFlow + "]") == Facts{"b.yaml:1:1 missing-field"});
}

TEST_CASE("lists of other programs are passed over", "[P1][M3][H5]") {
  for (const std::string_view text :
       {"kind: List\nitems: []", "kind: List\nitems:", "kind: list\nitems: [{kind: Secret}]",
        "kind: list\nitem: 5", "kind: SecretList\nitems: [{kind: Secret, a: 1, a: 2}]",
        "kind: SecretList\nitems: [1, [2]]", "- {kind: Secret}\n- 5", "[[1]]", "- name: x"}) {
    INFO(text);
    CHECK(beside_good(std::string(text)) == Facts{});
  }
}

TEST_CASE("a kind that is there twice does not hide what a directory is read for", "[P2][M3][H5]") {
  for (const std::string_view kind :
       {"Product", "PromotionPolicy", "PromotionFlow", "WorkflowTemplate", "Role", "Rolebinding",
        "Produkt", "List", "PromotionFlowList"}) {
    INFO(kind);
    const std::string twice = "apiVersion: v1\nkind: Secret\nkind: " + std::string(kind) + "\n";
    CHECK(beside_good(twice) == Facts{"b.yaml:3:1 duplicate-key"});
    CHECK(beside_good("kind: List\nitems: [{kind: Secret, kind: " + std::string(kind) + "}]") ==
          Facts{"b.yaml:2:24 duplicate-key"});
  }
  CHECK(beside_good("kind: Secret\nkind: Secret\nkind: ConfigMap\nkind: Node\n") == Facts{});
}

// SPDX-License-Identifier: Apache-2.0
// What speaks against running a flow on a cluster: each finding names what is missing, and what to
// do about it.
#include "argo/check.hpp"

#include <deque>
#include <nlohmann/json.hpp>

#include "argo_support.hpp"
#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;

namespace {

/// A cluster whose templates and rights a test chooses.
struct CheckedCluster {
  std::set<std::string> denied{};           ///< Such as `patch workflows`.
  std::map<std::string, Json> templates{};  ///< Of the namespace.
  std::set<std::string> cluster_templates{};
  std::vector<std::string> reviewed{};
  std::optional<HttpResponse> instead{};  ///< Of every request.

  HttpResponse answer(const HttpRequest& request) {
    if (instead) { return *instead; }
    if (request.method == "POST") {
      const Json what = Json::parse(request.body)["spec"]["resourceAttributes"];
      CHECK(what["namespace"] == "argo");
      const std::string right =
          what["verb"].get<std::string>() + ' ' + what["resource"].get<std::string>();
      reviewed.push_back(right + '.' + what["group"].get<std::string>());
      const Json answer = {{"status", {{"allowed", !denied.contains(right)}}}};
      return {.status = 201, .body = answer.dump()};
    }
    const std::string name = request.target.substr(request.target.rfind('/') + 1);
    if (request.target.find("/clusterworkflowtemplates/") != std::string::npos) {
      return cluster_templates.contains(name)
                 ? HttpResponse{.status = 200, .body = object(name, "Cluster").dump()}
                 : status_of(404, "NotFound", "not found");
    }
    if (denied.contains("get workflowtemplates")) {
      return status_of(403, "Forbidden", "cannot get resource \"workflowtemplates\"");
    }
    const auto found = templates.find(name);
    return found == templates.end() ? status_of(404, "NotFound", "not found")
                                    : HttpResponse{.status = 200, .body = found->second.dump()};
  }
  static Json object(const std::string& name, const std::string& prefix = {}) {
    return {{"apiVersion", "argoproj.io/v1alpha1"},
            {"kind", prefix + "WorkflowTemplate"},
            {"metadata",
             {{"name", name}, {"annotations", {{"codefresh.io/workflow-origin", "promotion"}}}}},
            {"spec", {{"entrypoint", "main"}}}};
  }
};

class CheckHttp final : public HttpClient {
 public:
  explicit CheckHttp(CheckedCluster& cluster) : cluster_(cluster) {}
  void start(RequestId request, HttpRequest what) override { queue_.emplace_back(request, what); }
  void stop(RequestId /*request*/) override {}
  void wait(std::optional<std::chrono::milliseconds> /*time*/, HttpListener& listener) override {
    for (const auto& [id, request] : std::exchange(queue_, {})) {
      listener.on_response(id, cluster_.answer(request));
    }
  }
  void wake() noexcept override {}

 private:
  CheckedCluster& cluster_;
  std::deque<std::pair<RequestId, HttpRequest>> queue_{};
};

/// What is found for a flow whose one hook is `smoke`.
std::vector<ArgoFinding> findings_of(CheckedCluster& cluster, const ArgoOptions& options = {},
                                     const std::set<std::string>& skipped = {},
                                     const std::vector<std::string>& context = {}) {
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.hooks.on_start = {Hook{.name = "smoke"}};
  builder.step("staging", {"dev"}, step);
  Connection connection{Api(ApiKind::Cluster, "argo", "promoflow"),
                        std::make_unique<CheckHttp>(cluster), "the kubeconfig of a test"};
  return check_cluster(built(builder), options, connection, skipped, context);
}

CheckedCluster with_template() {
  CheckedCluster cluster;
  cluster.templates["smoke"] = CheckedCluster::object("smoke");
  return cluster;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("nothing speaks against a flow whose template is there and marked", "[K8]") {
  CheckedCluster cluster = with_template();
  CHECK(findings_of(cluster).empty());
  CHECK(cluster.reviewed ==
        std::vector<std::string>{"create workflows.argoproj.io", "get workflows.argoproj.io",
                                 "list workflows.argoproj.io", "watch workflows.argoproj.io",
                                 "patch workflows.argoproj.io",
                                 "get workflowtemplates.argoproj.io"});
}

TEST_CASE("a right that is missing is named, with what prints the role", "[K8]") {
  CheckedCluster cluster = with_template();
  const std::string verb = GENERATE("create", "get", "list", "watch", "patch");
  cluster.denied = {verb + " workflows"};
  const auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::Error);
  CHECK(found[0].message ==
        "this host may not " + verb + " workflows.argoproj.io in namespace argo");
  CHECK(has(found[0].hint, "promoflow manifests host --namespace argo"));
}

TEST_CASE("rights over leases are asked for where leases are used", "[K8][K11]") {
  CheckedCluster cluster = with_template();
  cluster.denied = {"create leases", "update leases"};
  CHECK(findings_of(cluster).empty());
  const auto found = findings_of(cluster, {.lease = true});
  REQUIRE(found.size() == 1);
  CHECK(has(found[0].message,
            "create leases.coordination.k8s.io, update leases.coordination.k8s.io"));
  CHECK(has(found[0].hint, "promoflow manifests host"));
}

TEST_CASE("a template that is missing is named, with the command that applies it", "[K8]") {
  CheckedCluster cluster;
  auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(found[0].message ==
        "hook 'smoke' (environment.onStart of 'staging'): there is no WorkflowTemplate 'smoke' in "
        "namespace argo");
  CHECK(found[0].hint == "apply it: kubectl apply --namespace argo --filename smoke.yaml");
  cluster.cluster_templates = {"smoke"};
  found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(has(found[0].hint, "--cluster-templates smoke"));
  CHECK(findings_of(cluster, {.cluster_templates = {"smoke"}}).empty());
}

TEST_CASE("hooks of environments that are skipped are not looked for", "[K8]") {
  CheckedCluster cluster;
  CHECK(findings_of(cluster, {}, {"staging"}).empty());
}

TEST_CASE("a template that is not marked as a promotion's is told", "[K8]") {
  CheckedCluster cluster = with_template();
  cluster.templates["smoke"]["metadata"].erase("annotations");
  const auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(has(found[0].message + found[0].hint, "codefresh.io/workflow-origin"));
}

TEST_CASE("a parameter that nobody provides is an error, one that the start gives is none",
          "[K8]") {
  CheckedCluster cluster = with_template();
  cluster.templates["smoke"]["spec"]["arguments"] = {
      {"parameters", Json::array({{{"name", "TICKET"}}, {{"name", "RELEASE_ID"}}})}};
  const auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::Error);
  CHECK(has(found[0].message, "TICKET"));
  CHECK(findings_of(cluster, {}, {}, {"TICKET"}).empty());
}

TEST_CASE("the workflows beside a promotion are looked at, too", "[K7][K8]") {
  FlowBuilder builder("tested", "dev");
  StepOptions step;
  step.policy = {.pre_action = "backup", .post_action = "verify"};
  builder.step("staging", {"dev"}, step).step("production", {"staging"}, step);
  const Flow flow = built(builder);
  CheckedCluster cluster;
  const auto found_with = [&](const ArgoOptions& options,
                              const std::set<std::string>& skipped = {}) {
    Connection connection{Api(ApiKind::Cluster, "argo", "promoflow"),
                          std::make_unique<CheckHttp>(cluster), "the kubeconfig of a test"};
    std::vector<std::string> messages;
    for (const ArgoFinding& one : check_cluster(flow, options, connection, skipped, {})) {
      messages.push_back(one.message);
    }
    return messages;
  };
  cluster.templates["verify"] = CheckedCluster::object("verify");
  CHECK(found_with({}) == std::vector<std::string>{"preAction 'backup' (of 'staging'): there is no "
                                                   "WorkflowTemplate 'backup' in namespace argo"});
  CHECK(found_with({}, {"staging", "production"}).empty());
  Json& backup = cluster.templates["backup"] = CheckedCluster::object("backup");
  CHECK(found_with({}).empty());
  backup["metadata"].erase("annotations");
  backup["spec"]["arguments"]["parameters"] = {{{"name", "RELEASE_ID"}},
                                               {{"name", "PROMOFLOW_TICKET"}},
                                               {{"name", "SIZE"}, {"value", "1"}},
                                               {{"name", "APP_NAME"}, {"value", nullptr}}};
  const std::string whose = " (of 'staging'): its WorkflowTemplate";
  CHECK(found_with({}) ==
        std::vector<std::string>{"preAction 'backup'" + whose + " is not marked as a promotion's",
                                 "preAction 'backup'" + whose +
                                     " needs the parameter 'APP_NAME', which no promotion gives"});
  backup = CheckedCluster::object("backup");
  backup["spec"]["arguments"]["parameters"] = Json::array({{{"name", "APP_NAME"}}});
  CHECK(found_with({.applications = {{"staging", {{.name = "web"}}}}}) ==
        std::vector<std::string>{"preAction 'backup' (of 'production'): its WorkflowTemplate needs "
                                 "the parameter 'APP_NAME', which no promotion gives"});
  cluster.templates["verify"]["spec"]["arguments"]["parameters"] =
      Json::array({{{"name", "COMMIT_AUTHOR"}}});
  backup = CheckedCluster::object("backup");
  CHECK(found_with({}).empty());
}

TEST_CASE("templates that may not be read are a warning: a release may run all the same", "[K8]") {
  CheckedCluster cluster = with_template();
  cluster.denied = {"get workflowtemplates"};
  const auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::Warning);
  CHECK(has(found[0].message, "workflowtemplates"));
  CHECK(has(found[0].hint, "promoflow manifests host"));
}

TEST_CASE("a cluster that is not reached, or refuses us, is one finding", "[K8]") {
  CheckedCluster cluster = with_template();
  cluster.instead = HttpResponse{.problem = "connection refused"};
  auto found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(has(found[0].message, "is not reached: connection refused"));
  CHECK(has(found[0].hint, "the kubeconfig of a test"));
  cluster.instead = status_of(401, "Unauthorized", "Unauthorized");
  found = findings_of(cluster);
  REQUIRE(found.size() == 1);
  CHECK(has(found[0].message, "refuses the credentials"));
}

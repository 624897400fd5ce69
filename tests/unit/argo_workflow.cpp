// SPDX-License-Identifier: Apache-2.0
#include "argo/workflow.hpp"

#include "argo/kept_members.hpp"
#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;

namespace {

Json object_of(const HookCall& call, std::vector<std::string> cluster_templates = {}) {
  return Json::parse(workflow_text({"argo", "host-a", std::move(cluster_templates), true}, call));
}

WorkflowView view_of(const Json& more) {
  Json object = object_of(hook_call("R 42", 7, 2));
  object["metadata"]["resourceVersion"] = "5";
  object["metadata"]["uid"] = "u";
  object.merge_patch(more);
  const auto view = read_workflow_text(object.dump(1));
  REQUIRE(view);
  return *view;
}

WorkflowView with_status(const Json& status) { return view_of({{"status", status}}); }

}  // namespace

TEST_CASE("a hook becomes a workflow of its template, with its arguments and labels", "[K1]") {
  HookCall call = hook_call("r-42", 7, 2);
  call.arguments.emplace_back("MESSAGE", "a \"quoted\" text\nof two lines, \xC3\xBC");
  const Json object = object_of(call);
  CHECK(object["apiVersion"] == "argoproj.io/v1alpha1");
  CHECK(object["kind"] == "Workflow");
  CHECK(object["metadata"]["name"] == "r-42-7-2");
  CHECK_FALSE(object["metadata"].contains("generateName"));
  CHECK(object["metadata"]["namespace"] == "argo");
  CHECK(object["metadata"]["finalizers"] == Json{"promoflow.dev/outcome"});
  const Json& labels = object["metadata"]["labels"];
  CHECK(labels["codefresh.io/product"] == "billing");
  CHECK(labels["codefresh.io/env"] == "staging");
  CHECK(labels["codefresh.io/release"] == "r-42");
  CHECK(labels["codefresh.io/release-name"] == "r-42");
  CHECK(labels["codefresh.io/promotion-flow"] == "to-prod");
  CHECK(labels["promoflow.dev/release"] == "r-42");
  CHECK(labels["promoflow.dev/ticket"] == "7");
  CHECK(labels["promoflow.dev/attempt"] == "2");
  CHECK(labels["promoflow.dev/instance"] == "host-a");
  CHECK(object["spec"]["workflowTemplateRef"] == Json{{"name", "smoke"}});
  const Json& parameters = object["spec"]["arguments"]["parameters"];
  CHECK(parameters[0] == Json{{"name", "PRODUCT_NAME"}, {"value", "billing"}});
  CHECK(parameters[2]["value"] == "a \"quoted\" text\nof two lines, \xC3\xBC");
  // Anything else, such as a service account, is refused where template references are strict.
  CHECK(object["spec"].size() == 2);
}

TEST_CASE("a hook may be of a ClusterWorkflowTemplate", "[K1]") {
  const Json reference = {{"name", "smoke"}, {"clusterScope", true}};
  CHECK(object_of(hook_call(), {"other", "smoke"})["spec"]["workflowTemplateRef"] == reference);
  CHECK(object_of(hook_call(), {"*"})["spec"]["workflowTemplateRef"] == reference);
  CHECK(object_of(hook_call(), {"other"})["spec"]["workflowTemplateRef"].size() == 1);
}

TEST_CASE("arguments whose names Argo refuses are left out and named", "[K1]") {
  HookCall call = hook_call();
  call.arguments = {{"A.B", "1"}, {"FINE", "2"}, {"", "3"}, {"FINE", "4"}};
  const Json object = object_of(call);
  CHECK(object["spec"]["arguments"]["parameters"][0] == Json{{"name", "FINE"}, {"value", "2"}});
  for (const Json& parameter : object["spec"]["arguments"]["parameters"]) {
    CHECK(parameter["name"] != "A.B");
    CHECK(parameter["value"] != "4");
  }
  CHECK(
      Json::parse(object["metadata"]["annotations"]["promoflow.dev/omitted"].get<std::string>()) ==
      Json{"A.B", ""});
}

TEST_CASE("a hook is told of its environment, and of the key of its command", "[K1]") {
  std::map<std::string, std::string> values;
  const Json object = object_of(hook_call("r", 7, 2));
  for (const Json& one : object["spec"]["arguments"]["parameters"]) {
    values[one["name"]] = one["value"];
  }
  CHECK(values["PROMOFLOW_ENVIRONMENT"] == "staging");
  CHECK(values["PROMOFLOW_POINT"] == "environment.onStart");
  CHECK(values["PROMOFLOW_IDEMPOTENCY_KEY"] == "r/7");
  CHECK(values["PROMOFLOW_ATTEMPT"] == "2");
}

TEST_CASE("an object says whose it is, by the id as it was given", "[K2]") {
  const WorkflowView view = view_of(Json::object());
  CHECK(view.name == workflow_name("R 42", Ticket{7}, 2));
  CHECK(view.release_id == "R 42");
  CHECK(view.ticket == 7);
  CHECK(view.attempt == 2);
  CHECK(view.instance == "host-a");
  CHECK(view.finalizer == 0U);
  CHECK_FALSE(view.is_over());
}

TEST_CASE("a succeeded workflow exports its global output", "[K4]") {
  const WorkflowView view = with_status(
      {{"phase", "Succeeded"},
       {"outputs",
        {{"parameters",
          Json::array({{{"name", "OTHER"}, {"value", "1"}},
                       {{"name", "PROMOTION_CONTEXT"}, {"value", "{\"A\":\"\xC3\xBC\"}"}}})}}}});
  CHECK(view.is_over());
  CHECK(view.has_succeeded());
  CHECK(view.context == "{\"A\":\"\xC3\xBC\"}");
  CHECK(with_status({{"phase", "Succeeded"}}).context == std::nullopt);
  CHECK(with_status({{"phase", "Running"}, {"outputs", {{"parameters", "odd"}}}}).context ==
        std::nullopt);
}

TEST_CASE("a failure's message is the workflow's, else its node's, else its phase", "[K4]") {
  const Json nodes = {
      {"n1", {{"type", "Steps"}, {"phase", "Failed"}, {"message", "child 'n2' failed"}}},
      {"n2", {{"type", "Pod"}, {"phase", "Failed"}, {"message", "Error (exit code 3)"}}},
      {"n3", {{"type", "Pod"}, {"phase", "Succeeded"}, {"message", "fine"}}}};
  CHECK(with_status({{"phase", "Failed"}, {"message", "why"}, {"nodes", nodes}}).message == "why");
  CHECK(with_status({{"phase", "Failed"}, {"nodes", nodes}}).message == "Error (exit code 3)");
  CHECK(with_status({{"phase", "Error"}}).message == "the workflow ended as Error");
  CHECK(with_status({{"phase", "Error"}}).is_over());
  CHECK_FALSE(with_status({{"phase", "Error"}}).has_succeeded());
  CHECK(with_status({{"phase", "Pending"}}).is_over() == false);
}

TEST_CASE("a suspend node that runs suspends the workflow", "[K4]") {
  const auto node = [](const char* type, const char* phase) {
    return Json{{"n", {{"type", type}, {"phase", phase}}}};
  };
  CHECK(with_status({{"phase", "Running"}, {"nodes", node("Suspend", "Running")}}).is_suspended);
  CHECK_FALSE(
      with_status({{"phase", "Running"}, {"nodes", node("Suspend", "Succeeded")}}).is_suspended);
  CHECK_FALSE(with_status({{"phase", "Running"}, {"nodes", node("Pod", "Running")}}).is_suspended);
  CHECK_FALSE(
      with_status({{"phase", "Failed"}, {"nodes", node("Suspend", "Running")}}).is_suspended);
  CHECK(view_of({{"spec", {{"suspend", true}}}}).is_suspended);
}

TEST_CASE("what is no workflow is passed over, whatever it is", "[K3]") {
  for (const char* text :
       {"", "null", "[]", "{}", "{\"metadata\":5}", "{\"metadata\":{\"name\":\"x\"}}",
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\",\"resourceVersion\":\"1\"}}", "{\"meta",
        "{\"metadata\":{\"name\":5,\"resourceVersion\":[]}}"}) {
    INFO(text);
    CHECK_FALSE(read_workflow_text(text));
  }
  const auto odd = read_workflow_text(
      R"({"metadata":{"name":"x","resourceVersion":"1","labels":[],"annotations":3,
          "finalizers":{}},"spec":7,"status":{"phase":1,"nodes":[1],"outputs":[]}})");
  REQUIRE(odd);
  CHECK(odd->release_id.empty());
  CHECK_FALSE(odd->is_over());
}

TEST_CASE("of a text only the members that somebody reads are kept", "[K3]") {
  static constexpr detail::KeptMember kOfNode[] = {{"phase"}};
  static constexpr detail::KeptMember kOfNodes[] = {{"", kOfNode}};
  static constexpr detail::KeptMember kOfAll[] = {{"a"}, {"nodes", kOfNodes}, {"items", kOfNode}};
  const auto kept = [](std::string_view text) { return detail::kept_members(text, kOfAll); };
  CHECK(kept(R"({"managedFields":[{"x":"]}\"}"},[1]],"a":{"b":[1, {}]},"templates":{},"c":[]})") ==
        R"({"a":{"b":[1, {}]}})");
  CHECK(kept(R"({ "c" : 12 , "a" : 2 , "nodes" : {"x": {"phase" : "p" , "a":1 }, "y":{}} } )") ==
        R"({"a":2 ,"nodes":{"x":{"phase":"p"},"y":{}}})");
  CHECK(kept(R"({"c":"a\\","a":"\"a\":"})") == R"({"a":"\"a\":"})");
  CHECK(kept(R"({"items":[ {"a":1,"phase":"p"} , 3, [{"a":1}], {} ]})") ==
        R"({"items":[{"phase":"p"},3,[{"a":1}],{}]})");
  CHECK(kept(R"({"nodes":"none","items":null})") == R"({"nodes":"none","items":null})");
  CHECK(kept(R"([{"b":1,"a":2}])") == R"([{"a":2}])");
  CHECK(kept(R"({"b":1}})") == "{}}");  // What is behind it is the parser's to refuse.
  for (const char* const text : {"",
                                 "{}",
                                 "null",
                                 "{\"c\":[",
                                 "{\"c\":\"x",
                                 "{\"c\"",
                                 "{\"c\":",
                                 "{\"a\":\"\\",
                                 "\"",
                                 "{\"c\":[\"\\\"]}",
                                 "{\"b\":}",
                                 "{\"b\" 1}",
                                 "{\"b\":1,}",
                                 "{\"b\":1]",
                                 "{b:1}",
                                 "{\"items\":[1,]}",
                                 "{\"items\":[}]}",
                                 "{\"items\":[{\"phase\":1]}",
                                 "[",
                                 "[{"}) {
    INFO(text);
    CHECK(kept(text) == text);  // Whoever parses it says what is wrong.
  }
}

TEST_CASE("versions are compared as numbers, and only if they are", "[K3]") {
  CHECK(is_older("9", "10"));
  CHECK_FALSE(is_older("10", "9"));
  CHECK_FALSE(is_older("10", "10"));
  CHECK_FALSE(is_older("abc", "10"));
  CHECK_FALSE(is_older("9", ""));
  CHECK(is_older("4", "18446744073709551615"));
}

TEST_CASE("the requests are those of the two APIs", "[K1][K5][K10]") {
  const Api cluster(ApiKind::Cluster, "argo", "promoflow");
  CHECK(cluster.create("{}").target == "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows");
  CHECK(cluster.shut_down("w", Shutdown::Stop).body == R"({"spec":{"shutdown":"Stop"}})");
  CHECK(cluster.shut_down("w", Shutdown::Terminate).body == R"({"spec":{"shutdown":"Terminate"}})");
  CHECK(cluster.shut_down("w", Shutdown::Stop).content_type == "application/merge-patch+json");
  CHECK(cluster.list("").target ==
        "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows?labelSelector=promoflow.dev%2F"
        "instance%3Dpromoflow%2C%21promoflow.dev%2Fsettled&limit=250");
  CHECK(cluster.watch("7", std::chrono::seconds{5}).is_stream);
  const Api server(ApiKind::ArgoServer, "argo", "promoflow");
  CHECK(server.create("{}").body == R"({"workflow":{}})");
  CHECK(server.create("{}").target == "/api/v1/workflows/argo");
  CHECK(server.shut_down("w", Shutdown::Stop).target == "/api/v1/workflows/argo/w/stop");
  CHECK(server.shut_down("w", Shutdown::Terminate).target == "/api/v1/workflows/argo/w/terminate");
  CHECK(server.get("w").target == "/api/v1/workflows/argo/w");
  CHECK_FALSE(server.keeps_outcomes());
}

TEST_CASE("a refusal is told in the server's words", "[K8]") {
  CHECK(refusal(status_of(403, "Forbidden", "may not")) == "may not");
  CHECK(refusal({.status = 502, .body = "<html>"}) ==
        "the server answered with status 502: <html>");
  CHECK(refusal({.problem = "connection refused"}) == "connection refused");
  CHECK(refusal({}) == "the server was not reached");
}

// SPDX-License-Identifier: Apache-2.0
// Which objects of a text are read as flows, and which ones were meant to be.
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

/// A flow in two lines of flow style; `head` says what it is.
std::string flow_of(std::string_view head, std::string_view name,
                    std::string_view depends_on = "dev") {
  return fmt::format(
      "{}metadata: {{name: {}}}\nspec: {{triggerEnvironment: dev, steps: "
      "[{{environment: a, dependsOn: [{}]}}]}}\n",
      head, name, depends_on);
}

std::string good(std::string_view name = "good") {
  return flow_of("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n", name);
}

std::string of_kind(std::string_view kind, std::string_view depends_on = "dev") {
  return flow_of(fmt::format("apiVersion: codefresh.io/v1beta1\nkind: {}\n", kind), "other",
                 depends_on);
}

std::string json_flow(std::string_view name, std::string_view depends_on = "dev") {
  return fmt::format(R"({{"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
"metadata": {{"name": "{}"}}, "spec": {{"triggerEnvironment": "dev",
"steps": [{{"environment": "a", "dependsOn": ["{}"]}}]}}}})",
                     name, depends_on);
}

std::size_t flows_in(std::string_view text) { return read_manifest(text)->flows.size(); }

}  // namespace

TEST_CASE("a misspelt kind is an error beside a good flow, too", "[M3][M6][H5]") {
  for (const std::string_view kind :
       {"Promotionflow", "promotionflow", "PromotionFlows", "PromotionFLow", "PromotionFlow2",
        "Promotion_Flow", "promotion-flow", "PromotoinFlow", "PROMOTIONFLOW", "PromotionFlw",
        "'PromotionFlow '", "PromotionFlow\xE2\x80\x8B", "Promoti\xD0\xBEnFlow"}) {
    INFO(kind);
    CHECK(facts(good() + "---\n" + of_kind(kind)) == Facts{"7:7 invalid-value /kind"});
    CHECK(flows_in(good() + "---\n" + of_kind(kind)) == 1);
    CHECK(facts(of_kind(kind)) == Facts{"2:7 invalid-value /kind"});
  }
}

TEST_CASE("a list without a kind is told to be a List", "[M3][H5]") {
  const ManifestReport report = *read_manifest(good() + "---\nitems:\n- {kind: Secret}\n");
  REQUIRE(report.diagnostics.size() == 1);
  CHECK(report.diagnostics[0].message == "the field 'kind' is missing");
  CHECK(report.diagnostics[0].hint == "write 'kind: List' to have its items read");
}

TEST_CASE("all problems of an object with a misspelt kind are reported", "[M6][H5]") {
  CHECK(facts(good() + "---\n" + of_kind("Promotionflow", "nope")) ==
        Facts{"7:7 invalid-value /kind", "9:70 unknown-environment /spec/steps/0/dependsOn/0"});
  CHECK(facts(good() + "---\n" +
              flow_of("apiVersion: codefresh.io/v1beta1\nKind: PromotionFlow\n", "other")) ==
        Facts{"7:1 unknown-field /Kind"});
  CHECK(facts(good() + "---\n" +
              flow_of("apiVersion: codefresh.io/v1\nkind: PromotionFlow\n", "b")) ==
        Facts{"6:13 invalid-value /apiVersion"});
  CHECK(facts(good() + "---\n" + of_kind("Flow")) == Facts{"7:7 invalid-value /kind"});
}

TEST_CASE("other kinds of the same product and of others are passed over", "[M3][H5]") {
  for (const std::string_view kind :
       {"Product", "PromotionTemplate", "PromotionPolicy", "Promotion", "PromotionTask",
        "PromotionFlowRun", "Workflow", "ConfigMap", "PromotionPlan"}) {
    INFO(kind);
    CHECK(facts(fmt::format("{}---\napiVersion: codefresh.io/v1beta1\nkind: {}\nspec: {{a: b}}\n",
                            good(), kind))
              .empty());
  }
}

TEST_CASE("the items of a list are read like documents, at their places", "[M3][M6][H5]") {
  const std::string head = "apiVersion: v1\nkind: List\nitems:\n";
  const std::string item =
      "- apiVersion: codefresh.io/v1beta1\n  kind: PromotionFlow\n  metadata: {name: shop}\n"
      "  spec:\n    triggerEnvironment: dev\n    steps:\n    - {environment: a, dependsOn: "
      "[nope]}\n";
  const std::string other = "- apiVersion: v1\n  kind: Secret\n  data: {}\n";
  CHECK(facts(head + other + item) ==
        Facts{"13:36 unknown-environment /items/1/spec/steps/0/dependsOn/0"});
  CHECK(facts(good() + "---\n" + head + item) ==
        Facts{"15:36 unknown-environment /items/0/spec/steps/0/dependsOn/0"});
  CHECK(facts(head + "- apiVersion: codefresh.io/v1beta1\n  kind: PromotionFlow\n"
                     "  metadata: {name: Big}\n  spec: {triggerEnvironment: dev, steps: "
                     "[{environment: a, dependsOn: [dev]}]}\n") ==
        Facts{"6:20 invalid-name /items/0/metadata/name"});
  CHECK(flows_in("apiVersion: v1\nkind: List\nitems:\n- " + json_flow("one") + "\n- " +
                 json_flow("two") + "\n") == 2);
  CHECK(facts(head + "- apiVersion: v1\n  kind: List\n  items: [" + json_flow("x", "nope") + "]\n")
            .size() == 1);
  CHECK(facts("kind: ResourceList\nitems: [" + json_flow("x", "nope") + "]\n").size() == 1);
  CHECK(facts("kind: list\nitems: [" + json_flow("x") + "]\n") == Facts{"1:7 invalid-value /kind"});
  CHECK(facts(good() + "---\nkind: ConfigMapList\nitems: [1, 2]\n").empty());
}

TEST_CASE("a list of flows says of its items what they are", "[M3][M6][H5]") {
  const std::string head = "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlowList\n";
  const std::string item =
      "- metadata: {name: shop}\n  spec: {triggerEnvironment: dev, steps: "
      "[{environment: a, dependsOn: [dev]}]}\n";
  CHECK(facts(head + "items:\n" + item).empty());
  CHECK(flows_in(head + "items:\n" + item) == 1);
  CHECK(facts(head + "items:\n- 5\n") == Facts{"4:3 wrong-type /items/0"});
  CHECK(facts(head + "items: 5\n") == Facts{"3:8 wrong-type /items"});
  CHECK(facts(head) == Facts{"1:1 missing-field "});
  CHECK(facts("apiVersion: codefresh.io/v1beta1\nkind: PromotionflowList\nitems:\n" + item) ==
        Facts{"2:7 invalid-value /kind"});
}

TEST_CASE("several texts of JSON in one are read one by one", "[M3][M6][H5]") {
  CHECK(flows_in(json_flow("a") + "\n" + json_flow("b") + json_flow("c")) == 3);
  CHECK(facts(json_flow("a") + "\n" + json_flow("b", "nope")) ==
        Facts{"6:46 unknown-environment /spec/steps/0/dependsOn/0"});
  CHECK(flows_in(json_flow("a") + "\r\n\xEF\xBB\xBF" + json_flow("b")) == 2);
  CHECK(facts(json_flow("a") + ",\n" + json_flow("b")).size() == 1);
  CHECK(facts(json_flow("a") + "\n" + json_flow("b").substr(0, 40)).at(0).find("syntax") !=
        std::string::npos);
  CHECK(flows_in(json_flow("a") + "\n---\n" + json_flow("b")) == 2);
  CHECK(read_manifest(json_flow("a") + json_flow("b"), {.format = TextFormat::Json, .limits = {}})
            ->flows.size() == 2);
}

TEST_CASE("two flows of one name are an error, and the other one's line is said", "[M6][H5]") {
  const ManifestReport report = *read_manifest(good("shop") + "---\n" + good("shop"));
  REQUIRE(facts(report.diagnostics) == Facts{"8:18 duplicate-flow /metadata/name"});
  CHECK(report.diagnostics[0].message == "there is another flow 'shop', at line 3");
  CHECK(report.flows.size() == 1);
  CHECK(facts(good("shop") + "---\n" + good("shop2")).empty());
  CHECK(facts("kind: List\nitems: [" + json_flow("x") + ", " + json_flow("x") + "]\n").size() == 1);
}

TEST_CASE("documents may end with dots and begin with directives", "[M3][H5]") {
  CHECK(flows_in(good("a") + "...\n---\n" + good("b")) == 2);
  CHECK(flows_in("%YAML 1.1\n---\n" + good("a") + "...\n%YAML 1.2\n---\n" + good("b")) == 2);
}

TEST_CASE("a list of flows without items is no flow", "[M1]") {
  for (const char* const items : {"items: []\n", "items:\n"}) {
    const std::string text =
        std::string("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlowList\n") + items;
    const ManifestReport report = read_manifest(text).value();
    REQUIRE(report.diagnostics.size() == 1);
    CHECK(report.diagnostics[0].code == DiagnosticCode::MissingField);
    CHECK(report.flows.empty());
  }
}

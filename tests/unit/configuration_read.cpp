// SPDX-License-Identifier: Apache-2.0
// P1 to P3: reading the files of a configuration, duplicates, and names that refer to nothing.
#include <algorithm>

#include "configuration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Facts = std::vector<std::string>;

std::string flow(const std::string& metadata, const std::string& more = "") {
  return "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: " + metadata +
         "\nspec:\n  triggerEnvironment: dev\n  steps: [{environment: live, dependsOn: [dev]" +
         more + "}]\n";
}

std::string product(const std::string& name, const std::string& flow_name) {
  return "apiVersion: codefresh.io/v1beta2\nkind: Product\nmetadata: {name: " + name +
         "}\nspec: {promotionFlows: [{name: " + flow_name + "}]}\n";
}

std::string workflow(const std::string& name) {
  return "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: " + name +
         ", annotations: {codefresh.io/workflow-origin: promotion}}\nspec: {}\n";
}

}  // namespace

TEST_CASE("flows of all files, and of lists, are one configuration", "[P1]") {
  const Files files{{"a.yaml", flow("{name: one}")},
                    {"b.json", R"({"kind":"List","items":[{"apiVersion":"codefresh.io/v1beta1",
"kind":"PromotionFlow","metadata":{"name":"two"},"spec":{"triggerEnvironment":"dev","steps":[
{"environment":"live","dependsOn":["dev"]}]}}]})"}};
  const Configuration configuration = configuration_of(files);
  REQUIRE(configuration.flows().size() == 2);
  CHECK(configuration.find_flow("two")->name() == "two");
  CHECK_FALSE(configuration.find_flow("three"));
}

TEST_CASE("documents of other kinds are passed over, whatever is wrong with them", "[P1]") {
  CHECK(facts_of({{"a.yaml", flow("{name: one}")},
                  {"values.yaml", "image: {tag: 1}\n"},
                  {"list.json", "[1, 2]"},
                  {"chart.yaml", "apiVersion: v2\nkind: Chart\nname: x\nname: y\n"},
                  {"role.yaml", "apiVersion: iam.example.org/v1\nkind: Role\nmetadata: {}\n"}}) ==
        Facts{});
}

TEST_CASE("a flow with errors gives no configuration, and a name that is known", "[P1]") {
  const Files files{{"a.yaml", flow("{name: one}", ", hoks: {}")}, {"b.yaml", product("p", "one")}};
  const ConfigurationReport report = read_files(files);
  CHECK_FALSE(report.configuration);
  CHECK(report.flows == 1);
  CHECK(facts_of(report, files) == Facts{"a.yaml:6:49 unknown-field"});
}

TEST_CASE("limits hold for all files together", "[P1]") {
  ConfigurationOptions options;
  options.limits.files_max = 1;
  const Files files{{"a.yaml", flow("{name: one}")}, {"b.yaml", flow("{name: two}")}};
  CHECK(facts_of(read_files(files, options), files) == Facts{"all:0:0 limit-exceeded"});
  options.limits.files_max = 2;
  options.limits.text_bytes_max = 100;
  CHECK(facts_of(read_files(files, options), files) == Facts{"all:0:0 limit-exceeded"});
  options.limits.text_bytes_max = 1000;
  options.limits.work_max = 5;
  CHECK_FALSE(read_files(files, options).configuration);
}

TEST_CASE("of all files together values count after aliases are expanded", "[P1][H1]") {
  std::string hooks = "a";
  for (int i = 0; i < 99; ++i) { hooks += ", a"; }
  std::string steps;
  for (int i = 0; i < 100; ++i) {
    steps += "    - {environment: s" + std::to_string(i) + ", dependsOn: [dev], hooks: " +
             (i == 0 ? "&all {onStart: [" + hooks + "]}" : std::string("*all")) + "}\n";
  }
  const Files files{{"a.yaml",
                     "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: a}\n"
                     "spec:\n  triggerEnvironment: dev\n  steps:\n" +
                         steps}};
  ConfigurationOptions options;
  options.limits.work_max = 10'000;  // The text has some thousand values.
  CHECK(facts_of(read_files(files, options), files) == Facts{"all:0:0 limit-exceeded"});
  options.limits.work_max = 200'000;
  CHECK(read_files(files, options).configuration);
}

TEST_CASE("of the hooks of a flow with errors some thousand are checked", "[P3][H1]") {
  const auto broken = [](std::size_t hooks, const char* last) {
    std::string text =
        "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: a}\n"
        "spec:\n  triggerEnvironment: 1\n  hooks:\n    onStart:\n";
    for (std::size_t i = 0; i < hooks; ++i) { text += "      - known\n"; }
    return text + "      - " + last + "\n  steps: [{environment: a, dependsOn: [dev]}]\n";
  };
  const std::string known =
      "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: known}\n";
  const auto finds = [&](std::size_t hooks) {
    const Files files{{"a.yaml", broken(hooks, "missing")}, {"b.yaml", known}};
    return !said_of(read_files(files), DiagnosticCode::UnknownWorkflow).empty();
  };
  CHECK(finds(5'000));
  CHECK_FALSE(finds(20'000));
}

TEST_CASE(
    "[P1] a thousand files of a thousand mistakes: the first are listed, the others counted") {
  Files files;
  std::string wrong = flow("{name: one}");
  for (int i = 0; i < 100; ++i) { wrong += "x" + std::to_string(i) + ": 1\n"; }
  for (int i = 0; i < 100; ++i) { files.emplace_back("f" + std::to_string(i), wrong); }
  ConfigurationOptions options;
  options.limits.diagnostics_max = 250;
  const ConfigurationReport report = read_files(files, options);
  REQUIRE(report.diagnostics.size() == 251);
  CHECK(report.diagnostics.back().problem.code == DiagnosticCode::LimitExceeded);
  // 100 unknown fields in each file, and 99 flows of the same name.
  CHECK(report.diagnostics.back().problem.message == "and 9849 further problems");
  CHECK(report.diagnostics[249].file == 2);
}

TEST_CASE("one kind, namespace and name twice is a duplicate, with the place of the first",
          "[P2]") {
  const Files files{{"a.yaml", flow("{name: one}")},
                    {"b.yaml", flow("{name: one}")},
                    {"c.yaml", flow("{name: one, namespace: n}")},
                    {"d.yaml", workflow("w") + "---\n" + workflow("w")}};
  const ConfigurationReport report = read_files(files);
  CHECK(facts_of(report, files) == Facts{"b.yaml:3:18 duplicate-document",
                                         "c.yaml:3:18 ambiguous-name",
                                         "d.yaml:8:18 duplicate-document"});
  REQUIRE(report.diagnostics[0].related.size() == 1);
  CHECK(report.diagnostics[0].related[0].file == 0);
  CHECK(report.diagnostics[0].related[0].line == 3);
  CHECK(report.diagnostics[0].related[0].length == 3);
}

TEST_CASE("a duplicate of what is the cluster's is said to be in no namespace", "[P2]") {
  const auto said = [](const std::string& version, const std::string& kind) {
    const auto document = [&](const std::string& space) {
      return "apiVersion: " + version + "\nkind: " + kind +
             "\nmetadata: {name: h, namespace: " + space + "}\n";
    };
    return said_of(read_files({{"a.yaml", document("a")}, {"b.yaml", document("b")}}),
                   DiagnosticCode::DuplicateDocument);
  };
  const std::string help = " (rename one of the two, or remove it)\n";
  CHECK(said("argoproj.io/v1alpha1", "ClusterWorkflowTemplate") ==
        "there is another ClusterWorkflowTemplate 'h'" + help);
  for (const char* const kind : {"ClusterRole", "ClusterRoleBinding"}) {
    CHECK(said("rbac.authorization.k8s.io/v1", kind) ==
          "there is another " + std::string(kind) + " 'h'" + help);
  }
  CHECK(said("argoproj.io/v1alpha1", "WorkflowTemplate").empty());
}

TEST_CASE("fields of products, policies and environments are checked", "[P2]") {
  CHECK(facts_of({{"a.yaml", flow("{name: one}")},
                  {"b.yaml",
                   "apiVersion: codefresh.io/v1\nkind: Product\nmetadata: {name: p}\n"
                   "spec: {flows: []}\n"},
                  {"c.yaml",
                   "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\n"
                   "metadata: {name: q}\nspec: {priority: high, policy: {action: push}}\n"},
                  {"d.yaml",
                   "apiVersion: promoflow.dev/v1\nkind: Environment\n"
                   "metadata: {name: live}\nspec: {kind: TEST}\n"},
                  {"e.yaml", "apiVersion: codefresh.io/v1beta1\nkind: Prodct\nmetadata: {}\n"}}) ==
        Facts{"b.yaml:1:13 invalid-value", "b.yaml:4:8 unknown-field", "c.yaml:4:18 wrong-type",
              "c.yaml:4:41 invalid-value", "d.yaml:4:14 invalid-value",
              "e.yaml:2:7 invalid-value"});
}

TEST_CASE("a product's tags are an extension", "[P2]") {
  CHECK(facts_of({{"a.yaml", flow("{name: one}")},
                  {"b.yaml",
                   "apiVersion: codefresh.io/v1beta1\nkind: Product\nmetadata: {name: p}\n"
                   "spec: {tags: [a]}\n"}}) == Facts{"~b.yaml:4:8 extension-field"});
}

TEST_CASE("names that refer to nothing, with what is near", "[P3]") {
  const Files files{
      {"a.yaml", flow("{name: to-prod}", ", hooks: {onStart: notfy}")},
      {"b.yaml", product("billing", "to-prd")},
      {"c.yaml", workflow("notify")},
      {"d.yaml",
       "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\nmetadata: {name: q}\n"
       "spec: {selector: {product: {names: [biling]}, targetEnvironment: {names: "
       "[liv, live, dev]}}, policy: {preAction: notifi}}\n"}};
  const ConfigurationReport report = read_files(files);
  CHECK(facts_of(report, files) == Facts{"a.yaml:6:66 unknown-workflow", "b.yaml:4:32 unknown-flow",
                                         "~d.yaml:4:37 policy-never-applies",
                                         "~d.yaml:4:75 policy-never-applies",
                                         "d.yaml:4:114 unknown-workflow"});
  CHECK(said_of(report, DiagnosticCode::UnknownFlow) ==
        "there is no flow 'to-prd' (did you mean 'to-prod'?)\n");
  CHECK(report.diagnostics[0].problem.pointer == "/spec/steps/0/hooks/onStart");
}

TEST_CASE("an error in one flow hides no unknown name of a policy or of another flow", "[P3]") {
  const Files files{
      {"a.yaml",
       "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: broken}\n"
       "spec:\n  triggerEnvironment: dev\n  steps: [{environment: qa, dependsOn: [dve]}]\n"},
      {"b.yaml", flow("{name: correct}", ", hooks: {onStart: notfy}")},
      {"c.yaml", workflow("notify")},
      {"d.yaml",
       "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\nmetadata: {name: q}\n"
       "spec: {selector: {targetEnvironment: {names: [qa, dev, qaa]}}, "
       "policy: {preAction: notifi}}\n"}};
  const ConfigurationReport report = read_files(files);
  CHECK(facts_of(report, files) ==
        Facts{"a.yaml:6:41 unknown-environment", "b.yaml:6:66 unknown-workflow",
              "~d.yaml:4:56 policy-never-applies", "d.yaml:4:84 unknown-workflow"});
  CHECK(said_of(report, DiagnosticCode::PolicyNeverApplies) ==
        "there is no environment 'qaa': the policy never applies to it (did you mean 'qa'?)\n");
}

TEST_CASE("a flow's unknown workflows are reported beside its other errors", "[P3]") {
  const auto found = [](const std::string& spec) {
    return facts_of({{"a.yaml",
                      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
                      "metadata: {name: f, annotations: {promoflow.dev/extensions: \"true\"}}\n" +
                          spec},
                     {"w.yaml", workflow("notify")}});
  };
  CHECK(found("spec:\n  triggerEnvironment: dev\n  postTrigger: notifi\n"
              "  steps:\n    - environment: live\n      dependsOn: [dev]\n"
              "      policy: {action: comit, preAction: notfy}\n"
              "      hooks: {onStart: [notify, {name: tell}], onEnd: nobody}\n"
              "  hooks: {onFail: [slack-fial]}\n") ==
        Facts{"~a.yaml:6:3 deprecated-field", "a.yaml:6:16 unknown-workflow",
              "a.yaml:10:24 invalid-value", "a.yaml:10:42 unknown-workflow",
              "a.yaml:11:40 unknown-workflow", "a.yaml:11:55 unknown-workflow",
              "a.yaml:12:20 unknown-workflow"});
  // The older layout; what is no name is one error, not two.
  CHECK(found("spec:\n  properties:\n    triggerEnvironment: dev\n    hooks: {onFail: [1, '', {}, "
              "[x], \"a\\u0007\", slak]}\n    steps: none\n") ==
        Facts{"~a.yaml:5:3 deprecated-layout", "a.yaml:7:22 wrong-type", "a.yaml:7:25 invalid-name",
              "a.yaml:7:29 missing-field", "a.yaml:7:33 wrong-type", "a.yaml:7:38 invalid-name",
              "a.yaml:7:49 unknown-workflow", "a.yaml:8:12 wrong-type"});
  for (const std::string& fact :
       found("spec: {hooks: [notfy], steps: [x, {hooks: notfy, policy: [notfy]}]}\n")) {
    CHECK(fact.find("unknown-workflow") == std::string::npos);
  }
  CHECK(found("spec: notfy\n") == Facts{"a.yaml:4:7 wrong-type"});
}

TEST_CASE("a name that may be behind a syntax error is said to be so", "[P3]") {
  const auto hint = [](const std::string& templates) {
    const Files files{{"a.yaml", flow("{name: f}", ", hooks: {onStart: smoke}")},
                      {"w.yaml", templates}};
    return said_of(read_files(files), DiagnosticCode::UnknownWorkflow);
  };
  CHECK(hint(workflow("notify")) ==
        "there is no workflow template 'smoke' (add a WorkflowTemplate of that name)\n");
  CHECK(hint(workflow("notify") + "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\n"
                                  "metadata: {name: smoke\n") ==
        "there is no workflow template 'smoke' (correct the syntax errors first, it may be behind "
        "one; or add a WorkflowTemplate of that name)\n");
}

TEST_CASE("a policy's types are the two that there are, whatever environments there are", "[P3]") {
  const auto found = [](const std::string& type) {
    return facts_of({{"a.yaml", flow("{name: f}")},
                     {"d.yaml",
                      "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\n"
                      "metadata: {name: q}\n"
                      "spec: {selector: {targetEnvironment: {types: [" +
                          type + "]}}}\n"},
                     {"e.yaml",
                      "apiVersion: promoflow.dev/v1\nkind: Environment\nmetadata: {name: live}\n"
                      "spec: {kind: NON_PROD}\n"}});
  };
  CHECK(found("PROD") == Facts{});
  CHECK(found("PRODX") == Facts{"~d.yaml:4:47 policy-never-applies"});
}

TEST_CASE("an onEnd hook without a template is reported once", "[P3]") {
  CHECK(facts_of({{"a.yaml", flow("{name: f, annotations: {promoflow.dev/extensions: \"true\"}}",
                                  ", hooks: {onEnd: notfy}")},
                  {"w.yaml", workflow("notify")}}) == Facts{"a.yaml:6:64 unknown-workflow"});
}

TEST_CASE("where a flow's environments cannot all be read, no policy is said to miss one", "[P3]") {
  const auto found = [](const std::string& spec) {
    return facts_of({{"a.yaml",
                      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
                      "metadata: {name: f}\nspec: {" +
                          spec + "}\n"},
                     {"d.yaml",
                      "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\n"
                      "metadata: {name: q}\n"
                      "spec: {selector: {targetEnvironment: {names: [qa]}}}\n"}});
  };
  const std::string policy = "~d.yaml:4:47 policy-never-applies";
  const auto is_said = [&](const std::string& spec) {
    const Facts facts = found(spec);
    return std::find(facts.begin(), facts.end(), policy) != facts.end();
  };
  CHECK(is_said("triggerEnvironment: dev, steps: [{environment: live, dependsOn: [dve]}]"));
  CHECK_FALSE(is_said("triggerEnvironment: dev, steps: [{enviroment: qa, dependsOn: [dev]}]"));
  CHECK_FALSE(is_said("triggerEnviroment: qa, steps: [{environment: live, dependsOn: [dev]}]"));
  CHECK_FALSE(is_said("triggerEnvironment: dev, stepz: [{environment: qa, dependsOn: [dev]}]"));
}

TEST_CASE("without any template no hook is unknown", "[P3]") {
  CHECK(facts_of({{"a.yaml", flow("{name: one}", ", hooks: {onStart: notify}")}}) == Facts{});
}

TEST_CASE("further places are shown in text, JSON and SARIF") {
  const Files files{{"a.yaml", flow("{name: one}")}, {"b.yaml", flow("{name: one}")}};
  const ConfigurationReport report = read_files(files);
  const auto sources = sources_of(files);
  const auto as = [&](DiagnosticFormat format) {
    return format_diagnostics(report.diagnostics, sources, format).value_or("");
  };
  CHECK(as(DiagnosticFormat::Text) ==
        "b.yaml:3:18: error: there is another PromotionFlow 'one' without a namespace "
        "[duplicate-document]\n"
        "    3 | metadata: {name: one}\n"
        "      |                  ^~~\n"
        "      = help: rename one of the two, or remove it\n"
        "a.yaml:3:18: note: the first one is here\n"
        "    3 | metadata: {name: one}\n"
        "      |                  ^~~\n");
  CHECK(as(DiagnosticFormat::Json).find(R"("related":[{"file":"a.yaml","line":3,"column":18,)") !=
        std::string::npos);
  CHECK(
      format_sarif(report.diagnostics, sources)
          ->find(
              R"("relatedLocations":[{"physicalLocation":{"artifactLocation":{"uri":"a.yaml"})") !=
      std::string::npos);
}

TEST_CASE("the manifests of a service account grant exactly what is asked for") {
  const std::string text = *service_account_manifests("hooks-sa", "ci");
  const Files files{{"sa.yaml", text},
                    {"flow.yaml", flow("{name: one}", ", hooks: {onStart: notify}")},
                    {"hook.yaml",
                     "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: "
                     "notify, namespace: ci, annotations: {codefresh.io/workflow-origin: "
                     "promotion}}\nspec: {serviceAccountName: hooks-sa}\n"}};
  CHECK(facts_of(files) == Facts{});
  CHECK(service_account_manifests("Hooks", "ci").error().code == ErrorCode::InvalidArgument);
}

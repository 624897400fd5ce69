// SPDX-License-Identifier: Apache-2.0
// P4, P5 and P7: what hooks need, and who writes and reads the context.
#include <fstream>
#include <sstream>

#include "configuration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Facts = std::vector<std::string>;

/// A template that reads and exports these keys; an empty text of exports is said to be none.
std::string hook(const std::string& name, const std::string& reads, const char* exports = "") {
  std::string text =
      "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata:\n"
      "  name: " +
      name + "\n  annotations:\n    codefresh.io/workflow-origin: promotion\n";
  if (exports != nullptr) {
    text += "    promoflow.dev/exports: \"" + std::string(exports) + "\"\n";
  }
  text += "spec:\n  arguments: {parameters: [" + reads + "]}\n";
  if (exports == nullptr) {
    text +=
        "  templates: [{name: m, outputs: {parameters: [{name: PROMOTION_CONTEXT, globalName: "
        "PROMOTION_CONTEXT, valueFrom: {path: /x}}]}}]\n";
  }
  return text;
}

std::string flow(const std::string& steps, const std::string& hooks,
                 const std::string& annotations = "") {
  return "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f, annotations: "
         "{promoflow.dev/extensions: \"true\"" +
         annotations + "}}\nspec:\n  triggerEnvironment: dev\n  steps:\n" + steps +
         "  hooks: " + hooks + "\n";
}

constexpr const char* kStaging = "    - {environment: staging, dependsOn: [dev]";
constexpr const char* kProduction = "    - {environment: production, dependsOn: [staging]";

std::string corpus(const std::string& name) {
  std::ifstream file(std::string(PROMOFLOW_SOURCE_DIR) + "/tests/corpus/hooks/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

std::string said(const Files& files, DiagnosticCode code) {
  return said_of(read_files(files), code);
}

}  // namespace

TEST_CASE(
    "[P7] the documentation's walkthrough: the ticket's URL is missing if the release fails "
    "elsewhere") {
  const std::string steps =
      std::string(kStaging) + ", hooks: {onFail: jira-open-bug}}\n" + kProduction + "}\n";
  Files files{{"flow.yaml", flow(steps, "{onFail: slack-fail-hook}")},
              {"slack-fail-hook.yaml", corpus("slack-fail-hook.c8e9.yaml")},
              {"jira-open-bug.yaml", corpus("jira-open-bug.733e.yaml")},
              {"set-promotion-context.yaml", corpus("set-promotion-context.b469.yaml")}};
  const ConfigurationReport report = read_files(files);
  CHECK(facts_of(report, files) == Facts{"~flow.yaml:9:19 context-key-may-be-missing"});
  REQUIRE(report.diagnostics.size() == 1);
  const ConfigurationDiagnostic& found = report.diagnostics[0];
  CHECK(found.problem.message ==
        "the release's onFail hook 'slack-fail-hook' requires the context key 'JIRA_ISSUE_URL', "
        "which is missing when the promotion into 'production' fails");
  REQUIRE(found.related.size() == 2);
  CHECK(found.related[0].file == 1);
  CHECK(found.related[1].message == "the onFail hook 'jira-open-bug' of 'staging' may export it");
  CHECK(found.related[1].line == 7);

  // The same with a hook that runs first: there the release fails sooner.
  files[0].second = flow(steps, "{onStart: on-start-hook, onFail: slack-fail-hook}");
  files.emplace_back("on-start-hook.yaml", corpus("on-start-hook.2b08.yaml"));
  CHECK(said(files, DiagnosticCode::ContextKeyMayBeMissing)
            .find("which is missing when the release's onStart hook 'on-start-hook' fails") !=
        std::string::npos);
}

TEST_CASE("what is exported before in every run is certain", "[P7]") {
  const std::string hooks = hook("w", "", "K") + hook("h", "{name: K}");
  CHECK(facts_of({{"f.yaml",
                   flow(std::string(kStaging) + ", hooks: {onStart: w, onSuccess: h}}\n", "{}")},
                  {"h.yaml", hooks}}) == Facts{});
  CHECK(facts_of({{"f.yaml",
                   flow(std::string(kStaging) + ", hooks: {onFail: h}}\n", "{onStart: [w, h]}")},
                  {"h.yaml", hooks}}) == Facts{});
}

TEST_CASE("what another environment exports is missing when that is skipped", "[P7]") {
  const std::string hooks = hook("w", "", "K") + hook("h", "{name: K}");
  const Files files{{"f.yaml", flow(std::string(kStaging) + ", hooks: {onSuccess: w}}\n" +
                                        kProduction + ", hooks: {onStart: h}}\n",
                                    "{onSuccess: h}")},
                    {"h.yaml", hooks}};
  CHECK(facts_of(files) == Facts{"~f.yaml:8:72 context-key-may-be-missing",
                                 "~f.yaml:9:22 context-key-may-be-missing"});
  CHECK(said(files, DiagnosticCode::ContextKeyMayBeMissing)
            .find("the context key 'K', which is missing when 'staging' is skipped") !=
        std::string::npos);
}

TEST_CASE("a key that no hook before it exports is an error", "[P7]") {
  const std::string hooks = hook("w", "", "K") + hook("h", "{name: K}");
  const Files files{{"f.yaml", flow(std::string(kStaging) + ", hooks: {onStart: h}}\n" +
                                        kProduction + ", hooks: {onSuccess: w}}\n",
                                    "{}")},
                    {"h.yaml", hooks}};
  CHECK(facts_of(files) == Facts{"f.yaml:7:65 context-key-never-written"});
  CHECK(
      said(files, DiagnosticCode::ContextKeyNeverWritten)
          .find("the onSuccess hook 'w' of 'production' exports it, and never before this hook") !=
      std::string::npos);
}

TEST_CASE("arguments, defaults, initial keys and values in the template are enough", "[P7]") {
  const std::string steps =
      std::string(kStaging) + ", hooks: {onStart: {name: h, arguments: {A: x}}, onFail: g}}\n";
  const Files files{
      {"f.yaml", flow(steps, "{}", ", promoflow.dev/initial-context: 'B, C'")},
      {"h.yaml", hook("h",
                      "{name: A}, {name: B}, {name: C}, {name: D, value: ''}, {name: E, "
                      "default: x}, {name: RELEASE_ID}, {name: VERSION}") +
                     hook("g", "{name: ERROR_MESSAGE}, {name: FAILED_ENVIRONMENTS}")}};
  CHECK(facts_of(files) == Facts{});
}

TEST_CASE("an argument of onFail is required elsewhere", "[P7]") {
  CHECK(facts_of({{"f.yaml", flow(std::string(kStaging) + ", hooks: {onSuccess: h}}\n", "{}")},
                  {"h.yaml", hook("h", "{name: ERROR_MESSAGE}")}}) ==
        Facts{"f.yaml:7:67 failure-argument-elsewhere"});
}

TEST_CASE("the message says in which run the key is missing", "[P7]") {
  const auto when = [](const std::string& steps, const std::string& hooks,
                       const std::string& templates) {
    const std::string text = said({{"f.yaml", flow(steps, hooks)}, {"h.yaml", templates}},
                                  DiagnosticCode::ContextKeyMayBeMissing);
    const std::size_t from = text.find("which is missing ");
    return from == std::string::npos ? text
                                     : text.substr(from + 17, text.find(" (", from) - from - 17);
  };
  const std::string templates = hook("w", "", "K") + hook("h", "{name: K}") + hook("n", "");
  const std::string staging = kStaging;
  const std::string parallel = "    - {environment: qa, dependsOn: [dev]";
  CHECK(when(staging + ", hooks: {onSuccess: [w, n], onFail: h}}\n", "{}", templates) ==
        "when the promotion into 'staging' fails");
  CHECK(when(staging + ", hooks: {onSuccess: {name: w, onError: ignore}}}\n" + kProduction +
                 ", hooks: {onStart: h}}\n",
             "{}", templates) == "when the onSuccess hook 'w' of 'staging' fails");
  CHECK(when(staging + ", hooks: {onSuccess: w}}\n" + parallel + ", hooks: {onStart: h}}\n", "{}",
             templates) == "when it runs before the onSuccess hook 'w' of 'staging' has succeeded");
  CHECK(when(staging + ", hooks: {onFail: w}}\n" + kProduction + ", hooks: {onStart: h}}\n", "{}",
             templates) == "unless 'staging' has failed before");
  CHECK(when(staging + ", hooks: {onSuccess: [w, n]}}\n", "{onFail: h}", templates) ==
        "when the promotion into 'staging' fails");
  CHECK(when(staging + ", hooks: {onStart: [n, w]}}\n", "{onFail: h}", templates) ==
        "when the onStart hook 'n' of 'staging' fails");
  CHECK(when(staging + "}\n", "{onStart: [h], onFail: w}", templates) ==
        "unless the release has failed before and was retried");
}

TEST_CASE("the help for a key that may be missing keeps the value that is exported", "[P7]") {
  const std::string may_be_missing = "context-key-may-be-missing";
  const auto steps = [](const std::string& h, const std::string& more = "") {
    return std::string(kStaging) + ", hooks: {onSuccess: [{name: w, exports: [K]" + more + "}, " +
           h + "]}}\n" + kProduction + ", hooks: {onStart: " + h + "}}\n";
  };
  const auto files = [&](const std::string& h, const std::string& parameters,
                         const std::string& annotations = "") {
    return Files{{"f.yaml", flow(steps(h), "{}", annotations)},
                 {"h.yaml", hook("w", "") + hook("h", parameters)}};
  };
  // Read by the hook's own object: an assigned argument would win over the context in every run.
  const std::string own =
      said(files("{name: h, reads: [K]}", ""), DiagnosticCode::ContextKeyMayBeMissing);
  CHECK(own.find("if the hook has a default for it (in a template: {name: K, value: ''}), remove "
                 "it from 'reads'; or start every release with it, and annotate the flow with "
                 "'promoflow.dev/initial-context: \"K\"'") != std::string::npos);
  CHECK(own.find("arguments:") == std::string::npos);
  CHECK(facts_of(files("{name: h, reads: []}", "{name: K, value: ''}")) == Facts{});
  CHECK(facts_of(files("{name: h, reads: [K]}", "", ", promoflow.dev/initial-context: K")) ==
        Facts{});
  // Read by both: a value in the template alone would not be enough.
  CHECK(said(files("{name: h, reads: [K]}", "{name: K}"), DiagnosticCode::ContextKeyMayBeMissing) ==
        own);
  // Read by the template alone.
  CHECK(said(files("h", "{name: K}"), DiagnosticCode::ContextKeyMayBeMissing)
            .find("(give the parameter a value in the template: {name: K, value: ''})") !=
        std::string::npos);
}

TEST_CASE("a key that is missing as a failure is ignored: the help says not to", "[P7]") {
  const auto files = [](const std::string& on_error) {
    return Files{
        {"f.yaml", flow(std::string(kStaging) + ", hooks: {onSuccess: [{name: w, exports: [K]" +
                            on_error + "}, h]}}\n",
                        "{}")},
        {"h.yaml", hook("w", "") + hook("h", "{name: K}")}};
  };
  CHECK(said(files(", onError: ignore"), DiagnosticCode::ContextKeyMayBeMissing)
            .find("(do not ignore that the onSuccess hook 'w' of 'staging' fails: 'onError: fail'; "
                  "or give the parameter a value in the template: {name: K, value: ''})") !=
        std::string::npos);
  CHECK(facts_of(files(", onError: fail")) == Facts{});
}

TEST_CASE("the help for an argument of onFail that a hook's own object reads elsewhere", "[P7]") {
  const Files files{
      {"f.yaml",
       flow(std::string(kStaging) + ", hooks: {onSuccess: {name: h, reads: [ERROR_MESSAGE]}}}\n",
            "{}")},
      {"h.yaml", hook("h", "")}};
  CHECK(said(files, DiagnosticCode::FailureArgumentElsewhere)
            .find("(make it an onFail hook, or if the hook has a default for it (in a template: "
                  "{name: ERROR_MESSAGE, value: ''}), remove it from 'reads')") !=
        std::string::npos);
}

TEST_CASE("a template that writes the context and does not say what may export anything", "[P7]") {
  const Files files{{"f.yaml", flow(std::string(kStaging) + ", hooks: {onSuccess: u}}\n" +
                                        kProduction + ", hooks: {onStart: h}}\n",
                                    "{}")},
                    {"h.yaml", hook("u", "", nullptr) + hook("h", "{name: K}")}};
  CHECK(facts_of(files) == Facts{"~f.yaml:8:72 context-key-may-be-missing"});
  const std::string text = said(files, DiagnosticCode::ContextKeyMayBeMissing);
  CHECK(text.find("unless the onSuccess hook 'u' of 'staging' exports it, which nothing says") !=
        std::string::npos);
  CHECK(text.find("'promoflow.dev/exports: \"K\"'") != std::string::npos);
}

TEST_CASE("writers whose order is open race, others do not", "[P7]") {
  const std::string hooks = hook("w", "", "K") + hook("h", "{name: K}");
  const std::string staging = std::string(kStaging) + ", hooks: {onSuccess: w}}\n";
  CHECK(facts_of({{"f.yaml", flow(staging + kProduction + ", hooks: {onSuccess: [w, h]}}\n", "{}")},
                  {"h.yaml", hooks}}) == Facts{});
  CHECK(facts_of({{"f.yaml", flow(staging + "    - {environment: qa, dependsOn: [dev], hooks: "
                                            "{onSuccess: [w, h]}}\n",
                                  "{}")},
                  {"h.yaml", hooks}}) == Facts{"~f.yaml:8:63 context-key-race"});
}

TEST_CASE("a key that nobody reads is a note, unless a hook's reads are not known", "[P7]") {
  const std::string steps =
      std::string(kStaging) + ", hooks: {onSuccess: {name: w, exports: [K]}}}\n";
  CHECK(facts_of({{"f.yaml", flow(steps, "{}")}, {"h.yaml", hook("w", "")}}) ==
        Facts{"-f.yaml:7:74 context-key-unused"});
  CHECK(facts_of({{"f.yaml", flow(steps, "{}")}}) == Facts{});
}

TEST_CASE("outputs that do not reach the context, and parameters that Argo refuses", "[P5]") {
  const std::string outputs =
      "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: w}\nspec:\n"
      "  templates:\n    - name: m\n      inputs: {parameters: [{name: a.b}, {name: c}, {name: "
      "c}]}\n"
      "      outputs:\n        parameters:\n"
      "          - {name: PROMOTION_CONTEXT, globalName: OTHER, valueFrom: {path: /x}}\n"
      "          - {name: PROMOTION_CONTEXT2, globalName: PROMOTION_CONTEXT}\n"
      "    - name: n\n      outputs: {parameters: [{name: PROMOTION_CONTEXT, globalName: "
      "PROMOTION_CONTEXT}]}\n"
      "    - name: o\n      outputs: {parameters: [{name: PROMOTION_CONTEXT}]}\n";
  CHECK(facts_of({{"f.yaml", flow(std::string(kStaging) + "}\n", "{}")}, {"w.yaml", outputs}}) ==
        Facts{"w.yaml:8:36 invalid-parameter", "w.yaml:8:60 invalid-parameter",
              "~w.yaml:11:51 context-not-exported", "~w.yaml:12:20 context-not-exported",
              "~w.yaml:14:37 context-not-exported", "~w.yaml:16:37 context-not-exported"});
}

TEST_CASE("origin, rights that are missing, and rights that are too many", "[P4]") {
  const std::string role = "apiVersion: rbac.authorization.k8s.io/v1\n";
  const std::string rbac =
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa, namespace: n}\n---\n" + role +
      "kind: Role\nmetadata: {name: r, namespace: n}\nrules:\n"
      "  - {apiGroups: [''], resources: [pods], verbs: ['*']}\n"
      "  - {apiGroups: [argoproj.io], resources: [workflowtaskresults], verbs: [create]}\n---\n" +
      role +
      "kind: RoleBinding\nmetadata: {name: b, namespace: n}\nroleRef: {kind: Role, name: r}\n"
      "subjects: [{kind: ServiceAccount, name: sa, namespace: n}]\n";
  const auto files = [&](const std::string& space) {
    return Files{{"f.yaml", flow(std::string(kStaging) + ", hooks: {onStart: w}}\n", "{}")},
                 {"r.yaml", rbac},
                 {"w.yaml",
                  "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: "
                  "{name: w, namespace: " +
                      space + "}\nspec: {serviceAccountName: sa}\n"}};
  };
  CHECK(facts_of(files("n")) == Facts{"~r.yaml:9:5 excessive-permission",
                                      "~w.yaml:3:18 not-a-promotion-workflow",
                                      "~w.yaml:4:28 missing-permission"});
  CHECK(said(files("n"), DiagnosticCode::MissingPermission)
            .find("'sa' may not patch workflowtaskresults.argoproj.io (bind it to") !=
        std::string::npos);
  CHECK(said(files("m"), DiagnosticCode::MissingPermission)
            .find("; the RoleBinding 'b' is in namespace 'n', and the template in 'm'") !=
        std::string::npos);
}

TEST_CASE("the last onSuccess hook of the last environment cannot precede release.onFail", "[P7]") {
  const std::string hooks = hook("w", "", "K") + hook("h", "{name: K}");
  const std::string staging = std::string(kStaging) + ", hooks: {onSuccess: w}}\n";
  CHECK(facts_of({{"f.yaml", flow(staging, "{onFail: h}")}, {"h.yaml", hooks}}) ==
        Facts{"f.yaml:8:19 context-key-never-written"});
  // With anything behind it that can fail, it may.
  CHECK(facts_of({{"f.yaml", flow(staging + kProduction + "}\n", "{onFail: h}")},
                  {"h.yaml", hooks}}) == Facts{"~f.yaml:9:19 context-key-may-be-missing"});
}

TEST_CASE("[P7] where a failure cuts the others, what can end before it costs no failure") {
  const std::string steps =
      "    - {environment: e0, dependsOn: [dev], hooks: {onFail: {name: h0, exports: [K]}}}\n"
      "    - {environment: e1, dependsOn: [dev], hooks: {onFail: [{name: h1, exports: [K]}, "
      "{name: h2, exports: [K]}]}}\n";
  const std::string text =
      flow(steps, "{onFail: {name: tell, reads: [K]}}\n  failurePolicy: abort");
  CHECK(said({{"flow.yaml", text}}, DiagnosticCode::ContextKeyMayBeMissing)
            .find("which is missing when the promotion into 'e0' fails and the onFail hook 'h0' of "
                  "'e0' fails ") != std::string::npos);
}

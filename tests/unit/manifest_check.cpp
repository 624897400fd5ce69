// SPDX-License-Identifier: Apache-2.0
// M1 to M6: what a manifest says, and every kind of problem with its place.
#include <algorithm>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

std::vector<std::string> names(std::span<const Hook> hooks) {
  std::vector<std::string> out;
  for (const Hook& hook : hooks) { out.push_back(hook.name); }
  return out;
}

constexpr EnvironmentId kStaging{1};

}  // namespace

TEST_CASE("a hook list is a name, an object or a list of those, and keeps its order", "[M1]") {
  const Flow flow = load_flow(with_step("      hooks:\n"
                                        "        onStart: one\n"
                                        "        onSuccess: [b, {name: a}, c]\n"
                                        "        onFail: {name: two}\n"))
                        .value();
  CHECK(names(flow.hooks(Point::EnvironmentOnStart, kStaging)) == Facts{"one"});
  CHECK(names(flow.hooks(Point::EnvironmentOnSuccess, kStaging)) == Facts{"b", "a", "c"});
  CHECK(names(flow.hooks(Point::EnvironmentOnFail, kStaging)) == Facts{"two"});
}

TEST_CASE("the hooks of onEnd come after those of onSuccess and of onFail", "[M2]") {
  const Flow flow = load_flow(with_step("      hooks: {onEnd: [x, y], onFail: f}\n"
                                        "  hooks: {onSuccess: s, onEnd: z}\n"))
                        .value();
  CHECK(names(flow.hooks(Point::EnvironmentOnSuccess, kStaging)) == Facts{"x", "y"});
  CHECK(names(flow.hooks(Point::EnvironmentOnFail, kStaging)) == Facts{"f", "x", "y"});
  CHECK(names(flow.hooks(Point::ReleaseOnSuccess)) == Facts{"s", "z"});
  CHECK(names(flow.hooks(Point::ReleaseOnFail)) == Facts{"z"});
}

TEST_CASE("an onEnd hook's error is ignored after a success, unless it has an onError of its own",
          "[M2]") {
  const Flow flow = load_flow(with_step("      hooks:\n"
                                        "        onSuccess: own\n"
                                        "        onEnd:\n"
                                        "          - plain\n"
                                        "          - {name: object, timeout: 1m}\n"
                                        "          - {name: strict, onError: fail}\n"
                                        "          - {name: lax, onError: ignore}\n"
                                        "          - {name: silent, onError: ~}\n"
                                        "  hooks: {onEnd: one}\n"))
                        .value();
  const auto errors = [&](Point point) {
    Facts out;
    for (const Hook& hook : flow.hooks(point, kStaging)) {
      out.push_back(hook.name + " " + std::string(to_string(hook.on_error)));
    }
    return out;
  };
  CHECK(errors(Point::EnvironmentOnSuccess) == Facts{"own fail", "plain ignore", "object ignore",
                                                     "strict fail", "lax ignore", "silent ignore"});
  CHECK(errors(Point::EnvironmentOnFail) ==
        Facts{"plain fail", "object fail", "strict fail", "lax ignore", "silent fail"});
  CHECK(errors(Point::ReleaseOnSuccess) == Facts{"one ignore"});
  CHECK(errors(Point::ReleaseOnFail) == Facts{"one fail"});
  CHECK(flow.hooks(Point::EnvironmentOnSuccess, kStaging)[2].timeout == std::chrono::minutes(1));
}

TEST_CASE("documents of other kinds are passed over", "[M3]") {
  const std::string text = "kind: Product\nspec: {anything: [1, 2]}\n---\n---\n" + with_step("") +
                           "---\nkind: WorkflowTemplate\n";
  const ManifestReport report = read_manifest(text).value();
  CHECK(report.diagnostics.empty());
  CHECK(report.flows.size() == 1);
}

TEST_CASE("several flows in one text are all read", "[M3]") {
  std::string text = with_step("") + "---\n" + with_step("      policy: {action: pr}\n");
  text.replace(text.rfind("billing"), std::string_view("billing").size(), "other");
  CHECK(read_manifest(text)->flows.size() == 2);
  const auto one = load_flow(text);
  REQUIRE_FALSE(one);
  CHECK(one.error().code == ErrorCode::InvalidManifest);
}

TEST_CASE("the older layout is read with a warning, and its places are those of the text",
          "[M3][M6]") {
  const std::string text = with_head(
      "  properties:\n"
      "    triggerEnvironment: dev\n"
      "    steps:\n"
      "      - environment: staging\n"
      "        dependsOn: [dvv]\n");
  CHECK(facts(text) == Facts{"~6:3 deprecated-layout /spec/properties",
                             "10:21 unknown-environment /spec/properties/steps/0/dependsOn/0"});
}

TEST_CASE("fields beside the older layout are unknown", "[M3][M6]") {
  CHECK(facts(with_head("  hooks: {}\n"
                        "  properties: {triggerEnvironment: dev, steps: "
                        "[{environment: a, dependsOn: [dev]}]}\n")) ==
        Facts{"6:3 unknown-field /spec/hooks", "~7:3 deprecated-layout /spec/properties"});
}

TEST_CASE("postTrigger is read with a warning", "[M3][M6]") {
  const ManifestReport report = read_manifest(with_step("  postTrigger: smoke\n")).value();
  CHECK(facts(report.diagnostics) == Facts{"~10:3 deprecated-field /spec/postTrigger"});
  CHECK(report.flows.at(0).options().post_trigger == "smoke");
}

TEST_CASE("Kubernetes' own fields are passed over, others of metadata are unknown", "[M3][M6]") {
  const std::string text =
      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
      "metadata: {name: a, namespace: x, labels: 3, uid: y, managedFields: []}\n"
      "spec: {triggerEnvironment: dev, steps: "
      "[{environment: a, dependsOn: [dev]}]}\n"
      "status: anything\n";
  CHECK(facts(text).empty());
  std::string other = text;
  other.replace(other.find("labels"), 6, "lables");
  const ManifestReport report = read_manifest(other).value();
  CHECK(facts(report.diagnostics) == Facts{"3:35 unknown-field /metadata/lables"});
  CHECK(report.diagnostics.at(0).hint == "did you mean 'labels'?");
}

TEST_CASE("extensions are read, each with a warning", "[M4][M6]") {
  const std::string text = with_step(
      "      timeout: 10m\n"
      "      retry: {limit: 1}\n"
      "      soak: 2h\n"
      "      hooks:\n"
      "        onEnd: report\n"
      "        onStart:\n"
      "          - name: gate\n"
      "            arguments: {A: text, B: [1, {C: null}]}\n"
      "            timeout: 45s\n"
      "            retry: {limit: 3, backoff: {duration: 5s, "
      "factor: 2, maxDuration: 5m}}\n"
      "            onError: ignore\n"
      "  failurePolicy: abort\n"
      "  contextMerge: deep\n"
      "  hookTimeout: 5m\n"
      "  terminationGracePeriod: 30m\n");
  const ManifestReport report = read_manifest(text).value();
  CHECK(facts(report.diagnostics) == Facts{"~10:7 extension-field /spec/steps/0/timeout",
                                           "~11:7 extension-field /spec/steps/0/retry",
                                           "~12:7 extension-field /spec/steps/0/soak",
                                           "~14:9 extension-field /spec/steps/0/hooks/onEnd",
                                           "~16:13 extension-field /spec/steps/0/hooks/onStart/0",
                                           "~21:3 extension-field /spec/failurePolicy",
                                           "~22:3 extension-field /spec/contextMerge",
                                           "~23:3 extension-field /spec/hookTimeout",
                                           "~24:3 extension-field /spec/terminationGracePeriod"});
  const Flow& flow = report.flows.at(0);
  const Hook& hook = flow.hooks(Point::EnvironmentOnStart, kStaging)[0];
  CHECK(hook.arguments ==
        std::vector<AssignedArgument>{{"A", "text", false}, {"B", R"([1,{"C":null}])", true}});
  CHECK(hook.timeout == std::chrono::seconds(45));
  CHECK(hook.retry == RetryPolicy{3, std::chrono::seconds(5), 2.0, std::chrono::minutes(5)});
  CHECK(hook.on_error == OnError::Ignore);
  CHECK(flow.step(kStaging).timeout == std::chrono::minutes(10));
  CHECK(flow.step(kStaging).retry.limit == 1);
  CHECK(flow.options().failure_policy == FailurePolicy::Abort);
  CHECK(flow.step(kStaging).soak == std::chrono::hours(2));
  CHECK(flow.options().context_merge == ContextMerge::Deep);
  CHECK(flow.options().hook_timeout == std::chrono::minutes(5));
  CHECK(flow.options().termination_grace_period == std::chrono::minutes(30));

  std::string known = text;
  known.replace(known.find("billing"), std::string_view("billing").size(), "other");
  known.insert(known.find("spec:"), "  annotations: {promoflow.dev/extensions: \"true\"}\n");
  const std::string silenced = text + "---\n" + known;
  CHECK(facts(silenced).size() == 9);
}

TEST_CASE("soak, hookTimeout and terminationGracePeriod are longer than nothing", "[M4][M6]") {
  const auto errors = [](std::string_view length) {
    const std::string of(length);
    Facts out = facts(with_step("      soak: " + of + "\n  hookTimeout: " + of +
                                "\n  terminationGracePeriod: " + of + "\n"));
    out.erase(std::remove_if(out.begin(), out.end(), [](auto& fact) { return fact[0] == '~'; }),
              out.end());
    return out;
  };
  for (const std::string_view length : {"0s", "0", "-1s", "later"}) {
    INFO(length);
    CHECK(errors(length) == Facts{"10:13 invalid-value /spec/steps/0/soak",
                                  "11:16 invalid-value /spec/hookTimeout",
                                  "12:27 invalid-value /spec/terminationGracePeriod"});
  }
  CHECK(errors("10") == Facts{"10:13 wrong-type /spec/steps/0/soak",
                              "11:16 wrong-type /spec/hookTimeout",
                              "12:27 wrong-type /spec/terminationGracePeriod"});
  CHECK(errors("1ms").empty());
  CHECK(errors("~").empty());
}

TEST_CASE("a hook's own argument with the name of a default one is warned of", "[M6][A5]") {
  const std::string text = with_step(
      "      hooks:\n"
      "        onStart: {name: a, arguments: {RELEASE_URL: 1, PRODUCT_NAME: 2, VERSION: 3}}\n"
      "        onFail:\n"
      "          - {name: b, arguments: {COMMIT_SHA: x, VERSIONS: x, PROMOTION_FLOW_NAME: x}}\n"
      "  hooks:\n"
      "    onEnd: {name: c, arguments: {RELEASE_ID: x, FAILED_ENVIRONMENTS: [], ERROR_MESSAGE: "
      "x}}\n");
  const ManifestReport report = read_manifest(text).value();
  Facts reserved;
  for (const Diagnostic& diagnostic : report.diagnostics) {
    if (diagnostic.code == DiagnosticCode::ReservedArgument) {
      reserved.push_back(facts({diagnostic}).front());
    }
  }
  const std::string step = "reserved-argument /spec/steps/0/hooks/";
  const std::string release = "reserved-argument /spec/hooks/onEnd/arguments/";
  CHECK(reserved == Facts{"~11:40 " + step + "onStart/arguments/RELEASE_URL",
                          "~11:56 " + step + "onStart/arguments/PRODUCT_NAME",
                          "~11:73 " + step + "onStart/arguments/VERSION",
                          "~13:35 " + step + "onFail/0/arguments/COMMIT_SHA",
                          "~13:63 " + step + "onFail/0/arguments/PROMOTION_FLOW_NAME",
                          "~15:34 " + release + "RELEASE_ID",
                          "~15:49 " + release + "FAILED_ENVIRONMENTS",
                          "~15:74 " + release + "ERROR_MESSAGE"});
  CHECK(report.diagnostics.size() == reserved.size() + 4);  // The others are of extensions.
  CHECK(report.diagnostics.back().message ==
        "the argument 'ERROR_MESSAGE' is never handed to the hook: its name is reserved");
  CHECK(report.diagnostics.back().hint ==
        "give it another name: only the library itself hands an argument of this one");
  CHECK(report.flows.at(0).hooks(Point::ReleaseOnFail)[0].arguments.size() == 3);
}

TEST_CASE("all problems of a document are reported in the order of the file", "[M6]") {
  const std::string text =
      "apiVersion: codefresh.io/v1\n"
      "kind: PromotionFlow\n"
      "metadata: {name: Billing}\n"
      "spec:\n"
      "  promotionTimeoutLimit: soon\n"
      "  steps:\n"
      "    - environment: staging\n"
      "      dependsOn: [dev, stagng]\n"
      "      hooks: {onFailure: jira}\n"
      "    - environment: qa\n"
      "      dependsOn: [qa]\n"
      "      policy: {action: comit}\n"
      "    - environment: qa\n"
      "      dependsOn: []\n"
      "  triggerEnvironment: dev\n";
  CHECK(facts(text) == Facts{"1:13 invalid-value /apiVersion", "3:18 invalid-name /metadata/name",
                             "5:26 wrong-type /spec/promotionTimeoutLimit",
                             "8:24 unknown-environment /spec/steps/0/dependsOn/1",
                             "9:15 unknown-field /spec/steps/0/hooks/onFailure",
                             "11:19 self-dependency /spec/steps/1/dependsOn/0",
                             "12:24 invalid-value /spec/steps/1/policy/action",
                             "13:20 duplicate-environment /spec/steps/2/environment",
                             "14:18 invalid-value /spec/steps/2/dependsOn"});
}

TEST_CASE("one mistake gives one diagnostic", "[M6]") {
  SECTION("a misspelt field is still read") {
    CHECK(facts(with_steps("    - enviroment: qa\n      dependsOn: [dev]\n"
                           "    - environment: prod\n      dependsOn: [qa]\n")) ==
          Facts{"8:7 unknown-field /spec/steps/0/enviroment"});
  }
  SECTION("a name of the wrong type is still a name") {
    CHECK(facts(with_steps("    - environment: 1.5\n      dependsOn: [dev]\n"
                           "    - environment: prod\n      dependsOn: [\"1.5\"]\n")) ==
          Facts{"8:20 wrong-type /spec/steps/0/environment"});
  }
  SECTION("without the trigger environment, dependencies on it are not unknown") {
    CHECK(facts(with_head("  steps:\n    - {environment: a, dependsOn: [dev]}\n"
                          "    - {environment: b, dependsOn: [dev]}\n"
                          "    - {environment: c, dependsOn: [bb]}\n")) ==
          Facts{"6:3 missing-field /spec", "9:36 unknown-environment /spec/steps/2/dependsOn/0"});
  }
  SECTION("steps that were left out do not shift the others") {
    CHECK(facts(with_steps("    - nonsense\n    - {environment: a, dependsOn: [3, nowhere]}\n")) ==
          Facts{"8:7 wrong-type /spec/steps/0", "9:36 wrong-type /spec/steps/1/dependsOn/0",
                "9:39 unknown-environment /spec/steps/1/dependsOn/1"});
  }
  SECTION("a document without kind that is a flow") {
    CHECK(facts("apiVersion: codefresh.io/v1beta1\nmetadata: {name: a}\nspec:\n"
                "  triggerEnvironment: dev\n"
                "  steps: [{environment: a, dependsOn: [dev]}]\n") == Facts{"1:1 missing-field "});
  }
}

TEST_CASE("a cycle is spelt whole", "[M6]") {
  const ManifestReport report =
      read_manifest(with_steps("    - {environment: a, dependsOn: [c]}\n"
                               "    - {environment: b, dependsOn: [a]}\n"
                               "    - {environment: c, dependsOn: [b]}\n"))
          .value();
  REQUIRE(facts(report.diagnostics) == Facts{"8:36 dependency-cycle /spec/steps/0/dependsOn/0"});
  CHECK(report.diagnostics[0].message.find("a -> c -> b -> a") != std::string::npos);
}

TEST_CASE("names are suggested", "[M6]") {
  const auto hint = [](const std::string& text) {
    return read_manifest(text)->diagnostics.at(0).hint;
  };
  CHECK(hint(with_step("      hooks: {onFailure: x}\n")) == "did you mean 'onFail'?");
  CHECK(hint(with_step("      policy: {action: PR}\n")) == "did you mean 'pr'?");
  CHECK(hint(with_steps("    - {environment: production, dependsOn: [dev]}\n"
                        "    - {environment: last, dependsOn: [prod]}\n")) ==
        "did you mean 'production'?");
  CHECK(hint(with_step("      dependson: x\n")) == "did you mean 'dependsOn'?");
  CHECK(hint("apiVersion: v1\nkind: Promotion\n") ==
        "did you mean 'kind: PromotionFlow' instead of 'Promotion'?");
  CHECK(hint(with_steps("    - {environment: a, dependsOn: dev}\n")) == "write [dev]");
  CHECK(hint(with_step("      hooks: {onStart: 1.50}\n")) == "quote it: \"1.50\"");
}

TEST_CASE("null is absent where a field is optional, and missing where it is required", "[M6]") {
  CHECK(facts(with_step("      policy: ~\n      hooks:\n  hooks: {onStart: null}\n")).empty());
  CHECK(facts(with_steps("    - environment:\n      dependsOn: [dev]\n")) ==
        Facts{"8:7 missing-field /spec/steps/0"});
}

TEST_CASE("values have their ranges", "[M4][M5][M6]") {
  CHECK(facts(with_step("  promotionTimeoutLimit: 0\n")) ==
        Facts{"10:26 invalid-value /spec/promotionTimeoutLimit"});
  CHECK(facts(with_step("  promotionTimeoutLimit: 153722868\n")).size() == 1);
  CHECK(facts(with_step("  promotionTimeoutLimit: 153722867\n")).empty());
  const auto errors = [](const std::string& hook) {
    Facts out = facts(with_step("      hooks: {onStart: {name: x, " + hook + "}}\n"));
    out.erase(std::remove_if(out.begin(), out.end(), [](auto& fact) { return fact[0] == '~'; }),
              out.end());
    return out;
  };
  CHECK(errors("timeout: 0s").at(0) == "10:43 invalid-value /spec/steps/0/hooks/onStart/timeout");
  CHECK(errors("timeout: -1s").size() == 1);
  CHECK(errors("timeout: 10").at(0) == "10:43 wrong-type /spec/steps/0/hooks/onStart/timeout");
  CHECK(errors("timeout: 1.5ms").size() == 1);
  CHECK(errors("retry: {}").at(0) == "10:41 missing-field /spec/steps/0/hooks/onStart/retry");
  CHECK(errors("retry: {limit: 4294967296}").size() == 1);
  CHECK(errors("retry: {limit: 4294967295}").empty());
  CHECK(errors("retry: {limit: 1, backoff: {factor: 0}}").size() == 1);
  CHECK(errors("retry: {limit: 1, backoff: {factor: .inf}}").size() == 1);
  CHECK(errors("retry: {limit: 1, backoff: {factor: 0.5, duration: 0s}}").empty());
  CHECK(errors("onError: never").size() == 1);
  CHECK(errors("arguments: {A: {B: .nan}}").size() == 1);
}

TEST_CASE("a quoted merge key is a field like any other", "[M6][H8]") {
  const ManifestReport report = read_manifest(with_step("      \"<<\": {policy: {}}\n")).value();
  REQUIRE(facts(report.diagnostics) == Facts{"10:7 unknown-field /spec/steps/0/<<"});
  CHECK(report.diagnostics[0].hint == "a merge key is written without quotes and without a tag");
}

TEST_CASE("an anchor and its aliases say the same thing", "[M6]") {
  const Flow flow = load_flow(with_steps("    - environment: a\n"
                                         "      dependsOn: &first [dev]\n"
                                         "      hooks: &hooks {onStart: x}\n"
                                         "    - environment: b\n"
                                         "      dependsOn: *first\n"
                                         "      hooks: *hooks\n"))
                        .value();
  CHECK(names(flow.hooks(Point::EnvironmentOnStart, EnvironmentId{2})) == Facts{"x"});
}

TEST_CASE("a text without a flow says what it has instead", "[M3][M6]") {
  CHECK(facts("") == Facts{"1:1 missing-field "});
  CHECK(facts("# nothing\n") == Facts{"1:1 missing-field "});
  CHECK(facts("kind: Product\n---\nkind: Service\n") == Facts{"1:1 missing-field "});
  CHECK(read_manifest("kind: Product\n---\nkind: Service\n")
            ->diagnostics[0]
            .message.find("'Product', 'Service'") != std::string::npos);
  CHECK(facts("just words") == Facts{"1:1 syntax "});
  CHECK(facts("- a list\n") == Facts{"1:1 wrong-type "});
}

TEST_CASE("the first problem of load_flow has its place, and all are in the message", "[M6]") {
  const auto flow = load_flow(with_step("      hooks: {onFailure: x}\n      timeout: 1\n"));
  REQUIRE_FALSE(flow);
  CHECK(flow.error().where == "10:15");
  CHECK(flow.error().message.find("manifest:11:16: error:") != std::string::npos);
}

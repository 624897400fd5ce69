// SPDX-License-Identifier: Apache-2.0
// P8 and P9: which policy an environment has, and which flow a trigger starts.
#include "configuration/resolve.hpp"
#include "configuration/wildcard.hpp"
#include "configuration_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

constexpr const char* kFlow = R"(
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec:
  triggerEnvironment: dev
  steps:
    - {environment: staging, dependsOn: [dev], policy: {preAction: own}}
    - {environment: production, dependsOn: [staging]}
)";

constexpr const char* kProduct = R"(
apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing, annotations: {promoflow.dev/extensions: "true"}}
spec:
  tags: [core]
  promotionFlows: [{name: to-prod}]
)";

std::string policy(const std::string& name, const std::string& spec) {
  return "---\napiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\nmetadata: {name: " + name +
         "}\nspec: " + spec + "\n";
}

std::string json_of(const Files& files, PolicyOrder order = PolicyOrder::Descending) {
  const Result<Resolution> resolution = configuration_of(files).resolve({"billing"}, order);
  REQUIRE(resolution);
  return to_json(*resolution).value_or("");
}

}  // namespace

TEST_CASE("each field comes from the step, from the highest priority, or is the default", "[P8]") {
  const Files files{
      {"flow.yaml", kFlow},
      {"product.yaml", kProduct},
      {"policies.yaml", policy("a", "{priority: 1, policy: {action: pr, postAction: notify}}") +
                            policy("b",
                                   "{priority: 2, policy: {preAction: scan, action: none},"
                                   " selector: {targetEnvironment: {names: [production]}}}") +
                            policy("c",
                                   "{priority: 9, policy: {action: pr},"
                                   " selector: {product: {names: [x], tags: [core]}}}")}};
  ConfigurationReport report = read_files(files);
  REQUIRE(report.configuration);
  CHECK(json_of(files) ==
        R"({"product":"billing","flow":{"name":"to-prod","rejected":[]},"environments":[)"
        R"({"name":"staging","policy":{"preAction":{"value":"own","origin":"step"},)"
        R"("action":{"value":"pr","origin":"policy a"},)"
        R"("postAction":{"value":"notify","origin":"policy a"}},"lost":[)"
        R"({"policy":"b","why":"no match: targetEnvironment.names"},)"
        R"({"policy":"c","why":"no match: product.names"}]},)"
        R"({"name":"production","policy":{"preAction":{"value":"scan","origin":"policy b"},)"
        R"("action":{"value":"none","origin":"policy b"},)"
        R"("postAction":{"value":"notify","origin":"policy a"}},"lost":[)"
        R"({"policy":"c","why":"no match: product.names"}]}]})"
        "\n");
}

TEST_CASE("only the environments that are asked for are resolved", "[P8]") {
  const Configuration read = configuration_of({{"flow.yaml", kFlow}, {"product.yaml", kProduct}});
  const auto names = [&](const detail::WantedEnvironments& wanted) {
    std::string out;
    const auto found = detail::resolve(read.data(), {"billing"}, PolicyOrder::Descending, wanted);
    REQUIRE(found.value().flow);
    for (const EnvironmentPolicy& one : found->environments) { out += one.environment + " "; }
    return out;
  };
  CHECK(names({}) == "staging production ");
  CHECK(names({.only = "production"}) == "production ");
  CHECK(names({.only = "dev"}).empty());
  CHECK(names({.none = true}).empty());
}

TEST_CASE("without any policy the action is commit", "[P8]") {
  CHECK(
      json_of({{"f.yaml", kFlow}, {"p.yaml", kProduct}})
          .find(R"({"name":"production","policy":{"action":{"value":"commit","origin":"default"}},)"
                R"("lost":[]})") != std::string::npos);
}

TEST_CASE("equal priorities: the smaller name, in both orders, and a tie is told", "[P8]") {
  const Files files{{"f.yaml", kFlow},
                    {"p.yaml", kProduct},
                    {"q.yaml", policy("b", "{policy: {action: pr, preAction: x}}") +
                                   policy("a", "{policy: {action: pr}}") +
                                   policy("z", "{priority: -1, policy: {action: none}}")}};
  const Configuration configuration = configuration_of(files);
  const Resolution down = *configuration.resolve({"billing"});
  CHECK(down.environments[0].action.origin == "policy a");
  REQUIRE(down.environments[0].ties.size() == 1);  // preAction is the step's own.
  CHECK(down.environments[0].ties[0].find("action of environment 'staging'") == 0);
  CHECK(down.environments[0].lost.size() == 2);
  CHECK(down.environments[1].lost.size() == 1);
  const Resolution up = *configuration.resolve({"billing"}, PolicyOrder::Ascending);
  CHECK(up.environments[0].action.origin == "policy z");
  CHECK(up.environments[0].ties.empty());
  CHECK(up.environments[1].pre_action->origin == "policy b");
}

TEST_CASE("tags and types come from documents; without one there are none", "[P8]") {
  const std::string environments =
      "apiVersion: promoflow.dev/v1\nkind: Environment\nmetadata: {name: production}\n"
      "spec: {kind: PROD, tags: [eu]}\n";
  const Files files{
      {"f.yaml", kFlow},
      {"p.yaml", kProduct},
      {"e.yaml", environments},
      {"q.yaml",
       policy("typed", "{selector: {targetEnvironment: {types: [PROD]}}, policy: {action: pr}}") +
           policy("tagged",
                  "{selector: {product: {tags: [core]}, targetEnvironment: "
                  "{tags: [us, eu]}}, policy: {postAction: tell}}") +
           policy("all",
                  "{selector: {product: {}, targetEnvironment: {names: []}}, policy: "
                  "{preAction: first}}")}};
  const Resolution resolution = *configuration_of(files).resolve({"billing"});
  CHECK(resolution.environments[1].action.origin == "policy typed");
  CHECK(resolution.environments[1].post_action->origin == "policy tagged");
  CHECK(resolution.environments[1].pre_action->origin == "policy all");
  CHECK(resolution.environments[0].action.origin == "default");
  REQUIRE(resolution.environments[0].lost.size() == 3);
  CHECK(resolution.environments[0].lost[0].name == "all");
  CHECK(resolution.environments[0].lost[1].why == "no match: targetEnvironment.tags");
  CHECK(resolution.environments[0].lost[2].why == "no match: targetEnvironment.types");
}

TEST_CASE("the first flow of which every selector matches", "[P9]") {
  const std::string second =
      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: hotfix}\n"
      "spec: {triggerEnvironment: dev, steps: [{environment: live, dependsOn: [dev]}]}\n";
  const std::string product = R"(
apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing}
spec:
  promotionFlows:
    - name: hotfix
      gitTriggerSelectors:
        - {key: gitRevision, operator: In, values: [hotfix, "release/*"]}
        - {key: commitMessage, operator: NotIn, values: ["*wip*"]}
    - name: to-prod
      gitTriggerSelectors:
        - {key: gitRevision, operator: In, values: [main]}
)";
  const Configuration configuration =
      configuration_of({{"a.yaml", second}, {"b.yaml", kFlow}, {"c.yaml", product}});
  const auto answer = [&](std::string_view message, std::string_view revision) {
    const Resolution resolution = *configuration.resolve({"billing", message, revision});
    std::string text(resolution.flow ? resolution.flow->name() : "none");
    for (const Rejected& flow : resolution.rejected) { text += "; " + flow.name + ": " + flow.why; }
    return text;
  };
  CHECK(answer("fix", "hotfix") == "hotfix");
  CHECK(answer("fix", "release/1\n2") == "hotfix");
  CHECK(answer("", "main") ==
        "to-prod; hotfix: gitRevision 'main' matches none of 'hotfix', 'release/*'");
  CHECK(answer("a wip b", "hotfix") ==
        "none; hotfix: commitMessage 'a wip b' matches '*wip*', which is excluded; "
        "to-prod: gitRevision 'hotfix' matches none of 'main'");
  CHECK(answer("", "").find("none; hotfix: gitRevision is empty") == 0);
  CHECK(to_json(*configuration.resolve({"billing"}))
            ->find(R"("flow":{"name":null,"rejected":[{"name":"hotfix")") != std::string::npos);
  CHECK_FALSE(configuration.resolve({"bilings"}));
  CHECK(configuration.resolve({"biling"}).error().message ==
        "there is no product 'biling'; did you mean 'billing'?");
}

TEST_CASE(
    "[P9] empty lists of values and of selectors are refused, and empty strings in policies") {
  const Files files{
      {"p.yaml",
       "apiVersion: codefresh.io/v1beta1\nkind: Product\nmetadata: {name: p}\nspec:\n"
       "  promotionFlows:\n"
       "    - {name: to-prod, gitTriggerSelectors: []}\n"
       "    - name: to-prod\n"
       "      gitTriggerSelectors: [{key: gitRevision, operator: In, values: []}]\n"},
      {"f.yaml", kFlow},
      {"q.yaml", policy("a", "{policy: {preAction: ''}, selector: {product: {names: ['']}}}")}};
  CHECK(facts_of(files) == std::vector<std::string>{
                               "p.yaml:6:44 invalid-value",
                               "p.yaml:8:70 invalid-value",
                               "q.yaml:5:28 invalid-value",
                               "q.yaml:5:62 invalid-value",
                           });
}

TEST_CASE("a wildcard matches the whole text", "[P9]") {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    return detail::matches_wildcard(pattern, text);
  };
  CHECK(matches("", ""));
  CHECK(matches("*", ""));
  CHECK(matches("**", "x\ny"));
  CHECK(matches("a*b*c", "abc"));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK(matches("*deploy*", "please deploy now"));
  CHECK(matches("*aab*", "aaab"));
  CHECK_FALSE(matches("a*a", "a"));
  CHECK_FALSE(matches("ab", "abc"));
  CHECK_FALSE(matches("a?c", "abc"));
  CHECK_FALSE(matches("*B*", "abc"));
  CHECK_FALSE(matches("*a*b", "ba"));
}

TEST_CASE("the matcher agrees with a plain recursive one on all short texts", "[P9]") {
  const std::string letters = "ab*";
  std::vector<std::string> patterns{""};
  for (std::size_t i = 0; patterns[i].size() < 5; ++i) {
    for (const char c : letters) { patterns.push_back(patterns[i] + c); }
  }
  struct Plain {
    static bool matches(std::string_view pattern, std::string_view text) {
      if (pattern.empty()) { return text.empty(); }
      if (pattern[0] == '*') {
        return matches(pattern.substr(1), text) ||
               (!text.empty() && matches(pattern, text.substr(1)));
      }
      return !text.empty() && pattern[0] == text[0] && matches(pattern.substr(1), text.substr(1));
    }
  };
  for (const std::string& pattern : patterns) {
    for (const std::string& text : patterns) {
      if (text.find('*') != std::string::npos) { continue; }
      INFO(pattern << " on " << text);
      REQUIRE(detail::matches_wildcard(pattern, text) == Plain::matches(pattern, text));
    }
  }
}

TEST_CASE("a flow has its policies filled in") {
  const Files files{{"f.yaml", kFlow},
                    {"p.yaml", kProduct},
                    {"q.yaml", policy("a", "{policy: {action: pr, postAction: tell}}")}};
  const Configuration configuration = configuration_of(files);
  const Result<Flow> flow =
      configuration.with_policies(*configuration.find_flow("to-prod"), "billing");
  REQUIRE(flow);
  const Policy& policy = flow->step(EnvironmentId{1}).policy;
  CHECK(policy == Policy{PolicyAction::PullRequest, "own", "tell"});
  CHECK(flow->dependencies(EnvironmentId{2}).size() == 1);
}

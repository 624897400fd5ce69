// SPDX-License-Identifier: Apache-2.0
// Every code of M6, with line and column, in YAML and in JSON.
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

struct Case {
  std::string_view yaml;  ///< The step after `environment: a`; line 8 is its own.
  std::string_view yaml_fact;
  std::string_view json;
  std::string_view json_fact;
};

std::string yaml_text(std::string_view steps) { return with_steps(steps); }

/// Line 4 begins the steps.
std::string json_text(std::string_view steps) {
  return "{\"apiVersion\": \"codefresh.io/v1beta1\", \"kind\": \"PromotionFlow\",\n"
         "\"metadata\": {\"name\": \"x\"},\n"
         "\"spec\": {\"triggerEnvironment\": \"dev\", \"steps\": [\n" +
         std::string(steps) + "\n]}}\n";
}

constexpr Case kCases[] = {
    {"    - {environment: a}\n", "8:7 missing-field /spec/steps/0", R"({"environment": "a"})",
     "4:1 missing-field /spec/steps/0"},
    {"    - {environment: a, dependsOn: [dev], polcy: {}}\n",
     "8:42 unknown-field /spec/steps/0/polcy",
     R"({"environment": "a", "dependsOn": ["dev"], "polcy": {}})",
     "4:44 unknown-field /spec/steps/0/polcy"},
    {"    - {environment: a, dependsOn: [5]}\n", "8:36 wrong-type /spec/steps/0/dependsOn/0",
     R"({"environment": "a", "dependsOn": [5]})", "4:36 wrong-type /spec/steps/0/dependsOn/0"},
    {"    - {environment: a, dependsOn: [dev], policy: {action: x}}\n",
     "8:59 invalid-value /spec/steps/0/policy/action",
     R"({"environment": "a", "dependsOn": ["dev"], "policy": {"action": "x"}})",
     "4:65 invalid-value /spec/steps/0/policy/action"},
    {"    - {environment: \"\", dependsOn: [dev]}\n", "8:21 invalid-name /spec/steps/0/environment",
     R"({"environment": "", "dependsOn": ["dev"]})", "4:17 invalid-name /spec/steps/0/environment"},
    {"    - {environment: a, dependsOn: [dev], dependsOn: [a]}\n",
     "8:42 duplicate-key /spec/steps/0/dependsOn",
     R"({"environment": "a", "dependsOn": ["dev"], "dependsOn": ["a"]})",
     "4:44 duplicate-key /spec/steps/0/dependsOn"},
    {"    - {environment: a, dependsOn: [dev]}\n    - {environment: a, dependsOn: [dev]}\n",
     "9:21 duplicate-environment /spec/steps/1/environment",
     "{\"environment\": \"a\", \"dependsOn\": [\"dev\"]},\n"
     "{\"environment\": \"a\", \"dependsOn\": [\"dev\"]}",
     "5:17 duplicate-environment /spec/steps/1/environment"},
    {"    - {environment: a, dependsOn: [dev, b]}\n",
     "8:41 unknown-environment /spec/steps/0/dependsOn/1",
     R"({"environment": "a", "dependsOn": ["dev", "b"]})",
     "4:43 unknown-environment /spec/steps/0/dependsOn/1"},
    {"    - {environment: a, dependsOn: [a]}\n", "8:36 self-dependency /spec/steps/0/dependsOn/0",
     R"({"environment": "a", "dependsOn": ["a"]})",
     "4:36 self-dependency /spec/steps/0/dependsOn/0"},
    {"    - {environment: a, dependsOn: [b]}\n    - {environment: b, dependsOn: [a]}\n",
     "8:36 dependency-cycle /spec/steps/0/dependsOn/0",
     "{\"environment\": \"a\", \"dependsOn\": [\"b\"]},\n"
     "{\"environment\": \"b\", \"dependsOn\": [\"a\"]}",
     "4:36 dependency-cycle /spec/steps/0/dependsOn/0"},
    {"    - {environment: a, dependsOn: [dev]}\n    - {environment: dev, dependsOn: [a]}\n",
     "9:21 trigger-environment-as-step /spec/steps/1/environment",
     "{\"environment\": \"a\", \"dependsOn\": [\"dev\"]},\n"
     "{\"environment\": \"dev\", \"dependsOn\": [\"a\"]}",
     "5:17 trigger-environment-as-step /spec/steps/1/environment"},
    {"    - {environment: a, dependsOn: [dev], timeout: 1s}\n",
     "~8:42 extension-field /spec/steps/0/timeout",
     R"({"environment": "a", "dependsOn": ["dev"], "timeout": "1s"})",
     "~4:44 extension-field /spec/steps/0/timeout"},
    {"    - {environment: a, dependsOn: [dev], soak: 1s}\n",
     "~8:42 extension-field /spec/steps/0/soak",
     R"({"environment": "a", "dependsOn": ["dev"], "soak": "1s"})",
     "~4:44 extension-field /spec/steps/0/soak"},
    {"    - {environment: a, dependsOn: [dev, dev]}\n",
     "~8:41 duplicate-dependency /spec/steps/0/dependsOn/1",
     R"({"environment": "a", "dependsOn": ["dev", "dev"]})",
     "~4:43 duplicate-dependency /spec/steps/0/dependsOn/1"},
    {"    - {environment: a, dependsOn: [dev]}\n    - {environment: b, dependsOn: [a, dev]}\n",
     "~9:39 redundant-dependency /spec/steps/1/dependsOn/1",
     "{\"environment\": \"a\", \"dependsOn\": [\"dev\"]},\n"
     "{\"environment\": \"b\", \"dependsOn\": [\"a\", \"dev\"]}",
     "~5:41 redundant-dependency /spec/steps/1/dependsOn/1"},
};

}  // namespace

TEST_CASE("every problem of a step has its place in YAML and in JSON", "[M6]") {
  for (const Case& each : kCases) {
    INFO(each.yaml_fact);
    CHECK(facts(yaml_text(each.yaml)) == Facts{std::string(each.yaml_fact)});
    CHECK(facts(json_text(each.json)) == Facts{std::string(each.json_fact)});
  }
}

TEST_CASE("hooks on the trigger environment are a problem of their own", "[M6]") {
  CHECK(facts(yaml_text("    - {environment: a, dependsOn: [dev]}\n"
                        "    - {environment: dev, dependsOn: [a], hooks: {onStart: x}}\n")) ==
        Facts{"9:21 trigger-environment-as-step /spec/steps/1/environment",
              "9:42 hook-on-trigger-environment /spec/steps/1/hooks"});
  CHECK(facts(json_text("{\"environment\": \"a\", \"dependsOn\": [\"dev\"]},\n"
                        "{\"environment\": \"dev\", \"dependsOn\": [\"a\"],\n"
                        " \"hooks\": {\"onStart\": \"x\"}}")) ==
        Facts{"5:17 trigger-environment-as-step /spec/steps/1/environment",
              "6:2 hook-on-trigger-environment /spec/steps/1/hooks"});
}

TEST_CASE("a reserved argument has its place in JSON, too", "[M6]") {
  CHECK(
      facts(json_text("{\"environment\": \"a\", \"dependsOn\": [\"dev\"], \"hooks\": {\"onFail\":\n"
                      "[{\"name\": \"x\", \"arguments\": {\"ERROR_MESSAGE\": \"x\"}}]}}")) ==
      Facts{"~5:2 extension-field /spec/steps/0/hooks/onFail/0",
            "~5:30 reserved-argument /spec/steps/0/hooks/onFail/0/arguments/ERROR_MESSAGE"});
}

TEST_CASE("older layouts and deprecated fields have their place in JSON, too", "[M3][M6]") {
  CHECK(facts("{\"apiVersion\": \"codefresh.io/v1beta1\", \"kind\": \"PromotionFlow\",\n"
              "\"metadata\": {\"name\": \"x\"}, \"spec\": {\n"
              "\t\"properties\": {\"triggerEnvironment\": \"dev\", \"postTrigger\": \"p\",\n"
              "\"steps\": [{\"environment\": \"a\", \"dependsOn\": [\"dev\"]}]}}}") ==
        Facts{"~3:2 deprecated-layout /spec/properties",
              "~3:46 deprecated-field /spec/properties/postTrigger"});
}

TEST_CASE("problems of one list have their places, in whatever order they were found", "[M6]") {
  CHECK(facts(yaml_text("    - {environment: a, dependsOn: [dev]}\n"
                        "    - {environment: b, dependsOn: [a]}\n"
                        "    - {environment: c, dependsOn: [b]}\n"
                        "    - {environment: d, dependsOn: [c, b, a, dev]}\n")) ==
        Facts{"~11:39 redundant-dependency /spec/steps/3/dependsOn/1",
              "~11:42 redundant-dependency /spec/steps/3/dependsOn/2",
              "~11:45 redundant-dependency /spec/steps/3/dependsOn/3"});
}

TEST_CASE("columns count characters, not bytes", "[M6]") {
  CHECK(facts(yaml_text("    - {environment: \"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80\", dependsOn: "
                        "[x]}\n")) == Facts{"8:40 unknown-environment /spec/steps/0/dependsOn/0"});
  CHECK(facts(json_text("{\"environment\": \"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80\", "
                        "\"dependsOn\": [\"x\"]}")) ==
        Facts{"4:38 unknown-environment /spec/steps/0/dependsOn/0"});
}

TEST_CASE("a byte order mark and other ends of lines do not shift places", "[M6]") {
  std::string text = yaml_text("    - {environment: a, dependsOn: [x]}\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\r\n");
  }
  CHECK(facts("\xEF\xBB\xBF" + text) ==
        Facts{"8:36 unknown-environment /spec/steps/0/dependsOn/0"});
}

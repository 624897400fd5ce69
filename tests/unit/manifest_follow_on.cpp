// SPDX-License-Identifier: Apache-2.0
// One cause, one diagnostic: what follows from a value that could not be read is not reported.
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

TEST_CASE("a template is reported once, wherever it stands", "[M6]") {
  CHECK(facts("{{- if .Values.x }}\nkind: PromotionFlow\n{{- end }}\n") == Facts{"1:1 syntax "});
  CHECK(facts("# helm\n{{ include \"x\" . }}\n") == Facts{"2:1 syntax "});
  CHECK(facts("kind: {{ .Values.kind }}\n") == Facts{"1:7 syntax /kind"});
  CHECK(facts("apiVersion: v1\nkind: List\nitems: {{ x }}\n") == Facts{"3:8 syntax /items"});
  CHECK(facts("apiVersion: v1\nkind: List\nitems:\n- {{ x }}\n") == Facts{"4:3 syntax /items/0"});
  CHECK(facts("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {{ x }}\n"
              "spec: {{ y }}\n") == Facts{"3:11 syntax /metadata", "4:7 syntax /spec"});
  CHECK(facts(with_step("      hooks: {onStart: {{ x }}}\n      dependsOn2: {{ y }}\n")).size() ==
        4);
  CHECK(facts(with_step("{{- if .Values.hooks }}\n      hooks: {}\n{{- end }}\n")) ==
        Facts{"10:1 syntax "});
}

TEST_CASE("a missing field of a mapping that was read is reported beside a template", "[M6]") {
  CHECK(facts("kind: PromotionFlow\napiVersion: codefresh.io/v1beta1\nmetadata: {labels: {{ x }}}\n"
              "spec: {triggerEnvironment: dev}\n") == Facts{"3:11 missing-field /metadata",
                                                            "3:20 syntax /metadata/labels",
                                                            "4:7 missing-field /spec"});
}

TEST_CASE("an alias that names nothing is reported once", "[M6]") {
  CHECK(facts(with_steps("    - &s {environment: staging, dependsOn: *s}\n")) ==
        Facts{"8:44 syntax /spec/steps/0/dependsOn"});
  CHECK(facts(with_steps("    - {environment: staging, dependsOn: *nope}\n")) ==
        Facts{"8:41 syntax /spec/steps/0/dependsOn"});
  CHECK(facts(with_steps("    - {environment: staging, dependsOn: [dev, *nope]}\n")) ==
        Facts{"8:47 syntax /spec/steps/0/dependsOn/1"});
  CHECK(facts(with_step("      <<: *nope\n")) == Facts{"10:11 syntax /spec/steps/0/<<"});
  CHECK(facts(with_step("      <<: [*nope, *nope]\n")) ==
        Facts{"10:12 syntax /spec/steps/0/<</0", "10:19 syntax /spec/steps/0/<</1"});
  CHECK(facts(with_step("      <<: [*nope, 5]\n")) ==
        Facts{"10:12 syntax /spec/steps/0/<</0", "10:19 wrong-type /spec/steps/0/<<"});
  CHECK(facts(with_step("      <<:\n")) == Facts{"10:10 wrong-type /spec/steps/0/<<"});
}

TEST_CASE("a value that is nested too deeply is reported once", "[M6][M7]") {
  CHECK(facts("kind: PromotionFlow\napiVersion: codefresh.io/v1beta1\nmetadata: {name: x}\nspec: " +
              std::string(62, '[') + "[5]" + std::string(62, ']') + "\n")
            .size() == 1);
}

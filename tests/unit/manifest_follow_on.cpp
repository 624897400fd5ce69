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

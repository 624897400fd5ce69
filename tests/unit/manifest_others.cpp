// SPDX-License-Identifier: Apache-2.0
// Documents of other kinds are passed over whatever is in them (M3), and the work that a text may
// cause is bounded (M7).
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"
#include "promoflow/flow.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

const std::string kSecret = "---\napiVersion: v1\nkind: Secret\n";

/// The problems of a flow with another document before it and behind it.
Facts beside(const std::string& other) {
  const ManifestReport report =
      read_manifest(other + "---\n" + with_step("") + other + "---\n" + other).value();
  CHECK(report.flows.size() == 1);
  return facts(report.diagnostics);
}

}  // namespace

TEST_CASE("a document of another kind may have any values", "[M3][H6]") {
  CHECK(beside(kSecret + "data: {a: !vault abc}\n").empty());
  CHECK(beside(kSecret + "data: !vault |\n  abc\n").empty());
  CHECK(beside(kSecret + "data: !Ref [a, !Sub b, {c: !GetAtt d.e}]\n").empty());
  CHECK(beside(kSecret + "data: !!int abc\n").empty());
  CHECK(beside(kSecret + "data: 1\ndata: 2\ndata: {a: 1, a: 2}\n").empty());
  CHECK(beside(kSecret + "data: *nothing\n*nothing : 1\n").empty());
  CHECK(beside(kSecret + "data: &a [*a]\n").empty());
  CHECK(beside(kSecret + "? [a, list]\n: {b: c}\n? {a: {b: [c]}}\n: d\n").empty());
  CHECK(beside(kSecret + "replicas: {{ .Values.replicas }}\n").empty());
  CHECK(beside(kSecret + "<<: nothing\n").empty());
  CHECK(beside(kSecret + "data: " + std::string(100, '[') + std::string(100, ']') + "\n").empty());
  CHECK(beside(kSecret + "data: {? " + std::string(70000, 'k') + " : 1}\n").empty());
  CHECK(beside("---\ndata: !vault abc\nkind: Secret\n").empty());
}

TEST_CASE("a document of another kind may have broken syntax behind its kind", "[M3][H6]") {
  CHECK(beside(kSecret + "data: a: b\n").empty());
  CHECK(beside(kSecret + "{{- if .Values.enabled }}\ndata: {}\n{{- end }}\n").empty());
  CHECK(beside(kSecret + "data: 'never closed\n").empty());
  CHECK(beside(kSecret + "data:\n- a\n b\n").empty());
  CHECK(beside(kSecret + "data: {\xE2\x80\xA8: [\n").empty());
  const ManifestReport unknown =
      read_manifest(with_step("") + "---\ndata: a: b\nkind: Secret\n").value();
  CHECK(facts(unknown.diagnostics).size() == 1);
  CHECK(unknown.flows.size() == 1);
}

TEST_CASE("items of another kind are passed over, too", "[M3][H6]") {
  const std::string list =
      "{kind: List, items: [{kind: Secret, a: !vault b, a: c}, {apiVersion: codefresh.io/v1beta1, "
      "kind: PromotionFlow, metadata: {name: x}, spec: {triggerEnvironment: dev, steps: "
      "[{environment: a, dependsOn: [dev]}]}}";
  CHECK(read_manifest(list + "]}").value().flows.size() == 1);
  const ManifestReport wrong = read_manifest(list + ", {kind: PromotionFlow, a: !b c}]}").value();
  CHECK(wrong.flows.empty());
  CHECK(has_errors(wrong.diagnostics));
}

TEST_CASE("problems of items of another kind do not count, however many they are", "[M3][M7][H6]") {
  const auto list_of = [](std::string_view item, int times) {
    std::string out = "---\napiVersion: v1\nkind: List\nitems:\n";
    for (int i = 0; i < times; ++i) { out += item; }
    return out;
  };
  CHECK(beside(list_of("- {kind: Secret, a: 1, a: 2}\n", 1001)).empty());
  CHECK(beside(list_of("- {kind: Secret, a: !x 1, b: !y 2}\n- {a: *c, kind: Secret}\n", 500))
            .empty());
  CHECK(beside(list_of("- {? " + std::string(60000, 'k') +
                           " : {a: 1, a: 2, a: 3, a: 4}, kind: Secret}\n",
                       25))
            .empty());
  CHECK(beside(list_of("- kind: List\n  items: [{kind: Secret, a: 1, a: 2}]\n", 1001)).empty());
  std::string secret = "{kind: Secret";
  for (int i = 0; i < 1001; ++i) { secret += ", a: 1"; }
  CHECK(beside(list_of("- " + secret + "}\n", 2)).empty());
  const ManifestReport own =
      read_manifest(list_of("- {kind: Secret, a: 1, a: 2}\n", 1001) +
                    "- {kind: PromotionFlow, kind: PromotionFlow}\n" + with_step(""))
          .value();
  REQUIRE(own.diagnostics.size() >= 2);
  CHECK(own.diagnostics.back().code != DiagnosticCode::LimitExceeded);
}

TEST_CASE("broken syntax in an item of another kind hides nothing behind it", "[M3][M6][H6]") {
  const std::string list =
      "---\nkind: List\nitems:\n- {kind: Secret, a: 1, a: 2}\n- kind: Secret\n";
  CHECK(facts(with_step("") + list + "  a: b: c\n- kind: PromotionFlow\n") ==
        Facts{"15:7 syntax /items/1"});
}

TEST_CASE("a kind that is there twice does not hide a flow", "[M3][M6][H5]") {
  const std::string good = with_step("");
  for (const std::string_view kind : {"PromotionFlow", "promotionflow", "PromotionFlw",
                                      "PromotionFlowList", "List", "\"PromotionFlow\""}) {
    INFO(kind);
    const std::string twice =
        fmt::format("apiVersion: v1\nkind: Secret\na: 1\nkind: {}\na: 2\n", kind);
    CHECK(facts(good + "---\n" + twice) ==
          Facts{"14:1 duplicate-key /kind", "15:1 duplicate-key /a"});
    CHECK(facts(twice) == Facts{"4:1 duplicate-key /kind", "5:1 duplicate-key /a"});
    CHECK(facts(good + "---\nkind: List\nitems: [{kind: Secret, kind: " + std::string(kind) +
                "}]\n") == Facts{"12:24 duplicate-key /items/0/kind"});
  }
  CHECK(facts(good + "---\nkind: Secret\nkind: PromotionFlow\na: b: c\n---\n" + kSecret).size() ==
        2);
  CHECK(facts(good + "---\nkind: Secret\n\nkind: PromotionFlow\nkind: Secret\n").size() == 2);
  CHECK(facts(good + "---\nkind: Secret\nkind: ConfigMap\nkind: [PromotionFlow]\n").empty());
  CHECK(facts(good + "---\nkind: Secret\na: {kind: b, kind: PromotionFlow}\n").empty());
}

TEST_CASE("what follows the end of another document without '---' is reported", "[M3][M6][H5]") {
  const std::string good = with_step("");
  CHECK(facts(good + "---\nkind: Secret\na: 1\n...\n" + good) == Facts{"14:1 syntax "});
  CHECK(facts("kind: Secret\n...\n" + good) == Facts{"3:1 syntax "});
  CHECK(facts(good + "---\nkind: Secret\na: b: c\n...\n# x\n\n" + good) == Facts{"16:1 syntax "});
  CHECK(facts(good + "---\nkind: Secret\na: b: c\n...\n\n...\n--- # y\n" + good).size() == 1);
  CHECK(facts(good + "---\nkind: Secret\na: 'b\n...\n# x\n").empty());
  CHECK(read_manifest("kind: Secret\na: b: c\n...\n%YAML 1.1\n---\n" + good)->flows.size() == 1);
  CHECK(read_manifest("kind: Secret\ra: b: c\r---\r" + good)->flows.size() == 1);
}

TEST_CASE("a flow with an unknown tag or a duplicate key is still no flow", "[M3][M6][H6]") {
  for (const char* more : {"      policy: !x {action: pr}\n", "      soak: *nothing\n",
                           "      soak: 1h\n      soak: 2h\n"}) {
    CHECK(read_manifest(with_step(more)).value().flows.empty());
  }
  const ManifestReport both =
      read_manifest(with_step("      soak: !x 1h\n      timeout: !y 1h\n")).value();
  CHECK(both.diagnostics.size() >= 2);
}

TEST_CASE("work is counted, by aliases and by documents", "[M7][H1]") {
  ReadOptions options;
  options.limits.work_max = 100;
  const auto is_too_much = [&](const std::string& text) {
    const ManifestReport report = read_manifest(text, options).value();
    return !report.diagnostics.empty() &&
           report.diagnostics.back().code == DiagnosticCode::LimitExceeded &&
           report.diagnostics.back().hint.find("work_max") != std::string::npos;
  };
  const auto repeated = [](const std::string& part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) { out += part; }
    return out;
  };
  CHECK_FALSE(is_too_much("kind: A\na: [" + repeated("b, ", 80) + "b]\n"));
  CHECK(is_too_much("kind: A\na: [" + repeated("b, ", 120) + "b]\n"));
  CHECK(is_too_much("kind: A\na: &b [c, c, c, c, c, c, c, c, c]\nb: [" + repeated("*b, ", 10) +
                    "*b]\n"));
  CHECK(is_too_much(repeated("---\n", 40)));
  CHECK(is_too_much("kind: A\na: " + std::string(2000, 'x') + "\n"));
  CHECK(is_too_much("kind: A\na: [" + repeated("&b c, ", 60) + "c]\n"));
  CHECK(is_too_much(repeated("---\nkind: A\na: b: c\n", 2)));
  options.limits.work_max = 250;
  CHECK_FALSE(is_too_much(with_step("      hooks: {onStart: [a, b, c, d]}\n")));
  CHECK(is_too_much(with_step("      hooks: {onEnd: [" + repeated("a, ", 30) + "a]}\n")));
}

TEST_CASE("a value and a comment are bounded", "[M7][H1]") {
  ReadOptions options;
  options.limits.value_bytes_max = 1000;
  const std::string longer(200000, 'x');
  for (const std::string& text :
       {"a: " + longer, "a: '" + longer + "'", "a: |\n " + longer, "a: b #" + longer,
        "a: &" + longer + " b", R"({"a": ")" + longer + "\"}", R"({"a": 1)" + longer + "}"}) {
    const ManifestReport report = read_manifest(text, options).value();
    REQUIRE(!report.diagnostics.empty());
    CHECK(report.diagnostics[0].code == DiagnosticCode::LimitExceeded);
  }
}

TEST_CASE("problems are listed in bounded memory", "[M7][H1]") {
  std::string text;
  for (int level = 0; level < 40; ++level) { text += "{\"" + std::string(60000, 'k') + "\": "; }
  text += "{";
  for (int i = 0; i < 2000; ++i) { text += "\"a\": 1, "; }
  const ManifestReport report = read_manifest(text + "\"a\": 1}" + std::string(40, '}')).value();
  std::size_t bytes = 0;
  for (const Diagnostic& diagnostic : report.diagnostics) { bytes += diagnostic.pointer.size(); }
  CHECK(bytes < 12'000'000);
  CHECK(report.diagnostics.back().message.find("further problems") != std::string::npos);
}

TEST_CASE("a builder lists errors and warnings up to a number, and counts the others", "[M7][H1]") {
  const auto report_of = [](std::size_t unknown, std::size_t twice) {
    FlowBuilder builder("x", "dev");
    std::vector<std::string_view> names(twice + 1, "dev");
    names.insert(names.end(), unknown, "nil");
    builder.step("a", names);
    return *builder.diagnostics_max(3).build();
  };
  CHECK(report_of(0, 0).diagnostics.empty());
  CHECK(report_of(3, 3).diagnostics.size() == 6);
  CHECK(report_of(3, 3).unlisted == 0);
  const FlowReport warned = report_of(0, 5);
  CHECK(warned.flow.has_value());
  CHECK(warned.unlisted == 2);
  CHECK(warned.diagnostics.back().severity == Severity::Warning);
  const FlowReport wrong = report_of(5, 1000);
  CHECK_FALSE(wrong.flow.has_value());
  CHECK(wrong.diagnostics.size() == 7);
  CHECK(wrong.unlisted == 999);
  CHECK(wrong.diagnostics.back().severity == Severity::Error);
  CHECK(wrong.diagnostics.back().message == "and 999 further problems");
}

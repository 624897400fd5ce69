// SPDX-License-Identifier: Apache-2.0
// Merge keys, as YAML 1.1 and Kubernetes' reader have them.
#include <string>
#include <vector>

#include "catch.hpp"
#include "document/document.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::testing;

namespace {

/// The last member of the text's mapping as JSON, and the problems behind it.
std::string merged(std::string_view text, const TextLimits& limits = {}) {
  Document document;
  std::vector<Diagnostic> problems;
  read_document(text, {.format = TextFormat::Yaml, .limits = limits}, document, problems);
  std::string out;
  if (!document.roots.empty()) {
    NodeId last = kNoNode;
    for (NodeId at = document.first(document.roots[0]); at != kNoNode; at = document.next(at)) {
      last = at;
    }
    append_json(out, document, last);
  }
  for (const std::string& fact : facts(problems)) { out += " " + fact; }
  return out;
}

constexpr std::string_view kAnchors = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: &c [*a, *b]\n";

std::string with_anchors(std::string_view mapping) {
  return merged(std::string(kAnchors) + "it: " + std::string(mapping) + "\n");
}

}  // namespace

TEST_CASE("a merge key gives a mapping the members of another one", "[M6][H8]") {
  CHECK(with_anchors("{<<: *a}") == R"({"x":1,"y":2})");
  CHECK(with_anchors("{<<: {x: 7}}") == R"({"x":7})");
  CHECK(with_anchors("{<<: [*b, *a]}") == R"({"y":3,"z":4,"x":1})");
  CHECK(with_anchors("{<<: [*a, {y: 9, w: 0}]}") == R"({"x":1,"y":2,"w":0})");
  CHECK(with_anchors("{<<: []}") == "{}");
  CHECK(with_anchors("{!!merge <<: *a}") == R"({"x":1,"y":2})");
  CHECK(merged("it:\n  <<: &m {k: [1, 2]}\n  l: 3\n") == R"({"k":[1,2],"l":3})");
}

TEST_CASE("what a mapping says itself stands over what it merges", "[M6][H8]") {
  CHECK(with_anchors("{<<: *a, y: 5}") == R"({"x":1,"y":5})");
  CHECK(with_anchors("{y: 5, <<: *a}") == R"({"y":5,"x":1})");
  CHECK(with_anchors("{p: 0, <<: *a, q: 1}") == R"({"p":0,"x":1,"y":2,"q":1})");
  CHECK(with_anchors("{p: 0, <<: *a, q: 1, x: 2}") == R"({"p":0,"y":2,"q":1,"x":2})");
}

TEST_CASE("what was merged is merged and aliased again", "[M6][H8]") {
  CHECK(merged("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}\n") ==
        R"({"x":1,"y":2,"z":3})");
  CHECK(merged("a: &a {x: 1}\nb: &b {y: 2, <<: *a}\nc: *b\n") == R"({"y":2,"x":1})");
}

TEST_CASE("keys that look like a merge key are none", "[M6][H8]") {
  CHECK(with_anchors("{\"<<\": *a}") == R"({"<<":{"x":1,"y":2}})");
  CHECK(with_anchors("{k: <<}") == R"({"k":"<<"})");
  CHECK(with_anchors("[<<]") == R"(["<<"])");
}

TEST_CASE("what cannot be merged is reported at its place, and the rest is read", "[M6][H8]") {
  CHECK(with_anchors("{<<: 5, k: 1}") == R"({"k":1} 4:10 wrong-type /it/<<)");
  CHECK(with_anchors("{<<: , k: 1}") == R"({"k":1} 4:10 wrong-type /it/<<)");
  CHECK(with_anchors("{<<: [*a, 5]}") == R"({"x":1,"y":2} 4:15 wrong-type /it/<<)");
  CHECK(with_anchors("{<<: *c, k: 1}") == R"({"k":1} 4:10 wrong-type /it/<<)");
  CHECK(with_anchors("{<<: *a, <<: *b}") == R"({"x":1,"y":2} 4:14 duplicate-key /it/<<)");
  CHECK(with_anchors("{<<: *nope}").find("syntax") != std::string::npos);
}

TEST_CASE("large mappings are merged, too", "[M7][H8]") {
  std::string text = "a: &a {";
  for (int i = 0; i < 5000; ++i) { text += fmt::format("k{}: {}, ", i, i); }
  text += "z: 0}\nb: {k7: 1, <<: *a}\n";
  const std::string json = merged(text);
  CHECK(json.starts_with(R"({"k7":1,"k0":0,)"));
  CHECK(json.find("\"k4999\":4999") != std::string::npos);
  CHECK(json.find("\"k7\":7") == std::string::npos);
}

TEST_CASE("merging counts like aliases", "[M7][H8]") {
  std::string text = "a0: &a0 {x: 1, y: 2}\n";
  for (int i = 1; i < 40; ++i) {
    text += fmt::format("a{0}: &a{0} {{p{0}: {{<<: *a{1}}}, q{0}: {{<<: *a{1}}}}}\n", i, i - 1);
  }
  TextLimits limits;
  limits.nodes_max = 10000;
  CHECK(merged(text, limits).find("limit-exceeded") != std::string::npos);
}

TEST_CASE("hooks and arguments may be merged", "[M6][H8]") {
  const std::string text = with_head(
      "  triggerEnvironment: dev\n  steps:\n"
      "    - &first\n      environment: a\n      dependsOn: [dev]\n"
      "      hooks: &hooks {onStart: x, onFail: v}\n"
      "    - <<: *first\n      environment: b\n      dependsOn: [a]\n"
      "      hooks: {<<: *hooks, onFail: z}\n");
  const ManifestReport report = *read_manifest(text);
  CHECK(facts(report.diagnostics).empty());
  REQUIRE(report.flows.size() == 1);
  const Flow& flow = report.flows[0];
  CHECK(flow.hooks(Point::EnvironmentOnStart, EnvironmentId{2}).front().name == "x");
  CHECK(flow.hooks(Point::EnvironmentOnFail, EnvironmentId{2}).front().name == "z");
}

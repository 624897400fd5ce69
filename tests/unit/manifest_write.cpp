// SPDX-License-Identifier: Apache-2.0
// M8, and the corpus.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/name_text.hpp"
#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

void check_round_trip(const Flow& flow) {
  for (const TextFormat format : {TextFormat::Yaml, TextFormat::Json}) {
    const std::string text = write_manifest(flow, format).value();
    INFO(text);
    const auto again = load_flow(text);
    REQUIRE(again);
    CHECK(*again == flow);
    CHECK(write_manifest(*again, format).value() == text);
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> corpus(std::string_view folder) {
  const auto path = std::filesystem::path(PROMOFLOW_SOURCE_DIR) / "tests" / "corpus" / folder;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    files.push_back(entry.path());
  }
  INFO(path.string());
  REQUIRE(!files.empty());
  return files;
}

}  // namespace

TEST_CASE("a flow is written as people write it", "[M8]") {
  const Flow flow = load_flow(with_step("      policy: {action: pr, preAction: a}\n"
                                        "      hooks: {onStart: one, onSuccess: [b, c]}\n"
                                        "      retry: {limit: 2}\n"
                                        "      soak: 30m\n"
                                        "  promotionTimeoutLimit: 5\n"
                                        "  terminationGracePeriod: 90s\n"
                                        "  hookTimeout: 1h\n"
                                        "  hooks: {onFail: {name: x, timeout: 90s, arguments: "
                                        "{A: \"1\", B: 1}}}\n"))
                        .value();
  CHECK(write_manifest(flow).value() == R"(apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata:
  name: billing
spec:
  triggerEnvironment: dev
  promotionTimeoutLimit: 5
  hookTimeout: 1h
  terminationGracePeriod: 1m30s
  steps:
    - environment: staging
      dependsOn: [dev]
      policy:
        action: pr
        preAction: a
      hooks:
        onStart: one
        onSuccess: [b, c]
      retry:
        limit: 2
      soak: 30m
  hooks:
    onFail:
      name: x
      arguments:
        A: "1"
        B: 1
      timeout: 1m30s
)");
  check_round_trip(flow);
}

TEST_CASE("every option of a flow survives writing and reading", "[M8]") {
  check_round_trip(
      load_flow(with_step("      timeout: 10m\n"
                          "      retry: {limit: 0, backoff: {duration: 1s, factor: 1.5}}\n"
                          "      policy: {}\n"
                          "      hooks:\n"
                          "        onEnd: [a, {name: b, onError: ignore}]\n"
                          "        onStart: [{name: c, arguments: {X: {\"k\": [1.50, 1e40, ~]}}}]\n"
                          "  postTrigger: smoke\n"
                          "  failurePolicy: continue\n"
                          "  contextMerge: deep\n"))
          .value());
}

TEST_CASE("the hooks of onEnd are written in onSuccess and in onFail", "[M2][M8]") {
  const Flow flow =
      load_flow(with_step("      hooks: {onEnd: [a, {name: b, onError: fail}]}\n")).value();
  const std::string text = write_manifest(flow).value();
  CHECK(text.find("        onSuccess:\n"
                  "          - name: a\n"
                  "            onError: ignore\n"
                  "          - b\n"
                  "        onFail: [a, b]\n") != std::string::npos);
  check_round_trip(flow);
}

TEST_CASE("names and texts of any kind survive", "[M8]") {
  const std::vector<std::string> texts = {"yes",
                                          "no",
                                          "null",
                                          "~",
                                          "1.0",
                                          "0x1F",
                                          "1e3",
                                          ".inf",
                                          "-",
                                          "- a",
                                          "a: b",
                                          "a #b",
                                          "#",
                                          "'quoted'",
                                          "\"quoted\"",
                                          "back\\slash",
                                          "{a}",
                                          "[a]",
                                          "*a",
                                          "&a",
                                          "!a",
                                          "%a",
                                          "@a",
                                          "`a",
                                          "two words",
                                          " lead",
                                          "trail ",
                                          "\xC3\xA4\xF0\x9F\x9A\x80",
                                          "\xC2\x85",
                                          "\xE2\x80\xA8x",
                                          "\xEF\xBB\xBF",
                                          "\x7F",
                                          "\xC2\x9F",
                                          "a\nb",
                                          "a\tb",
                                          std::string("nul\0nul", 7),
                                          "?",
                                          ":",
                                          "<<",
                                          "=",
                                          "y",
                                          "on",
                                          "2001-01-01",
                                          "1:30",
                                          std::string(3000, 'x'),
                                          std::string(600, '\x01'),
                                          ""};
  FlowOptions options;
  Hook hook{.name = "yes: no"};
  for (const std::string& text : texts) {
    options.annotations.emplace_back("key " + text, text);
    hook.arguments.push_back({"A" + std::to_string(hook.arguments.size()), text, false});
  }
  hook.arguments.push_back({std::string(2000, 'k'), R"({"a":"\u2028","b":[]})", true});
  hook.arguments.push_back({"LONG", R"({")" + std::string(3000, 'k') + R"(":{"x":-0.0}})", true});
  hook.arguments.push_back({"BIG", "123456789012345678901234567890", true});
  options.hooks.on_start.push_back(hook);
  options.hooks.on_fail = {Hook{.name = "a"}, hook};
  FlowBuilder builder("x", "yes");
  builder.options(options);
  std::string before = "yes";
  for (const std::string& text : texts) {
    // Environments have names that can be seen: not all of these texts do.
    if (detail::is_plain_name(text) && text != "yes") {
      builder.step(text, {before});
      before = text;
    }
  }
  const FlowReport report = builder.build().value();
  REQUIRE(report.flow);
  const Flow canonical = load_flow(write_manifest(*report.flow).value()).value();
  CHECK(canonical.options().annotations == options.annotations);
  check_round_trip(canonical);
}

TEST_CASE("the corpus is read with the right warnings, and written back", "[M3][M8][corpus]") {
  const std::map<std::string, Facts> warnings = {
      {"global-parallel-flow.236b.yaml", {"~9:3 deprecated-layout /spec/properties"}}};
  for (const auto& path : corpus("flows")) {
    INFO(path.string());
    const ManifestReport report = read_manifest(read_file(path)).value();
    const auto expected = warnings.find(path.filename().string());
    CHECK(facts(report.diagnostics) == (expected == warnings.end() ? Facts{} : expected->second));
    REQUIRE(report.flows.size() == 1);
    check_round_trip(report.flows[0]);
  }
}

TEST_CASE("the corpus' other kinds are passed over beside a flow", "[M3][corpus]") {
  for (const std::string_view folder : {"hooks", "policies", "products"}) {
    for (const auto& path : corpus(folder)) {
      INFO(path.string());
      const ManifestReport report =
          read_manifest(read_file(path) + "\n---\n" + with_step("")).value();
      CHECK(facts(report.diagnostics).empty());
      CHECK(report.flows.size() == 1);
    }
  }
}

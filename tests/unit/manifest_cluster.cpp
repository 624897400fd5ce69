// SPDX-License-Identifier: Apache-2.0
// What Kubernetes' reader of YAML takes unquoted words for.
#include <string>

#include "catch.hpp"
#include "document/cluster_reading.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::testing;

namespace {

std::string reading(std::string_view text) { return cluster_reading(text).value_or("a string"); }

std::string environment(std::string_view name) {
  return with_steps(fmt::format("    - environment: {}\n      dependsOn: [dev]\n", name));
}

std::string arguments(std::string_view members) {
  return with_step(
      fmt::format("      hooks: {{onStart: {{name: x, arguments: {{{}}}}}}}\n", members));
}

/// The facts but for extensions.
Facts readings(std::string_view text) {
  Facts out;
  for (std::string& fact : facts(text)) {
    if (fact.find("extension-field") == std::string::npos) { out.push_back(std::move(fact)); }
  }
  return out;
}

}  // namespace

TEST_CASE("words are booleans and null in just these spellings", "[M6][H8]") {
  for (const std::string_view word : {"y", "Y", "yes", "Yes", "YES", "true", "on", "On", "ON"}) {
    CHECK(reading(word) == "true");
  }
  for (const std::string_view word : {"n", "N", "no", "No", "NO", "false", "off", "Off", "OFF"}) {
    CHECK(reading(word) == "false");
  }
  for (const std::string_view word : {"", "~", "null", "Null", "NULL"}) {
    CHECK(reading(word) == "null");
  }
  for (const std::string_view word :
       {"yEs", "oN", "nO", "tRUE", "nil", "none", "yes1", "note", "t"}) {
    CHECK(reading(word) == "a string");
  }
}

TEST_CASE("numbers are those of go-yaml", "[M6][H8]") {
  CHECK(reading("1.10") == "1.1");
  CHECK(reading("1.0") == "1");
  CHECK(reading("0x1F") == "31");
  CHECK(reading("-0x1f") == "-31");
  CHECK(reading("1e3") == "1000");
  CHECK(reading("1_000") == "1000");
  CHECK(reading("1_") == "1");
  CHECK(reading("0o7") == "7");
  CHECK(reading("010") == "8");
  CHECK(reading("0b11") == "3");
  CHECK(reading("-0b11") == "-3");
  CHECK(reading("08") == "8");
  CHECK(reading("+5") == "5");
  CHECK(reading("-0") == "0");
  CHECK(reading(".5") == "0.5");
  CHECK(reading("1.") == "1");
  CHECK(reading("1e20") == "100000000000000000000");
  CHECK(reading("-1.2345678901234568e20") == "-123456789012345680000");  // Not its exact value.
  CHECK(reading("1.5e-5") == "0.000015");
  CHECK(reading("-1e-6") == "-0.000001");
  CHECK(reading("1e21") == "1e+21");
  CHECK(reading("0.0000001") == "1e-07");
  CHECK(reading("18446744073709551615") == "18446744073709551615");
  CHECK(reading("99999999999999999999") == "100000000000000000000");
  CHECK(reading(".inf") == "infinity");
  CHECK(reading("-.INF") == "infinity");
  CHECK(reading(".NaN") == "not a number");
}

TEST_CASE("what only other readers of YAML 1.1 take for a number is a string", "[M6][H8]") {
  for (const std::string_view text :
       {"12:30:45", "1:30", "2024-01-01", "_1", "0x",    "0b2",  "1e400",   "1.2.3",
        "-",        "+",    ".",          "..", "1,000", "0x1G", "v1",      "e3",
        "--1",      "1e",   "=",          "!",  "0o8",   "09a",  "1.10-rc", "infinity"}) {
    INFO(text);
    CHECK(reading(text) == "a string");
  }
}

TEST_CASE("names that a cluster does not read as text get a warning", "[M6][H8]") {
  for (const std::string_view name :
       {"yes", "no", "on", "off", "y", "N", "1_000", "0b1", "-0x1F"}) {
    INFO(name);
    CHECK(readings(environment(name)) == Facts{"~8:20 read-differently /spec/steps/0/environment"});
    CHECK(readings(environment(fmt::format("\"{}\"", name))).empty());
    CHECK(readings(environment(fmt::format("'{}'", name))).empty());
    CHECK(readings(environment(fmt::format("!!str {}", name))).empty());
  }
  const ManifestReport report = *read_manifest(environment("on"));
  CHECK(report.flows.size() == 1);
  CHECK(report.diagnostics[0].message == "a cluster reads the unquoted 'on' as true");
  CHECK(report.diagnostics[0].hint == "quote it: \"on\"");
  CHECK(readings(environment("12:30:45")).empty());
  CHECK(
      readings(with_steps("    - {environment: a, dependsOn: [dev], hooks: {onFail: [off]}}\n")) ==
      Facts{"~8:59 read-differently /spec/steps/0/hooks/onFail/0"});
  CHECK(readings(with_steps("    - {environment: \"no\", dependsOn: [dev]}\n"
                            "    - {environment: a, dependsOn: [no]}\n")) ==
        Facts{"~9:36 read-differently /spec/steps/1/dependsOn/0"});
}

TEST_CASE("arguments that a cluster reads differently get a warning", "[M6][A6][H8]") {
  const std::string at = "~10:46 read-differently /spec/steps/0/hooks/onStart/arguments/";
  CHECK(readings(arguments("y: x")) == Facts{at + "y"});
  CHECK(readings(arguments("1.10: x")) == Facts{at + "1.10"});
  CHECK(readings(arguments("A: 010")) ==
        Facts{"~10:49 read-differently /spec/steps/0/hooks/onStart/arguments/A"});
  CHECK(readings(arguments("A: yes")) ==
        Facts{"~10:49 read-differently /spec/steps/0/hooks/onStart/arguments/A"});
  CHECK(readings(arguments("A: [x, {B: on}]")) ==
        Facts{"~10:57 read-differently /spec/steps/0/hooks/onStart/arguments/A/1/B"});
  CHECK(readings(arguments("A: true, B: 5, C: null, D: \"yes\", E: text, F: 1.5")).empty());
}

TEST_CASE("a number in another base gets a warning where the two readings differ", "[M6][H8]") {
  CHECK(readings(with_head("  promotionTimeoutLimit: 010\n  triggerEnvironment: dev\n  steps: "
                           "[{environment: a, dependsOn: [dev]}]\n")) ==
        Facts{"~6:26 read-differently /spec/promotionTimeoutLimit"});
  CHECK(readings(with_head("  promotionTimeoutLimit: 0x1F\n  triggerEnvironment: dev\n  steps: "
                           "[{environment: a, dependsOn: [dev]}]\n"))
            .empty());
}

TEST_CASE("the advice for a number or a word that reads differently can be followed", "[M6][H8]") {
  const auto hint = [](std::string_view text) {
    const ManifestReport report = *read_manifest(text);
    for (const Diagnostic& one : report.diagnostics) {
      if (one.code == DiagnosticCode::ReadDifferently) { return one.hint; }
    }
    return std::string("none");
  };
  const auto retry = [](std::string_view members) {
    return with_step(fmt::format("      retry: {{{}}}\n", members));
  };
  const std::string octal = "write 10, or 8 if octal was meant";
  CHECK(hint(with_head("  promotionTimeoutLimit: 010\n  triggerEnvironment: dev\n  steps: "
                       "[{environment: a, dependsOn: [dev]}]\n")) == octal);
  CHECK(hint(retry("limit: 010")) == octal);
  CHECK(hint(retry("limit: 1, backoff: {duration: 1s, factor: 010}")) == octal);
  for (const std::string_view factor : {"10", "1.50", "1e1", "08", "\"2\""}) {
    CHECK(hint(retry(fmt::format("limit: 1, backoff: {{duration: 1s, factor: {}}}", factor))) ==
          "none");
  }
  CHECK(hint(arguments("A: 010")) == "quote it, or write 8");
  CHECK(hint(arguments("A: .inf")) == "quote it: \".inf\"");
  CHECK(hint(arguments("A: .nan")) == "quote it: \".nan\"");
}

TEST_CASE("a merge key behind a key that it brings, too, gets a warning", "[M6][H8]") {
  const auto merged = [](std::string_view members) {
    return readings(with_steps(
        fmt::format("    - &a {{environment: a, dependsOn: [dev], policy: {{action: pr}}}}\n"
                    "    - &b {{environment: b, <<: *a}}\n    - {{{}}}\n",
                    members)));
  };
  const std::string first = "~9:11 read-differently /spec/steps/1/environment";
  CHECK(merged("environment: c, dependsOn: [a], <<: *a") ==
        Facts{first, "~10:8 read-differently /spec/steps/2/environment",
              "~10:24 read-differently /spec/steps/2/dependsOn"});
  CHECK(merged("dependsOn: [a], <<: [*b], environment: c") ==
        Facts{first, "~10:8 read-differently /spec/steps/2/dependsOn"});
  CHECK(merged("<<: *a, environment: c, dependsOn: [a]") == Facts{first});
  CHECK(readings(with_step("      hooks: {onStart: {name: x, arguments: {A: 1, <<: {A: 2}}}}\n")) ==
        Facts{"~10:46 read-differently /spec/steps/0/hooks/onStart/arguments/A"});
  CHECK(readings(with_head("  triggerEnvironment: dev\n  <<: {triggerEnvironment: qa}\n"
                           "  steps: [{environment: a, dependsOn: [dev]}]\n")) ==
        Facts{"~6:3 read-differently /spec/triggerEnvironment"});
}

TEST_CASE("JSON and what is written back never read differently", "[M6][M8][H8]") {
  CHECK(facts(R"({"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
"metadata": {"name": "on"}, "spec": {"triggerEnvironment": "y", "steps":
[{"environment": "no", "dependsOn": ["y"]}]}})")
            .empty());
  for (const std::string_view name : {"yes", "1_000", "0b1", "-0x1F", "+.inf", "~", "1.10", "<<"}) {
    FlowBuilder builder("x", "dev");
    builder.step(name, {"dev"});
    const FlowReport built = *builder.build();
    REQUIRE(built.flow);
    CHECK(facts(*write_manifest(*built.flow)).empty());
  }
}

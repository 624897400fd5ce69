// SPDX-License-Identifier: Apache-2.0
// Diagnostics as people and programs read them.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "promoflow/diagnostic.hpp"

using namespace promoflow;

namespace {

Diagnostic at(std::uint32_t line, std::uint32_t column, std::uint32_t length,
              std::string message = "wrong", std::string hint = {}) {
  return {.code = DiagnosticCode::UnknownField,
          .severity = Severity::Error,
          .document = 0,
          .pointer = "/a/b",
          .line = line,
          .column = column,
          .length = length,
          .message = std::move(message),
          .hint = std::move(hint)};
}

std::string text_of(const Diagnostic& diagnostic, std::string_view text,
                    DiagnosticFormat format = DiagnosticFormat::Text) {
  return format_diagnostics({&diagnostic, 1}, {"flow.yaml", text}, format).value();
}

}  // namespace

TEST_CASE("a diagnostic looks like a modern compiler's", "[M6]") {
  CHECK(text_of(at(2, 3, 9, "unknown field 'onFailure'", "did you mean 'onFail'?"),
                "a:\n  onFailure: x\n") ==
        "flow.yaml:2:3: error: unknown field 'onFailure' [unknown-field]\n"
        "    2 |   onFailure: x\n"
        "      |   ^~~~~~~~~\n"
        "      = help: did you mean 'onFail'?\n");
}

TEST_CASE("without a text only the place is printed", "[M6]") {
  CHECK(text_of(at(0, 0, 1), "") == "flow.yaml: /a/b: error: wrong [unknown-field]\n");
  CHECK(text_of(at(7, 1, 1), "one line") == "flow.yaml:7:1: error: wrong [unknown-field]\n");
  CHECK(format_diagnostics({}, {"x", "y"}, DiagnosticFormat::Text).value().empty());
}

TEST_CASE("tabs, wide text and control characters keep the caret in its place", "[M6]") {
  CHECK(text_of(at(1, 3, 2), "a\tbb") ==
        "flow.yaml:1:3: error: wrong [unknown-field]\n"
        "    1 | a   bb\n"
        "      |     ^~\n");
  CHECK(text_of(at(1, 3, 1), "\xC3\xA4\xE2\x82\xAC: x") ==
        "flow.yaml:1:3: error: wrong [unknown-field]\n"
        "    1 | \xC3\xA4\xE2\x82\xAC: x\n"
        "      |   ^\n");
  CHECK(text_of(at(1, 4, 1, "a\x1b[31m\nname"), "\x1b\xFF\x01x") ==
        "flow.yaml:1:4: error: a<U+001B>[31m<U+000A>name [unknown-field]\n"
        "    1 | <U+001B><0xFF><U+0001>x\n"
        "      |                       ^\n");
}

TEST_CASE("long lines are cut around the caret", "[M6]") {
  const std::string line = std::string(500, 'a') + "X" + std::string(500, 'b');
  const std::string out = text_of(at(1, 501, 1), line);
  const std::size_t shown = out.find('\n') + 1;
  const std::string quoted = out.substr(shown, out.find('\n', shown) - shown);
  CHECK(quoted.size() < 180);
  const std::string carets = out.substr(out.find('\n', shown) + 1);
  CHECK(quoted[carets.find('^')] == 'X');
}

TEST_CASE("colours are ANSI's", "[M6]") {
  const std::string out = text_of(at(1, 1, 1), "x", DiagnosticFormat::ColoredText);
  CHECK(out.find("\x1b[1;31merror:\x1b[0m") != std::string::npos);
}

TEST_CASE("as JSON each diagnostic is one line with all that is known", "[M6]") {
  const Diagnostic diagnostic = at(2, 3, 4, "a \"b\"", "c");
  const std::string out = text_of(diagnostic, "", DiagnosticFormat::Json);
  CHECK(out.back() == '\n');
  CHECK(nlohmann::json::parse(out) ==
        nlohmann::json::parse(R"({"file":"flow.yaml","document":0,"line":2,"column":3,"length":4,
          "severity":"error","code":"unknown-field","pointer":"/a/b","message":"a \"b\"",
          "hint":"c"})"));
}

TEST_CASE("SARIF has rules, levels and regions", "[M6]") {
  const Diagnostic diagnostic = at(2, 3, 4);
  const std::vector<SarifInput> inputs = {{"my flow.yaml", {&diagnostic, 1}}, {"other", {}}};
  const auto log = nlohmann::json::parse(format_sarif(inputs).value());
  CHECK(log["version"] == "2.1.0");
  const auto& run = log["runs"][0];
  const auto& result = run["results"].at(0);
  CHECK(result["ruleId"] == "unknown-field");
  CHECK(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"] ==
        "unknown-field");
  CHECK(result["level"] == "error");
  const auto& place = result["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"] == "my%20flow.yaml");
  CHECK(place["region"]["startLine"] == 2);
  CHECK(place["region"]["endColumn"] == 7);
  CHECK(run["results"].size() == 1);
}

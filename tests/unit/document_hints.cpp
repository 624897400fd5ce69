// SPDX-License-Identifier: Apache-2.0
// Texts that are no YAML for reasons which a parser does not see: templates, blanks that are no
// spaces, other encodings, texts that were put together.
#include <string>

#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::testing;

namespace {

/// `7:22 MESSAGE` of the first diagnostic.
std::string first(std::string_view text) {
  const ManifestReport report = *read_manifest(text);
  if (report.diagnostics.empty()) { return "none"; }
  const Diagnostic& found = report.diagnostics.front();
  return fmt::format("{}:{} {}", found.line, found.column, found.message);
}

std::string good() { return with_step(""); }

constexpr std::string_view kHelm =
    "this looks like a Helm template: render it first (`helm template`)";

}  // namespace

TEST_CASE("a Helm template is told, wherever its actions are", "[M6][H11]") {
  const auto helm = [](std::string_view place) { return fmt::format("{} {}", place, kHelm); };
  const std::string steps = "  steps: [{environment: a, dependsOn: [dev]}]\n";
  CHECK(facts(with_head("  triggerEnvironment: {{ .Values.trigger }}\n" + steps)).size() == 1);
  CHECK(first(with_head("  triggerEnvironment: {{ .Values.trigger }}\n" + steps)) == helm("6:23"));
  CHECK(first(with_head("  {{ .Values.key }}: dev\n")) == helm("6:3"));
  CHECK(first("{{- if .Values.enabled }}\n" + good() + "{{- end }}\n") == helm("1:1"));
  CHECK(first(good() + "{{- if .Values.canary }}\n    - environment: canary\n{{- end }}\n") ==
        helm("10:1"));
  CHECK(first(good() + "      {{- with .Values.hooks }}\n      hooks: x\n      {{- end }}\n") ==
        helm("10:7"));
  CHECK(first(with_step("      hooks:\n        {{- toYaml .Values.hooks | nindent 8 }}\n")) ==
        helm("11:9"));
  CHECK(first(with_step("      policy: {action: {{ .Values.action }}}\n")) == helm("10:24"));
  CHECK(first(with_step("      hooks: {onFail: [{{ include \"hook\" . }}, b]}\n")) ==
        helm("10:24"));
  CHECK(first(with_step("      hooks: {onFail: {{ .Values.x | quote }}-a}\n")) == helm("10:23"));
  CHECK(first("{{/* a comment */}}\n" + good()) == helm("1:1"));
  CHECK(first("{{- $name := .Values.name -}}\n" + good()) == helm("1:1"));
  CHECK(first("{{ include \"flow\" (dict \"name\" \"x\") }}\n") == helm("1:1"));
  CHECK(first("metadata:\n  name: {{ .Release.Name }}-flow\n") == helm("2:9"));
}

TEST_CASE("what is no text is told for what it is", "[M6][H7]") {
  using namespace std::string_view_literals;
  CHECK(first("\x1F\x8B\x08\0\0"sv) == "1:1 this is gzip data, no text");
  CHECK(first("PK\x03\x04\x14\0"sv) == "1:1 this is a zip archive, no text");
  CHECK(first("\x89PNG\r\n\x1A\n"sv) == "1:1 this is a PNG image, no text");
  CHECK(first("flow.yaml" + std::string(248, '\0') + "ustar  ") ==
        "1:1 this is a tar archive, no text");
}

TEST_CASE("surrogate pairs, as JSON has them, are told as such", "[M6][H7]") {
  const auto hint = [](std::string_view escapes) {
    const ManifestReport report =
        *read_manifest(with_steps(fmt::format("    - {{environment: \"{}\"}}\n", escapes)));
    return report.diagnostics[0].message + ": " + report.diagnostics[0].hint;
  };
  const std::string pairs = "YAML knows no surrogate pairs: write ";
  CHECK(hint("\\ud83d\\ude80") == pairs + "\\U0001F680, or the character itself");
  CHECK(hint("a\\uD83D\\uDE80b") == pairs + "\\U0001F680, or the character itself");
  CHECK(hint("\\ud83d") == pairs + "the whole character");
  CHECK(hint("\\ud83dx") == pairs + "the whole character");
  CHECK(hint("\\ude80\\ude80") == pairs + "the whole character");
  CHECK(hint("\\U00110000") ==
        "this escape is not a character of Unicode: the last one is \\U0010FFFF");
}

TEST_CASE("other templates are told as such", "[M6][H11]") {
  CHECK(first(with_step("      hooks: {onFail: {{workflow.name}}}\n"))
            .find("10:23 this looks like a template that was not rendered") == 0);
  CHECK(first(good() + "{% if canary %}\n").find("10:1 this looks like a Jinja template") == 0);
}

TEST_CASE("templates in quotes, block texts and comments are text", "[M6][H11]") {
  CHECK(facts(with_step("      hooks: {onFail: {name: x, arguments: {A: '{{ .Values.x }}', "
                        "B: \"{{workflow.name}}\", C: $(VAR), D: text-{{ x }}}}}\n"))
            .size() <= 2);
  CHECK(first("# {{ .Values.x }}\n" + good()) == "none");
  CHECK(first(good() + "---\nkind: ConfigMap\ndata:\n  a: |\n    {{ .Values.x }}\n") == "none");
  CHECK(first("a: '{{ .x }}'\nb: [\n").find("Helm") == std::string::npos);
  CHECK(first("a: text # {{ .x }}\nb: @\n").find("Helm") == std::string::npos);
}

TEST_CASE("a blank that is no space is named at its own line", "[M6][H7]") {
  CHECK(first(with_head("  triggerEnvironment:\xC2\xA0"
                        "dev\n  steps:\n    - environment: a\n"
                        "      dependsOn: [dev]\n")) ==
        "6:22 a no-break space (U+00A0) is no separator");
  CHECK(first(with_head("\xC2\xA0\xC2\xA0triggerEnvironment: dev\n  steps: []\n"))
            .find("6:1 a no-break space (U+00A0) is no indentation") == 0);
  CHECK(first(with_head("  triggerEnvironment:\xE2\x80\xAF"
                        "dev\n  steps: []\n"))
            .find("6:22 a narrow no-break space (U+202F)") == 0);
  CHECK(first(with_head("  triggerEnvironment:\xE2\x80\x8B dev\n  steps: []\n"))
            .find("6:22 a zero width space (U+200B)") == 0);
  const ManifestReport report =
      *read_manifest(with_head("  triggerEnvironment: dev\n  steps:\n  - environment:\xC2\xA0"
                               "a\n"));
  REQUIRE(report.diagnostics.size() == 1);
  CHECK(report.diagnostics[0].hint ==
        "write a space behind the ':': a no-break space (U+00A0) is no separator");
}

TEST_CASE("each document may begin with a byte order mark", "[M3][H7]") {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string other = "---\n" + std::string("kind: Other\n");
  CHECK(first(mark + good() + mark + other) == "none");
  CHECK(first(mark + good() + mark + "# a comment\n\n" + other) == "none");
  CHECK(first(good() + "...\n" + mark + other) == "none");
  CHECK(first(good() + "---\n" + mark + "kind: Other\n") == "none");
  CHECK(first(good() + mark + "%YAML 1.2\n---\nkind: Other\n").find("mark") == std::string::npos);
  CHECK(first(good() + "\r\n" + mark + other) == "none");
  CHECK(first(good() + mark + "---\nkind: PromotionFlow\n").find("10:1 ") == std::string::npos);
  CHECK(first(good() + mark + "kind: Other\n") ==
        "10:1 a byte order mark (U+FEFF) within a document");
}

TEST_CASE("places behind a byte order mark are those of an editor", "[M6][H7]") {
  const std::string text = "kind: Other\n\xEF\xBB\xBF--- {apiVersion: 5, kind: PromotionFlow}\n";
  const ManifestReport report = *read_manifest(text);
  REQUIRE_FALSE(report.diagnostics.empty());
  const std::string printed =
      *format_diagnostics(report.diagnostics, {.file = "f", .text = text}, DiagnosticFormat::Text);
  CHECK(facts(report.diagnostics).back() == "2:18 wrong-type /apiVersion");
  CHECK(printed.find("                 ^\n") != std::string::npos);
}

TEST_CASE("UTF-16 and UTF-32 are told, with a mark or without", "[M6][H7]") {
  const auto wide = [](std::size_t size, bool big, bool mark) {
    std::string out;
    for (const char32_t c : std::u32string(mark ? 1 : 0, 0xFEFF) + U"kind: x") {
      for (std::size_t i = 0; i < size; ++i) {
        out += static_cast<char>(c >> 8 * (big ? size - 1 - i : i));
      }
    }
    return out;
  };
  for (const bool big : {false, true}) {
    for (const bool mark : {false, true}) {
      CHECK(first(wide(2, big, mark)) == "1:1 the text is UTF-16, not UTF-8");
      CHECK(first(wide(4, big, mark)) == "1:1 the text is UTF-32, not UTF-8");
    }
  }
}

TEST_CASE("a character that is no text is named", "[M6][H7]") {
  CHECK(first(good() + "\x1A") == "10:1 a control character (U+001A)");
  CHECK(first(good() + "\xEF\xBF\xBE\n").find("10:1 ") == 0);
}

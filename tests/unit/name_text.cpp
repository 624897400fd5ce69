// SPDX-License-Identifier: Apache-2.0
// What names are made of, and what is said of what cannot be seen in them.
#include "base/name_text.hpp"

#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "catch.hpp"
#include "manifest_texts.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::testing;

namespace {

/// UTF-8 of a code point.
std::string utf8(char32_t c) {
  std::string out;
  append_utf8(out, c);
  return out;
}

Diagnostic only_diagnostic(std::string_view text) {
  const ManifestReport report = *read_manifest(text);
  REQUIRE(report.diagnostics.size() == 1);
  return report.diagnostics[0];
}

std::string steps(std::string_view environment, std::string_view depends_on) {
  return with_steps(
      fmt::format("    - {{environment: \"{}\", dependsOn: [dev]}}\n"
                  "    - {{environment: last, dependsOn: [\"{}\"]}}\n",
                  environment, depends_on));
}

}  // namespace

TEST_CASE("names may have all that can be seen", "[M6][H7]") {
  for (const std::string_view name :
       {"staging", "Production EU", "@prod", "a,b", "a:b", "-", ".", "..", "eu/west", "a\"b",
        "Pr\xC3\xBC"
        "fung",
        "e\xCC\x81", "\xE7\x94\x9F\xE4\xBA\xA7", "\xF0\x9F\x9A\x80prod", "\xD7\xA9\xD7\xA8\xD7\xAA",
        "\xE2\x9A\xA0\xEF\xB8\x8Fprod"}) {
    INFO(name);
    CHECK(is_plain_name(name));
    CHECK(facts(steps(name == "a\"b" ? "ab" : name, name == "a\"b" ? "ab" : name)).empty());
  }
}

TEST_CASE("control, invisible, bidirectional and lost characters are no part of a name",
          "[M6][H7]") {
  constexpr char32_t kRefused[] = {0x01,   0x09,   0x0A,   0x1B,   0x7F,   0x80,   0x85,   0x9F,
                                   0xA0,   0xAD,   0x034F, 0x061C, 0x180E, 0x2000, 0x2007, 0x200B,
                                   0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E,
                                   0x202F, 0x205F, 0x2060, 0x2066, 0x2069, 0x2800, 0x3000, 0x3164,
                                   0xFE0F, 0xFEFF, 0xFFFC, 0xFFFD, 0xFFFE, 0xE0020};
  for (const char32_t c : kRefused) {
    INFO(static_cast<std::uint32_t>(c));
    for (const std::string& name : {"a" + utf8(c) + "b", utf8(c) + "a", "a" + utf8(c), utf8(c)}) {
      CHECK_FALSE(is_plain_name(name));
      CHECK_FALSE(explain_name(name).message.empty());
      CHECK((visible_name(name).empty() || is_plain_name(visible_name(name))));
    }
  }
  for (const std::string_view name : {"", " ", " a", "a ", "\xFF", "a\xC0\x80"}) {
    CHECK_FALSE(is_plain_name(name));
  }
}

TEST_CASE("what cannot be seen in a name is shown and explained", "[M6][H7]") {
  const Diagnostic zero_width = only_diagnostic(steps("staging\xE2\x80\x8B", "staging"));
  CHECK(zero_width.code == DiagnosticCode::InvalidName);
  CHECK(zero_width.line == 8);
  CHECK(zero_width.message ==
        "'environment' must not have invisible characters: 'staging<U+200B>' has a zero width "
        "space "
        "(U+200B) at its end");
  CHECK(zero_width.hint == "write 'staging'");
  CHECK(only_diagnostic(steps("staging", "sta\xE2\x80\xAEging")).message ==
        "an entry of 'dependsOn' must not have invisible characters: 'sta<U+202E>ging' has a "
        "right-to-left override (U+202E) behind 'sta'");
  CHECK(only_diagnostic(steps("prod eu",
                              "prod\xC2\xA0"
                              "eu"))
            .hint == "write 'prod eu'");
  CHECK(only_diagnostic(steps("staging ", "staging")).message ==
        "'environment' must not end with a space: 'staging '");
  CHECK(only_diagnostic(steps(" staging", "staging")).hint == "write 'staging'");
  CHECK(only_diagnostic(steps("a\\nb", "a b")).message.find("a line break (U+000A)") !=
        std::string::npos);
  CHECK(only_diagnostic(steps("a\\x9Bb", "ab")).message.find("control characters: 'a<U+009B>b'") !=
        std::string::npos);
}

TEST_CASE("every kind of name is checked", "[M6][H7]") {
  const std::string bad = "\"a\xE2\x80\x8B\"";
  CHECK(facts(with_head("  triggerEnvironment: " + bad +
                        "\n  steps: [{environment: b, dependsOn: [a]}]\n")) ==
        Facts{"6:23 invalid-name /spec/triggerEnvironment"});
  for (const std::string& member :
       {"hooks: {onFail: " + bad + "}", "policy: {action: pr, preAction: " + bad + "}",
        "policy: {action: pr, postAction: " + bad + "}", "hooks: {onStart: [x, " + bad + "]}"}) {
    const Facts found = facts(with_step("      " + member + "\n"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].find("invalid-name") != std::string::npos);
  }
  CHECK(
      facts(with_step("      hooks: {onFail: {name: x, arguments: {" + bad + ": 1}}}\n")).size() ==
      2);
  CHECK(
      facts("apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: " + bad +
            "}\nspec: {triggerEnvironment: dev, steps: [{environment: b, dependsOn: [dev]}]}\n") ==
      Facts{"3:18 invalid-name /metadata/name"});
  FlowBuilder builder("x", "dev");
  builder.step("staging\xE2\x80\x8B", {"dev"}).step("prod", {"staging"});
  const FlowReport built = *builder.build();
  CHECK_FALSE(built.flow);
  REQUIRE(built.diagnostics.size() == 2);
  CHECK(built.diagnostics[1].hint ==
        "did you mean 'staging<U+200B>'? (it has a zero width space (U+200B) at its end)");
}

TEST_CASE("a field with an invisible character is named with it", "[M6][H7]") {
  const Diagnostic found = only_diagnostic(with_step("      hooks: {\"onFail\xE2\x80\x8B\": x}\n"));
  CHECK(found.message == "unknown field 'onFail<U+200B>'");
  CHECK(found.hint.starts_with("write 'onFail': the key must not have invisible characters"));
}

TEST_CASE("names that look the same are suggested with their difference", "[M6][H7]") {
  const Diagnostic normal = only_diagnostic(steps("caf\xC3\xA9", "cafe\xCC\x81"));
  CHECK(normal.code == DiagnosticCode::UnknownEnvironment);
  CHECK(normal.hint.find("(it looks the same, but has U+00E9 where the other has 'e')") !=
        std::string::npos);
  const Diagnostic cyrillic = only_diagnostic(steps("st\xD0\xB0ging", "staging"));
  CHECK(cyrillic.hint.find("(it looks the same, but has U+0430 where the other has 'a')") !=
        std::string::npos);
  CHECK(only_diagnostic(steps("Staging", "staging")).hint == "did you mean 'Staging'?");
}

TEST_CASE("two names that look the same are a warning", "[M6][H7]") {
  const auto both = [](std::string_view first, std::string_view second) {
    return facts(
        with_steps(fmt::format("    - {{environment: \"{}\", dependsOn: [dev]}}\n"
                               "    - {{environment: \"{}\", dependsOn: [dev]}}\n",
                               first, second)));
  };
  const Facts warned{"~9:21 suspicious-name /spec/steps/1/environment"};
  CHECK(both("caf\xC3\xA9", "cafe\xCC\x81") == warned);                           // NFC, NFD
  CHECK(both("staging", "\xEF\xBD\x93taging") == warned);                         // full width
  CHECK(both("prod1", "prod\xC2\xB9") == warned);                                 // superscript
  CHECK(both("fit", "\xEF\xAC\x81t") == warned);                                  // ligature
  CHECK(both("staging", "st\xD0\xB0ging") == warned);                             // Cyrillic
  CHECK(both("\xEA\xB0\x81", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8") == warned);  // Hangul
  CHECK(both("\xE1\xB9\xA9", "s\xCC\x87\xCC\xA3") == warned);                     // order of marks
  CHECK(both("\xE2\x84\xAB", "\xC3\x85") == warned);                              // Angstrom
  CHECK(both("a-b",
             "a\xE2\x80\x93"
             "b") == warned);  // a dash
  CHECK(both("staging", "Staging").empty());
  CHECK(both("caf\xC3\xA9", "cafe").empty());
  CHECK(both("prod_eu", "prod-eu").empty());
  CHECK(facts(with_step("      hooks: {onStart: caf\xC3\xA9, onFail: [x, cafe\xCC\x81]}\n")) ==
        Facts{"~10:42 suspicious-name /spec/steps/0/hooks/onFail/1"});
}

TEST_CASE("what a template or a word processor left behind in a name is a warning",
          "[M6][H7][H11]") {
  for (const std::string_view name : {"{{ .Values.env }}", "prod-{{ .Values.region }}", "${ENV}",
                                      "$(ENV)", "{% x %}", "<%= x %>"}) {
    CHECK(facts(steps(name, name)) == Facts{"~8:21 suspicious-name /spec/steps/0/environment",
                                            "~9:39 suspicious-name /spec/steps/1/dependsOn/0"});
  }
  CHECK(facts(with_step("      hooks: {onFail: \xE2\x80\x9Cjira\xE2\x80\x9D}\n")) ==
        Facts{"~10:23 suspicious-name /spec/steps/0/hooks/onFail"});
  CHECK(facts(with_step("      hooks: {onFail: {name: x, arguments: {A: \"{{ .Values.x }}\"}}}\n"))
            .size() == 1);
}

TEST_CASE("the key of names that look the same is that of Unicode's decompositions", "[H7]") {
  CHECK(look_alike_key("plain-ASCII 09") == "plain-ASCII 09");
  CHECK(look_alike_key("\xC3\xA9") == "e\xCC\x81");
  CHECK(look_alike_key("\xF0\x9D\x90\x80") == "A");  // A mathematical letter.
  CHECK(look_alike_key("\xE1\xBE\x82") == look_alike_key("\xCE\xB1\xCC\x93\xCC\x80\xCD\x85"));
  CHECK(look_alike_key("\xFF\xC3").size() == look_alike_key("\xFF\xC3").size());
}

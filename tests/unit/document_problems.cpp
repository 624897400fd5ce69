// SPDX-License-Identifier: Apache-2.0
// Messages about texts that are neither YAML nor JSON.
#include <string>

#include "catch.hpp"
#include "document/document.hpp"

using namespace promoflow;
using namespace promoflow::detail;

namespace {

/// `line:column message (hint)`.
std::string problem_of(std::string_view text, TextFormat format = TextFormat::Auto) {
  Document document;
  std::vector<Diagnostic> problems;
  read_document(text, {.format = format}, document, problems);
  if (problems.empty()) { return "none"; }
  const Diagnostic& first = problems.front();
  CHECK(first.code == DiagnosticCode::Syntax);
  return std::to_string(first.line) + ":" + std::to_string(first.column) + " " + first.message +
         (first.hint.empty() ? "" : " (" + first.hint + ")");
}

std::string json_problem(std::string_view text) { return problem_of(text, TextFormat::Json); }

}  // namespace

TEST_CASE("libyaml's errors get helpful messages", "[M6]") {
  CHECK(problem_of("a:\n\t b: 1\n") == "2:1 a tab does not indent (indent with spaces)");
  CHECK(problem_of("a: \"open\nb: 1\n") ==
        "1:4 this quote is never closed (add the closing quote)");
  CHECK(problem_of("a: [1, 2\nb: 3\n") ==
        "2:2 ',' or ']' is missing here (the '[' is at line 1, column 4)");
  CHECK(problem_of("a: {b: 1\nc: 3\n").find("(the '{' is at line 1, column 4)") !=
        std::string::npos);
  CHECK(problem_of("a: b: c\n").find("1:5 a ':' is not expected here") == 0);
  CHECK(problem_of("a: 1\nb\nc: 2\n").find("2:1 no ':' follows this key") == 0);
  CHECK(problem_of("a: @b\n") == "1:4 a value can't begin with '@' (put the value in quotes)");
  CHECK(problem_of("a: - b\n").find("1:4 a list may not begin here") == 0);
  CHECK(problem_of("a: \"\\q\"\n").find("unknown escape") != std::string::npos);
  CHECK(problem_of("a: *\n").find("1:4 '*' begins an alias") == 0);
  CHECK(problem_of("a: &\n").find("1:4 '&' begins an anchor") == 0);
  CHECK(problem_of("  a: 1\n b: 2\n").find("2:2 ") == 0);
  CHECK(problem_of("- a\nb: 1\n").find("2:1 this does not fit into the list") == 0);
  CHECK(problem_of("a: !x!y z\n").find("1:4 this tag's prefix is not declared") == 0);
  CHECK(problem_of("? [a]\n: b\n").find("1:3 a key must be text") == 0);
}

TEST_CASE("bytes that are not text have a position, too", "[M6][M7]") {
  const std::string latin_1 = " (save the text as UTF-8; it may be Latin-1 or Windows-1252)";
  CHECK(problem_of("a: 1\nb: \xFF\n") == "2:4 this is not valid UTF-8: the byte 0xFF" + latin_1);
  CHECK(problem_of("b: {c: st\xE9, d: 1}\n") ==
        "1:10 this is not valid UTF-8: the byte 0xE9" + latin_1);
  CHECK(problem_of("b: \xF0\x9F\x9A:\n") == "1:4 this is not valid UTF-8: the byte 0xF0" + latin_1);
  CHECK(problem_of("\xC3\xA4: x\xC3").find("1:5 ") == 0);
  CHECK(problem_of(std::string_view("a: b\0c", 6)).find("1:5 a control character") == 0);
  CHECK(problem_of(std::string_view("\xFF\xFE"
                                    "a\0",
                                    4))
            .find("1:1 the text is UTF-16") == 0);
}

TEST_CASE("NEL, LS and PS end no line", "[M6]") {
  CHECK(problem_of("a: \"x\xE2\x80\xA8y\"\nb: @\n").find("2:4 ") == 0);
  CHECK(problem_of("# x\xC2\x85y: @\n").find("1:8 ") == 0);
}

TEST_CASE("nlohmann's errors get helpful messages", "[M6]") {
  CHECK(json_problem("") == "1:1 the text ends too early (write an object in braces)");
  CHECK(json_problem("{\"a\": [1,\n 2")
            .find("2:3 the text ends too early (the '[' of line 1, "
                  "column 7 is never closed)") == 0);
  CHECK(json_problem("{\"a\": 1,}") == "1:9 unexpected '}' (remove the comma before it)");
  CHECK(json_problem("{\"a\" 1}").find("1:6 unexpected '1'") == 0);
  CHECK(json_problem("{\"a\": 1 \"b\": 2}").find("1:9 unexpected '\"b\"'") == 0);
  CHECK(json_problem("{'a': 1}").find("(JSON's strings are in double quotes)") !=
        std::string::npos);
  CHECK(json_problem("{\"a\": 1 // why\n}").find("1:9 unexpected") == 0);
  CHECK(json_problem("{\"a\": 1} {").find("1:10 unexpected '{' (a text of JSON holds one value)") ==
        0);
  CHECK(json_problem("{\"a\": tru}").find("1:7 unexpected 'tru'") == 0);
  CHECK(json_problem("{\"a\": 01}").find("1:8 unexpected '1'") == 0);
  CHECK(json_problem("{\"a\": -}").find("1:7 this is not a number") == 0);
  CHECK(json_problem("{\"a\": \"x\ny\"}").find("1:9 a control character in a string") == 0);
  CHECK(json_problem("{\"a\": \"x").find("1:7 a string is never closed") == 0);
  CHECK(json_problem("{\"a\": \"\\x\"}").find("unknown escape in a string") != std::string::npos);
  CHECK(json_problem("{\"a\": \"\\ud800\"}").find("an escape that is not valid") !=
        std::string::npos);
  CHECK(json_problem("{\"\xC3\xA4\": \"\xFF\"}").find("1:8 this is not valid UTF-8") == 0);
  CHECK(json_problem("{,}").find("1:2 unexpected") == 0);
}

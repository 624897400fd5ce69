// SPDX-License-Identifier: Apache-2.0
// C4: what is said of a text that was exported and is no JSON object: what it seems to be, where it
// goes wrong, how it begins.
#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "context/export.hpp"
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;
using namespace std::string_view_literals;

namespace {

std::string reason(std::string_view text) {
  const std::string why = check_export(text).value();
  CHECK(detail::is_utf8(why));
  CHECK(detail::printable(why) == why);  // One line, nothing that is not seen.
  CHECK(why.size() < 2048);
  return why;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Case {
  std::string_view text;
  std::string_view begins;  ///< The reason.
  std::string_view has;     ///< And what else it contains.
  std::string_view shows;   ///< Of the text.
};

const Case kCases[] = {
    // Other encodings.
    {"\xFF\xFE{\0\"\0K\0\"\0:\0001\0}\0\r\0\n\0"sv, "UTF-16, not UTF-8: in PowerShell",
     "PowerShell", "'{\"K\":1}'"},
    {"\xFE\xFF\0{\0}"sv, "UTF-16, not UTF-8: in PowerShell", "UTF-8", "'{}'"},
    {"{\0\"\0K\0\"\0:\0001\0}\0"sv, "UTF-16, not UTF-8: in PowerShell", "UTF-8", "'{\"K\":1}'"},
    {"\0{\0\"\0\xFC\0\"\0:\0001\0}"sv, "UTF-16, not UTF-8: in PowerShell", "UTF-8",
     "'{\"\xC3\xBC\":1}'"},
    {"\xFF\xFE\0\0{\0\0\0}\0\0\0"sv, "UTF-32, not UTF-8", "UTF-8", "'{}'"},
    {"\0\0\0{\0\0\0}"sv, "UTF-32, not UTF-8", "UTF-8", "'{}'"},
    {"\xFF\xFE\x3D\xD8\x00\xDE"sv, "UTF-16, not UTF-8: in PowerShell", "UTF-8",
     "'\xF0\x9F\x98\x80'"},
    {"\xFF\xFE\x3D\xD8"sv, "UTF-16, not UTF-8: in PowerShell", "UTF-8", "<0x"},
    {"{\"K\":\"Pr\xFC\x66ung\"}", "not valid UTF-8 (line 1, column 9)", "byte 0xFC; is it Latin-1",
     "'{\"K\":\"Pr<0xFC>fung\"}'"},
    {"{\n \"K\":\"\x80\"}", "not valid UTF-8 (line 2, column 7)", "byte 0x80",
     "'{ \"K\":\"<0x80>\"}'"},
    {"\x1F\x8B\x08\0"sv, "not valid JSON: this is gzip data", "JSON object", "'<U+001F><0x8B>"},
    {"PK\x03\x04\x14\0"sv, "not valid JSON: this is a zip archive", "JSON object", "'PK<U+0003>"},
    {"\x7F\x45LF\2\1"sv, "not valid JSON: this is an ELF program", "JSON object", "'<U+007F>ELF"},
    {"BZhang: 1", "not valid JSON (line 1, column 1)", "YAML", "'BZhang: 1'"},
    // Other languages.
    {"{'K1': 'a'}", "not valid JSON (line 1, column 2)", "single quotes: is it a Python dict",
     "'{'K1': 'a'}'"},
    {"{\"K1\": True, \"K2\": None}", "not valid JSON (line 1, column 8)", "Python", "True"},
    {"{\"K2\": None}", "not valid JSON (line 1, column 8)", "json.dumps()", "None"},
    {"<html><body>502 Bad Gateway</body></html>", "not valid JSON (line 1, column 1)",
     "an HTML page", "502 Bad Gateway"},
    {"\n<!DOCTYPE HTML>\n<title>", "not valid JSON (line 2, column 1)", "an HTML page",
     "'<!DOCTYPE HTML> <title>'"},
    {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
     "not valid JSON (line 1, column 1)", "XML", "AccessDenied"},
    {"K1: a\nK2: b\n", "not valid JSON (line 1, column 1)", "YAML", "'K1: a K2: b'"},
    {"---\nK1: a\n", "not valid JSON", "YAML", "'--- K1: a'"},
    {"- a\n- b\n", "not valid JSON", "YAML", "'- a - b'"},
    {"image-tag: 1\n", "not valid JSON", "YAML", "'image-tag: 1'"},
    {"K1=a\nK2=b\n", "not valid JSON (line 1, column 1)", ".env", "'K1=a K2=b'"},
    {"# by ci\nexport K1=\"a\"\n", "not valid JSON", ".env", "'# by ci export"},
    {"{{ .Values.context }}", "not valid JSON", "template", "'{{ .Values.context }}'"},
    {"'{\"K\":1}'", "not valid JSON (line 1, column 1)", "quotes meant for the shell",
     "'{\"K\":1}'"},
    {"{a: 1}", "not valid JSON (line 1, column 2)", "a key without double quotes", "'{a: 1}'"},
    {"{\"a\": b}", "not valid JSON (line 1, column 7)", "a text without double quotes", "b}'"},
    {"{:a=>1}", "not valid JSON", "it begins", "'{:a=>1}'"},
    {"{\"a\"=>1}", "not valid JSON (line 1, column 5)", "Ruby", "'{\"a\"=>1}'"},
    {"not JSON", "not valid JSON (line 1, column 1)", "plain text", "'not JSON'"},
    {"\x1B[1;39m{\x1B[0m", "not valid JSON (line 1, column 1)", "colours", "'<U+001B>[1;39m{"},
    {"\x1B[31m{\"A\": 1}\x1B[0m", "not valid JSON (line 1, column 1)", "terminal colours",
     "'<U+001B>"},
    {"{\"A\":\x1B[32m1\x1B[0m}", "not valid JSON (line 1, column 6)", "'jq -M'", "{\"A\":<U+001B>"},
    {"\xE2\x80\x8B{\"A\": 1}", "not valid JSON (line 1, column 1): it begins with an invisible",
     "(U+200B): remove it", "'<U+200B>{"},
    {"\xC2\xA0{\"A\": 1}", "not valid JSON (line 1, column 1)", "a no-break space (U+00A0)", "{"},
    {"\xE2\x80\x9C"
     "A\xE2\x80\x9D: 1",
     "not valid JSON (line 1, column 1)", "typographic", "A"},
    {"eyJBIjogMX0=", "not valid JSON (line 1, column 1)", "an object in base64", "'eyJBIjogMX0='"},
    {"ewogICAgIkEiOiAx\nfQ\n", "not valid JSON (line 1, column 1)", "'base64 -d'", "'ewog"},
    {"eyJ=a", "not valid JSON (line 1, column 1)", ".env", "'eyJ=a'"},
    {"size: 1\nerror: none\n", "not valid JSON", "YAML", "'size: 1"},
    {"error: none\nsize: 1\n", "not valid JSON", "YAML", "'error: none"},
    {"url: http://x:80\n", "not valid JSON", "YAML", "'url: http"},
    {"title: 'a: b: c'\n", "not valid JSON", "YAML", "'title: "},
    // What programs say when they fail.
    {"curl: (6) Could not resolve host", "not valid JSON (line 1, column 1)", "a program's message",
     "'curl: (6) Could not resolve host'"},
    {"Error: could not connect", "not valid JSON", "a program's message", "'Error: could not"},
    {"jq: error: x\n", "not valid JSON", "a program's message", "'jq: error: x'"},
    {"/bin/sh: 1: jq: not found", "not valid JSON", "a program's message", "'/bin/sh: 1: jq"},
    {"deploy.sh: line 3: x: command not found", "not valid JSON", "a program's message", "'deploy"},
    {"WARNING: old\n{\"A\": 1}\n", "not valid JSON", "a program's message", "'WARNING: old {"},
    {"Traceback (most recent call last):\n  File", "not valid JSON", "a program's message",
     "'Trace"},
    // Templates and variables.
    {"{\"A\": {{ x }}}", "not valid JSON (line 1, column 8)", "a template that was not rendered",
     "{{ x }}"},
    {"{\"A\": {% x %}}", "not valid JSON (line 1, column 8)", "a template that was not", "{% x %}"},
    {"{\"A\": <no value>}", "not valid JSON (line 1, column 7)", "a value that a template did not",
     "<no value>"},
    {"{\"A\": ${{ x }}}", "not valid JSON (line 1, column 7)", "a template that was not", "${{ x"},
    {"{\"A\": ${X}}", "not valid JSON (line 1, column 7)", "a variable that was not expanded",
     "${X}"},
    {"{\"A\":[$X]}", "not valid JSON (line 1, column 7)", "a variable that was not expanded", "$X"},
    {"$(cat x)", "not valid JSON (line 1, column 1)", "a variable that was not expanded", "$(cat"},
    {"{\"A\": }", "not valid JSON (line 1, column 7)", "a value is missing", "{\"A\": }"},
    {"{\"A\":,\"B\":1}", "not valid JSON (line 1, column 6)", "a value is missing", "{\"A\":,"},
    {"{\"A\":1,,\"B\":1}", "not valid JSON (line 1, column 8)", "a comma too many", "1,,"},
    {"[,1]", "not valid JSON (line 1, column 2)", "a comma too many", "[,1]"},
    {"{\"A\":1 \"B\":1}", "not valid JSON (line 1, column 8)", "a comma is missing", "1 \"B\""},
    {"{\"A\": 1; \"B\": 2}", "not valid JSON (line 1, column 8)", "separated by commas", "1; "},
    {"[\"a\";\"b\"]", "not valid JSON (line 1, column 5)", "separated by commas", "\"a\";"},
    // Texts that begin like numbers.
    {"{\"V\": 1.2.3}", "not valid JSON (line 1, column 10)", "a text without double quotes",
     "1.2.3"},
    {"{\"A\": 2024-01-01}", "not valid JSON", "a text without double quotes", "2024-01-01"},
    {"{\"A\":3f2a91c,\"B\":1}", "not valid JSON", "a text without double quotes", "3f2a91c"},
    {"{\"A\": [12:30]}", "not valid JSON", "a text without double quotes", "12:30"},
    {"{\"A\": 10m }", "not valid JSON", "a text without double quotes", "10m"},
    {"{\"A\": 10.0.0.1/8}", "not valid JSON", "a text without double quotes", "10.0"},
    {"{1: 2}", "not valid JSON (line 1, column 2)", "a key without double quotes", "{1: 2}"},
    {"{\"A\": 1,5}", "not valid JSON (line 1, column 9)", "unexpected '5'", "1,5"},
    {"{\"A\": 1e}", "not valid JSON", "not a number as JSON has it", "1e"},
    {"{\"A\": -}", "not valid JSON", "not a number as JSON has it", "-}"},
    // JSON that is not quite right.
    {"{\"K1\":\"a\"", "not valid JSON (line 1, column 10)", "ends too early", "'{\"K1\":\"a\"'"},
    {"{\"K1\":\"a", "not valid JSON (line 1, column 7)", "never closed", "'{\"K1\":\"a'"},
    {"{\"K1\":\"a\"}\n{\"K2\":\"b\"}\n", "not valid JSON (line 2, column 1)", "a second JSON text",
     "'{\"K1\":\"a\"} {\"K2\":\"b\"}'"},
    {"{\"A\": 1}Error: x", "not valid JSON (line 1, column 9)", "one value", "1}Error"},
    {"{\"a\":1}]", "not valid JSON (line 1, column 8)", "one value", "'{\"a\":1}]'"},
    {"{\"K1\": NaN}", "not valid JSON (line 1, column 8)", "JSON has no NaN", "NaN"},
    {"{\"K1\": -Infinity}", "not valid JSON (line 1, column 8)", "JSON has no NaN", "-Infinity"},
    {"{\"K1\": undefined}", "not valid JSON (line 1, column 8)", "undefined", "undefined"},
    {"{\"a\":1,}", "not valid JSON (line 1, column 8)", "a comma before the closing", "1,}'"},
    {"{\"a\":[1,]}", "not valid JSON (line 1, column 9)", "a comma before the closing", "[1,]"},
    {"// by ci\n{\"K1\":\"a\"}", "not valid JSON (line 1, column 1)", "comments", "'// by ci {"},
    {"{\"a\":1 /* why */}", "not valid JSON (line 1, column 8)", "comments", "/* why */"},
    {"{\"a\":007}", "not valid JSON", "no leading zeros", "007"},
    {"{\"a\":+1}", "not valid JSON (line 1, column 6)", "plus sign", "+1"},
    {"{\"a\":.5}", "not valid JSON (line 1, column 6)", "both sides of the point", ".5"},
    {"{\"a\":\"x\ny\"}", "not valid JSON (line 1, column 8)", "a control character in a string",
     "'{\"a\":\"x y\"}'"},
    {"{\"a\":\"\\ud83d\"}", "not valid JSON", "surrogates come in pairs", "\\ud83d"},
    {"{\"a\":\"C:\\dir\"}", "not valid JSON", "write \\\\ for a backslash", "C:\\dir"},
    {"{\xE2\x80\x9Cx\xE2\x80\x9D:1}", "not valid JSON (line 1, column 2)", "typographic quotes",
     "\xE2\x80\x9Cx"},
    {"{\xC2\xA0\"a\":1}", "not valid JSON (line 1, column 2)", "no-break space", "\"a\":1}'"},
    {"{\xE2\x80\x8B\"a\":1}", "not valid JSON (line 1, column 2)", "an invisible character",
     "'{<U+200B>\"a\":1}'"},
    {"{\"K1\":\"a\0b\"}"sv, "not valid JSON", "a control character", "a<U+0000>b"},
    {"{\"A\":1}\0{\"B\":2} garbage"sv, "not valid JSON (line 1, column 8)", "(U+0000)",
     "1}<U+0000>{"},
    {"{\"A\":1}\0"sv, "not valid JSON (line 1, column 8)", "(U+0000)", "1}<U+0000>'"},
    {"{\"A\":1} \n\0"sv, "not valid JSON (line 2, column 1)", "(U+0000)", "1} <U+0000>'"},
    {"{\"A\":\0"sv, "not valid JSON (line 1, column 6)", "(U+0000)", "<U+0000>'"},
    {"1\0 2"sv, "not valid JSON (line 1, column 2)", "(U+0000)", "1<U+0000>"},
    {"\0{}"sv, "not valid JSON (line 1, column 1)", "(U+0000)", "<U+0000>{}"},
    // JSON that is no object.
    {"[\"K1\",\"a\"]", "not a JSON object but an array", "it begins", "'[\"K1\",\"a\"]'"},
    {"\"a\"\n", "not a JSON object but a string", "it begins", "'\"a\"'"},
    {"null\n", "not a JSON object but null", "it begins", "'null'"},
    {"1.10", "not a JSON object but a number", "it begins", "'1.10'"},
    {"true", "not a JSON object but a boolean", "it begins", "'true'"},
};

}  // namespace

TEST_CASE("a text that is no JSON object is said for what it is", "[H10][C4]") {
  for (const Case& one : kCases) {
    const std::string why = reason(one.text);
    INFO(why);
    CHECK(why.starts_with(one.begins));
    CHECK(has(why, one.has));
    CHECK(has(why, one.shows));
  }
}

TEST_CASE("advice and excerpts have double quotes as they are", "[H10][C4]") {
  CHECK(reason("{\xE2\x80\x9Cx\xE2\x80\x9D: \"a\"}") ==
        "not valid JSON (line 1, column 2): typographic quotes: write the plain \"; it begins "
        "'{\xE2\x80\x9Cx\xE2\x80\x9D: \"a\"}'");
  CHECK(reason("{\"A: 1}") ==
        "not valid JSON (line 1, column 2): a string is never closed: add the closing '\"'; it "
        "begins '{\"A: 1}'");
  CHECK(has(reason("{\"A\":1}\"B\""), "unexpected '\"B\"': a text of JSON holds one value; it"));
  const auto line = StoredEvent::read("{\"at\": True}");
  REQUIRE_FALSE(line);
  CHECK(has(line.error().message, "it begins '{\"at\": True}'"));  // Nothing else is made of it.
}

TEST_CASE("of a long text the beginning is shown, and the place where it goes wrong", "[H10][C4]") {
  const std::string long_text = "{\"a\":\"" + std::string(500, 'x') + "\",\"b\": None}";
  const std::string why = reason(long_text);
  CHECK(has(why, "'{\"a\":\"" + std::string(74, 'x') + "...'"));
  CHECK(why.ends_with(" and goes wrong at 'None}'"));
  CHECK(has(reason("K" + std::string(100'000, '\x01')), "<U+0001>...'"));
  CHECK(has(reason("[\xE2\x80\xAE\xF3\xA0\x81\x81\xC2\x9B"), "'[<U+202E><U+E0041><U+009B>'"));
}

TEST_CASE("blank texts, also behind a byte order mark, are no export", "[H10][C1]") {
  for (const std::string_view text : {"", "\n", " \t\r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\r\n"}) {
    CHECK(reason(text).empty());
    CHECK(detail::is_no_export(text));
  }
  CHECK(reason("\xEF\xBB\xBF{\"a\":1}").empty());
  CHECK(reason("\xEF\xBB\xBF[]") == "not a JSON object but an array; it begins '[]'");
}

TEST_CASE("a bad context at the start, and a line of a journal, are described alike",
          "[H10][C1][R15]") {
  const Flow flow = parallel_steps(1);
  const auto refused = Release::start(flow, {.id = "r"}, {}, "K=V");
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message, ".env"));
  const auto wide = Release::start(flow, {.id = "r"}, {}, "\xFF\xFE{\0}\0"sv);
  REQUIRE_FALSE(wide);
  CHECK(wide.error().message.starts_with(
      "the initial promotion context is UTF-16, not UTF-8: in PowerShell write it"));
  const auto line = StoredEvent::read("{'at': 1}");
  REQUIRE_FALSE(line);
  CHECK(has(line.error().message, "not valid JSON (line 1, column 2): single quotes"));
}

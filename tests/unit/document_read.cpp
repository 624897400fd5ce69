// SPDX-License-Identifier: Apache-2.0
// The tree: scalars, positions, aliases, limits; and back to JSON.
#include <nlohmann/json.hpp>
#include <string>

#include "base/json_string.hpp"
#include "catch.hpp"
#include "document/document.hpp"
#include "document/scalar.hpp"

using namespace promoflow;
using namespace promoflow::detail;

namespace {

struct Read {
  Document document;
  std::vector<Diagnostic> problems;

  explicit Read(std::string_view text, ReadOptions options = {},
                DuplicateKeys duplicates = DuplicateKeys::Report) {
    read_document(text, options, document, problems, duplicates);
  }
  /// The first document as JSON, or the first problem.
  std::string json() const {
    if (!problems.empty()) {
      return std::to_string(problems[0].line) + ":" + std::to_string(problems[0].column) + " " +
             std::string(to_string(problems[0].code)) + " " + problems[0].message;
    }
    std::string out;
    append_json(out, document, document.roots.at(0));
    return out;
  }
};

std::string json_of(std::string_view text) { return Read(text).json(); }

std::string place_of(std::string_view text, ReadOptions options = {}) {
  const std::string problem = Read(text, options).json();
  return problem.substr(0, problem.find(' ', problem.find(' ') + 1));
}

std::string last_wins(std::string_view text) {
  return Read(text, {.format = TextFormat::Json}, DuplicateKeys::LastWins).json();
}

ReadOptions with_depth(std::uint32_t depth) {
  ReadOptions options;
  options.limits.depth_max = depth;
  return options;
}

}  // namespace

TEST_CASE("plain scalars follow the core schema of YAML 1.2", "[M6]") {
  CHECK(json_of("[~, null, Null, NULL, ]") == "[null,null,null,null]");
  CHECK(json_of("[true, True, FALSE, yes, on, y]") == R"([true,true,false,"yes","on","y"])");
  CHECK(json_of("[1, +2, -3, 007, 0x1F, 0o17, -0]") == "[1,2,-3,7,31,15,-0]");
  CHECK(json_of("[1_000, 0b1, 1.2.3, +, -, ., 0x, 1e, -.inf.]") ==
        R"(["1_000","0b1","1.2.3","+","-",".","0x","1e","-.inf."])");
  CHECK(json_of("[\"1\", '~', ! 12, ! ~]") == R"(["1","~","12","~"])");
  CHECK(json_of("123456789012345678901234567890") == "123456789012345678901234567890");
  CHECK(json_of("-00123456789012345678901234567890") == "-123456789012345678901234567890");
  CHECK(json_of("a: !\nb: &x ! 1\nc: &y 1\n") == R"({"a":"","b":"1","c":1})");
}

TEST_CASE("containers have no text, however many children they have", "[M6]") {
  for (const char* text : {"[1, 2, 3]", "{a: 1, b: 2}", R"({"a":[1,2,3],"b":{}})"}) {
    const Read read(text);
    for (const Node& node : read.document.nodes) {
      const NodeId id{static_cast<std::uint32_t>(&node - read.document.nodes.data())};
      const bool scalar = node.kind != NodeKind::Sequence && node.kind != NodeKind::Mapping;
      CHECK(read.document.text(id).size() == (scalar ? 1 : 0));
    }
  }
}

TEST_CASE("the core schema's tags are honoured, others are refused", "[M6]") {
  CHECK(
      json_of("[!!str 1, !!int \"1\", !!float 1, !!bool \"true\", !!null ~, !!seq [], !!map {}]") ==
      R"(["1",1,1,true,null,[],{}])");
  CHECK(place_of("a: !custom x") == "1:4 syntax");
  CHECK(place_of("a: !!int x") == "1:4 syntax");
  CHECK(place_of("a: !!binary x") == "1:4 syntax");
  CHECK(place_of("a: !!str [x]") == "1:4 syntax");
}

TEST_CASE("numbers keep their text, in JSON and in YAML", "[H9][A6]") {
  const std::string digits(2000, '7');
  for (const std::string& text : std::vector<std::string>{
           "1.10", "0.0", "-0", "-0.0", "0", "1e23", "1E5", "1E+5", "1e-07", "2.50e3", "1e400",
           "-1E-400", "1e99999999999999999999", "1732812345.123456789", "18446744073709551615",
           "123456789012345678901234567890", digits, "0." + digits, "-" + digits + "." + digits}) {
    INFO(text);
    const std::string inside = "{\"a\":[" + text + ",{\"b\":" + text + "}]}";
    CHECK(last_wins(text) == text);
    CHECK(last_wins(inside) == inside);
    CHECK(json_of(text) == text);
    CHECK(json_of("{a: [" + text + "]}") == "{\"a\":[" + text + "]}");
  }
}

TEST_CASE("of YAML's numbers only what JSON does not have is changed", "[H9][A6]") {
  CHECK(json_of("[+1, +1.10, 007, -007, 01.50, 00, -00]") == "[1,1.10,7,-7,1.50,0,-0]");
  CHECK(json_of("[.5, 5., -.5, +5.e3, .5E3, 00.5]") == "[0.5,5.0,-0.5,5.0e3,0.5E3,0.5]");
  CHECK(json_of("[0x1F, 0o17, 0xFFFFFFFFFFFFFFFFF]") == "[31,15,2.9514790517935283e+20]");
}

TEST_CASE("a number that is none is refused where it is wrong, however large", "[H9][M6]") {
  const ReadOptions json{.format = TextFormat::Json};
  CHECK(place_of("{\"a\":1e400-5}", json) == "1:12 syntax");
  CHECK(place_of("{\"a\":1e400x}", json) == "1:11 syntax");
  CHECK(place_of("{\"a\":1e}", json) == "1:6 syntax");
  CHECK(place_of("{\"a\":[1e400,\"x\\\"1e400\",01]}", json) == "1:25 syntax");
}

TEST_CASE("strings are escaped as nlohmann escapes them", "[A6]") {
  std::string text;
  for (char c = 0; c < 0x7F; ++c) { text += c; }
  text += "\x7F\xC3\xA4\xE2\x80\xA8";
  std::string out;
  append_json_string(out, text);
  CHECK(out == nlohmann::json(text).dump());
}

TEST_CASE("a duplicate key is reported, and the first value counts", "[M6]") {
  const Read read("a: 1\nb: 2\na: {c: 1, c: 2}\n");
  REQUIRE(read.problems.size() == 2);
  CHECK(read.problems[0].line == 3);
  CHECK(read.problems[0].code == DiagnosticCode::DuplicateKey);
  CHECK(read.problems[0].pointer == "/a");
  CHECK(read.problems[1].pointer == "/a/c");
  std::string out;
  append_json(out, read.document, read.document.roots[0]);
  CHECK(out == R"({"a":1,"b":2})");
}

TEST_CASE("of duplicate keys in a context the last value counts, at the first position", "[C1]") {
  CHECK(last_wins(R"({"a":1,"b":2,"a":{"c":[3]}})") == R"({"a":{"c":[3]},"b":2})");
  CHECK(last_wins(R"({"a":1,"a":2,"a":3,"b":4})") == R"({"a":3,"b":4})");
  CHECK(last_wins(R"({"b":4,"a":1,"a":2})") == R"({"b":4,"a":2})");
}

TEST_CASE("large mappings find their duplicates, too", "[M6][M7]") {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) {
    text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",\n";
  }
  for (const int twice : {0, 15, 16, 17, 500, 999}) {
    const Read read(text + "\"k" + std::to_string(twice) + "\":0}");
    REQUIRE(read.problems.size() == 1);
    CHECK(read.problems[0].line == 1001);
  }
  CHECK(Read(text + "\"k1000\":0}").problems.empty());
}

TEST_CASE("an alias has the value that it names", "[M6]") {
  CHECK(json_of("a: &x {b: [1]}\nc: [*x, *x]\nd: *x\n") ==
        R"({"a":{"b":[1]},"c":[{"b":[1]},{"b":[1]}],"d":{"b":[1]}})");
  CHECK(json_of("&k a: 1\nb: *k\n") == R"({"a":1,"b":"a"})");
  CHECK(json_of("[&a 1, *a, &a 2, *a]") == "[1,1,2,2]");
  CHECK(place_of("[*no]") == "1:2 syntax");
  CHECK(place_of("&a [*a]") == "1:5 syntax");
  CHECK(place_of("--- &a 1\n--- *a") == "2:5 syntax");
}

TEST_CASE("hostile texts exceed a limit and do no harm", "[M7]") {
  CHECK(place_of("a: 1", {.limits = {.text_bytes_max = 3}}) == "1:1 limit-exceeded");
  CHECK(place_of("[[[1]]]", with_depth(2)) == "1:3 limit-exceeded");
  CHECK(place_of("[[1]]", with_depth(2)) == "[[1]]");
  CHECK(place_of("a: &a [[1]]\nb: [*a]", with_depth(3)) == "2:5 limit-exceeded");
  CHECK(place_of("[1, 2, 3]", {.limits = {.nodes_max = 3}}) == "1:8 limit-exceeded");
  CHECK(place_of("[&a [1, 2], *a]", {.limits = {.nodes_max = 6}}) == "1:13 limit-exceeded");
  CHECK(place_of("{abcd: 1}", {.limits = {.name_bytes_max = 3}}) == "1:2 limit-exceeded");
  CHECK(place_of("a: " + std::string(10000, '[')) == "1:67 limit-exceeded");
  CHECK(place_of(std::string(10000, '[') + std::string(10000, ']'), {.format = TextFormat::Json}) ==
        "1:65 limit-exceeded");
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + std::string(1, c) + " [" + before;
    for (int i = 0; i < 9; ++i) { bomb += ", " + before; }
    bomb += "]\n";
  }
  CHECK(Read(bomb).problems.at(0).code == DiagnosticCode::LimitExceeded);
  std::string bytes = "a: &a " + std::string(100000, 'x') + "\nb: [*a";
  for (int i = 0; i < 1000; ++i) { bytes += ", *a"; }
  CHECK(Read(bytes + "]").problems.at(0).code == DiagnosticCode::LimitExceeded);
  std::string tags;
  for (int i = 0; i < 100; ++i) { tags += "%TAG !t" + std::to_string(i) + "! x\n"; }
  CHECK(place_of(tags + "--- a") == "65:1 limit-exceeded");
}

TEST_CASE("the largest possible limits work", "[M7]") {
  ReadOptions options;
  options.limits = {SIZE_MAX, UINT32_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  CHECK(Read("a: &a [1]\nb: *a", options).json() == R"({"a":[1],"b":[1]})");
  CHECK(place_of(std::string(10000, '['), options) == "1:513 limit-exceeded");
}

TEST_CASE("a text that begins like JSON is read as JSON first, then as YAML", "[M6]") {
  CHECK(json_of("{\"a\": 1}") == R"({"a":1})");
  CHECK(json_of("{\"a\": yes}") == R"({"a":"yes"})");
  CHECK(json_of("{}\n---\n{}") == "{}");
  CHECK(json_of("{a: 1}") == R"({"a":1})");
  CHECK(place_of("{\"a\": [1, 2}") == "1:12 syntax");
  CHECK(place_of("{\"a\": yes}", {.format = TextFormat::Json}) == "1:7 syntax");
}

TEST_CASE("empty documents and several", "[M3]") {
  CHECK(Read("").document.roots.empty());
  CHECK(Read(std::string_view()).document.roots.empty());
  CHECK(Read("---\n---\na\n").document.roots.size() == 2);
  const Read broken("a: 1\n---\nb: [\n");
  CHECK(broken.document.roots.size() == 1);
  CHECK(broken.problems.at(0).document == 1);
}

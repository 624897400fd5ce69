// SPDX-License-Identifier: Apache-2.0
// The quick reader of plain JSON beside the general one: what it takes, it takes alike.
#include <random>
#include <string>

#include "catch.hpp"
#include "document/document.hpp"
#include "promoflow/context.hpp"

using namespace promoflow;
using namespace promoflow::detail;

namespace {

constexpr std::uint32_t kDepth = 8;

/// The tree as text with the kinds of its nodes; numbers and words as they were written.
std::string tree(const Document& document, NodeId node) {
  std::string out = std::to_string(static_cast<int>(document.kind(node))) + "<";
  if (document.first(node) == kNoNode) { out += document.text(node); }
  for (NodeId child = document.first(node); child != kNoNode; child = document.next(child)) {
    out += tree(document, child);
  }
  return out + std::to_string(document[node].size) + ">";
}

std::string json(const Document& document) {
  std::string out;
  append_json(out, document, document.roots.at(0));
  return out;
}

/// Reads with both. Whether the quick one took the text; then the other one says the same of it.
bool is_plain(const std::string& text) {
  INFO(text);
  Document quick;
  Document general;
  std::vector<Diagnostic> problems;
  ReadOptions options{.format = TextFormat::Json, .limits = {}};
  options.limits.depth_max = kDepth;
  read_document(text, options, general, problems, DuplicateKeys::LastWins);
  if (!read_plain_json(text, kDepth, quick)) {
    CHECK((quick.nodes.empty() && quick.roots.empty() && quick.texts.empty()));
    CHECK_FALSE((quick.compact || quick.verbatim_end != 0));
    return false;
  }
  REQUIRE(problems.empty());
  REQUIRE(general.roots.size() == 1);
  CHECK(tree(quick, quick.roots.at(0)) == tree(general, general.roots[0]));
  CHECK(json(quick) == json(general));
  if (quick.compact) { CHECK(json(general) == text); }
  return true;
}

std::string nested(std::size_t depth) {
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

std::string with_keys(int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) { text += "\"k" + std::to_string(i) + "\":1,"; }
  text.back() = '}';
  return text;
}

}  // namespace

TEST_CASE("JSON as programs write it is plain", "[C4]") {
  for (const char* text :
       {"{}", " {\t}\r\n", R"({"a":1})", R"({"a":"b","c":[1,-2,0,-0,0.50,-1.5,[],{}]})",
        R"({"":"" , "x":{"y":[true,false,null]}})", R"({"a":"\"\\\/\b\f\n\r\t","\tb":"x\ny\n"})",
        "{\"\xC3\xBC\":\"\xE2\x82\xAC \xF0\x9F\x98\x80\x7F\"}",
        R"({"a":1e5,"b":-1.5E-3,"c":1e+400})",
        R"({"n":123456789012345678901234567890,"a long key with more than a word":"x"})"}) {
    CHECK(is_plain(text));
  }
  CHECK(is_plain("{\"a\":" + std::string(400, '9') + "}"));
  CHECK(is_plain(nested(kDepth)));
  CHECK(is_plain(with_keys(32)));
}

TEST_CASE("plain and compact texts are recognized", "[C4]") {
  const auto compact = [](std::string_view text) {
    Document document;
    return read_plain_json(text, kDepth, document) && document.compact;
  };
  CHECK(compact(R"({"a":"b","c":[1,-2,{}],"d":null})"));
  CHECK(compact(R"({"a":1.50,"b":-0,"c":1E5})"));
  for (const char* text : {R"({"a": 1})", R"({"a":1} )", R"({"a":"\/"})", R"({"a":[1 ]})"}) {
    INFO(text);
    CHECK_FALSE(compact(text));
  }
}

TEST_CASE("any other text, valid or not, is left to the general reader", "[C4]") {
  for (const char* text : {"",
                           " ",
                           "1",
                           "[]",
                           "null",
                           "\"a\"",
                           "{",
                           "}",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\" 1}",
                           "{\"a\":1}}",
                           "{\"a\":1} x",
                           "{1:2}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1}",
                           "{\"a\":]}",
                           "{\"a\":01}",
                           "{\"a\":-}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\":1e}",
                           "{\"a\":1.5E-}",
                           "{\"a\":0x1}",
                           "{\"a\":tru}",
                           "{\"a\":truee}",
                           "{\"a\":NaN}",
                           "{\"a\":\"}",
                           "{\"a\":\"\\",
                           "{\"a\":\"\\\"}",
                           "{\"a\":\"\\q\"}",
                           "{\"a\":\"\\u0041\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"x\\n\n\"}",
                           "{\"a\":1,\"a\":2}",
                           "{\"\\n\":1,\"\\n\":2}",
                           "{'a':1}",
                           "{\"a\":1}//",
                           "\xEF\xBB\xBF{}",
                           "{\"a\":\"\xC3\x28\"}",
                           "{\"a\":\"\xED\xA0\x80\"}"}) {
    CHECK_FALSE(is_plain(text));
  }
  CHECK_FALSE(is_plain(std::string("{\"a\":1}\0", 8)));
  CHECK_FALSE(is_plain(std::string("{\"a\":\"\\\0\"}", 10)));
  CHECK_FALSE(is_plain(std::string("{\"a\0\":1}", 8)));
  CHECK_FALSE(is_plain(nested(kDepth + 1)));
  CHECK_FALSE(is_plain(with_keys(33)));
}

TEST_CASE("random texts mean the same to both readers", "[C4]") {
  constexpr std::string_view kPieces[] = {
      "{",    "}",    "[",    "]",       ",",         ":",    "\"a\"",    "\"b\"",
      "\"\"", "\"",   "\\",   "\\n",     "\\\"",      "\\u",  "0041",     "1",
      "-0",   "0.5",  ".",    "e3",      "true",      "null", " ",        "\n",
      "\xC3", "\xBC", "\x01", "{\"a\":", "\"b\":[1,", "]}",   "12345678", "\"abcdefgh\""};
  std::mt19937 random(20240501);
  std::size_t plain = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = "{";
    for (std::size_t pieces = random() % 12; pieces > 0; --pieces) {
      text += kPieces[random() % std::size(kPieces)];
    }
    plain += is_plain(text) ? 1U : 0U;
  }
  CHECK(plain > 100);
}

TEST_CASE("a valid text with one byte changed means the same to both readers", "[C4]") {
  const std::string good = R"({"version":"1.4.0","notes":"a \"quoted\"\nline",)"
                           R"("tags":["x",null,true,-12.50],"n":{"o":0}})";
  REQUIRE(is_plain(good));
  std::size_t plain = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      plain += is_plain(text) ? 1U : 0U;
    }
    CHECK_FALSE(is_plain(good.substr(0, at)));
  }
  CHECK(plain > good.size());
}

// SPDX-License-Identifier: Apache-2.0
// C1, C2, C4: what is merged, and what is refused.
#include "allocations.hpp"
#include "context/export.hpp"
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// The context after some exports by one environment.
std::string merged(ContextMerge merge, const std::vector<std::string_view>& exports,
                   std::string_view given = {}) {
  WrittenContext context(parallel_steps(1), merge, given);
  REQUIRE(context.reason.empty());
  for (const std::string_view text : exports) { REQUIRE(context.write(1, text).empty()); }
  return context.json();
}

/// Why an export is invalid; the context must be as before.
std::string reason(std::string_view exported) {
  WrittenContext context(parallel_steps(1), ContextMerge::Shallow, R"({"A":1})");
  const auto before = context.context.state();
  std::string why = context.write(1, exported);
  CHECK(context.context.state() == before);
  return why;
}

std::string nested(std::size_t depth) {
  std::string text = "{\"a\":";
  text += std::string(depth - 1, '[') + std::string(depth - 1, ']');
  return text + "}";
}

/// An object of so many bytes with one key.
std::string sized(std::string_view key, std::size_t bytes) {
  std::string text = "{\"" + std::string(key) + "\":\"";
  return text + std::string(bytes - text.size() - 2, 'x') + "\"}";
}

}  // namespace

TEST_CASE("empty text and white space only are no export; all else is one", "[C1]") {
  CHECK(detail::is_no_export(""));
  CHECK(detail::is_no_export(" \t\r\n "));
  CHECK_FALSE(detail::is_no_export("{}"));
  CHECK_FALSE(detail::is_no_export("\v"));
  CHECK_FALSE(detail::is_no_export(std::string_view("\0", 1)));
  CHECK_FALSE(detail::is_no_export("\xC2\xA0"));  // A no-break space is none of JSON's.
}

TEST_CASE("an export without members leaves the state as it is", "[C1]") {
  WrittenContext context(parallel_steps(1), ContextMerge::Shallow, R"({"A":1})");
  const auto before = context.context.state();
  CHECK(context.write(1, " { } ").empty());
  CHECK(context.context.state() == before);
}

TEST_CASE("the start's context is taken as it is, also with deep", "[C2]") {
  WrittenContext context(parallel_steps(1), ContextMerge::Deep, R"({"A":null,"B":{"x":null}})");
  CHECK(context.json() == R"({"A":null,"B":{"x":null}})");
}

TEST_CASE("shallow: keys keep their place, values are replaced, new keys come last", "[C2]") {
  CHECK(merged(ContextMerge::Shallow, {R"({"A":1,"B":{"x":1}})", R"({"C":3,"B":{"y":2},"A":null})"},
               R"({"Z":0})") == R"({"Z":0,"A":null,"B":{"y":2},"C":3})");
}

TEST_CASE("keys in any order, with escapes and removals, end where they belong", "[C2]") {
  const std::string_view start = R"({"a":"1","b\n":"two\n","c":3,"d":"4","e":{"x":1}})";
  CHECK(merged(ContextMerge::Shallow, {R"({"d":"longer","new":"\"","a":"","b\n":"2"})"}, start) ==
        R"({"a":"","b\n":"2","c":3,"d":"longer","e":{"x":1},"new":"\""})");
  CHECK(merged(ContextMerge::Deep, {R"({"d":null,"a":null,"e":{"y":"\t"}})", R"({"a":"back"})"},
               start) == R"({"b\n":"two\n","c":3,"e":{"x":1,"y":"\t"},"a":"back"})");
  CHECK(merged(ContextMerge::Deep, {R"({"e":null})", R"({"b\n":null,"c":null})"}, start) ==
        R"({"a":"1","d":"4"})");
}

TEST_CASE("deep: RFC 7396, and its own examples", "[C2]") {
  struct Example {
    const char* target;
    const char* patch;
    const char* result;
  };
  const Example kExamples[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
      {R"({"a":{"x":{"y":1,"z":2}}})", R"({"a":{"x":{"y":null},"n":{"m":null}}})",
       R"({"a":{"x":{"z":2},"n":{}}})"},
  };
  for (const Example& example : kExamples) {
    INFO(example.target << " + " << example.patch);
    CHECK(merged(ContextMerge::Deep, {example.patch}, example.target) == example.result);
  }
}

TEST_CASE("the merging of large objects is that of small ones", "[C2]") {
  std::string target = "{\"big\":{";
  std::string patch = "{\"big\":{";
  std::string result = "{\"big\":{";
  for (int i = 0; i < 200; ++i) {
    const std::string key = "\"k" + std::to_string(i) + "\":";
    target += (i == 0 ? "" : ",") + key + "1";
    patch += (i == 0 ? "" : ",") + key + (i % 2 == 0 ? "null" : "2");
    if (i % 2 == 1) { result += (i == 1 ? "" : ",") + key + "2"; }
  }
  CHECK(merged(ContextMerge::Deep, {patch + "}}"}, target + "}}") == result + "}}");
  CHECK(merged(ContextMerge::Deep, {patch + ",\"new\":3}}"}, target + "}}") ==
        result + ",\"new\":3}}");
}

TEST_CASE("what is exported is kept as compact JSON, numbers and text to the letter", "[C1][A6]") {
  CHECK(merged(
            ContextMerge::Shallow,
            {"{ \"n\" : 12345678901234567890123 , \"f\": 1.50, \"s\": \"\\u00fc\\n\\u0001/\" }"}) ==
        "{\"n\":12345678901234567890123,\"f\":1.50,\"s\":\"\xC3\xBC\\n\\u0001/\"}");
  CHECK(merged(ContextMerge::Shallow, {R"({"a":1,"b":2,"a":3})"}) == R"({"a":3,"b":2})");
  CHECK(merged(ContextMerge::Shallow, {R"({"":1})", R"({"":2})"}) == R"({"":2})");
}

TEST_CASE("an export that is no usable JSON object fails its hook, and is kept", "[C4]") {
  CHECK(reason("{\"a\":1,}") ==
        "not valid JSON (line 1, column 8): a comma before the closing bracket: remove it; it "
        "begins '{\"a\":1,}'");
  CHECK(reason("{\"a\":\"\xC3\x28\"}").starts_with("not valid UTF-8 (line 1, column 7)"));
  CHECK(reason("[1,2]") == "not a JSON object but an array; it begins '[1,2]'");
  CHECK(reason(nested(65)) == "nested deeper than 64 levels");
  CHECK(reason("{\"a\":\"" + std::string(kContextBytesMax, 'x') + "\"}") == "larger than 1 MiB");
}

TEST_CASE("the bounds themselves are still allowed", "[C4]") {
  CHECK(merged(ContextMerge::Shallow, {nested(64)}) == nested(64));
  CHECK(merged(ContextMerge::Shallow, {sized("a", kContextBytesMax)}).size() == kContextBytesMax);
  CHECK(merged(ContextMerge::Shallow, {}, sized("a", kContextBytesMax)).size() == kContextBytesMax);
}

TEST_CASE("the context that results is at most 1 MiB as compact JSON", "[C4]") {
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  const std::string_view too_large =
      "the promotion context that results would be larger than 1 MiB";
  WrittenContext context(parallel_steps(1), merge, sized("a", kContextBytesMax - 6));
  CHECK(context.write(1, R"({"b":10})") == too_large);  // One byte too many: `,"b":10` is 7.
  CHECK(context.json().size() == kContextBytesMax - 6);
  CHECK(context.write(1, R"({ "b" : 1 })").empty());
  CHECK(context.json().size() == kContextBytesMax);
  CHECK(context.write(1, R"({"b":10})") == too_large);
  CHECK(context.write(1, R"({"b":10,"a":""})").empty());  // It is the whole result that counts.
  CHECK(context.json() == R"({"a":"","b":10})");
}

TEST_CASE("with deep what is removed and merged counts as it results", "[C4]") {
  WrittenContext context(parallel_steps(1), ContextMerge::Deep, sized("a", kContextBytesMax));
  CHECK(context.write(1, R"({"a":null,"b":{"x":1}})").empty());
  CHECK(context.json() == R"({"b":{"x":1}})");
  CHECK(context.write(1, R"({"b":{"y":")" + std::string(kContextBytesMax - 30, 'y') + "\"}}")
            .empty());
  CHECK(context.write(1, R"({"b":{"z":")" + std::string(30, 'z') + "\"}}") ==
        "the promotion context that results would be larger than 1 MiB");
  CHECK(context.write(1, R"({"b":{"x":null,"y":null}})").empty());
  CHECK(context.json() == R"({"b":{}})");
}

TEST_CASE("the start's context is bounded as an export is", "[C1][C4]") {
  WrittenContext context(parallel_steps(1));
  CHECK(context.context.start("[]", context.notes).starts_with("not a JSON object"));
  CHECK(context.context.start(sized("a", kContextBytesMax + 1), context.notes) ==
        "larger than 1 MiB");
  CHECK(context.json() == "{}");
  CHECK(context.notes.empty());
}

TEST_CASE("a deep merge nests no deeper than the deeper of the two", "[C2][C4]") {
  const auto deep = [](std::string_view leaf) {  // 64 levels, the value in the last.
    std::string text;
    for (int i = 0; i < 64; ++i) { text += "{\"a\":"; }
    return text + std::string(leaf) + std::string(64, '}');
  };
  CHECK(merged(ContextMerge::Deep, {deep("2")}, deep("1")) == deep("2"));
  CHECK(merged(ContextMerge::Deep, {deep("2"), R"({"a":{"b":1}})"}, R"({"a":{"a":1}})")
            .ends_with(R"(},"b":1}})"));
}

TEST_CASE("a key may be as long as the export", "[C4]") {
  const std::string key = '"' + std::string(70'000, 'k') + '"';
  CHECK(merged(ContextMerge::Shallow, {"{" + key + R"(:1,"a":1,"a":2})"}) ==
        "{" + key + R"(:1,"a":2})");
  CHECK(merged(ContextMerge::Deep, {R"({"a":{"b":2}})"}, R"({"a":{)" + key + ":1}}") ==
        R"({"a":{)" + key + R"(:1,"b":2}})");
}

TEST_CASE("each key knows the ticket that wrote it last", "[C5]") {
  WrittenContext context(parallel_steps(1), ContextMerge::Shallow, R"({"GIVEN":0})");
  context.write(1, R"({"A":1,"B":1})");
  context.write(1, R"({"B":1})");
  const Context state(context.context.state().get());
  CHECK(state.find("GIVEN")->writer == ticket(0));
  CHECK(state.find("A")->writer == ticket(1));
  CHECK(state.find("B")->writer == ticket(2));
  CHECK_FALSE(state.find("C"));
}

TEST_CASE("what was exported is given as compact JSON text", "[S5]") {
  WrittenContext context(parallel_steps(1));
  detail::PromotionContext::Merge planned;
  const auto plan = [&](std::string_view text) {
    return context.context.plan(text, ContextMerge::Deep, {ticket(1), 1}, context.flow().data(),
                                planned);
  };
  CHECK(plan(R"( {"A" : 1.50, "B":{"x":null}, "A":2e1, "C":null} )").empty());
  CHECK(*planned.exported == R"({"A":2e1,"B":{"x":null},"C":null})");
  CHECK(plan("{ }").empty());
  CHECK(*planned.exported == "{}");
}

TEST_CASE("a plan that is given up, or short of memory, leaves all as it was", "[C1]") {
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  WrittenContext context(parallel_steps(3), merge, R"({"A":1,"B":{"x":1},"VERSION":2})");
  for (int i = 0; i < 20; ++i) {  // Enough keys for an index, and a conflict that is kept.
    context.write(1, "{\"k" + std::to_string(i) + "\":1,\"A\":1}");
  }
  const std::string before = context.json();
  const std::string_view text =
      R"({"B":{"y":2},"A":null,"RELEASE_ID":0,"n1":1,"n2":"\u0001","n3":[1,2],"n4":{},"n5":5})";
  detail::PromotionContext::Merge planned;
  std::string why;
  std::size_t failures = 0;
  for (bool done = false; !done; ++failures) {
    REQUIRE(failures < 1000);
    try {
      const FailingAllocations failing(failures);
      why = context.context.plan(text, merge, {ticket(90), 2}, context.flow().data(), planned);
      done = true;
    } catch (const std::bad_alloc&) {}
    REQUIRE(context.json() == before);
    REQUIRE_FALSE(context.data().index == nullptr);
    REQUIRE(Context(context.context.state().get()).find("k7"));
    REQUIRE_FALSE(Context(context.context.state().get()).find("n1"));
  }
  CHECK(failures > 10);
  REQUIRE(why.empty());
  const std::size_t allocated = allocations();
  context.context.commit(planned);
  CHECK(allocations() == allocated);
  CHECK(WrittenContext::words(planned.notes) == "A:20>90 RELEASE_ID!90");
  const Context state(context.context.state().get());
  CHECK(state.find("n5")->json == "5");
  CHECK(state.find("n2")->text == "\x01");
  CHECK(state.find("k19"));
}

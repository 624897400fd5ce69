// SPDX-License-Identifier: Apache-2.0
// C1 to C6: what is merged, who wrote it, what is refused.
#include <nlohmann/json.hpp>
#include <random>

#include "catch.hpp"
#include "context/context_data.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// One environment whose onStart hooks export one text after another.
Flow exporting(ContextMerge merge, std::size_t hooks) {
  FlowBuilder builder("exporting", "dev");
  FlowOptions options;
  options.context_merge = merge;
  StepOptions step;
  step.hooks.on_start.assign(hooks, hook("export"));
  builder.options(options).step("staging", {"dev"}, step);
  return built(builder);
}

std::string merged(ContextMerge merge, const std::vector<std::string_view>& exports,
                   std::string_view given = {}) {
  Host host(exporting(merge, exports.size()), given);
  for (std::size_t i = 0; i < exports.size(); ++i) {
    REQUIRE(host.apply(0, HookSucceeded{ticket(i + 1), exports[i]}) == "ok");
  }
  return host.release.context().to_json().value();
}

std::string reason(std::string_view exported) {
  Host host(exporting(ContextMerge::Shallow, 1));
  REQUIRE(host.apply(0, HookSucceeded{ticket(1), exported}) == "ok");
  const auto rejected = host.release.rejected_exports().value();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].ticket == ticket(1));
  CHECK(rejected[0].text == exported);
  CHECK(host.release.status() == ReleaseStatus::Failed);
  return std::string(rejected[0].reason);
}

/// How many texts a state points into, and how long all that it keeps of them is.
std::pair<std::size_t, std::size_t> kept(const detail::ContextData& data) {
  std::pair<std::size_t, std::size_t> sum;
  for (auto at = data.texts; at != nullptr; at = at->before) {
    ++sum.first;
    sum.second += at->text.size();
    for (const std::string& more : at->more) { sum.second += more.size(); }
  }
  return sum;
}

std::string nested(std::size_t depth) {
  std::string text = "{\"a\":";
  text += std::string(depth - 1, '[') + std::string(depth - 1, ']');
  return text + "}";
}

}  // namespace

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

TEST_CASE("states that share their texts are as if each had its own", "[C2][C6]") {
  // Keys and values with and without escapes, objects, removals, default names; by chance.
  const char* const kKeys[] = {"A", "\"q\\",      "VERSION",     "D", "\n",
                               "",  "COMMIT_SHA", "long key \t", "Z"};
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  constexpr std::size_t kExports = 300;
  Host host(exporting(merge, kExports + 1), R"({"D":{"x":[1]},"A":"\\n"})");
  auto expected = nlohmann::ordered_json::parse(R"({"D":{"x":[1]},"A":"\\n"})");
  std::mt19937 random(merge == ContextMerge::Deep ? 7 : 8);
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  const auto draw = [&]() -> nlohmann::ordered_json {
    switch (below(7)) {
      case 0: return nullptr;
      case 1: return below(1000);
      case 2: return std::string(below(3000), 'x');
      case 3: return {{"x", below(9)}, {"y\n", {{"z", nullptr}}}};
      case 4: return "\"" + std::to_string(below(9));
      default: return std::to_string(below(100000));
    }
  };
  std::size_t most_texts = 0;
  for (std::size_t i = 0; i < kExports; ++i) {
    nlohmann::ordered_json exported = nlohmann::ordered_json::object();
    for (std::uint32_t n = below(4); n > 0; --n) { exported[kKeys[below(9)]] = draw(); }
    const std::string text = exported.dump(below(2) == 0 ? -1 : 1);
    REQUIRE(host.release.apply({at(0), HookSucceeded{ticket(i + 1), text}}));
    if (merge == ContextMerge::Deep) {
      expected.merge_patch(exported);
    } else {
      expected.update(exported);
    }

    const Context context = host.release.context();
    REQUIRE(context.to_json().value() == expected.dump());
    const detail::ContextData& data = context.data();
    REQUIRE(data.bytes + 1 == (expected.empty() ? 1 : expected.dump().size()));
    const auto [texts, bytes] = kept(data);
    REQUIRE(texts == data.texts->count);
    REQUIRE(bytes == data.texts->bytes);
    most_texts = std::max(most_texts, texts);
    REQUIRE(bytes <= 2 * data.bytes + 1024);
    nlohmann::ordered_json handed = nlohmann::ordered_json::object();
    for (const auto& [key, value] : expected.items()) {
      const auto found = context.find(key);
      REQUIRE(found);
      const std::string plain = value.is_string() ? value.get<std::string>() : value.dump();
      REQUIRE(found->text == plain);
      REQUIRE(found->shadowed == (key == "VERSION" || key == "COMMIT_SHA"));
      if (!found->shadowed) { handed[key] = plain; }
    }
    REQUIRE_FALSE(context.find("none"));
    const auto command = host.release.next_command();
    REQUIRE(command);
    auto arguments =
        nlohmann::ordered_json::parse(std::get<RunHook>(*command).arguments.to_json().value());
    for (const char* name : {"RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA",
                             "PROMOTION_FLOW_NAME", "RELEASE_ID"}) {
      arguments.erase(name);
    }
    REQUIRE(arguments.dump() == handed.dump());
  }
  CHECK(most_texts == 7);

  const auto restored = Release::restore(exporting(merge, kExports + 1), snapshot_of(host.release));
  REQUIRE(restored);
  CHECK(restored->context().to_json().value() == expected.dump());
  CHECK(kept(restored->context().data()) ==
        std::pair(std::size_t{1}, restored->context().data().texts->bytes));
}

TEST_CASE("what a snapshot brought, nested deeper than any export, is merged into", "[C2][R15]") {
  const std::string deep = "{\"a\":" + std::string(67, '[') + std::string(67, ']');
  Host host(exporting(ContextMerge::Deep, 2), R"({"key":{"a":0}})");
  std::string snapshot = snapshot_of(host.release);
  const std::string given = R"({"a":0)";
  const std::size_t at = snapshot.find(given);
  REQUIRE(at != std::string::npos);
  snapshot.replace(at, given.size(), deep);
  auto restored = Release::restore(exporting(ContextMerge::Deep, 2), snapshot);
  REQUIRE(restored);
  REQUIRE(restored->apply({test::at(0), HookSucceeded{ticket(1), R"({"key":{"b":1}})"}}));
  CHECK(restored->context().to_json().value() == "{\"key\":" + deep + ",\"b\":1}}");
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
        "{\"n\":12345678901234567890123,\"f\":1.5,\"s\":\"\xC3\xBC\\n\\u0001/\"}");
  CHECK(merged(ContextMerge::Shallow, {R"({"a":1,"b":2,"a":3})"}) == R"({"a":3,"b":2})");
  CHECK(merged(ContextMerge::Shallow, {R"({"":1})", R"({"":2})"}) == R"({"":2})");
}

TEST_CASE("an export that is no usable JSON object fails its hook, and is kept", "[C4]") {
  CHECK(reason("") == "not valid JSON (line 1, column 1)");
  CHECK(reason("{\"a\":1,}") == "not valid JSON (line 1, column 8)");
  CHECK(reason("{\"a\":1} {}").starts_with("not valid JSON"));
  CHECK(reason("{\"a\":\"\xC3\x28\"}").starts_with("not valid JSON"));
  CHECK(reason("{\"a\":\"\\ud800\"}").starts_with("not valid JSON"));
  CHECK(reason("{\"a\":NaN}").starts_with("not valid JSON"));
  CHECK(reason("[1,2]") == "not a JSON object");
  CHECK(reason("null") == "not a JSON object");
  CHECK(reason("\"text\"") == "not a JSON object");
  CHECK(reason(nested(65)) == "nested deeper than 64 levels");
  CHECK(reason("{\"a\":\"" + std::string(kContextBytesMax, 'x') + "\"}") == "larger than 1 MiB");
}

TEST_CASE("the bounds themselves are still allowed", "[C4]") {
  CHECK(merged(ContextMerge::Shallow, {nested(64)}) == nested(64));
  const std::string full = "{\"a\":\"" + std::string(kContextBytesMax - 8, 'x') + "\"}";
  REQUIRE(full.size() == kContextBytesMax);
  CHECK(merged(ContextMerge::Shallow, {full}) == full);
}

TEST_CASE("a key may be as long as the export", "[C4]") {
  const std::string key = '"' + std::string(70'000, 'k') + '"';
  CHECK(merged(ContextMerge::Shallow, {"{" + key + R"(:1,"a":1,"a":2})"}) ==
        "{" + key + R"(:1,"a":2})");
  CHECK(merged(ContextMerge::Deep, {R"({"a":{"b":2}})"}, R"({"a":{)" + key + ":1}}") ==
        R"({"a":{)" + key + R"(:1,"b":2}})");
}

TEST_CASE("a failed hook's export is recorded and not merged", "[C1]") {
  Host host(exporting(ContextMerge::Shallow, 1));
  host.apply(0, HookFailed{ticket(1), "no", "{\"A\":1}"});
  CHECK(host.release.context().size() == 0);
  const auto rejected = host.release.rejected_exports().value();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].reason.empty());
  CHECK(rejected[0].text == "{\"A\":1}");
}

TEST_CASE("each key knows the ticket that wrote it last", "[C5]") {
  Host host(exporting(ContextMerge::Shallow, 2), "{\"GIVEN\":0}");
  host.apply(0, HookSucceeded{ticket(1), "{\"A\":1,\"B\":1}"});
  host.apply(0, HookSucceeded{ticket(2), "{\"B\":2}"});
  const Context context = host.release.context();
  CHECK(context.find("GIVEN")->writer == ticket(0));
  CHECK(context.find("A")->writer == ticket(1));
  CHECK(context.find("B")->writer == ticket(2));
  CHECK_FALSE(context.find("C"));
}

TEST_CASE("unrelated environments that write different values are a conflict", "[C5]") {
  FlowBuilder builder("conflict", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export")};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step).step("after", {"eu", "us"}, step);
  Host host(built(builder));
  host.apply(0, HookSucceeded{ticket(1), R"({"URL":"eu","SAME":1,"MORE":[]})"});
  host.apply(0, HookSucceeded{ticket(2), R"({"MORE":{},"SAME":1,"URL":"us"})"});
  host.apply(0, PromotionSucceeded{ticket(3)});
  host.apply(0, PromotionSucceeded{ticket(4)});
  host.apply(0, HookSucceeded{ticket(5), R"({"URL":"after","SAME":2})"});
  const auto conflicts = host.release.context_conflicts().value();
  REQUIRE(conflicts.size() == 2);
  CHECK(conflicts[0].key == "URL");  // Those of one export are in the order of the context's keys.
  CHECK(conflicts[0].earlier == ticket(1));
  CHECK(conflicts[0].later == ticket(2));
  CHECK(conflicts[1].key == "MORE");
  CHECK(host.release.context().find("URL")->text == "after");
}

TEST_CASE("a key named as a default argument is kept, recorded as shadowed, never handed", "[C6]") {
  FlowBuilder builder("shadowed", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export"), hook("look")};
  builder.step("staging", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r-42"}, at(0));
  REQUIRE(release);
  REQUIRE(release->next_command());
  REQUIRE(
      release->apply({at(0), HookSucceeded{ticket(1), R"({"RELEASE_ID":"x","ERROR_MESSAGE":"y",)"
                                                      R"("FAILED_ENVIRONMENTS":"q","OK":"z"})"}}));
  CHECK(release->context().find("RELEASE_ID")->shadowed);
  CHECK(release->context().find("ERROR_MESSAGE")->shadowed);
  CHECK(release->context().find("FAILED_ENVIRONMENTS")->shadowed);
  CHECK_FALSE(release->context().find("OK")->shadowed);
  const auto command = release->next_command();
  REQUIRE(command);
  const auto& arguments = std::get<RunHook>(*command).arguments;
  CHECK(arguments.find("RELEASE_ID") == "r-42");
  CHECK_FALSE(arguments.find("ERROR_MESSAGE"));
  CHECK(arguments.find("OK") == "z");
}

TEST_CASE("a hook sees what was merged before it was issued, and nothing later", "[C3]") {
  FlowBuilder builder("moments", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("export")};
  builder.step("eu", {"dev"}, step).step("us", {"dev"}, step);
  auto release = Release::start(built(builder), {.id = "r"}, at(0));
  REQUIRE(release);
  // Both hooks were issued before the first export, though neither was taken.
  REQUIRE(release->apply({at(0), HookSucceeded{ticket(1), "{\"A\":1}"}}));
  REQUIRE(release->next_command());
  const auto second = release->next_command();
  REQUIRE(second);
  CHECK(std::get<RunHook>(*second).environment_name == "us");
  CHECK(std::get<RunHook>(*second).context.size() == 0);
  CHECK_FALSE(std::get<RunHook>(*second).arguments.find("A"));
}

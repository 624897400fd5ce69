// SPDX-License-Identifier: Apache-2.0
// C5, C6: which writes are noted as conflicts, and which keys as shadowed.
#include <nlohmann/json.hpp>
#include <random>

#include "context/json_value.hpp"
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;

/// Two writes of one key by unrelated environments: is it a conflict?
bool conflict(ContextMerge merge, std::string_view first, std::string_view second) {
  WrittenContext context(parallel_steps(2), merge);
  const auto object = [](std::string_view json) { return "{\"K\":" + std::string(json) + "}"; };
  REQUIRE(context.write(1, object(first)).empty());
  const std::string noted = context.write(2, object(second));
  if (!noted.empty()) { REQUIRE(noted == "K:1>2"); }
  return !noted.empty();
}

/// dev -> eu, us; both -> after; dev -> other.
Flow diamond() {
  FlowBuilder builder("diamond", "dev");
  builder.step("eu", {"dev"}).step("us", {"dev"}).step("after", {"eu", "us"});
  builder.step("other", {"dev"});
  return built(builder);
}
constexpr std::uint32_t kEu = 1;
constexpr std::uint32_t kUs = 2;
constexpr std::uint32_t kAfter = 3;
constexpr std::uint32_t kOther = 4;

}  // namespace

TEST_CASE("unrelated environments that write different values are a conflict", "[C5]") {
  WrittenContext context(diamond());
  CHECK(context.write(kEu, R"({"URL":"eu","SAME":1,"MORE":[]})").empty());
  CHECK(context.write(kUs, R"({"MORE":{},"SAME":1,"URL":"us"})") == "MORE:1>2 URL:1>2");
  CHECK(context.json() == R"({"URL":"us","SAME":1,"MORE":{}})");  // The later value remains.
}

TEST_CASE("a write supersedes those of the environments that its own depends on", "[C5]") {
  WrittenContext context(diamond());
  CHECK(context.write(kEu, R"({"K":"eu"})").empty());
  CHECK(context.write(kUs, R"({"K":"us"})") == "K:1>2");
  CHECK(context.write(kAfter, R"({"K":"after"})").empty());     // Both are superseded.
  CHECK(context.write(kOther, R"({"K":"other"})") == "K:3>4");  // Only the one of after is live.
}

TEST_CASE("a write that was not superseded is live behind those that came later", "[C5]") {
  WrittenContext context(diamond());
  CHECK(context.write(kEu, R"({"K":1})").empty());
  CHECK(context.write(kUs, R"({"K":2})") == "K:1>2");
  CHECK(context.write(kUs, R"({"K":1})").empty());  // Of us' own writes the second supersedes the
  CHECK(context.write(kEu, R"({"K":3})") == "K:3>4");  // first; eu's equal one is live beside it.
  CHECK(context.write(kUs, R"({"K":3})").empty());
}

TEST_CASE("the conflict is with the latest live write whose order matters", "[C5]") {
  WrittenContext context(parallel_steps(4));
  CHECK(context.write(1, R"({"K":1})").empty());
  CHECK(context.write(2, R"({"K":2})") == "K:1>2");
  CHECK(context.write(3, R"({"K":3})") == "K:2>3");
  CHECK(context.write(4, R"({"K":3})") == "K:2>4");  // The third wrote the same.
}

TEST_CASE("what the start and release hooks wrote never conflicts", "[C5]") {
  WrittenContext context(parallel_steps(2), ContextMerge::Shallow, R"({"K":0})");
  CHECK(context.write(1, R"({"K":1})").empty());
  CHECK(context.write(2, R"({"K":2})") == "K:1>2");
  CHECK(context.write(kOfRelease, R"({"K":3})").empty());  // It supersedes all.
  CHECK(context.write(1, R"({"K":4})").empty());
  CHECK(context.write(2, R"({"K":5})") == "K:4>5");
}

TEST_CASE("dependencies count however long the way is", "[C5]") {
  WrittenContext context(chained_steps(50));
  for (std::uint32_t step = 1; step <= 50; ++step) {
    CHECK(context.write(step, "{\"K\":" + std::to_string(step) + "}").empty());
  }
  WrittenContext skipping(chained_steps(50));
  CHECK(skipping.write(1, R"({"K":1,"L":1})").empty());
  CHECK(skipping.write(50, R"({"L":2,"K":2})").empty());
  CHECK(skipping.write(25, R"({"K":3})") == "K:2>3");  // 50 depends on it, not the other way round.
}

TEST_CASE("shallow: values differ as JSON values do, numbers by their value", "[C5]") {
  const auto differ = [](std::string_view first, std::string_view second) {
    CHECK(conflict(ContextMerge::Shallow, first, second) ==
          conflict(ContextMerge::Shallow, second, first));
    return conflict(ContextMerge::Shallow, first, second);
  };
  CHECK_FALSE(differ("1", "1.0"));
  CHECK_FALSE(differ("-0.0", "0"));
  CHECK_FALSE(differ("1e2", "100"));
  CHECK_FALSE(differ("18446744073709551616", "18446744073709551616.0"));
  CHECK(differ("9007199254740993", "9007199254740992.0"));  // A double cannot tell them apart.
  CHECK(differ("12345678901234567890123", "12345678901234567890124"));
  CHECK(differ("0.5", "0.25"));
  CHECK_FALSE(differ("1.10", "1.1"));
  CHECK_FALSE(differ("-0", "0"));
  CHECK_FALSE(differ("0e5", "0.000"));
  CHECK_FALSE(differ("1e23", "100000000000000000000000"));
  CHECK_FALSE(differ("0.0012E+2", "12e-2"));
  CHECK_FALSE(differ("1e400", "10e399"));
  CHECK(differ("1e400", "1e401"));
  CHECK(differ("1e-400", "0"));
  CHECK(differ("1", "-1"));
  CHECK(differ("1732812345.123456789", "1732812345.123456788"));
  CHECK(differ("1e99999999999999999999", "1e99999999999999999998"));
  CHECK(differ("1", "\"1\""));
  CHECK(differ("0", "null"));
  CHECK(differ("true", "false"));
  CHECK_FALSE(differ(R"({"a":1,"b":[1,{"c":2.0}]})", R"({"b":[1.0,{"c":2}],"a":1})"));
  CHECK(differ(R"({"a":1})", R"({"a":1,"b":null})"));
  CHECK(differ(R"({"a":1})", R"({"b":1})"));
  CHECK(differ("[1,2]", "[2,1]"));
  CHECK(differ("[1]", "[1,1]"));
  CHECK(differ("[]", "{}"));
  CHECK_FALSE(differ(R"("\u00fc")", "\"\xC3\xBC\""));
}

TEST_CASE("deep: merge patches that commute are no conflict", "[C5]") {
  const auto matters = [](std::string_view first, std::string_view second) {
    CHECK(conflict(ContextMerge::Deep, first, second) ==
          conflict(ContextMerge::Deep, second, first));
    return conflict(ContextMerge::Deep, first, second);
  };
  CHECK_FALSE(matters(R"({"eu":1})", R"({"us":2})"));
  CHECK_FALSE(matters(R"({"eu":1,"same":{"x":1}})", R"({"us":2,"same":{"x":1.0,"y":2}})"));
  CHECK(matters(R"({"same":{"x":1}})", R"({"same":{"x":2}})"));
  CHECK(matters(R"({"same":{"x":1}})", R"({"same":1})"));
  CHECK(matters(R"({"x":1})", R"({"x":null})"));
  CHECK_FALSE(matters(R"({"x":null})", R"({"x":null,"y":1})"));
  CHECK_FALSE(matters("{}", R"({"x":1})"));
  CHECK(matters("{}", "1"));
  CHECK(matters("{}", "null"));
  CHECK_FALSE(matters("null", "null"));
  CHECK_FALSE(matters("[1,{\"a\":1.0}]", "[1,{\"a\":1}]"));
  CHECK(matters(R"([{"a":1}])", R"([{"a":1,"b":1}])"));  // In a list objects are values.
}

TEST_CASE("deep: what counts is what was written, not what came of it", "[C5]") {
  WrittenContext context(parallel_steps(3), ContextMerge::Deep, R"({"K":{"old":1}})");
  CHECK(context.write(1, R"({"K":{"a":1}})").empty());
  CHECK(context.write(2, R"({"K":{"b":2}})").empty());
  CHECK(context.write(3, R"({"K":{"old":1,"a":1,"b":2}})").empty());
  CHECK(context.write(2, R"({"K":{"a":2}})") == "K:3>4");
  CHECK(context.json() == R"({"K":{"old":1,"a":2,"b":2}})");
}

TEST_CASE("deep: removing a key is a write, also of a key that is not there", "[C5]") {
  WrittenContext context(diamond(), ContextMerge::Deep, R"({"K":1})");
  CHECK(context.write(kEu, R"({"K":null,"NONE":null})").empty());
  CHECK(context.json() == "{}");
  CHECK(context.write(kUs, R"({"K":2,"NONE":2})") == "K:1>2 NONE:1>2");
  CHECK(context.write(kOther, R"({"K":null,"NONE":null})") == "K:2>3 NONE:2>3");
  CHECK(context.write(kAfter, R"({"NONE":null,"K":null})").empty());  // The other's is the same.
  CHECK(context.write(kEu, R"({"K":3})") == "K:4>5");
  CHECK(context.write(kOfRelease, R"({"K":null})").empty());
  CHECK(context.write(kUs, R"({"K":4})").empty());
}

TEST_CASE("a conflict is looked for among the latest 64 live writes", "[C5]") {
  WrittenContext context(parallel_steps(100));
  CHECK(context.write(1, R"({"K":"first"})").empty());
  CHECK(context.write(2, R"({"K":"same"})") == "K:1>2");
  for (std::uint32_t step = 3; step <= 65; ++step) {
    CHECK(context.write(step, R"({"K":"same"})") == "K:1>" + std::to_string(step));
  }
  CHECK(context.write(66, R"({"K":"same"})").empty());  // 64 later ones are live: 2 to 65.
  CHECK(context.write(67, R"({"K":"last"})") == "K:66>67");
}

TEST_CASE("each write of a default argument's name is noted as shadowed", "[C6]") {
  WrittenContext context(parallel_steps(2), ContextMerge::Deep,
                         R"({"VERSION":1,"OK":2,"ERROR_MESSAGE":3})");
  CHECK(WrittenContext::words(context.notes) == "VERSION!0 ERROR_MESSAGE!0");
  CHECK(context.write(1, R"({"OK":3,"RELEASE_ID":4,"VERSION":5})") == "RELEASE_ID!1 VERSION!1");
  CHECK(context.write(2, R"({"OK":4,"VERSION":null,"PRODUCT_NAME":null})") ==
        "OK:1>2 VERSION!2 VERSION:1>2 PRODUCT_NAME!2");
  CHECK(context.json() == R"({"OK":4,"ERROR_MESSAGE":3,"RELEASE_ID":4})");
  for (const char* name :
       {"RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME", "RELEASE_ID",
        "FAILED_ENVIRONMENTS", "ERROR_MESSAGE"}) {
    WrittenContext one(parallel_steps(1));
    CHECK(one.write(1, "{\"" + std::string(name) + "\":1}") == std::string(name) + "!1");
    CHECK(Context(one.context.state().get()).find(name)->shadowed);
  }
}

namespace {

/// C5 as it is written, with all live writes of all keys.
class Model {
 public:
  Model(const Flow& flow, ContextMerge merge) : flow_(flow), merge_(merge) {}

  std::string write(std::uint64_t ticket, std::uint32_t environment, const Json& exported) {
    std::string words;
    for (const auto& [key, value] : exported.items()) {
      if (key == "VERSION") { words += " " + key + "!" + std::to_string(ticket); }
      auto& live = live_[key];
      std::erase_if(live, [&](const Live& write) { return supersedes(environment, write); });
      const nlohmann::json written = value;
      const auto conflict = std::find_if(live.rbegin(), live.rend(), [&](const Live& write) {
        return merge_ == ContextMerge::Deep ? !commute(write.value, written)
                                            : write.value != written;
      });
      if (conflict != live.rend()) {
        words += " " + key + ":" + std::to_string(conflict->ticket) + ">" + std::to_string(ticket);
      }
      live.push_back({ticket, environment, written});
    }
    return words.empty() ? words : words.substr(1);
  }

 private:
  struct Live {
    std::uint64_t ticket;
    std::uint32_t environment;
    nlohmann::json value;  // Whose objects are equal whatever the order of their members.
  };
  bool supersedes(std::uint32_t environment, const Live& write) const {
    return environment == kOfRelease || write.environment == kOfRelease ||
           environment == write.environment ||
           *flow_.depends_on(EnvironmentId{environment}, EnvironmentId{write.environment});
  }
  static bool commute(const nlohmann::json& left, const nlohmann::json& right) {
    if (!left.is_object() || !right.is_object()) { return left == right; }
    return std::all_of(left.items().begin(), left.items().end(), [&right](const auto& member) {
      return !right.contains(member.key()) || commute(member.value(), right[member.key()]);
    });
  }

  const Flow& flow_;
  ContextMerge merge_;
  std::map<std::string, std::vector<Live>> live_;
};

Flow random_flow(std::mt19937& random, std::uint32_t steps) {
  FlowBuilder builder("random", "dev");
  std::vector<std::string> names{"dev"};
  for (std::uint32_t i = 1; i <= steps; ++i) {
    std::vector<std::string_view> on;
    for (const std::string& name : names) {
      if (random() % 3 == 0) { on.push_back(name); }
    }
    if (on.empty()) { on.push_back("dev"); }
    builder.step("step-" + std::to_string(i), on);
    names.push_back("step-" + std::to_string(i));
  }
  return built(builder);
}

Json random_value(std::mt19937& random, int depth) {
  switch (random() % (depth == 0 ? 4 : 6)) {
    case 0: return nullptr;
    case 1: return random() % 2;
    case 2: return static_cast<double>(random() % 2);
    case 3: return random() % 2 == 0 ? Json("x") : Json::array({random() % 2});
    default: break;
  }
  Json object = Json::object();
  for (auto members = random() % 3; members > 0; --members) {
    object[random() % 2 == 0 ? "a" : "b"] = random_value(random, depth - 1);
  }
  return object;
}

}  // namespace

TEST_CASE("random writes conflict exactly as the rule says", "[C2][C5][C6][R15]") {
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto steps = static_cast<std::uint32_t>(1 + random() % 6);
    WrittenContext context(random_flow(random, steps), merge);
    Model model(context.flow(), merge);
    Json expected = Json::object();
    for (int i = 0; i < 30; ++i) {
      const std::uint32_t environment =
          random() % 10 == 0 ? kOfRelease : 1 + static_cast<std::uint32_t>(random() % steps);
      Json exported = Json::object();
      for (auto keys = random() % 4; keys > 0; --keys) {
        constexpr const char* kKeys[] = {"A", "B", "C", "VERSION"};
        exported[kKeys[random() % 4]] = random_value(random, 2);
      }
      INFO("seed " << seed << ", export " << i << " of environment " << environment << ": "
                   << exported.dump());
      const std::string noted = context.write(environment, exported.dump());
      REQUIRE(noted == model.write(context.ticket, environment, exported));
      if (merge == ContextMerge::Deep) {
        expected.merge_patch(exported);
      } else {
        expected.update(exported);
      }
      REQUIRE(Json::parse(context.json()).dump() == expected.dump());
    }
  }
}

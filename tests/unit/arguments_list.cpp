// SPDX-License-Identifier: Apache-2.0
// A1 to A6: which arguments a hook is handed, and in which order.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

Release started(const Hook& first, std::string_view context = {}) {
  FlowBuilder builder("arguments", "dev");
  FlowOptions options;
  options.hooks = {{first}, {}, {first}};
  builder.options(options).step("staging", {"dev"});
  return std::move(*Release::start(built(builder),
                                   {.id = "r-42",
                                    .url = "https://x/r-42",
                                    .product = "billing",
                                    .version = "1.4.0",
                                    .commit_sha = "3f2a91c"},
                                   at(0), context));
}

std::vector<std::string> list(const Arguments& arguments) {
  std::vector<std::string> lines;
  for (const Argument& argument : arguments) {
    lines.push_back(std::string(argument.name) + "=" + std::string(argument.value));
  }
  return lines;
}

}  // namespace

TEST_CASE("every hook is handed the defaults in their order", "[A1]") {
  Release release = started(hook("look"));
  const auto command = release.next_command();
  REQUIRE(command);
  CHECK(list(std::get<RunHook>(*command).arguments) ==
        std::vector<std::string>{"RELEASE_URL=https://x/r-42", "PRODUCT_NAME=billing",
                                 "VERSION=1.4.0", "COMMIT_SHA=3f2a91c",
                                 "PROMOTION_FLOW_NAME=arguments", "RELEASE_ID=r-42"});
}

TEST_CASE("onFail hooks are then handed what failed and why", "[A2][A3][A4]") {
  Release release = started(hook("look"));
  REQUIRE(release.next_command());
  REQUIRE(release.apply({at(0), HookFailed{ticket(1), "a \"quoted\" reason"}}));
  const auto command = release.next_command();
  REQUIRE(command);
  const auto& arguments = std::get<RunHook>(*command).arguments;
  CHECK(arguments.size() == 8);
  CHECK(list(arguments)[6] == "FAILED_ENVIRONMENTS=[]");
  CHECK(list(arguments)[7] == "ERROR_MESSAGE=onStart hook 'look' failed: a \"quoted\" reason");
}

TEST_CASE("then come the hook's own, then the context's keys; the first of a name stands", "[A5]") {
  Hook look = hook("look");
  look.arguments = {
      {"OWN", "1", true}, {"RELEASE_ID", "spoofed"}, {"BOTH", "own"}, {"ERROR_MESSAGE", "spoofed"}};
  Release release = started(
      look, R"({"FROM":"context","OWN":"2","BOTH":"context","PRODUCT_NAME":"x","LAST":[1]})");
  const auto command = release.next_command();
  REQUIRE(command);
  const auto lines = list(std::get<RunHook>(*command).arguments);
  REQUIRE(lines.size() == 10);
  CHECK(std::vector<std::string>(lines.begin() + 6, lines.end()) ==
        std::vector<std::string>{"OWN=1", "BOTH=own", "FROM=context", "LAST=[1]"});
}

TEST_CASE("a string is handed as it is, any other value as compact JSON", "[A6]") {
  Release release = started(
      hook("look"),
      R"({"S":"a \"b\"\n\u00fc","N":3,"B":true,"Z":null,"O":{ "k" : [ 1 , "\u0001" ] },"E":""})");
  const auto command = release.next_command();
  REQUIRE(command);
  const auto& arguments = std::get<RunHook>(*command).arguments;
  CHECK(arguments.find("S") == "a \"b\"\n\xC3\xBC");
  CHECK(arguments.find("N") == "3");
  CHECK(arguments.find("B") == "true");
  CHECK(arguments.find("Z") == "null");
  CHECK(arguments.find("O") == "{\"k\":[1,\"\\u0001\"]}");
  CHECK(arguments.find("E") == "");
  CHECK(arguments.to_json().value().find(R"("S":"a \"b\"\n)") != std::string::npos);
}

TEST_CASE("as JSON text the arguments are those that are walked, escaped alike", "[A5][A6]") {
  Hook own = hook("look");
  own.arguments = {{"BOTH", "own \"x\""}, {"OWN", "1"}};
  for (const char* context :
       {"", "{}", R"({"A":"x"})", R"({"A":"x","N":1})", R"({"A":"x","B":"","C":"\"\\\n\u0001"})",
        R"({"VERSION":"shadowed","A":"x","RELEASE_ID":"shadowed","B":"y","PRODUCT_NAME":1})",
        R"({"A":"x","N":1,"B":"y","O":{"k":"\"v\""},"BOTH":"context"})", R"({"N":-0,"L":[1.50]})",
        R"({"VERSION":"shadowed","N":1,"A":"x","FAILED_ENVIRONMENTS":"shadowed"})",
        R"({"k\"ey\n":"v","A":"x","BOTH":2,"\u00fc":"\u00fc"})", R"({"ERROR_MESSAGE":"x"})"}) {
    for (const Hook& first : {hook("look"), own}) {
      INFO(context);
      Release release = started(first, context);
      const auto command = release.next_command();
      REQUIRE(command);
      const auto& arguments = std::get<RunHook>(*command).arguments;
      auto walked = nlohmann::ordered_json::object();
      for (const Argument& argument : arguments) {
        walked[std::string(argument.name)] = std::string(argument.value);
      }
      CHECK(walked.size() == arguments.size());
      CHECK(arguments.to_json().value() == walked.dump());
    }
  }
}

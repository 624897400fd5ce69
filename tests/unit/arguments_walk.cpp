// SPDX-License-Identifier: Apache-2.0
// A1, A2, A5, A6: arguments put together from their four groups, without a release around them.
#include <nlohmann/json.hpp>

#include "allocations.hpp"
#include "arguments/arguments_data.hpp"
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// The arguments of one hook, with what they are put together from.
struct HandedArguments {
  explicit HandedArguments(std::string_view given, std::vector<AssignedArgument> assigned = {},
                           bool on_fail = false)
      : context(parallel_steps(1), ContextMerge::Deep, given) {
    look.arguments = std::move(assigned);
    failure.values = {"[]", "why"};
    for (std::size_t i = 0; i < failure.list.size(); ++i) {
      failure.list[i] = {detail::kFailureNames[i], failure.values[i]};
    }
    fails = on_fail;
  }
  Arguments arguments() const {
    return {&defaults, fails ? &failure : nullptr, &look, Context(context.context.state().get())};
  }
  /// Behind the defaults: `NAME=value` and so on.
  std::string own() const {
    std::string list;
    std::size_t passed = 0;
    for (const Argument& argument : arguments()) {
      if (passed++ < detail::kDefaultNames.size()) { continue; }
      list += list.empty() ? "" : " ";
      list += std::string(argument.name) + "=" + std::string(argument.value);
    }
    CHECK(passed == arguments().size());
    return list;
  }

  WrittenContext context;
  Hook look = hook("look");
  detail::DefaultArguments defaults{{"https://x/r-42", "billing", "1.4.0", "3f2a91c", "f", "r-42"}};
  detail::FailureArguments failure;
  bool fails = false;
};

}  // namespace

TEST_CASE("names of default arguments are reserved at every point", "[A5]") {
  const bool on_fail = GENERATE(false, true);
  const std::string_view given =
      R"({"A":1,"ERROR_MESSAGE":"x","VERSION":"x","B":2,"FAILED_ENVIRONMENTS":"x"})";
  const std::string failure = on_fail ? "FAILED_ENVIRONMENTS=[] ERROR_MESSAGE=why " : "";
  CHECK(HandedArguments(given, {}, on_fail).own() == failure + "A=1 B=2");
  CHECK(HandedArguments(given, {{"ERROR_MESSAGE", "y"}, {"OWN", "z"}, {"RELEASE_ID", "y"}}, on_fail)
            .own() == failure + "OWN=z A=1 B=2");
}

TEST_CASE("an assigned argument hides a key of the context, wherever that is", "[A5]") {
  const std::string_view given = R"({"A":1,"VERSION":0,"B":2,"C":3})";
  CHECK(HandedArguments(given, {{"A", "own"}}).own() == "A=own B=2 C=3");
  CHECK(HandedArguments(given, {{"B", "own"}, {"D", "4"}}).own() == "B=own D=4 A=1 C=3");
  CHECK(HandedArguments(given, {{"C", "own"}}).own() == "C=own A=1 B=2");
  CHECK(HandedArguments(given, {{"A", "1"}, {"B", "2"}, {"C", "3"}}).own() == "A=1 B=2 C=3");
}

TEST_CASE("keys that were removed are handed no more, those that came back come last", "[A5]") {
  HandedArguments handed(R"({"A":1,"B":2,"VERSION":0,"C":3})");
  handed.context.write(1, R"({"A":null,"VERSION":null})");
  CHECK(handed.own() == "B=2 C=3");
  handed.context.write(1, R"({"A":"back","VERSION":1,"C":null})");
  CHECK(handed.own() == "B=2 A=back");
  handed.look.arguments = {{"B", "own"}};
  CHECK(handed.own() == "B=own A=back");
}

TEST_CASE("many keys are handed in their order, read without allocating", "[A5][A6]") {
  HandedArguments handed(R"({"VERSION":0})");
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(i);
    handed.context.write(1, "{\"k" + number + "\":" + (i % 3 == 0 ? number : "\"\\n\"") + "}");
  }
  handed.context.write(1, R"({"k64":null,"k150":null})");
  for (const bool hides : {false, true}) {
    if (hides) { handed.look.arguments = {{"k7", "own"}, {"VERSION", "no"}}; }
    const Arguments arguments = handed.arguments();
    const std::size_t allocated = allocations();
    std::size_t size = 0;
    std::size_t bytes = 0;
    for (const Argument& argument : arguments) {
      bytes += argument.name.size() + argument.value.size();
      ++size;
    }
    CHECK(size == 6 + 198);
    CHECK(size == arguments.size());
    CHECK(bytes > 198 * 3);
    CHECK(arguments.find("k199") == "\n");
    CHECK(arguments.find("k7") == (hides ? "own" : "\n"));
    CHECK_FALSE(arguments.find("k150").has_value());
    CHECK(allocations() == allocated);
    auto walked = nlohmann::ordered_json::object();
    for (const Argument& argument : arguments) {
      walked[std::string(argument.name)] = std::string(argument.value);
    }
    CHECK(arguments.to_json().value() == walked.dump());
  }
}

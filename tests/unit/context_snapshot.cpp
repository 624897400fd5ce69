// SPDX-License-Identifier: Apache-2.0
// R15 for the context: states and live writes come back from a snapshot, and bad input does not.
#include <nlohmann/json.hpp>
#include <random>

#include "context/json_value.hpp"
#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using State = detail::PromotionContext::State;

std::string saved(const detail::PromotionContext& context, const std::vector<State>& states) {
  std::vector<const detail::ContextData*> list;
  for (const State& state : states) { list.push_back(state.get()); }
  std::string text;
  detail::JsonWriter json(text);
  context.save(json, detail::SavedStates(context.state().get(), list));
  return text;
}

/// Restores; returns what is wrong with the text.
std::string restore(detail::PromotionContext& context, std::string_view text,
                    std::vector<State>& states, std::uint32_t environments = 100,
                    std::uint64_t last_ticket = 100'000) {
  const detail::Document document = detail::read_value(text);
  REQUIRE(document.roots.size() == 1);
  return context.restore(document, document.roots[0], {environments, last_ticket}, states);
}

std::string problem(std::string_view text) {
  WrittenContext context(parallel_steps(1), ContextMerge::Shallow, R"({"BEFORE":1})");
  std::vector<State> states;
  std::string what = restore(context.context, text, states, 3, 9);
  if (!what.empty()) {
    CHECK(context.json() == R"({"BEFORE":1})");
    CHECK(states.empty());
  }
  return what;
}

std::string json_of(const State& state) { return Context(state.get()).to_json().value(); }

}  // namespace

TEST_CASE("a snapshot has each state that is referred to, as what it changed", "[R15]") {
  WrittenContext context(parallel_steps(3), ContextMerge::Deep, R"({"A":1,"B":"b","C":{"x":1}})");
  const State first = context.context.state();
  context.write(1, R"({"D":4})");  // Referred to by no command.
  context.write(2, R"({"B":null,"A":2,"C":{"y":2}})");
  const State second = context.context.state();
  context.write(3, R"({"B":"again"})");
  const std::string text = saved(context.context, {second, first, second});
  CHECK(text == R"({"states":[{"set":[{"key":"A","value":1,"ticket":0,"environment":null},)"
                R"({"key":"B","value":"b","ticket":0,"environment":null},)"
                R"({"key":"C","value":{"x":1},"ticket":0,"environment":null}]},)"
                R"({"removed":["B"],"set":[{"key":"A","value":2,"ticket":2,"environment":2},)"
                R"({"key":"C","value":{"x":1,"y":2},"ticket":2,"environment":2},)"
                R"({"key":"D","value":4,"ticket":1,"environment":1}]},)"
                R"({"set":[{"key":"B","value":"again","ticket":3,"environment":3}]}],)"
                R"("writes":[{"key":"B","live":[{"value":null,"ticket":2,"environment":2},)"
                R"({"value":"again","ticket":3,"environment":3}]},)"
                R"({"key":"C","live":[{"value":{"y":2},"ticket":2,"environment":2}]}]})");

  WrittenContext other(parallel_steps(3), ContextMerge::Deep);
  std::vector<State> states;
  REQUIRE(restore(other.context, text, states).empty());
  REQUIRE(states.size() == 3);
  CHECK(json_of(states[0]) == json_of(first));
  CHECK(json_of(states[1]) == json_of(second));
  CHECK(states[2] == other.context.state());
  CHECK(other.json() == context.json());
  CHECK(saved(other.context, states) == text);
  const detail::SavedStates list(other.context.state().get(), {states[1].get(), states[0].get()});
  CHECK(list.index_of(states[0].get()) == 0);
  CHECK(list.index_of(states[2].get()) == 2);
}

TEST_CASE("after a restore every write is answered as without it", "[C5][R15]") {
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    WrittenContext context(parallel_steps(5), merge);
    WrittenContext other(parallel_steps(5), merge);
    std::vector<State> states;
    for (int i = 0; i < 150; ++i) {
      nlohmann::ordered_json exported = nlohmann::ordered_json::object();
      for (auto n = random() % 4; n > 0; --n) {
        const std::string key = "k" + std::to_string(random() % 120);
        switch (random() % 3) {
          case 0: exported[key] = nullptr; break;
          case 1: exported[key] = random() % 3; break;
          default: exported[key] = {{"x" + std::to_string(random() % 3), random() % 2}}; break;
        }
      }
      const auto environment = random() % 20 == 0 ? kOfRelease : 1 + random() % 5;
      const auto writer = static_cast<std::uint32_t>(environment);
      REQUIRE(context.write(writer, exported.dump()) == other.write(writer, exported.dump()));
      REQUIRE(context.json() == other.json());
      if (random() % 3 == 0) { states.push_back(context.context.state()); }
      if (random() % 10 == 0) {
        const std::string text = saved(context.context, states);
        std::vector<State> restored;
        REQUIRE(restore(other.context, text, restored).empty());
        REQUIRE(saved(other.context, restored) == text);
        const detail::SavedStates list(context.context.state().get(), [&] {
          std::vector<const detail::ContextData*> pointers;
          for (const State& state : states) { pointers.push_back(state.get()); }
          return pointers;
        }());
        for (const State& state : states) {
          REQUIRE(json_of(restored[list.index_of(state.get())]) == json_of(state));
        }
      }
    }
  }
}

TEST_CASE("a snapshot of N states that differ in one key each has a size of O(N)", "[R15]") {
  constexpr std::uint32_t kSteps = 2000;
  WrittenContext context(parallel_steps(kSteps));
  std::vector<State> states;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    context.write(step, "{\"K" + std::to_string(step) + "\":1}");
    states.push_back(context.context.state());
  }
  const std::string text = saved(context.context, states);
  CHECK(text.size() < std::size_t{100} * kSteps);
  WrittenContext other(parallel_steps(kSteps));
  std::vector<State> restored;
  REQUIRE(restore(other.context, text, restored, kSteps + 1).empty());
  REQUIRE(restored.size() == kSteps);
  CHECK(restored[999]->size() == 1000);
  CHECK(&restored[1000]->rows.leaf(0) == &restored[1999]->rows.leaf(0));  // They share again.
}

TEST_CASE("version 1 has whole states, the current one first, and its keys' writers", "[R15]") {
  const std::string text = R"([[{"key":"A","value":"x","ticket":2,"environment":1},)"
                           R"({"key":"B","value":{"y":1.0},"ticket":1,"environment":null}],)"
                           R"([],[{"key":"B","value":{"y":1.0},"ticket":1,"environment":null}]])";
  WrittenContext context(parallel_steps(3));
  std::vector<State> states;
  REQUIRE(restore(context.context, text, states).empty());
  REQUIRE(states.size() == 3);
  CHECK(states[0] == context.context.state());
  CHECK(context.json() == R"({"A":"x","B":{"y":1.0}})");
  CHECK(json_of(states[1]) == "{}");
  CHECK(json_of(states[2]) == R"({"B":{"y":1.0}})");
  context.ticket = 2;
  CHECK(context.write(2, R"({"A":"y","B":2})") == "A:2>3");

  const std::string again = saved(context.context, states);
  WrittenContext other(parallel_steps(3));
  REQUIRE(restore(other.context, again, states).empty());
  CHECK(json_of(states[0]) == "{}");
  CHECK(json_of(states[1]) == R"({"B":{"y":1.0}})");
  CHECK(json_of(states[2]) == R"({"A":"x","B":{"y":1.0}})");
  CHECK(saved(other.context, states) == again);
}

TEST_CASE("what a snapshot brought, nested deeper than any export, is merged into", "[C2][R15]") {
  const std::string deep = "{\"a\":" + std::string(67, '[') + std::string(67, ']');
  WrittenContext context(parallel_steps(1), ContextMerge::Deep);
  std::vector<State> states;
  REQUIRE(restore(context.context,
                  R"([[{"key":"key","value":)" + deep + R"(},"ticket":0,"environment":null}]])",
                  states)
              .empty());
  CHECK(context.write(1, R"({"key":{"b":1}})").empty());
  CHECK(context.json() == "{\"key\":" + deep + ",\"b\":1}}");
}

TEST_CASE("a snapshot's context that is damaged is refused, nothing changed", "[R15]") {
  const auto row = [](std::string_view key, std::string_view ticket, std::string_view environment) {
    return "{\"key\":" + std::string(key) + ",\"value\":1,\"ticket\":" + std::string(ticket) +
           ",\"environment\":" + std::string(environment) + "}";
  };
  const auto states = [](const std::string& list) {
    return "{\"states\":[" + list + "],\"writes\":[]}";
  };
  const auto set = [&](const std::string& rows) { return states("{\"set\":[" + rows + "]}"); };
  CHECK(problem(set(row("\"A\"", "9", "2"))).empty());
  CHECK(problem(set("")).empty());
  CHECK(problem("1") == "member 'states' is missing");
  CHECK(problem("{}") == "member 'states' is missing");
  CHECK(problem(R"({"states":[{"set":[]}]})") == "member 'writes' is missing");
  CHECK(problem(states("")) == "'states' is empty");
  CHECK(problem("[]") == "'contexts' is empty");
  CHECK(problem("[1]") == "'set' is not an array");
  CHECK(problem(states("{}")) == "member 'set' is missing");
  CHECK(problem(states("1")) == "member 'set' is missing");
  CHECK(problem(set("1")) == "member 'key' is missing");
  CHECK(problem(set(R"({"key":"A"})")) == "member 'value' is missing");
  CHECK(problem(set(row("1", "1", "1"))) == "a key is not a string");
  CHECK(problem(set(row("\"A\"", "10", "1"))) == "the ticket of a context's key is out of range");
  CHECK(problem(set(row("\"A\"", "-1", "1"))) == "the ticket of a context's key is out of range");
  CHECK(problem(set(row("\"A\"", "\"1\"", "1"))) ==
        "the ticket of a context's key is out of range");
  CHECK(problem(set(row("\"A\"", "1", "3"))) == "there is no such environment");
  CHECK(problem(set(row("\"A\"", "1", "1.0"))) == "there is no such environment");
  CHECK(problem(set(row("\"A\"", "0", "1"))) == "the start of a release has no environment");
  const std::string one = row("\"A\"", "1", "1");
  CHECK(problem(set(one + "," + one)) == "a context has a key twice");
  CHECK(problem("[[" + one + "," + one + "]]") == "a context has a key twice");
  const auto removing = [&](const std::string& keys) {
    return states("{\"set\":[" + one + "]},{\"removed\":" + keys + ",\"set\":[]}");
  };
  CHECK(problem(removing("[\"A\"]")).empty());
  CHECK(problem(removing("1")) == "'removed' is not an array");
  CHECK(problem(removing("[1]")) == "a key is not a string");
  CHECK(problem(removing("[\"B\"]")) == "a key is removed that is not there");
  CHECK(problem(removing("[\"A\",\"A\"]")) == "a key is removed that is not there");
  const auto writes = [](const std::string& list) {
    return R"({"states":[{"set":[]}],"writes":[)" + list + "]}";
  };
  const auto live = [](const std::string& list) { return R"({"key":"A","live":[)" + list + "]}"; };
  const std::string write = R"({"value":1,"ticket":1,"environment":1})";
  CHECK(problem(writes(live(write))).empty());
  CHECK(problem(writes("1")) == "member 'live' is missing");
  CHECK(problem(writes(live(""))) == "'live' has too few or many writes");
  CHECK(problem(writes(live(write) + "," + live(write))) == "'writes' has a key twice");
  CHECK(problem(writes(live(R"({"value":1,"ticket":1,"environment":null})"))) ==
        "a live write is not an environment's");
  std::string many = write;
  for (int i = 0; i < 64; ++i) { many += "," + write; }
  CHECK(problem(writes(live(many))) == "'live' has too few or many writes");
}

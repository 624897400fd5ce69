// SPDX-License-Identifier: Apache-2.0
// What states of the context share, and that each is as if it had everything for itself.
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "context_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

using Json = nlohmann::ordered_json;
using State = detail::PromotionContext::State;

/// Bytes that some states keep together: rows, texts and indexes that are shared count once.
std::size_t bytes_kept(const std::vector<State>& states) {
  std::set<const void*> seen;
  std::size_t bytes = 0;
  const auto add = [&](const void* part, std::size_t size) {
    if (part != nullptr && seen.insert(part).second) { bytes += size; }
  };
  for (const State& state : states) {
    add(state.get(), sizeof *state);
    for (std::uint32_t row = 0; row < state->row_count; row += detail::kLeafRows) {
      const detail::Leaf& leaf = state->rows.leaf(row);
      add(&leaf, sizeof leaf + leaf.capacity * (sizeof(Argument) + sizeof(detail::Entry)));
    }
    for (auto texts = state->texts; texts; texts = texts->before) {
      add(texts.get(), sizeof *texts + texts->capacity);
    }
    add(state->index.get(), std::size_t{16} * state->row_count);
    if (state->gaps) {
      add(state->gaps.get(), sizeof(std::uint32_t) * 2 * state->gaps->removed.capacity());
    }
  }
  return bytes;
}

/// Checks all that can be read of a state against a JSON object.
void check_state(const State& state, const Json& expected) {
  const Context context(state.get());
  REQUIRE(context.to_json().value() == expected.dump());
  REQUIRE(state->json_size() == expected.dump().size());
  REQUIRE(context.size() == expected.size());
  std::size_t index = 0;
  Json handed = Json::object();
  for (const auto& [key, value] : expected.items()) {
    const ContextEntry entry = context[index++];
    REQUIRE(entry.key == key);
    const auto found = context.find(key);
    REQUIRE(found);
    REQUIRE(found->json == value.dump());
    REQUIRE(found->text == (value.is_string() ? value.get<std::string>() : value.dump()));
    REQUIRE(entry.json.data() == found->json.data());
    REQUIRE(found->shadowed == (key == "VERSION" || key == "COMMIT_SHA"));
    if (!found->shadowed) { handed[key] = std::string(found->text); }
  }
  REQUIRE_FALSE(context.find("none"));
  Json walked = Json::object();
  std::uint32_t position = 0;
  for (auto run = state->next_arguments(position); !run.empty();
       run = state->next_arguments(position)) {
    for (const Argument& argument : run) { walked[std::string(argument.name)] = argument.value; }
  }
  REQUIRE(walked.dump() == handed.dump());
  REQUIRE(walked.size() == state->argument_count());
}

Json draw_value(std::mt19937& random) {
  switch (random() % 7) {
    case 0: return nullptr;
    case 1: return random() % 1000;
    case 2: return std::string(random() % 300, 'x');
    case 3: return {{"x", random() % 9}, {"y\n", {{"z", nullptr}}}};
    case 4: return "\"" + std::to_string(random() % 9);
    default: return std::to_string(random() % 100000);
  }
}

std::string number_key(std::size_t i) { return "KEY_" + std::to_string(i); }

}  // namespace

TEST_CASE("each state stays as it was while later ones are made from it", "[C2][C3][C6]") {
  // Keys and values with and without escapes, objects, removals, default names; by chance.
  const auto merge = GENERATE(ContextMerge::Shallow, ContextMerge::Deep);
  const auto keys = GENERATE(9U, 40U, 150U);
  WrittenContext context(parallel_steps(1), merge, R"({"D":{"x":[1]},"A":"\\n"})");
  auto expected = Json::parse(R"({"D":{"x":[1]},"A":"\\n"})");
  std::mt19937 random(keys);
  const auto draw_key = [&]() -> std::string {
    constexpr const char* kKeys[] = {"A", "\"q\\",      "VERSION",     "D", "\n",
                                     "",  "COMMIT_SHA", "long key \t", "Z"};
    const auto drawn = random() % keys;
    return drawn < 9 ? kKeys[drawn] : number_key(drawn);
  };
  std::vector<std::pair<State, Json>> states;
  for (std::size_t i = 0; i < 300; ++i) {
    Json exported = Json::object();
    for (auto n = random() % 4; n > 0; --n) { exported[draw_key()] = draw_value(random); }
    context.write(1, exported.dump(random() % 2 == 0 ? -1 : 1));
    if (merge == ContextMerge::Deep) {
      expected.merge_patch(exported);
    } else {
      expected.update(exported);
    }
    check_state(context.context.state(), expected);
    const detail::ContextData& data = context.data();
    REQUIRE(data.texts->bytes_before + data.text_used <= 2 * data.bytes + 4096);
    states.emplace_back(context.context.state(), expected);
  }
  for (const auto& [state, json] : states) { check_state(state, json); }
}

TEST_CASE("N exports of one new key each cost O(N), while each state is in use", "[C3]") {
  constexpr std::uint32_t kSteps = 8000;
  WrittenContext context(parallel_steps(kSteps));
  std::vector<State> states;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    REQUIRE(context.write(step, "{\"" + number_key(step) + "\":\"value\"}").empty());
    states.push_back(context.context.state());
  }
  CHECK(bytes_kept(states) < std::size_t{500} * kSteps);
  CHECK(context.context.state()->size() == kSteps);
  CHECK(Context(states[4999].get()).size() == 5000);
  CHECK(Context(states[4999].get()).find(number_key(5000))->text == "value");
  CHECK_FALSE(Context(states[4999].get()).find(number_key(5001)));
}

TEST_CASE("N exports that each replace another key cost a leaf each", "[C3]") {
  constexpr std::uint32_t kSteps = 2000;
  std::string given;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    given += (step == 1 ? "{\"" : ",\"") + number_key(step) + "\":1";
  }
  WrittenContext context(parallel_steps(kSteps), ContextMerge::Shallow, given + "}");
  std::vector<State> states;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    REQUIRE(context.write(step, "{\"" + number_key(step) + "\":2}").empty());
    states.push_back(context.context.state());
  }
  CHECK(bytes_kept(states) < std::size_t{6000} * kSteps);  // Whole copies would be 100 KB each.
  CHECK(Context(states[0].get()).find(number_key(2))->text == "1");
  CHECK(Context(states[1].get()).find(number_key(2))->text == "2");
}

TEST_CASE("N exports that each remove another key do not each copy all rows", "[C2][C3]") {
  constexpr std::uint32_t kSteps = 3000;
  std::string given;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    given += (step == 1 ? "{\"" : ",\"") + number_key(step) + "\":1";
  }
  WrittenContext context(parallel_steps(kSteps), ContextMerge::Deep, given + "}");
  std::vector<State> states;
  for (std::uint32_t step = 1; step < kSteps; ++step) {
    REQUIRE(context.write(step, "{\"" + number_key(step) + "\":null}").empty());
    states.push_back(context.context.state());
  }
  CHECK(bytes_kept(states) < std::size_t{6000} * kSteps);
  CHECK(context.json() == "{\"" + number_key(kSteps) + "\":1}");
  CHECK(Context(states[1499].get()).size() == 1500);
  CHECK(Context(states[1499].get())[0].key == number_key(1501));
  CHECK_FALSE(Context(states[1499].get()).find(number_key(1500)));
}

TEST_CASE("exports of the same key over and over keep no old texts", "[C3]") {
  WrittenContext context(parallel_steps(1));
  for (int i = 0; i < 1000; ++i) {
    context.write(1, "{\"K\":\"" + std::string(500, static_cast<char>('a' + i % 26)) + "\"}");
  }
  CHECK(bytes_kept({context.context.state()}) < 10'000);
}

TEST_CASE("a state is freed once nothing needs it", "[C3]") {
  WrittenContext context(parallel_steps(1), ContextMerge::Shallow, R"({"K":0})");
  const std::weak_ptr<const detail::ContextData> first = context.context.state();
  State second;
  context.write(1, R"({"K":1})");
  second = context.context.state();
  context.write(1, R"({"K":2,"L":3})");
  CHECK(first.expired());
  CHECK(Context(second.get()).to_json().value() == R"({"K":1})");
}

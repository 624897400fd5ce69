// SPDX-License-Identifier: Apache-2.0
// P6 by hand. tests/prove/precedence.cpp compares it with exhaustive exploration of the machine.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "configuration/missing_run.hpp"
#include "configuration/precedence.hpp"
#include "configuration/separator.hpp"
#include "promoflow/manifest.hpp"

using namespace promoflow;
using promoflow::detail::FlowFacts;
using promoflow::detail::HookRow;

namespace {

Flow flow_of(const std::string& steps, const std::string& rest = "") {
  auto report = load_flow(
      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f, annotations: "
      "{promoflow.dev/extensions: \"true\"}}\nspec:\n  triggerEnvironment: dev\n" +
      rest + "  steps:\n" + steps);
  REQUIRE(report);
  return *report;
}

/// `must`, `may` or `never`: how the hook of one name stands to that of another one.
std::string relation(const Flow& flow, const std::string& w, const std::string& h) {
  const auto hooks = detail::hook_table(flow);
  const auto row = [&](const std::string& name) -> const HookRow& {
    for (const HookRow& one : hooks) {
      if (one.hook->name == name) { return one; }
    }
    FAIL("no hook " << name);
    return hooks.front();
  };
  const auto answer = detail::precedes(FlowFacts(flow), row(w), row(h));
  CHECK((answer.may || !answer.must));
  return answer.must ? "must" : answer.may ? "may" : "never";
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) { text.append(part); }
  return text;
}

/// The rows of hooks of these names.
std::vector<std::uint32_t> rows_of(const std::vector<HookRow>& hooks,
                                   const std::vector<std::string>& names) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < hooks.size(); ++i) {
    if (std::find(names.begin(), names.end(), hooks[i].hook->name) != names.end()) {
      rows.push_back(i);
    }
  }
  return rows;
}

/// A shortest run before `h` in which none of `writers` has succeeded.
detail::MissingRun run_of(const Flow& flow, const std::string& h,
                          const std::vector<std::string>& writers) {
  const auto hooks = detail::hook_table(flow);
  const FlowFacts facts(flow);
  const auto run =
      detail::MissingRuns(facts, hooks).find(rows_of(hooks, {h}).back(), rows_of(hooks, writers));
  REQUIRE(run);
  return *run;
}

/// In words.
std::string run_without(const Flow& flow, const std::string& h,
                        const std::vector<std::string>& writers) {
  const auto hooks = detail::hook_table(flow);
  return detail::describe(run_of(flow, h, writers), flow, hooks, rows_of(hooks, writers).front());
}

constexpr const char* kChain =
    "    - {environment: a, dependsOn: [dev], hooks: {onStart: a1, onSuccess: [a2, a3], onFail: "
    "a4}}\n"
    "    - {environment: b, dependsOn: [a], hooks: {onStart: b1, onSuccess: b2, onFail: b3}}\n"
    "    - {environment: c, dependsOn: [b], hooks: {onStart: c1, onSuccess: c2}}\n";
constexpr const char* kRelease = "  hooks: {onStart: r1, onSuccess: r2, onFail: r3}\n";

}  // namespace

TEST_CASE("only the release's start and the environment's own lists are certain", "[P6]") {
  const Flow flow = flow_of(kChain, kRelease);
  CHECK(relation(flow, "r1", "a1") == "must");
  CHECK(relation(flow, "r1", "r2") == "must");
  CHECK(relation(flow, "r1", "r3") == "may");
  CHECK(relation(flow, "a1", "a2") == "must");
  CHECK(relation(flow, "a2", "a3") == "must");
  CHECK(relation(flow, "a1", "a4") == "may");
  // The environment may be skipped.
  CHECK(relation(flow, "a2", "b1") == "may");
  CHECK(relation(flow, "a2", "r2") == "may");
}

TEST_CASE("an environment can run before one that it depends on through a skipped one", "[P6]") {
  const Flow flow = flow_of(kChain, kRelease);
  CHECK(relation(flow, "b1", "a1") == "never");
  CHECK(relation(flow, "c1", "b1") == "never");
  CHECK(relation(flow, "c1", "a1") == "may");
  CHECK(relation(flow, "c2", "r3") == "may");
  const Flow bare = flow_of(
      "    - {environment: a, dependsOn: [dev]}\n"
      "    - {environment: b, dependsOn: [a, dev], hooks: {onSuccess: [b1, b2]}}\n",
      "  hooks: {onFail: r}\n");
  CHECK(relation(bare, "b1", "r") == "may");
  CHECK(relation(bare, "b2", "r") == "never");
}

TEST_CASE("the shortest run skips the one environment behind which all writers are", "[P6]") {
  const Flow flow = flow_of(
      "    - {environment: a, dependsOn: [dev], hooks: {onSuccess: wa}}\n"
      "    - {environment: b, dependsOn: [dev], hooks: {onSuccess: wb}}\n"
      "    - {environment: gate, dependsOn: [a, b]}\n"
      "    - {environment: c, dependsOn: [gate], hooks: {onStart: h, onFail: g}}\n");
  CHECK(run_without(flow, "h", {"wa", "wb"}) == "when 'gate' is skipped");
  CHECK(run_without(flow, "h", {"wa"}) == "when 'a' is skipped");
  CHECK(run_without(flow, "g", {"wa"}) ==
        "when 'a' is skipped and the onStart hook 'h' of 'c' fails");
  const Flow apart = flow_of(
      "    - {environment: a, dependsOn: [dev], hooks: {onSuccess: wa}}\n"
      "    - {environment: b, dependsOn: [dev], hooks: {onSuccess: wb}}\n"
      "    - {environment: c, dependsOn: [a, b], hooks: {onStart: h}}\n");
  CHECK(run_without(apart, "h", {"wa", "wb"}) == "when 'a' and 'b' are skipped");
}

TEST_CASE("[P7] a hook of release.onFail has a shortest run in flows of hundreds of environments") {
  std::string steps = "    - {environment: canary, dependsOn: [dev], retry: {limit: 4}}\n";
  std::vector<std::string> writers;
  std::string before = "canary";
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    writers.push_back("undo" + n);
    steps += joined({"    - {environment: e", n, ", dependsOn: [", before,
                     "], hooks: {onFail: undo", n, "}}\n"});
    before = "e" + n;
  }
  const std::string reads = "  hooks: {onFail: h}\n";
  CHECK(run_without(flow_of(steps, reads), "h", writers) ==
        "when the release is terminated as soon as 'canary' has begun");
  // A writer in canary's onFail, too: another environment fails behind it.
  const std::string canary = "retry: {limit: 4}";
  std::string undone = steps;
  undone.replace(undone.find(canary), canary.size(), "hooks: {onFail: undo}, " + canary);
  writers.emplace_back("undo");
  CHECK(run_without(flow_of(undone, reads), "h", writers) ==
        "when the promotion into 'e0' fails and the onFail hook 'undo0' of 'e0' fails");
  CHECK(run_without(flow_of(undone, "  failurePolicy: continue\n" + reads), "h", writers) ==
        "when the promotion into 'e0' fails and the onFail hook 'undo0' of 'e0' fails");
}

namespace {

/// Each m stands for a member, each s for a set: it begins when all its members have ended, and
/// then is expensive to stop. So of each set one member has not ended when the release is
/// terminated, and its onFail hook fails: a shortest run takes a smallest set of such members.
detail::MissingRun run_to_smallest(int members, const std::vector<std::vector<int>>& sets,
                                   const std::string& limit, int copies) {
  std::string steps;
  std::vector<std::string> writers;
  for (int i = 0; i < members; ++i) {
    const std::string n = std::to_string(i);
    writers.push_back("undo" + n);
    steps += joined({"    - {environment: m", n, ", dependsOn: [dev], retry: {limit: ", limit,
                     "}, hooks: {onFail: undo", n, "}}\n"});
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    std::string on;
    for (const int member : sets[i]) {
      on += joined({on.empty() ? "m" : ", m", std::to_string(member)});
    }
    for (int copy = 0; copy < copies; ++copy) {
      const std::string n = joined({std::to_string(i), "x", std::to_string(copy)});
      writers.push_back("w" + n);
      writers.push_back("undo" + n);
      steps +=
          joined({"    - {environment: s", n, ", dependsOn: [", on, "], retry: {limit: ", limit,
                  "}, hooks: {onStart: {name: w", n, ", retry: {limit: ", limit,
                  "}}, onFail: {name: undo", n, ", retry: {limit: ", limit, "}}}}\n"});
    }
  }
  return run_of(flow_of(steps, "  hooks: {onFail: h}\n"), "h", writers);
}

}  // namespace

TEST_CASE("[P7] the shortest run to a failure can be a smallest set that meets others (NP-hard)") {
  const auto run = run_to_smallest(6, {{0, 1, 2}, {2, 3, 4}, {4, 5, 0}, {1, 3, 5}, {0, 3}}, "9", 4);
  CHECK(run.length == 3);  // The termination, and 0 and 3.
  CHECK(run.is_shortest);
}

TEST_CASE("[P7] a search for a shortest run ends also where there are too many") {
  std::vector<std::vector<int>> sets;
  for (int i = 0; i < 60; ++i) {
    sets.push_back({i, (7 * i + 7) % 60, (11 * i + 11) % 60, (13 * i + 13) % 60});
    auto& set = sets.back();
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
  }
  const auto run = run_to_smallest(60, sets, "99", 3);
  CHECK_FALSE(run.is_shortest);
  CHECK(run.length > 1);
  CHECK(run.length <= 61);
}

TEST_CASE("as few environments separate as there are paths that share none", "[P6]") {
  const Flow flow = flow_of(
      "    - {environment: s, dependsOn: [dev]}\n    - {environment: t, dependsOn: [dev]}\n"
      "    - {environment: m, dependsOn: [s]}\n    - {environment: n, dependsOn: [s, t]}\n"
      "    - {environment: e, dependsOn: [m, n]}\n");
  std::uint64_t work = 0;
  using Found = std::vector<std::uint32_t>;
  CHECK(detail::separator(flow, 5, {1, 2}, work, 1000)->size() == 2);
  CHECK(detail::separator(flow, 5, {1}, work, 1000) == Found{1});
  CHECK(detail::separator(flow, 4, {1, 2}, work, 1000)->size() == 2);
  CHECK(detail::separator(flow, 3, {2}, work, 1000) == Found{});
  CHECK_FALSE(detail::separator(flow, 5, {1, 2}, work, 1));
}

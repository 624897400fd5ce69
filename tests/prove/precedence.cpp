// SPDX-License-Identifier: Apache-2.0
#include "precedence.hpp"

#include <random>
#include <string>

#include "promoflow/manifest.hpp"
#include "run_graph.hpp"
#include "small.hpp"

namespace promoflow::prove {

using detail::FlowFacts;
using detail::HookRow;
using detail::MissingRun;
using detail::MissingRuns;

namespace {

/// Of so many random flows one is large: that takes as long as the others.
constexpr std::uint64_t kLargeEvery = 20;

std::string name_of(const HookRow& row) {
  return row.hook->name + " at " + std::string(to_string(row.point)) + " of " +
         std::to_string(row.environment);
}

/// One flow: all pairs of hooks, and runs without each hook and without sets of them.
class FlowCheck {
 public:
  FlowCheck(const Flow& flow, PrecedenceCounts& counts)
      : flow_(flow),
        counts_(counts),
        hooks_(detail::hook_table(flow)),
        facts_(flow_),
        graph_(flow_, hooks_) {
    counts_.states += graph_.states();
  }

  void pairs() {
    const std::vector<HookSet> may = graph_.may();
    const std::vector<HookSet> must = graph_.must();
    for (std::size_t w = 0; w < hooks_.size(); ++w) {
      for (std::size_t h = 0; h < hooks_.size(); ++h) {
        if (w == h) { continue; }
        const detail::Precedes answer = detail::precedes(facts_, hooks_[w], hooks_[h]);
        check(answer.may == ((may[h] >> w & 1U) != 0), "may precede", w, h);
        check(answer.must == ((must[h] >> w & 1U) != 0), "must precede", w, h);
        ++counts_.pairs;
      }
    }
  }

  /// The runs before each hook in which none of `writers` has succeeded.
  void runs(HookSet writers, std::mt19937& random) {
    const std::vector<std::uint32_t> shortest = graph_.shortest_without(writers);
    MissingRuns missing(facts_, hooks_);
    for (std::uint32_t h = 0; h < hooks_.size(); ++h) {
      if ((writers >> h & 1U) != 0) { continue; }
      std::vector<std::uint32_t> rows;
      bool is_certain = false;
      for (std::uint32_t w = 0; w < hooks_.size(); ++w) {
        if ((writers >> w & 1U) == 0) { continue; }
        rows.push_back(w);
        is_certain = is_certain || detail::precedes(facts_, hooks_[w], hooks_[h]).must;
      }
      check(is_certain == (shortest[h] == UINT32_MAX), "a run without them", rows[0], h);
      if (is_certain) { continue; }
      const std::optional<MissingRun> run = missing.find(h, rows);
      check(run && !run->certain, "a run is found", rows[0], h);
      check(run->is_shortest, "the search is not given up", rows[0], h);
      if (run->length != shortest[h]) {
        throw Broken("a run of length " + std::to_string(run->length) + " instead of " +
                     std::to_string(shortest[h]) + ": " + said(*run, rows) + "\n" + text(rows, h));
      }
      if (random() % 8 == 0) {
        check(graph_.is_possible(*run, h, writers), said(*run, rows), rows[0], h);
      }
      ++counts_.runs;
    }
  }

  std::size_t size() const { return hooks_.size(); }

  HookSet hooks_at(Point point) const {
    HookSet found = 0;
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
      if (hooks_[i].point == point) { found |= HookSet{1} << i; }
    }
    return found;
  }

 private:
  std::string said(const MissingRun& run, const std::vector<std::uint32_t>& rows) const {
    return describe(run, flow_, hooks_, rows[0]);
  }
  std::string text(const std::vector<std::uint32_t>& rows, std::size_t h) const {
    std::string all = name_of(hooks_[h]) + " without";
    for (const std::uint32_t row : rows) { all += " " + name_of(hooks_[row]); }
    return all + "\n" + write_manifest(flow_).value_or("");
  }
  void check(bool holds, std::string_view what, std::size_t w, std::size_t h) const {
    if (holds) { return; }
    throw Broken(std::string(what) + ": " + name_of(hooks_[w]) + ", " + name_of(hooks_[h]) + "\n" +
                 write_manifest(flow_).value_or(""));
  }

  Flow flow_;
  PrecedenceCounts& counts_;
  std::vector<HookRow> hooks_;
  FlowFacts facts_;
  RunGraph graph_;
};

void check_flow(const Flow& flow, PrecedenceCounts& counts, std::mt19937& random) {
  FlowCheck check(flow, counts);
  if (check.size() == 0) { return; }
  check.pairs();
  for (std::size_t w = 0; w < check.size(); ++w) { check.runs(HookSet{1} << w, random); }
  const auto all = static_cast<HookSet>((std::uint64_t{1} << check.size()) - 1);
  for (std::size_t i = 0; i < check.size(); ++i) {
    HookSet writers = static_cast<HookSet>(random()) & all;
    if (i % 2 != 0) { writers &= static_cast<HookSet>(random()); }
    if (writers != 0) { check.runs(writers, random); }
  }
}

/// A random flow of up to five environments with up to `hooks` hooks, in lists of any length.
Flow draw_flow(std::mt19937& random) {
  const auto steps = static_cast<std::uint32_t>(random() % 5 + 1);
  std::size_t left = steps < 3 ? 9 : steps < 5 ? 7 : 4;
  std::size_t number = 0;
  const auto list = [&] {
    std::vector<Hook> hooks;
    while (left > 0 && random() % 2 == 0) {
      --left;
      Hook hook{.name = "h" + std::to_string(number++)};
      if (random() % 4 == 0) { hook.on_error = OnError::Ignore; }
      if (steps < 3 && random() % 6 == 0) { hook.retry.limit = 1; }
      hooks.push_back(hook);
    }
    return hooks;
  };
  const auto hooks = [&] {
    Hooks all;
    for (std::vector<Hook>* chain : {&all.on_start, &all.on_success, &all.on_fail}) {
      if (random() % 2 == 0) { *chain = list(); }
    }
    return all;
  };
  FlowOptions options;
  options.failure_policy = static_cast<FailurePolicy>(random() % 3 + 1);
  if (random() % 8 == 0) { options.post_trigger = "after-trigger"; }
  std::vector<StepOptions> given(steps);
  for (StepOptions& step : given) {
    step.hooks = hooks();
    if (steps < 3 && random() % 6 == 0) { step.retry.limit = 1; }
  }
  options.hooks = hooks();
  FlowBuilder builder("small", "dev");
  builder.options(options);
  for (std::uint32_t i = 0; i < steps; ++i) {
    std::vector<std::string> on;
    for (std::uint32_t j = 0; j < i; ++j) {
      if (random() % 2 == 0) { on.push_back("e" + std::to_string(j)); }
    }
    if (on.empty() || random() % 4 == 0) { on.emplace_back("dev"); }
    const std::vector<std::string_view> views(on.begin(), on.end());
    builder.step("e" + std::to_string(i), views, given[i]);
  }
  auto report = value_of(builder.build(), "build");
  expect(report.flow.has_value(), "a random flow has errors");
  return *report.flow;
}

/// A random flow of six or seven environments, for the runs before a hook of its release.onFail:
/// nothing fails before its environments have begun, and some are expensive to stop.
Flow draw_large_flow(std::mt19937& random) {
  const auto steps = static_cast<std::uint32_t>(random() % 2 + 6);
  std::size_t number = 0;
  const auto writer = [&] {
    Hook hook{.name = "w" + std::to_string(number++)};
    if (random() % 4 == 0) { hook.on_error = OnError::Ignore; }
    return hook;
  };
  FlowOptions options;
  options.failure_policy = static_cast<FailurePolicy>(random() % 3 + 1);
  options.hooks.on_fail = {Hook{.name = "reads"}};
  if (random() % 8 == 0) { options.hooks.on_success = {writer()}; }
  FlowBuilder builder("large", "dev");
  builder.options(options);
  for (std::uint32_t i = 0; i < steps; ++i) {
    StepOptions step;
    if (random() % 4 == 0) { step.retry.limit = 1; }
    const auto kind = static_cast<std::uint32_t>(random() % 4);
    if (kind == 1) { step.hooks.on_start = {writer()}; }
    if (kind == 2) { step.hooks.on_fail = {writer()}; }
    if (kind == 2 && random() % 3 == 0) { step.hooks.on_success = {writer()}; }
    if (kind == 2 && random() % 3 == 0) { step.hooks.on_fail.push_back(writer()); }
    std::vector<std::string> on;
    for (std::uint32_t j = i < 4 ? 0 : i - 4; j < i; ++j) {
      if (random() % 2 == 0) { on.push_back("e" + std::to_string(j)); }
    }
    if (on.empty() && i > 1) { on.push_back("e" + std::to_string(i - 1)); }
    if (on.empty()) { on.emplace_back("dev"); }
    const std::vector<std::string_view> views(on.begin(), on.end());
    builder.step("e" + std::to_string(i), views, step);
  }
  auto report = value_of(builder.build(), "build");
  expect(report.flow.has_value(), "a random flow has errors");
  return *report.flow;
}

/// The runs in which the release fails and no writer has succeeded, of all writers and of some.
void check_large_flow(const Flow& flow, PrecedenceCounts& counts, std::mt19937& random) {
  FlowCheck check(flow, counts);
  const auto all = static_cast<HookSet>((std::uint64_t{1} << check.size()) - 1);
  const HookSet writers = all & ~check.hooks_at(Point::ReleaseOnFail);
  if (writers == 0) { return; }
  check.runs(writers, random);
  for (int i = 0; i < 8; ++i) {
    const HookSet some = writers & static_cast<HookSet>(random());
    if (some != 0) { check.runs(some, random); }
  }
}

}  // namespace

PrecedenceCounts precedence(int steps, std::uint64_t random_flows,
                            const std::function<bool()>& out_of_time) {
  PrecedenceCounts counts;
  std::mt19937 random(6);
  for (int size = 1; size <= steps; ++size) {
    for (const std::uint32_t edges : graphs(size)) {
      for (int variant = 0; variant < 6; ++variant) {
        SmallFlow small{.steps = size, .edges = edges, .hooks = (1U << (3 * (size + 1))) - 1};
        small.policy = static_cast<FailurePolicy>(1 + variant % 3);
        small.post_trigger = variant >= 3;
        if (small.post_trigger && size > 2) { continue; }
        if (out_of_time()) { return counts; }
        check_flow(build(small), counts, random);
        ++counts.flows;
      }
    }
  }
  for (std::uint64_t i = 0; i < random_flows && !out_of_time(); ++i) {
    check_flow(draw_flow(random), counts, random);
    ++counts.random_flows;
    if (i % kLargeEvery != 0) { continue; }
    check_large_flow(draw_large_flow(random), counts, random);
    ++counts.large_flows;
  }
  return counts;
}

}  // namespace promoflow::prove

// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of releases share: small flows, a host that keeps the trace, readable assertions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/promoflow.hpp"

namespace promoflow::test {

using std::chrono::milliseconds;

/// A hook by its name alone.
inline Hook hook(std::string name) { return Hook{.name = std::move(name)}; }

/// The flow that was built, or a failed test.
inline Flow built(FlowBuilder& builder) {
  auto report = builder.build();
  if (!report || !report->flow) {
    throw std::runtime_error(report ? report->diagnostics.front().message : "out of memory");
  }
  return *report->flow;
}

/// dev -> staging -> production, with a hook at every point.
inline Flow walkthrough() {
  FlowBuilder builder("walkthrough", "dev");
  FlowOptions options;
  options.hooks = {{hook("begin")}, {hook("celebrate")}, {hook("slack-fail")}};
  StepOptions step;
  step.hooks = {{hook("announce")}, {hook("smoke")}, {hook("jira")}};
  builder.options(options).step("staging", {"dev"}, step).step("production", {"staging"}, step);
  return built(builder);
}

/// dev -> eu, us (both -> global), with onFail hooks.
inline Flow regions(FailurePolicy policy) {
  FlowBuilder builder("regions", "dev");
  FlowOptions options;
  options.failure_policy = policy;
  options.hooks.on_fail = {hook("slack-fail")};
  StepOptions step;
  step.hooks.on_fail = {hook("page")};
  builder.options(options).step("eu", {"dev"}, step).step("us", {"dev"}, step);
  builder.step("global", {"eu", "us"}, step);
  return built(builder);
}

inline Instant at(std::int64_t ms) { return Instant{milliseconds{ms}}; }

inline Ticket ticket(std::uint64_t number) { return Ticket{number}; }

/// A release whose records are kept as lines, as S5 prints them.
class Host {
 public:
  explicit Host(const Flow& flow, std::string_view context = {})
      : release(std::move(*Release::start(flow, {.id = "r-42"}, at(0), context))) {
    drain();
  }
  explicit Host(Release restored) : release(std::move(restored)) {}

  /// The error's name, or "ok".
  std::string apply(std::int64_t ms, const Event::What& what) {
    auto applied = release.apply({at(ms), what});
    drain();
    return std::string(applied ? "ok" : to_string(applied.error().code));
  }
  void drain() {
    while (auto record = release.next_record()) { lines.push_back(*to_json(*record, at(0))); }
  }
  /// The records since the last call.
  std::vector<std::string> news() { return std::exchange(lines, {}); }

  Release release;
  std::vector<std::string> lines;
};

inline std::string snapshot_of(const Release& release) { return release.snapshot().value(); }

/// The builder's findings as `code pointer`.
inline std::vector<std::string> findings(FlowBuilder& builder) {
  std::vector<std::string> lines;
  const FlowReport report = builder.build().value();
  for (const Diagnostic& found : report.diagnostics) {
    lines.push_back(std::string(to_string(found.code)) + " " + found.pointer);
  }
  return lines;
}

}  // namespace promoflow::test

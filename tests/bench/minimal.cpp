// SPDX-License-Identifier: Apache-2.0
// The limit: the least that a release can cost. Compressed sparse rows, a counter for each
// environment, a ready list threaded through the counters, a byte of state; three events for each
// environment, ids only. No names, timers, tickets, records or refusals.
#include <cstdlib>
#include <vector>

#include "suite.hpp"

namespace promoflow::bench {

namespace {

/// The dependents of each environment.
struct Rows {
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> targets;
};

Rows dependents_of(const Graph& graph) {
  Rows rows;
  rows.offsets.assign(graph.size() + 1, 0);
  rows.targets.resize(graph.targets.size());
  for (const std::uint32_t on : graph.targets) { ++rows.offsets[on + 1]; }
  for (std::uint32_t i = 0; i < graph.size(); ++i) { rows.offsets[i + 1] += rows.offsets[i]; }
  std::vector<std::uint32_t> fill(rows.offsets.begin(), rows.offsets.end() - 1);
  for (std::uint32_t i = 0; i < graph.size(); ++i) {
    for (std::uint32_t edge = graph.offsets[i]; edge < graph.offsets[i + 1]; ++edge) {
      rows.targets[fill[graph.targets[edge]]++] = i;
    }
  }
  return rows;
}

class Minimal {
 public:
  Minimal(const Graph& graph, const Rows& rows) : rows_(&rows) {
    counters_.resize(graph.size());
    states_.assign(graph.size(), 0);
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      counters_[i] = graph.offsets[i + 1] - graph.offsets[i];
    }
    push(0);
  }
  /// The next environment that waits for an event, or kNone.
  std::uint32_t next() noexcept { return first_; }
  /// The event of `environment`, the first of the list: its state goes on; the third one is its
  /// end.
  void apply(std::uint32_t environment) noexcept {
    if (++states_[environment] < 3) { return; }
    pop();
    for (std::uint32_t i = rows_->offsets[environment]; i < rows_->offsets[environment + 1]; ++i) {
      if (--counters_[rows_->targets[i]] == 0) { push(rows_->targets[i]); }
    }
  }

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

 private:
  void push(std::uint32_t environment) noexcept {
    (first_ == kNone ? first_ : counters_[last_]) = environment;
    counters_[environment] = kNone;  // From here on: the next one of the list.
    last_ = environment;
  }
  void pop() noexcept { first_ = counters_[first_]; }

  const Rows* rows_;
  std::vector<std::uint32_t> counters_;
  std::vector<std::uint8_t> states_;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
};

void run_minimal(const Graph& graph, const Rows& rows) {
  Minimal minimal(graph, rows);
  std::size_t events = 0;
  for (std::uint32_t at = minimal.next(); at != Minimal::kNone; at = minimal.next()) {
    minimal.apply(at);
    ++events;
  }
  if (events != std::size_t{3} * graph.size()) { std::abort(); }
}

}  // namespace

void add_minimal(Suite& suite) {
  for (const Shape shape : {Shape::Chain, Shape::Layered}) {
    for (const std::uint32_t size : {1'000U, 100'000U, 1'000'000U}) {
      if (!suite.measures(size)) { continue; }
      suite.time(name_of("limit", shape, size), size, "ns/environment",
                 [shape, size, rows = dependents_of(graph(shape, size))] {
                   run_minimal(graph(shape, size), rows);
                 });
    }
  }
}

}  // namespace promoflow::bench

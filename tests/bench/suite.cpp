// SPDX-License-Identifier: Apache-2.0
// Suite: the timing, and the inputs that measurements share.
#include "suite.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <tuple>
#include <utility>

namespace promoflow::bench {

/// Adds the time of every repetition to its figure.
class Reporter : public benchmark::BenchmarkReporter {
 public:
  explicit Reporter(Suite& suite) : suite_(&suite) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) { continue; }
      Suite::Timed& timed = suite_->timed_.at(run.run_name.function_name);
      timed.runs.push_back(run.GetAdjustedCPUTime() / timed.per);
    }
  }

 private:
  Suite* suite_;
};

void Suite::time(const std::string& name, double per, const std::string& unit,
                 std::function<void()> body) {
  timed_[name] = {name, per, unit, {}};
  order_.push_back(name);
  benchmark::RegisterBenchmark(name.c_str(),
                               [body = std::move(body)](benchmark::State& state) {
                                 for (auto _ : state) { body(); }
                               })
      ->Unit(benchmark::kNanosecond)
      ->MinTime(quick_ ? 0.05 : 0.2)
      ->Repetitions(quick_ ? 3 : 5);
}

void Suite::count(const std::string& name, double value, const std::string& unit) {
  figures_.push_back({name, value, unit});
}

void Suite::run() {
  Reporter reporter(*this);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  for (const std::string& name : order_) {
    Timed& timed = timed_.at(name);
    if (timed.runs.empty()) { continue; }
    std::sort(timed.runs.begin(), timed.runs.end());
    figures_.push_back({name, timed.runs[timed.runs.size() / 2], timed.unit});
  }
}

const Figure* Suite::find(const std::string& name) const noexcept {
  for (const Figure& figure : figures_) {
    if (figure.name == name) { return &figure; }
  }
  return nullptr;
}

// --- Inputs --------------------------------------------------------------------------------------

const char* to_string(Shape shape) noexcept {
  switch (shape) {
    case Shape::Chain: return "chain";
    case Shape::Fan: return "fan";
    case Shape::Layered: return "layered";
  }
  return "";
}

std::string name_of(const std::string& what, Shape shape, std::uint32_t environments) {
  const std::string size = environments >= 1'000'000
                               ? std::to_string(environments / 1'000'000) + "M"
                           : environments >= 1'000 ? std::to_string(environments / 1'000) + "k"
                                                   : std::to_string(environments);
  return what + "/" + to_string(shape) + "/" + size;
}

const Graph& graph(Shape shape, std::uint32_t environments) {
  static std::map<std::pair<Shape, std::uint32_t>, Graph> made;
  const auto [place, added] = made.try_emplace({shape, environments});
  if (added) {
    place->second = shape == Shape::Chain ? chain(environments)
                    : shape == Shape::Fan ? fan(environments)
                                          : layered(environments);
  }
  return place->second;
}

const Flow& flow(Shape shape, std::uint32_t environments, bool hooks) {
  static std::map<std::tuple<Shape, std::uint32_t, bool>, std::unique_ptr<Flow>> made;
  std::unique_ptr<Flow>& place = made[{shape, environments, hooks}];
  if (!place) {
    place = std::make_unique<Flow>(
        flow_of(graph(shape, environments), hooks ? two_hooks() : StepOptions{}));
  }
  return *place;
}

}  // namespace promoflow::bench

// SPDX-License-Identifier: Apache-2.0
/// @file
/// Suite: what is measured, how often, and the results. Google Benchmark does the timing.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graphs.hpp"

namespace promoflow::bench {

/// One measured value: the median of its repetitions.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
};

class Suite {
 public:
  explicit Suite(bool quick) : quick_(quick) {}

  bool quick() const noexcept { return quick_; }
  /// Sizes that are measured: a quick run leaves out the largest.
  bool measures(std::uint32_t environments) const noexcept {
    return !quick_ || environments <= 100'000;
  }
  /// Measures `body` in processor time; the figure is the time divided by `per`, in `unit`.
  void time(const std::string& name, double per, const std::string& unit,
            std::function<void()> body);
  /// A figure that its own file computes: a count, exact in every run, or a difference of times.
  void count(const std::string& name, double value, const std::string& unit);
  /// A peer that is not installed: the report names it.
  void absent(const std::string& name) { absent_.push_back(name); }

  /// Runs everything that was registered with time().
  void run();

  /// In the order in which they were measured.
  const std::vector<Figure>& figures() const noexcept { return figures_; }
  /// Null: it was not measured.
  const Figure* find(const std::string& name) const noexcept;
  const std::vector<std::string>& absent() const noexcept { return absent_; }

 private:
  friend class Reporter;
  struct Timed {
    std::string name;
    double per = 1;
    std::string unit;
    std::vector<double> runs;
  };

  bool quick_;
  std::map<std::string, Timed> timed_;
  std::vector<std::string> order_;
  std::vector<Figure> figures_;
  std::vector<std::string> absent_;
};

/// The graphs that most things are measured on, each made when it is first asked for.
enum class Shape : unsigned char { Chain, Fan, Layered };
const char* to_string(Shape shape) noexcept;
const Graph& graph(Shape shape, std::uint32_t environments);
const Flow& flow(Shape shape, std::uint32_t environments, bool hooks);
/// `release/layered/100k`
std::string name_of(const std::string& what, Shape shape, std::uint32_t environments);

/// What operator new of this process has allocated.
struct Heap {
  std::size_t allocations = 0;  ///< So far.
  std::size_t bytes = 0;        ///< In use.
  std::size_t bytes_max = 0;    ///< The most since reset_heap_peak().
};
Heap heap() noexcept;
void reset_heap_peak() noexcept;

// Each is in a file of its own, which says what it measures.
void add_releases(Suite& suite);
void add_minimal(Suite& suite);
void add_flows(Suite& suite);
void add_hooks(Suite& suite);
void add_c_abi(Suite& suite);
void add_texts(Suite& suite);
void add_explorations(Suite& suite);
void add_configurations(Suite& suite);
void add_graph_peers(Suite& suite);
void add_tbb(Suite& suite);
/// Peers that are programs in other languages; run after everything else. `only`: those of one
/// part.
void run_scripts(Suite& suite, const char* only);

/// The table of goals: `what`, its bar, and whether it holds.
struct Goal {
  std::string name;
  double value = 0;
  std::string unit;
  double bar = 0;
  bool holds = false;
};
std::vector<Goal> goals(const Suite& suite);

}  // namespace promoflow::bench

// SPDX-License-Identifier: Apache-2.0
// oneTBB's flow graph on one thread: three tasks for each environment, as promoflow has three
// events; the graph is made once.
#include "suite.hpp"

#ifdef PROMOFLOW_BENCH_TBB
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

#include <cstdlib>
#include <deque>
#include <memory>

namespace promoflow::bench {

namespace {

using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;

/// Three nodes in a row for each environment; the first waits for the last of each dependency.
class Tasks {
 public:
  explicit Tasks(const Graph& graph) {
    const auto body = [this](const tbb::flow::continue_msg&) { ++done_; };
    for (std::uint32_t i = 0; i < 3 * graph.size(); ++i) { nodes_.emplace_back(tasks_, body); }
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      tbb::flow::make_edge(nodes_[3 * i], nodes_[3 * i + 1]);
      tbb::flow::make_edge(nodes_[3 * i + 1], nodes_[3 * i + 2]);
      for (std::uint32_t edge = graph.offsets[i]; edge < graph.offsets[i + 1]; ++edge) {
        tbb::flow::make_edge(nodes_[3 * graph.targets[edge] + 2], nodes_[3 * i]);
      }
    }
  }
  void run() {
    done_ = 0;
    nodes_.front().try_put(tbb::flow::continue_msg());
    tasks_.wait_for_all();
    if (done_ != nodes_.size()) { std::abort(); }
  }

 private:
  tbb::global_control one_{tbb::global_control::max_allowed_parallelism, 1};
  tbb::flow::graph tasks_;
  std::deque<Node> nodes_;
  std::size_t done_ = 0;
};

}  // namespace

void add_tbb(Suite& suite) {
  for (const std::uint32_t size : {1'000U, 100'000U}) {
    suite.time(name_of("oneTBB flow graph, 3 tasks", Shape::Layered, size), size, "ns/environment",
               [size, tasks = std::shared_ptr<Tasks>()]() mutable {
                 if (!tasks) { tasks = std::make_shared<Tasks>(graph(Shape::Layered, size)); }
                 tasks->run();
               });
  }
}

}  // namespace promoflow::bench
#else
namespace promoflow::bench {

void add_tbb(Suite& suite) { suite.absent("oneTBB"); }

}  // namespace promoflow::bench
#endif

// SPDX-License-Identifier: Apache-2.0
// promoflow_prove: the promises of docs/reliability.md, each with its count.
//
//   promoflow_prove stories FOLDER             the model alone gives the conformance traces
//   promoflow_prove small DEPTH [SECONDS]      every state of flows of up to four environments
//   promoflow_prove five DEPTH [SECONDS]       the same of all graphs of five, without hooks
//   promoflow_prove seeds FROM COUNT [SECONDS [plain]]  random flows and what happens to them;
//                                              plain: what breaks something is not shrunk
//   promoflow_prove memory [all]               every allocation of every operation fails
//   promoflow_prove precedence STEPS RANDOM [SECONDS]   which hook precedes which
//   promoflow_prove reduction EVERY RANDOM [SECONDS]    explorations with and without all orders,
//                                              of every EVERY-th small flow and of random ones
//   promoflow_prove times FROM COUNT [SECONDS] which outcomes a scenario can show, of random flows
//   promoflow_prove queue [all]                every state of small release queues
//   promoflow_prove hostile [all]              hostile shapes, twice and four times as large
//   promoflow_prove crashes [STEP [OF]]        an engine dies or its disk fails at every STEP-th
//                                              operation, its memory at every OF-th allocation
//   promoflow_prove stores FOLDER [--write]    stores of each version are opened for ever
//   promoflow_prove snapshots FOLDER [--write] what was saved once is read for ever
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#if defined(PROMOFLOW_PROVE_ENGINE)
#include "crashes.hpp"
#include "stores.hpp"
#endif
#include "hostile.hpp"
#include "memory.hpp"
#include "precedence.hpp"
#include "queue.hpp"
#include "reduction.hpp"
#include "small.hpp"
#include "snapshots.hpp"
#include "stories.hpp"
#include "times.hpp"
#include "world.hpp"

using namespace promoflow::prove;

namespace {

/// Bounds the time of parts that their size does not bound.
class Deadline {
 public:
  explicit Deadline(long seconds) : seconds_(seconds) {}
  bool passed() const {
    return seconds_ > 0 &&
           std::chrono::steady_clock::now() - begin_ > std::chrono::seconds(seconds_);
  }

 private:
  long seconds_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void print(const Counts& counts) {
  static constexpr const char* kWhat[kCounts] = {
      nullptr,
      "promise 1: statuses of environments entered as they may be",
      "promise 2: hooks whose arguments were checked",
      "promise 3: environments begun after all that they depend on",
      "promise 4: hooks of a release's end, with nothing else left",
      "promise 5: releases driven to a final status",
      "promise 6: events applied to two releases with the same bytes",
      "promise 7: crash points survived",
      "promise 8: events refused, nothing changed",
      "promise 9: texts read without harm",
      "promise 10: allocations that failed, nothing changed",
      "promise 11: commands issued before the deadline",
      "promise 12: events delivered twice, the second time without effect",
      "promise 13: events after which the release's end was bounded",
      "promise 14: environments skipped",
      "flows",
      "states",
      "transitions",
      "lines equal to the model's",
      "seeds"};
  for (std::size_t i = 1; i < kCounts; ++i) {
    if (counts[i] > 0) { std::printf("%12" PRIu64 "  %s\n", counts[i], kWhat[i]); }
  }
}

int small(int depth, Steps range, const Deadline& deadline, Counts& counts) {
  SmallFlow current;
  std::size_t left = 0;
  try {
    each_flow(depth, range, [&](const SmallFlow& flow, const Bounds& bounds) {
      current = flow;
      if (!explore(build(flow), bounds, counts)) { ++left; }
      if (!deadline.passed()) { return true; }
      std::printf("note: cut short by its time; the last flow: %s\n", describe(flow).c_str());
      return false;
    });
  } catch (const Broken& broken) {
    std::printf("%s: %s\n", describe(current).c_str(), broken.what());
    return 1;
  }
  if (left > 0) { std::printf("note: %zu flows have too many states, and were left\n", left); }
  return 0;
}

int seeds(std::uint64_t from, std::uint64_t count, const Deadline& deadline, bool plain,
          Counts& counts) {
  for (std::uint64_t seed = from; seed < from + count && !deadline.passed(); ++seed) {
    const World world = draw(seed);
    try {
      run(world, counts);
    } catch (const Broken& broken) {
      if (plain) {
        std::printf("seed %" PRIu64 ": %s\n", seed, broken.what());
        return 1;
      }
      const Deadline patience(30);
      const Shrunk small = shrink(world, broken.what(), [&] { return patience.passed(); });
      std::printf("seed %" PRIu64 ": %s\nshrunk: %s\n%sreproduce: promoflow_prove seeds %" PRIu64
                  " 1\n",
                  seed, broken.what(), small.why.c_str(), describe(small.world).c_str(), seed);
      return 1;
    }
  }
  return 0;
}

/// The exit status of a part, which throws when something is broken.
int status_of(const std::function<void()>& part) {
  try {
    part();
  } catch (const Broken& broken) {
    std::printf("%s\n", broken.what());
    return 1;
  }
  return 0;
}

/// Prints the counts of a part, a line each.
struct Lines {
  const char* part;
  void operator()(std::uint64_t count, const char* what) const {
    std::printf("%12" PRIu64 "  %s: %s\n", count, part, what);
  }
};

void precedence_of(int steps, std::uint64_t random, const Deadline& deadline) {
  const PrecedenceCounts counts = precedence(steps, random, [&] { return deadline.passed(); });
  const Lines line{"precedence"};
  line(counts.flows, "flows with hooks at every point");
  line(counts.random_flows, "random flows");
  line(counts.large_flows, "random flows of six or seven environments");
  line(counts.states, "states");
  line(counts.pairs, "pairs of hooks, of which it is known whether one may and must precede");
  line(counts.runs, "shortest runs in which a key is missing");
  if (deadline.passed()) { std::printf("note: cut short by its time\n"); }
}

void reduction_of(std::uint64_t every, std::uint64_t random, const Deadline& deadline) {
  const ReductionCounts counts = reduction(every, random, [&] { return deadline.passed(); });
  const Lines line{"reduction"};
  line(counts.flows, "flows of up to four environments");
  line(counts.random_flows, "random flows of up to five");
  line(counts.comparisons, "explorations with the answers of all orders");
  line(counts.too_large, "explorations left, for they have too many states in all orders");
  line(counts.states, "states in all orders");
  line(counts.reduced, "states where one order stands for all");
  if (deadline.passed()) { std::printf("note: cut short by its time\n"); }
}

void times_of(std::uint32_t from, std::uint32_t count, const Deadline& deadline) {
  const TimesCounts counts = times(from, count, [&] { return deadline.passed(); });
  const Lines line{"times"};
  line(counts.flows, "random flows in real time");
  line(counts.too_large, "random flows left, for they have too many states in real time");
  line(counts.shown, "outcomes with a scenario");
  line(counts.impossible, "outcomes without one, and no run in real time has them");
  if (deadline.passed()) { std::printf("note: cut short by its time\n"); }
}

void queue_of(bool all) {
  const QueueCounts counts = queue(all);
  const Lines line{"queue"};
  line(counts.queues, "queues, with their releases and environments");
  line(counts.states, "states, each replayed, and driven until nobody is left");
  line(counts.transitions, "events equal to the model's, each after a crash");
  line(counts.refused, "events refused, nothing changed");
  line(counts.twice, "events delivered twice");
}

void hostile_shapes_of(bool all) {
  const HostileCounts counts = hostile(all);
  std::printf("%12" PRIu64 "  hostile: shapes, of each of which time grows as the text does\n",
              counts.shapes);
  std::printf("%12" PRIu64 "  hostile: readings\n", counts.readings);
  std::printf("%12zu  hostile: MB at most\n", counts.memory_max / 1'000'000);
  std::printf("note: largest exponent of time %.2f, largest time %.2f s\n", counts.exponent_max,
              counts.seconds_max);
}

#if defined(PROMOFLOW_PROVE_ENGINE)
void crashes_of(std::uint64_t step, std::uint64_t of) {
  const CrashCounts counts = crashes(step, of);
  const auto line = [](std::uint64_t count, const char* what) {
    std::printf("%12" PRIu64 "  crashes: %s\n", count, what);
  };
  line(counts.crashes, "engines that died, and whose releases came to the same end");
  line(counts.faults, "engines whose disk failed meanwhile");
  line(counts.allocations, "engines whose memory ran out meanwhile");
  line(counts.lines, "lines shown before a crash, and found after it");
  line(counts.handed_out, "commands handed out before a crash, and found on the disk");
  std::printf("note: every %" PRIu64 ". of %" PRIu64 " operations of the file system\n", step,
              counts.operations);
}
#endif

int usage() {
  std::fprintf(stderr,
               "usage: promoflow_prove stories FOLDER\n"
               "       promoflow_prove small DEPTH [SECONDS]\n"
               "       promoflow_prove five DEPTH [SECONDS]\n"
               "       promoflow_prove seeds FROM COUNT [SECONDS [plain]]\n"
               "       promoflow_prove memory [all]\n"
               "       promoflow_prove precedence STEPS RANDOM [SECONDS]\n"
               "       promoflow_prove reduction EVERY RANDOM [SECONDS]\n"
               "       promoflow_prove times FROM COUNT [SECONDS]\n"
               "       promoflow_prove queue [all]\n"
               "       promoflow_prove hostile [all]\n"
               "       promoflow_prove crashes [STEP [OF]]\n"
               "       promoflow_prove stores FOLDER [--write]\n"
               "       promoflow_prove snapshots FOLDER [--write]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto number = [&](std::size_t i) {
    return words.size() > i ? std::strtol(words[i].c_str(), nullptr, 10) : 0;
  };
  Counts counts{};
  int status = 0;
  if (words.size() >= 2 && (words[0] == "small" || words[0] == "five")) {
    const Steps range = words[0] == "five" ? Steps{5, 5} : Steps{};
    status = small(static_cast<int>(number(1)), range, Deadline(number(2)), counts);
  } else if (words.size() >= 3 && words[0] == "seeds") {
    status = seeds(static_cast<std::uint64_t>(number(1)), static_cast<std::uint64_t>(number(2)),
                   Deadline(number(3)), words.size() > 4, counts);
  } else if (words.size() == 2 && words[0] == "stories") {
    status = status_of([&] { check_stories(words[1], counts); });
  } else if (!words.empty() && words[0] == "memory") {
    status = status_of([&] { memory(counts, words.size() > 1); });
  } else if (words.size() >= 3 && words[0] == "precedence") {
    status = status_of([&] {
      precedence_of(static_cast<int>(number(1)), static_cast<std::uint64_t>(number(2)),
                    Deadline(number(3)));
    });
  } else if (words.size() >= 3 && words[0] == "reduction") {
    status = status_of([&] {
      reduction_of(static_cast<std::uint64_t>(std::max(number(1), 1L)),
                   static_cast<std::uint64_t>(number(2)), Deadline(number(3)));
    });
  } else if (words.size() >= 3 && words[0] == "times") {
    status = status_of([&] {
      times_of(static_cast<std::uint32_t>(number(1)), static_cast<std::uint32_t>(number(2)),
               Deadline(number(3)));
    });
  } else if (!words.empty() && words[0] == "queue") {
    status = status_of([&] { queue_of(words.size() > 1); });
  } else if (!words.empty() && words[0] == "hostile") {
    status = status_of([&] { hostile_shapes_of(words.size() > 1); });
#if defined(PROMOFLOW_PROVE_ENGINE)
  } else if (!words.empty() && words[0] == "crashes") {
    const auto step = static_cast<std::uint64_t>(std::max(number(1), 1L));
    const auto of = static_cast<std::uint64_t>(std::max(number(2), 1L));
    status = status_of([&] { crashes_of(step, of); });
  } else if (words.size() == 2 && words[0] == "stores") {
    status = status_of([&] { check_stores(words[1], counts); });
  } else if (words.size() == 3 && words[0] == "stores" && words[2] == "--write") {
    status = status_of([&] { write_stores(words[1]); });
#endif
  } else if (words.size() == 2 && words[0] == "snapshots") {
    status = status_of([&] { check_snapshots(words[1], counts); });
  } else if (words.size() == 3 && words[0] == "snapshots" && words[2] == "--write") {
    status = status_of([&] { write_snapshots(words[1]); });
  } else {
    return usage();
  }
  print(counts);
  return status;
}

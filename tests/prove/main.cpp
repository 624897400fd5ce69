// SPDX-License-Identifier: Apache-2.0
// promoflow_prove: the promises of docs/reliability.md, each with its count.
//
//   promoflow_prove stories FOLDER             the model alone gives the conformance traces
//   promoflow_prove small DEPTH [SECONDS]      every state of flows of up to four environments
//   promoflow_prove five DEPTH [SECONDS]       the same of all graphs of five, without hooks
//   promoflow_prove seeds FROM COUNT [SECONDS [plain]]  random flows and what happens to them;
//                                              plain: what breaks something is not shrunk
//   promoflow_prove memory [all]               every allocation of every operation fails
//   promoflow_prove snapshots FOLDER [--write] what was saved once is read for ever
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "memory.hpp"
#include "small.hpp"
#include "snapshots.hpp"
#include "stories.hpp"
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

int usage() {
  std::fprintf(stderr,
               "usage: promoflow_prove stories FOLDER\n"
               "       promoflow_prove small DEPTH [SECONDS]\n"
               "       promoflow_prove five DEPTH [SECONDS]\n"
               "       promoflow_prove seeds FROM COUNT [SECONDS [plain]]\n"
               "       promoflow_prove memory [all]\n"
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

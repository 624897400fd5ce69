// SPDX-License-Identifier: Apache-2.0
/// @file
/// A world drawn from one seed: a flow, and what happens to a release of it.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "promises.hpp"

namespace promoflow::prove {

/// Numbers from one seed; the same on every platform.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class T, std::size_t N>
  const T& pick(const T (&from)[N]) {
    return from[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

/// A flow as plain data, so that parts of it can be dropped.
struct WorldStep {
  std::string name;
  std::vector<std::string> depends_on;
  StepOptions options;
};

/// What happens next, in words that keep their meaning when other moves are dropped: `choice` picks
/// among outstanding commands, environments or all tickets.
struct Move {
  enum class Kind : std::uint8_t {
    Succeed,
    Fail,
    Queue,
    Start,
    Suspend,
    Resume,
    Terminate,
    Force,
    Retry,
    RetrySome,
    Skip,
    SoakFails,  ///< The promotion of an environment that soaks turns out bad.
    Tick,
    Late,     ///< An answer to any ticket that was ever issued.
    Wrong,    ///< An answer of the wrong kind.
    Unknown,  ///< An answer to a ticket, or a change of an environment, that does not exist.
  };
  Kind kind = Kind::Tick;
  std::uint64_t choice = 0;
  std::int64_t delay = 0;  ///< Since the move before, in ms; less than 0: to the next timer.
  bool exports = false;
  bool crash = false;  ///< The host crashes before it.
};

struct World {
  FlowOptions options;
  std::vector<WorldStep> steps;
  std::vector<Move> moves;
  EnvironmentSelection selection{};
  bool large = false;  ///< Crashes at some steps only; the model is slow.
};

World draw(std::uint64_t seed);

/// Runs it: machine and model side by side, with crashes. Throws Broken.
void run(const World& world, Counts& counts);

/// The smallest world that still breaks something, found by dropping; and how it breaks.
struct Shrunk {
  World world;
  std::string why;
};
Shrunk shrink(World world, std::string why, const std::function<bool()>& out_of_time);

Flow build(const World& world);
/// The flow as a manifest, and the moves, for people.
std::string describe(const World& world);

}  // namespace promoflow::prove

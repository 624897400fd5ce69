// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_decision.hpp"

#include "catch.hpp"

using promoflow::cli::StopDecision;
using Action = StopDecision::Action;
using namespace std::chrono_literals;

namespace {

StopDecision::Time at(std::chrono::milliseconds time) { return StopDecision::Time(time); }

}  // namespace

TEST_CASE("a second Ctrl-C forces, but not within a second of the first", "[H17]") {
  StopDecision decision;
  CHECK(decision.decide(true, at(0ms)) == Action::Terminate);
  CHECK(decision.decide(true, at(2ms)) == Action::TooSoon);
  CHECK(decision.decide(true, at(999ms)) == Action::TooSoon);
  CHECK(decision.decide(true, at(1000ms)) == Action::Force);
  CHECK(decision.decide(true, at(5000ms)) == Action::Nothing);
}

TEST_CASE("the second counts from the moment at which the user was told", "[H17]") {
  StopDecision decision;
  CHECK(decision.decide(true, at(0ms)) == Action::Terminate);
  decision.terminated(at(3000ms));
  CHECK(decision.decide(true, at(3001ms)) == Action::TooSoon);
  CHECK(decision.decide(true, at(4000ms)) == Action::Force);
}

TEST_CASE("a hangup terminates, and never forces", "[H17]") {
  StopDecision decision;
  CHECK(decision.decide(false, at(0ms)) == Action::Terminate);
  CHECK(decision.decide(false, at(2ms)) == Action::Nothing);
  CHECK(decision.decide(false, at(60s)) == Action::Nothing);
  CHECK(decision.decide(true, at(60s)) == Action::Force);
}

TEST_CASE("a Ctrl-C long after a hangup forces, one right behind it does not", "[H17]") {
  StopDecision decision;
  CHECK(decision.decide(false, at(10ms)) == Action::Terminate);
  CHECK(decision.decide(true, at(20ms)) == Action::TooSoon);
  CHECK(decision.decide(false, at(2000ms)) == Action::Nothing);
  CHECK(decision.decide(true, at(2000ms)) == Action::Force);
}
